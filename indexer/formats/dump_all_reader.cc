#include "indexer/formats/dump_all_reader.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "indexer/base/string_view.h"
#include "indexer/formats/value_schema.h"

namespace heapq {
namespace {

// The most references of one record that are held to find their labels. A
// larger record (a hash of a million pairs is one line) gets no labels.
constexpr size_t kMaxHeld = 1 << 16;

bool ParseAddress(std::string_view text, uint64_t* address) {
  return absl::SimpleHexAtoi(View(text), address);
}

}  // namespace

void DumpAllReader::Begin() {
  depth_ = 0;
  key_.clear();
  spec_ = &DumpAllKeyOf({});
  object_ = ObjectRecord();
  has_address_ = false;
  bad_.clear();
  type_.clear();
  kind_.clear();
  name_.clear();
  value_.clear();
  file_.clear();
  method_.clear();
  root_.clear();
  length_.clear();
  count_.clear();
  references_ = DumpAllReferences();
}

void DumpAllReader::OnKey(std::string_view key) {
  if (depth_ > 1) {
    inner_key_ = key;
    return;
  }
  key_ = key;
  spec_ = &DumpAllKeyOf(key);
}

bool DumpAllReader::RejectIf(std::string mismatch) {
  if (mismatch.empty()) return false;
  bad_ = std::move(mismatch);
  return true;
}

// A map or a list opens.
void DumpAllReader::Open(bool map) {
  if (depth_ == 1) {
    RejectIf(Mismatch(spec_->expected, key_, map));
  } else if (depth_ == 2 && spec_->key == DumpAllKey::kReferences) {
    RejectIf(Mismatch(Expected::kAddress, key_, map));
  } else if (depth_ == 2 && spec_->key == DumpAllKey::kFlags &&
             inner_key_ == "old") {
    RejectIf(Mismatch(Expected::kFlag, inner_key_, map));
  }
  ++depth_;
}

void DumpAllReader::OnScalar(const JsonScalar& value) {
  if (depth_ > 1) {
    InnerScalar(value);
    return;
  }
  if (RejectIf(Mismatch(spec_->expected, key_, value))) return;
  switch (value.type) {
    case JsonScalar::kString:
      Text(value.text);
      if (value.cut && spec_->key == DumpAllKey::kValue) {
        object_.flags |= kTruncated;
      }
      break;
    case JsonScalar::kNumber:
      Number(value.text);
      break;
    case JsonScalar::kTrue:
      if (spec_->key == DumpAllKey::kFlag) {
        object_.flags |= spec_->flag;
        references_.shared |= spec_->flag == kShared;
      } else if (spec_->key != DumpAllKey::kIgnored) {
        Property(key_, "true");
      }
      break;
    default:
      break;
  }
}

// Reads the references and the flag "old"; all else that lies deeper is
// ignored.
void DumpAllReader::InnerScalar(const JsonScalar& value) {
  if (depth_ > 2) return;
  if (spec_->key == DumpAllKey::kReferences) {
    Reference(value);
  } else if (spec_->key == DumpAllKey::kFlags && inner_key_ == "old") {
    RejectIf(Mismatch(Expected::kFlag, inner_key_, value));
    if (value.type == JsonScalar::kTrue) object_.flags |= kOld;
  }
}

void DumpAllReader::Text(std::string_view text) {
  switch (spec_->key) {
    case DumpAllKey::kAddress:
      has_address_ = ParseAddress(text, &object_.address);
      break;
    case DumpAllKey::kType:
      type_ = text;
      break;
    case DumpAllKey::kClass:
      ParseAddress(text, &object_.class_address);
      break;
    case DumpAllKey::kSuperclass:
      ParseAddress(text, &references_.superclass);
      break;
    case DumpAllKey::kDefault:
      ParseAddress(text, &references_.default_value);
      break;
    case DumpAllKey::kRoot:
      root_ = text;
      break;
    case DumpAllKey::kValue:
      value_ = text;
      object_.has_value = true;
      break;
    case DumpAllKey::kName:
      name_ = text;
      break;
    case DumpAllKey::kKind:
      kind_ = text;
      break;
    case DumpAllKey::kFile:
      file_ = text;
      break;
    case DumpAllKey::kMethod:
      method_ = text;
      break;
    case DumpAllKey::kEncoding:
      if (text != "UTF-8" && text != "US-ASCII") Property("enc", text);
      break;
    case DumpAllKey::kIgnored:
      break;
    default:
      Property(key_, text);
  }
}

void DumpAllReader::Number(std::string_view digits) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(View(digits), &number)) return;
  switch (spec_->key) {
    case DumpAllKey::kMemsize:
      object_.size = number;
      break;
    case DumpAllKey::kLine:
      object_.line = LineOf(number);
      break;
    case DumpAllKey::kGeneration:
      object_.generation = static_cast<uint32_t>(number);
      break;
    case DumpAllKey::kElements:
      references_.element_count = number;
      count_ = digits;
      break;
    case DumpAllKey::kBytesize:
      length_ = digits;
      break;
    case DumpAllKey::kFd:
      Property(key_, digits);
      break;
    default:
      break;
  }
}

void DumpAllReader::Property(std::string_view key, std::string_view text) {
  SinkOutput(sink_).Property(key, text);
}

void DumpAllReader::Reference(const JsonScalar& value) {
  uint64_t address = 0;
  if (value.type != JsonScalar::kString ||
      !ParseAddress(value.text, &address)) {
    RejectIf(Mismatch(Expected::kAddress, key_, value));
    return;
  }
  references_.targets.push_back(address);
  if (references_.targets.size() >= kMaxHeld && type_ != "ROOT") {
    references_.partial = true;
    AddReferences(ObjectType::kUnknown, &references_, SinkOutput(sink_));
  }
}

RecordOutcome DumpAllReader::End() {
  if (bad_.empty() && type_.empty()) bad_ = "the record has no type";
  if (bad_.empty() && type_ != "ROOT" && !has_address_) {
    bad_ = "the record has no address";
  }
  if (!bad_.empty()) {
    Abandon();
    return {RecordOutcome::kBad, "bad_record", bad_};
  }
  if (type_ == "ROOT") {
    Abandon();
    if (objects_at_roots_.value_or(objects_) != objects_) return SecondDump();
    objects_at_roots_ = objects_;
    for (const uint64_t target : references_.targets) {
      sink_->Root(root_, {}, target, false);
    }
    return {};
  }
  if (type_ == "SHAPE") {
    Abandon();
    ++shapes_;
    return {};
  }
  object_.type = ParseObjectType(type_);
  RecordTexts texts;
  texts.kind = kind_;
  texts.name = name_;
  texts.value = value_;
  texts.length = length_;
  texts.count = count_;
  EndDumpAllObject(&object_, &references_, &texts, SinkOutput(sink_));
  if (object_.type == ObjectType::kUnknown) Property("bt", type_);
  object_.kind = texts.kind;
  object_.name = texts.name;
  object_.value = value_;
  object_.file = file_;
  object_.method = method_;
  if (!sink_->CommitObject(object_)) {
    return DuplicateAddress(object_.address);
  }
  ++objects_;
  return {RecordOutcome::kCommitted, {}, {}};
}

}  // namespace heapq

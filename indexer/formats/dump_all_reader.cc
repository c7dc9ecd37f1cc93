#include "indexer/formats/dump_all_reader.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "indexer/base/string_view.h"
#include "indexer/formats/value_schema.h"
#include "indexer/heap/imemo_words.h"

namespace heapq {
namespace {

// References of one record that are held back to find their labels. Larger
// records (a hash of a million pairs is one line) go without.
constexpr size_t kMaxHeld = 1 << 16;

bool ParseAddress(std::string_view text, uint64_t* address) {
  return absl::SimpleHexAtoi(View(text), address);
}

// What Ruby writes behind the keys that the reader takes something from.
Expected ExpectedFor(std::string_view key) {
  static const auto* const kExpected =
      new absl::flat_hash_map<absl::string_view, Expected>{
          {"type", Expected::kText},         {"root", Expected::kText},
          {"value", Expected::kText},        {"name", Expected::kText},
          {"called_id", Expected::kText},    {"mid", Expected::kText},
          {"struct", Expected::kText},       {"imemo_type", Expected::kText},
          {"file", Expected::kText},         {"method", Expected::kText},
          {"encoding", Expected::kText},     {"address", Expected::kAddress},
          {"class", Expected::kAddress},     {"superclass", Expected::kAddress},
          {"default", Expected::kAddress},   {"memsize", Expected::kBytes},
          {"length", Expected::kBytes},      {"size", Expected::kBytes},
          {"bytesize", Expected::kBytes},    {"line", Expected::kNumber},
          {"generation", Expected::kNumber}, {"fd", Expected::kInteger},
          {"frozen", Expected::kFlag},       {"shared", Expected::kFlag},
          {"fstring", Expected::kFlag},      {"embedded", Expected::kFlag},
          {"singleton", Expected::kFlag},    {"references", Expected::kList},
          {"flags", Expected::kMap}};
  const auto expected = kExpected->find(View(key));
  return expected == kExpected->end() ? Expected::kAnything : expected->second;
}

}  // namespace

void DumpAllReader::Begin() {
  depth_ = 0;
  key_.clear();
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
  superclass_ = 0;
  default_ = 0;
  element_count_ = 0;
  count_.clear();
  shared_ = false;
  references_.clear();
  flushed_ = false;
}

void DumpAllReader::OnKey(std::string_view key) {
  (depth_ == 1 ? key_ : inner_key_) = key;
}

bool DumpAllReader::Refuses(std::string mismatch) {
  if (mismatch.empty()) return false;
  bad_ = std::move(mismatch);
  return true;
}

// A map or a list opens.
void DumpAllReader::Open(bool map) {
  if (depth_ == 1) {
    Refuses(Mismatch(ExpectedFor(key_), key_, map));
  } else if (depth_ == 2 && key_ == "references") {
    Refuses(Mismatch(Expected::kAddress, key_, map));
  } else if (depth_ == 2 && key_ == "flags" && inner_key_ == "old") {
    Refuses(Mismatch(Expected::kFlag, inner_key_, map));
  }
  ++depth_;
}

void DumpAllReader::OnScalar(const JsonScalar& value) {
  if (depth_ > 1) {
    InnerScalar(value);
    return;
  }
  if (Refuses(Mismatch(ExpectedFor(key_), key_, value))) return;
  switch (value.type) {
    case JsonScalar::kString:
      Text(value.text);
      if (value.cut && key_ == "value") object_.flags |= kTruncated;
      break;
    case JsonScalar::kNumber:
      Number(value.text);
      break;
    case JsonScalar::kTrue:
      if (key_ == "frozen") {
        object_.flags |= kFrozen;
      } else if (key_ == "shared") {
        object_.flags |= kShared;
        shared_ = true;
      } else if (key_ == "fstring") {
        object_.flags |= kFstring;
      } else if (key_ == "embedded") {
        object_.flags |= kEmbedded;
      } else if (key_ == "singleton") {
        object_.flags |= kSingleton;
      } else {
        Property(key_, "true");
      }
      break;
    default:
      break;
  }
}

// Of what lies deeper only the references and the flag "old" are known.
void DumpAllReader::InnerScalar(const JsonScalar& value) {
  if (depth_ > 2) return;
  if (key_ == "references") {
    Reference(value);
  } else if (key_ == "flags" && inner_key_ == "old") {
    Refuses(Mismatch(Expected::kFlag, inner_key_, value));
    if (value.type == JsonScalar::kTrue) object_.flags |= kOld;
  }
}

void DumpAllReader::Text(std::string_view text) {
  if (key_ == "address") {
    has_address_ = ParseAddress(text, &object_.address);
  } else if (key_ == "type") {
    type_ = text;
  } else if (key_ == "class") {
    ParseAddress(text, &object_.class_address);
  } else if (key_ == "superclass") {
    ParseAddress(text, &superclass_);
  } else if (key_ == "default") {
    ParseAddress(text, &default_);
  } else if (key_ == "root") {
    root_ = text;
  } else if (key_ == "value") {
    value_ = text;
    object_.has_value = true;
  } else if (key_ == "name" || key_ == "called_id" || key_ == "mid") {
    name_ = text;
  } else if (key_ == "struct" || key_ == "imemo_type") {
    kind_ = text;
  } else if (key_ == "file") {
    file_ = text;
  } else if (key_ == "method") {
    method_ = text;
  } else if (key_ == "encoding") {
    if (text != "UTF-8" && text != "US-ASCII") Property("enc", text);
  } else if (key_ != "real_class_name" && key_ != "shape_id") {
    Property(key_, text);
  }
}

void DumpAllReader::Number(std::string_view digits) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(View(digits), &number)) return;
  if (key_ == "memsize") {
    object_.size = number;
  } else if (key_ == "line") {
    object_.line = LineOf(number);
  } else if (key_ == "generation") {
    object_.generation = static_cast<uint32_t>(number);
  } else if (key_ == "length" || key_ == "size") {
    element_count_ = number;
    count_ = digits;
  } else if (key_ == "bytesize") {
    length_ = digits;
  } else if (key_ == "fd") {
    Property(key_, digits);
  }
}

void DumpAllReader::Property(std::string_view key, std::string_view text) {
  sink_->Field({EdgeKind::kProperty, sink_->Name(key)}, text);
}

void DumpAllReader::Reference(const JsonScalar& value) {
  uint64_t address = 0;
  if (value.type != JsonScalar::kString ||
      !ParseAddress(value.text, &address)) {
    Refuses(Mismatch(Expected::kAddress, key_, value));
    return;
  }
  references_.push_back(address);
  if (references_.size() >= kMaxHeld && type_ != "ROOT") {
    FlushReferences(false);
    flushed_ = true;
  }
}

bool DumpAllReader::FlushReferences(bool complete) {
  size_t begin = 0;
  const size_t count = references_.size();
  if (complete && !flushed_ && type_ == "HASH" && element_count_ > 0 &&
      count == 2 * element_count_ + (default_ != 0 ? 1 : 0)) {
    for (size_t i = 0; i < 2 * element_count_; i += 2) {
      sink_->Edge({EdgeKind::kHashKey, i / 2}, references_[i]);
      sink_->Edge({EdgeKind::kHashValueOf, references_[i]}, references_[i + 1]);
    }
    begin = 2 * element_count_;
  } else if (complete && !flushed_ && type_ == "ARRAY" && !shared_ &&
             element_count_ > 0 && count == element_count_) {
    for (size_t i = 0; i < count; ++i) {
      sink_->Edge({EdgeKind::kIndex, i}, references_[i]);
    }
    begin = count;
  }
  for (size_t i = begin; i < count; ++i) {
    const uint64_t target = references_[i];
    EdgeLabel label;
    if (target == superclass_ && superclass_ != 0) {
      label.kind = EdgeKind::kSuper;
      superclass_ = 0;  // only once
    } else if (target == default_ && default_ != 0) {
      label = {EdgeKind::kPart, sink_->Name("default")};
      default_ = 0;
    }
    sink_->Edge(label, target);
  }
  references_.clear();
  return begin > 0;
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
    for (const uint64_t target : references_) {
      sink_->Root(root_, {}, target, false);
    }
    return {};
  }
  if (type_ == "SHAPE") {
    Abandon();
    ++shapes_;
    return {};
  }
  const bool told = FlushReferences(true);
  // Immediates are left out of the references, so only this tells.
  if (!told && !count_.empty() && (type_ == "ARRAY" || type_ == "HASH")) {
    Property("length", count_);
  }
  object_.type = ParseObjectType(type_);
  if (object_.type == ObjectType::kUnknown) Property("bt", type_);
  if (object_.type == ObjectType::kImemo) {
    if (kind_ == "env") kind_ = "VM/env";
    if (!MarksSecondWord(kind_)) object_.class_address = 0;
  }
  if (object_.type == ObjectType::kSymbol && name_.empty()) name_ = value_;
  if (!length_.empty() && !object_.has_value) Property("length", length_);
  object_.kind = kind_;
  object_.name = name_;
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

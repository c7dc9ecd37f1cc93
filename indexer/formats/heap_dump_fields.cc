// The fields of a record.
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/string_view.h"
#include "indexer/formats/heap_dump_keys.h"
#include "indexer/formats/heap_dump_reader.h"
#include "indexer/formats/record_builder.h"
#include "indexer/formats/value_schema.h"

namespace heapq {
namespace {

constexpr std::string_view kRoots = "_ROOTS_";
constexpr std::string_view kWeakCategories = "weak_categories";

}  // namespace

void HeapDumpReader::RecordScalar(const JsonScalar& value) {
  if (spec_->key == HeapDumpKey::kId) {
    Identify(value);
    return;
  }
  switch (record_type_) {
    case RecordType::kHeader:
      HeaderScalar(value);
      return;
    case RecordType::kEnd:
      if (key_ == "objects" &&
          !RejectIf(Mismatch(Expected::kNumber, key_, value))) {
        has_declared_ = Number(value.text, &declared_objects_);
      }
      return;
    case RecordType::kContinuation:
      if (spec_->key != HeapDumpKey::kOf) break;
      Continue(value);
      return;
    case RecordType::kRoots:
      if (spec_->key == HeapDumpKey::kOf) return;
      RejectRootIf(Mismatch(ExpectedOfRoots(), key_, value));
      return;
    case RecordType::kSamples:  // which samples_ reads
    case RecordType::kNote:
      return;
    case RecordType::kObject:
      break;
  }
  if (RejectIf(Mismatch(ExpectedOf(*spec_), key_, value))) return;
  switch (value.type) {
    case JsonScalar::kNumber:
      RecordNumber(value.text);
      break;
    case JsonScalar::kString:
      RecordText(value.text);
      if (value.cut && spec_->key == HeapDumpKey::kVal) {
        object_.flags |= kTruncated;
      }
      break;
    case JsonScalar::kNull:
      if (spec_->key != HeapDumpKey::kVal) break;  // an absent part
      [[fallthrough]];
    default: {
      if (spec_->key == HeapDumpKey::kFlag) {
        if (value.type == JsonScalar::kTrue) object_.flags |= spec_->flag;
      } else {
        SinkOutput(sink_).Property(key_, InspectText(value));
      }
    }
  }
}

void HeapDumpReader::Identify(const JsonScalar& value) {
  has_id_ = true;
  if (value.type == JsonScalar::kNumber) {
    Number(value.text, &object_.address);
    return;
  }
  if (value.text == "_HEADER_") {
    record_type_ = RecordType::kHeader;
  } else if (value.text == kRoots) {
    record_type_ = RecordType::kRoots;
    second_dump_ |= std::exchange(roots_seen_, true);
  } else if (value.text == "_END_") {
    record_type_ = RecordType::kEnd;
  } else if (value.text == "_SAMPLES_") {
    record_type_ = RecordType::kSamples;
    samples_.Begin();
  } else if (value.text.substr(0, kRoots.size()) == kRoots) {
    record_type_ = RecordType::kRoots;  // carried on
  } else if (value.text.substr(0, 1) == "_") {
    record_type_ = RecordType::kNote;
  } else if (value.type == JsonScalar::kString) {
    record_type_ = RecordType::kContinuation;  // "of" says of what
  } else {
    has_id_ = false;
  }
}

void HeapDumpReader::Continue(const JsonScalar& value) {
  if (value.type == JsonScalar::kNumber) {
    Number(value.text, &continued_);
  } else if (value.type != JsonScalar::kString || value.text != kRoots) {
    bad_ = absl::StrCat("\"of\": ", View(InspectText(value)),
                        " is not a record that can be continued");
  } else if (parts_seen_) {
    RejectOutOfOrder(key_, "the lists that it is for");
  } else {
    record_type_ = RecordType::kRoots;
  }
}

void HeapDumpReader::RecordNumber(std::string_view digits) {
  uint64_t number = 0;
  switch (spec_->key) {
    case HeapDumpKey::kFrom:
      if (list_seen_) RejectOutOfOrder(key_, "the list that begins there");
      Number(digits, &from_);
      break;
    case HeapDumpKey::kSize:
      if (Number(digits, &number)) object_.size = number;
      break;
    case HeapDumpKey::kLine:
      if (Number(digits, &number)) object_.line = LineOf(number);
      line_digits_ = digits;
      break;
    case HeapDumpKey::kGeneration:
      if (Number(digits, &number)) {
        object_.generation = static_cast<uint32_t>(number);
      }
      break;
    case HeapDumpKey::kLength:
      length_ = digits;
      break;
    case HeapDumpKey::kClass:
      Number(digits, &object_.class_address);
      break;
    case HeapDumpKey::kSlotSize:
      break;  // free space in a slot is not a property of the object
    case HeapDumpKey::kCount:
      SinkOutput(sink_).Property(key_, digits);
      break;
    case HeapDumpKey::kSuper:
      Emit({EdgeKind::kSuper, 0}, false, {JsonScalar::kNumber, digits});
      break;
    default:
      Emit(Named(EdgeKind::kPart, key_), false, {JsonScalar::kNumber, digits});
  }
}

void HeapDumpReader::RecordText(std::string_view text) {
  switch (spec_->key) {
    case HeapDumpKey::kType:
      object_.type = ParseObjectType(text);
      if (object_.type == ObjectType::kUnknown) {
        SinkOutput(sink_).Property(key_, text);
      }
      break;
    case HeapDumpKey::kTypeName:
      kind_ = text;
      type_name_seen_ = true;
      break;
    case HeapDumpKey::kVal:
      value_ = text;
      object_.has_value = true;
      break;
    case HeapDumpKey::kName:
      object_name_ = text;
      break;
    case HeapDumpKey::kFile:
      file_ = text;
      break;
    case HeapDumpKey::kMethod:
      method_ = text;
      break;
    default:
      SinkOutput(sink_).Property(key_, text);
  }
}

// A list or map as a field of the record.
void HeapDumpReader::OpenRecordField(bool map) {
  if (record_type_ == RecordType::kRoots) {
    RejectRootIf(Mismatch(ExpectedOfRoots(), key_, map));
    if (key_ == kWeakCategories) {
      Push(Place::kTexts, {}, false);
    } else {
      Push(map ? Place::kNamedRoots : Place::kCategory, {}, false);
    }
    return;
  }
  if (record_type_ != RecordType::kObject &&
      record_type_ != RecordType::kContinuation) {
    Push(Place::kSkipped, {}, false);
    return;
  }
  parts_seen_ = true;
  RejectIf(Mismatch(ExpectedOf(*spec_), key_, map));
  switch (spec_->key) {
    case HeapDumpKey::kLocals:
      OpenNameMap(map, KindOfLocals(kind_));
      break;
    case HeapDumpKey::kNameMap:
      OpenNameMap(map, spec_->kind);
      break;
    case HeapDumpKey::kMethods:
      Push(map ? Place::kMethods : Place::kMethodPairs, {EdgeKind::kMethod, 0},
           false);
      break;
    case HeapDumpKey::kVal:
      // As a map: a hash of the first gem, its keys turned into text.
      Push(map ? Place::kNames : Place::kElements, {EdgeKind::kHashValue, 0},
           false);
      top().index = from_;
      list_seen_ = true;
      break;
    case HeapDumpKey::kFrames:
      Push(Place::kFrames, {}, false);
      break;
    case HeapDumpKey::kRefs:
      Push(Place::kSame, {EdgeKind::kRef, 0}, false);
      break;
    case HeapDumpKey::kWeak:
      Push(map ? Place::kNames : Place::kSame,
           {map ? EdgeKind::kPart : EdgeKind::kRef, 0}, true);
      break;
    default:
      if (map) {
        Push(Place::kNames, Named(EdgeKind::kPart, key_), false);
      } else {
        Push(Place::kSame, Named(EdgeKind::kItem, key_), false);
      }
  }
}

void HeapDumpReader::OpenNameMap(bool map, EdgeKind kind) {
  Push(map ? Place::kNames : Place::kPairs, {kind, 0}, false);
}

Expected HeapDumpReader::ExpectedOfRoots() const {
  return key_ == kWeakCategories ? Expected::kList : Expected::kListOrMap;
}

}  // namespace heapq

#include "indexer/formats/heap_dump_reader.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/string_view.h"
#include "indexer/formats/heap_dump_keys.h"
#include "indexer/formats/value_schema.h"

namespace heapq {

// The text of a scalar that is not a reference.
std::string_view HeapDumpReader::InspectText(const JsonScalar& value) {
  switch (value.type) {
    case JsonScalar::kNull:
      return "nil";
    case JsonScalar::kTrue:
      return "true";
    case JsonScalar::kFalse:
      return "false";
    default:
      return value.text;
  }
}

void HeapDumpReader::Begin() {
  levels_.clear();
  key_.clear();
  spec_ = &HeapDumpKeyOf({});
  record_type_ = RecordType::kObject;
  has_id_ = false;
  bad_.clear();
  object_ = ObjectRecord();
  kind_.clear();
  object_name_.clear();
  value_.clear();
  file_.clear();
  method_.clear();
  length_.clear();
  line_digits_.clear();
  continued_ = 0;
  from_ = 0;
  parts_seen_ = list_seen_ = type_name_seen_ = false;
  pending_locals_.clear();
  frame_number_ = 0;
  format_name_.clear();
  has_version_ = false;
  version_ = 0;
  roots_.clear();
  weak_categories_.clear();
}

void HeapDumpReader::Push(Place place, EdgeLabel label, bool weak) {
  Level level;
  level.place = place;
  level.kind = label.kind;
  level.label = label;
  level.weak = weak;
  levels_.push_back(level);
}

void HeapDumpReader::Pop() {
  const Place place = top().place;
  levels_.pop_back();
  if (levels_.empty()) return;
  if (place == Place::kFrame) EndFrame();
  ++top().index;
}

bool HeapDumpReader::Number(std::string_view digits, uint64_t* number) {
  if (absl::SimpleAtoi(View(digits), number)) return true;
  bad_ = absl::StrCat("\"", key_, "\": ", View(digits),
                      " is not an unsigned 64-bit number");
  return false;
}

bool HeapDumpReader::RejectIf(std::string mismatch) {
  if (mismatch.empty()) return false;
  bad_ = std::move(mismatch);
  return true;
}

// The values before `key` were labelled without it.
void HeapDumpReader::RejectOutOfOrder(std::string_view key,
                                      std::string_view before) {
  bad_ = absl::StrCat("\"", View(key), "\" stands behind ", View(before));
}

void HeapDumpReader::Emit(EdgeLabel label, bool weak, const JsonScalar& value) {
  if (label.kind == EdgeKind::kLocal && !type_name_seen_ &&
      record_type_ == RecordType::kObject) {
    const bool is_reference = value.type == JsonScalar::kNumber;
    pending_locals_.push_back(
        {static_cast<uint32_t>(label.label), is_reference,
         std::string(is_reference ? value.text : InspectText(value))});
    return;
  }
  if (value.type == JsonScalar::kNumber) {
    EmitNumber(label, weak, value.text);
  } else if (!weak) {
    sink_->Field(label, InspectText(value));
  }
}

void HeapDumpReader::EmitPendingLocals() {
  const EdgeKind kind = KindOfLocals(kind_);
  for (const PendingLocal& local : pending_locals_) {
    if (local.is_reference) {
      EmitNumber({kind, local.name}, false, local.text);
    } else {
      sink_->Field({kind, local.name}, local.text);
    }
  }
  pending_locals_.clear();
}

void HeapDumpReader::EmitNumber(EdgeLabel label, bool weak,
                                std::string_view digits) {
  uint64_t number = 0;
  if (!Number(digits, &number)) return;
  if (weak) {
    sink_->WeakEdge(label, number);
  } else {
    sink_->Edge(label, number);
  }
}

void HeapDumpReader::OnEndOfLevel() {
  if (record_type_ == RecordType::kSamples && !samples_.at_top()) {
    samples_.OnEnd();
  } else {
    Pop();
  }
}

void HeapDumpReader::OnKey(std::string_view key) {
  if (record_type_ == RecordType::kSamples) return samples_.OnKey(key);
  Level& level = top();
  switch (level.place) {
    case Place::kRecord:
      key_ = key;
      spec_ = &HeapDumpKeyOf(key);
      break;
    case Place::kNames:
      name_ = key;
      level.label = InNameMap(level.kind, level.weak, key);
      break;
    case Place::kMethods:
      level.label = Named(EdgeKind::kMethod, key);
      break;
    case Place::kMethod:
    case Place::kFrame:
    case Place::kNamedRoots:
    case Place::kInlineIseq:
      name_ = key;
      break;
    default:
      break;
  }
}

void HeapDumpReader::OnScalar(const JsonScalar& value) {
  if (record_type_ == RecordType::kSamples) return samples_.OnScalar(value);
  Level& level = top();
  switch (level.place) {
    case Place::kRecord:
      RecordScalar(value);
      break;
    case Place::kNames:
    case Place::kSame:
    case Place::kMethods:
      Emit(level.label, level.weak, value);
      break;
    case Place::kElements:
      Emit({EdgeKind::kIndex, level.index}, level.weak, value);
      break;
    case Place::kPair:
    case Place::kMethodPair:
    case Place::kHashPair:
    case Place::kRootPair:
      PairScalar(value);
      break;
    case Place::kMethod:
      if (name_ == "ment") Emit(level.label, level.weak, value);
      break;
    case Place::kFrame:
      FrameScalar(value);
      break;
    case Place::kCategory:
      RootScalar({}, value);
      break;
    case Place::kNamedRoots:
      RootScalar(name_, value);
      break;
    case Place::kTexts:
      RejectRootIf(Mismatch(Expected::kText, key_, value));
      weak_categories_.emplace_back(value.text);
      break;
    case Place::kPairs:
    case Place::kMethodPairs:
    case Place::kFrames:
    case Place::kInlineIseq:
    case Place::kSkipped:
      break;
  }
  ++level.index;
}

// The first value of a pair is the name of the second.
void HeapDumpReader::PairScalar(const JsonScalar& value) {
  Level& level = top();
  if (level.index > 0) {
    if (level.place == Place::kRootPair) {
      RootScalar(name_, value);
    } else {
      Emit(level.label, level.weak, value);
    }
    return;
  }
  if (level.place == Place::kHashPair) {
    uint64_t address = 0;
    if (value.type == JsonScalar::kNumber && Number(value.text, &address)) {
      const uint64_t pair = levels_[levels_.size() - 2].index;
      Emit({EdgeKind::kHashKey, pair}, level.weak, value);
      level.label = {EdgeKind::kHashValueOf, address};
    } else {
      level.label = Named(EdgeKind::kHashValue, InspectText(value));
    }
    return;
  }
  name_ = value.text;
  level.label = InNameMap(level.kind, level.weak, value.text);
}

EdgeLabel HeapDumpReader::InNameMap(EdgeKind kind, bool weak,
                                    std::string_view name) {
  switch (kind) {
    case EdgeKind::kFrameLocal:
      return OfFrame(kind, name);
    case EdgeKind::kPart:  // parts by name: "handlers.USR1"
      return weak ? Named(kind, name)
                  : Named(kind, absl::StrCat(key_, ".", View(name)));
    default:
      break;
  }
  return Named(kind, name);
}

// Keys beginning with `_` are another version's.
void HeapDumpReader::RejectRootIf(std::string mismatch) {
  if (key_.substr(0, 1) != "_") RejectIf(std::move(mismatch));
}

void HeapDumpReader::RootScalar(std::string_view name,
                                const JsonScalar& value) {
  uint64_t target = 0;
  if (value.type == JsonScalar::kNumber || top().place == Place::kCategory) {
    RejectRootIf(Mismatch(Expected::kNumber, key_, value));
  }
  if (value.type != JsonScalar::kNumber ||
      !absl::SimpleAtoi(View(value.text), &target)) {
    return;  // a global that holds nil, a Symbol, …: it keeps nothing alive
  }
  if (!CanBeRoot(target)) return;
  roots_.push_back({key_, std::string(name), target});
}

void HeapDumpReader::OnStartMap() {
  if (levels_.empty()) {
    Push(Place::kRecord, {}, false);
    return;
  }
  if (record_type_ == RecordType::kSamples) return samples_.OnStart();
  const Level holder = top();
  switch (holder.place) {
    case Place::kRecord:
      OpenRecordField(true);
      break;
    case Place::kMethods:
    case Place::kMethodPair:
      Push(Place::kMethod, holder.label, holder.weak);
      break;
    case Place::kFrames:
      frame_ = Frame();
      Push(Place::kFrame, {}, holder.weak);
      break;
    case Place::kFrame:
      OpenInFrame(true);
      break;
    case Place::kCategory:
    case Place::kNamedRoots:
    case Place::kRootPair:
    case Place::kTexts:
      RejectRootIf(Mismatch(Expected::kNumber, key_, true));
      [[fallthrough]];
    case Place::kSkipped:
      Push(Place::kSkipped, {}, false);
      break;
    default:
      Push(Place::kSame, holder.label, holder.weak);
  }
}

void HeapDumpReader::OnStartArray() {
  if (record_type_ == RecordType::kSamples) return samples_.OnStart();
  const Level holder = top();
  switch (holder.place) {
    case Place::kRecord:
      OpenRecordField(false);
      break;
    case Place::kElements:
      Push(Place::kHashPair, {}, holder.weak);
      break;
    case Place::kPairs:
      Push(Place::kPair, holder.label, holder.weak);
      break;
    case Place::kMethodPairs:
      Push(Place::kMethodPair, {EdgeKind::kMethod, 0}, holder.weak);
      break;
    case Place::kCategory:
      Push(Place::kRootPair, {}, false);
      break;
    case Place::kFrame:
      OpenInFrame(false);
      break;
    case Place::kNamedRoots:
    case Place::kRootPair:
    case Place::kTexts:
      RejectRootIf(Mismatch(Expected::kNumber, key_, false));
      [[fallthrough]];
    case Place::kSkipped:
      Push(Place::kSkipped, {}, false);
      break;
    default:
      Push(Place::kSame, holder.label, holder.weak);
  }
}

}  // namespace heapq

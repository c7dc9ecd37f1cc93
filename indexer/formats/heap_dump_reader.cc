#include "indexer/formats/heap_dump_reader.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/string_view.h"
#include "indexer/formats/value_schema.h"

namespace heapq {
namespace {

constexpr uint64_t kNewestVersion = 2;
constexpr std::string_view kRoots = "_ROOTS_";
// See format.md §7: smaller numbers of the first gem may be Integers.
constexpr uint64_t kSurelyAddress = uint64_t{1} << 28;

// The first gem's keys in format 2's words.
std::string_view Modern(std::string_view key) {
  if (key == "envval") return "env";
  if (key == "blockprocval") return "block";
  if (key == "is_lambda") return "lambda";
  if (key == "_id") return "id";  // a dump prepared for MongoDB
  return key;
}

// Keys whose numbers count something; everywhere else they are references.
bool IsCount(std::string_view key) {
  static constexpr std::string_view kCounts[] = {
      "size", "slot_size", "line", "generation", "length",
      "from", "capacity",  "fd",   "arity"};
  return std::find(std::begin(kCounts), std::end(kCounts), key) !=
         std::end(kCounts);
}

uint8_t FlagOf(std::string_view key) {
  if (key == "frozen") return kFrozen;
  if (key == "old") return kOld;
  if (key == "shared") return kShared;
  if (key == "fstring") return kFstring;
  if (key == "embedded") return kEmbedded;
  if (key == "singleton") return kSingleton;
  if (key == "escaped") return kEscaped;
  if (key == "truncated") return kTruncated;
  return 0;
}

// What stands behind the keys of an object that are no parts: these may hold
// anything. The first gem wrote numbers as "val", too, and no flags.
Expected ExpectedFor(std::string_view key, bool first_gem) {
  static const auto* const kExpected =
      new absl::flat_hash_map<absl::string_view, Expected>{
          {"bt", Expected::kText},           {"type_name", Expected::kText},
          {"class", Expected::kReference},   {"super", Expected::kReference},
          {"size", Expected::kBytes},        {"slot_size", Expected::kBytes},
          {"length", Expected::kBytes},      {"line", Expected::kNumber},
          {"generation", Expected::kNumber}, {"from", Expected::kNumber},
          {"ivs", Expected::kListOrMap},     {"cvars", Expected::kListOrMap},
          {"consts", Expected::kListOrMap},  {"members", Expected::kListOrMap},
          {"locals", Expected::kListOrMap},  {"methods", Expected::kListOrMap},
          {"weak", Expected::kListOrMap},    {"refs", Expected::kList},
          {"frames", Expected::kList}};
  if (key == "val" || FlagOf(key) != 0) {
    if (first_gem) return Expected::kAnything;
    return key == "val" ? Expected::kTextOrList : Expected::kFlag;
  }
  const auto expected = kExpected->find(View(key));
  return expected == kExpected->end() ? Expected::kAnything : expected->second;
}

Expected ExpectedOfRoots(std::string_view key) {
  return key == "weak_categories" ? Expected::kList : Expected::kListOrMap;
}

Expected ExpectedInFrame(std::string_view key) {
  if (key == "label" || key == "cfunc" || key == "filename") {
    return Expected::kText;
  }
  if (key == "line") return Expected::kNumber;
  if (key == "iseq") return Expected::kReference;
  return key == "locals" ? Expected::kListOrMap : Expected::kAnything;
}

bool NamesAFrame(std::string_view key) {
  return key == "label" || key == "cfunc" || key == "filename" || key == "line";
}

// How a scalar that is no reference is shown.
std::string_view ShownAs(const JsonScalar& value) {
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

}  // namespace

std::string HeapDumpReader::Frame::Where() const {
  const std::string_view what =
      label.empty() ? std::string_view("a frame") : std::string_view(label);
  if (file.empty()) return absl::StrCat(View(what));
  return absl::StrCat(View(what), " (", file, ":", line, ")");
}

HeapDumpReader::HeapDumpReader(Dialect dialect, RecordSink* sink)
    : dialect_(dialect), sink_(sink) {}

void HeapDumpReader::Begin() {
  levels_.clear();
  key_.clear();
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
  is_iseq_ = false;
  inline_iseq_ = InlineIseq();
  continued_ = 0;
  from_ = 0;
  parts_seen_ = list_seen_ = locals_seen_ = false;
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
                      " is no unsigned 64-bit number");
  return false;
}

bool HeapDumpReader::Refuses(std::string mismatch) {
  if (mismatch.empty()) return false;
  bad_ = std::move(mismatch);
  return true;
}

// What stands before `key` was labelled without it.
void HeapDumpReader::Misplaced(std::string_view key, std::string_view before) {
  bad_ = absl::StrCat("\"", View(key), "\" stands behind ", View(before));
}

void HeapDumpReader::Emit(EdgeLabel label, bool weak, const JsonScalar& value) {
  uint64_t number = 0;
  if (value.type != JsonScalar::kNumber) {
    if (!weak) sink_->Field(label, ShownAs(value));
  } else if (label.kind == EdgeKind::kProperty && IsCount(name_)) {
    sink_->Field(label, value.text);
  } else if (dialect_ == Dialect::kFirstGem) {
    if (label.kind == EdgeKind::kProperty) label.kind = EdgeKind::kPart;
    // Floats and negative numbers are values too.
    if (absl::SimpleAtoi(View(value.text), &number)) {
      sink_->MaybeEdge(label, number);
    } else {
      sink_->Field(label, value.text);
    }
  } else if (Number(value.text, &number)) {
    if (weak) {
      sink_->WeakEdge(label, number);
    } else {
      sink_->Edge(label, number);
    }
  }
}

void HeapDumpReader::OnKey(std::string_view key) {
  Level& level = top();
  switch (level.place) {
    case Place::kRecord:
      key_ = Modern(key);
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
  Level& level = top();
  switch (level.place) {
    case Place::kRecord:
      RecordScalar(value);
      break;
    case Place::kNames:
      if (dialect_ == Dialect::kFirstGem &&
          (name_ == "__classpath__" || name_ == "__classid__")) {
        object_name_ = value.text;
        break;
      }
      [[fallthrough]];
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
    case Place::kInlineIseq:
      InlineIseqScalar(value);
      break;
    case Place::kCategory:
      RootScalar({}, value);
      break;
    case Place::kNamedRoots:
      RootScalar(name_, value);
      break;
    case Place::kTexts:
      RefuseAsRoot(Mismatch(Expected::kText, key_, value));
      weak_categories_.emplace_back(value.text);
      break;
    case Place::kPairs:
    case Place::kMethodPairs:
    case Place::kFrames:
    case Place::kSkipped:
      break;
  }
  ++level.index;
}

// The first of a pair names the second.
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
      level.label = Named(EdgeKind::kHashValue, ShownAs(value));
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
      return Named(kind, absl::StrCat(View(name), " in ", frame_.Where()));
    case EdgeKind::kPart:  // parts by name: "handlers.USR1"
      return weak ? Named(kind, name)
                  : Named(kind, absl::StrCat(key_, ".", View(name)));
    case EdgeKind::kIvar:  // where Ruby 1.9 kept constants and more
      if (dialect_ != Dialect::kFirstGem || name.substr(0, 1) == "@") break;
      if (name == "__attached__") return Named(EdgeKind::kPart, "attached");
      return Named(EdgeKind::kConst, name);
    default:
      break;
  }
  return Named(kind, name);
}

void HeapDumpReader::InlineIseqScalar(const JsonScalar& value) {
  uint64_t number = 0;
  if (value.type == JsonScalar::kNull) return;  // an absent part
  if (value.type != JsonScalar::kNumber) {
    if (name_ == "name") {
      inline_iseq_.name = value.text;
    } else {
      inline_iseq_.properties.emplace_back(name_, ShownAs(value));
    }
  } else if (!absl::SimpleAtoi(View(value.text), &number) || IsCount(name_)) {
    if (name_ == "size") {
      inline_iseq_.size = number;
    } else {
      inline_iseq_.properties.emplace_back(name_, value.text);
    }
  } else if (name_ == "id") {
    inline_iseq_.address = number;
    if (number != 0) sink_->Edge(Named(EdgeKind::kPart, "iseq"), number);
  } else {
    inline_iseq_.parts.emplace_back(name_, number);
  }
}

void HeapDumpReader::TakeInlineIseq() {
  if (inline_iseq_.address == 0 ||
      !inline_addresses_.insert(inline_iseq_.address).second) {
    return;
  }
  inline_iseqs_.push_back(std::move(inline_iseq_));
}

void HeapDumpReader::Finish() {
  for (const InlineIseq& iseq : inline_iseqs_) {
    for (const auto& [name, number] : iseq.parts) {
      sink_->MaybeEdge(Named(EdgeKind::kPart, name), number);
    }
    for (const auto& [name, text] : iseq.properties) {
      sink_->Field(Named(EdgeKind::kProperty, name), text);
    }
    ObjectRecord record;
    record.address = iseq.address;
    record.size = iseq.size;
    record.type = ObjectType::kData;
    record.kind = "iseq";
    record.name = iseq.name;
    sink_->CommitObject(record);  // false: it has a record of its own
  }
  inline_iseqs_.clear();
}

void HeapDumpReader::FrameScalar(const JsonScalar& value) {
  uint64_t number = 0;
  if (Refuses(Mismatch(ExpectedInFrame(name_), name_, value))) return;
  if (NamesAFrame(name_) && frame_.named) {
    Misplaced(name_, "a value of its frame");
  } else if (name_ == "label" || name_ == "cfunc") {
    frame_.label = value.text;
  } else if (name_ == "filename") {
    frame_.file = value.text;
  } else if (name_ == "line") {
    if (Number(value.text, &number)) {
      frame_.line = LineOf(number);
    }
  } else if (name_ == "iseq") {  // its edge waits for the frame's label
    if (value.type == JsonScalar::kNumber) Number(value.text, &frame_.iseq);
  } else if (value.type == JsonScalar::kNumber) {
    frame_.named = true;
    Emit(Named(EdgeKind::kFramePart,
               absl::StrCat(name_, " in ", frame_.Where())),
         top().weak, value);
  }
}

void HeapDumpReader::EndFrame() {
  if (frame_.iseq != 0) {
    sink_->Edge(
        Named(EdgeKind::kFramePart, absl::StrCat("iseq in ", frame_.Where())),
        frame_.iseq);
  }
  sink_->Frame(frame_number_++, frame_.label, frame_.file, frame_.line,
               frame_.iseq);
}

// The roots of the first gem hold what its program's C stack held. Keys
// beginning with `_` are another version's.
void HeapDumpReader::RefuseAsRoot(std::string mismatch) {
  if (dialect_ == Dialect::kFormat2 && key_.substr(0, 1) != "_") {
    Refuses(std::move(mismatch));
  }
}

void HeapDumpReader::RootScalar(std::string_view name,
                                const JsonScalar& value) {
  uint64_t target = 0;
  if (value.type == JsonScalar::kNumber || top().place == Place::kCategory) {
    RefuseAsRoot(Mismatch(Expected::kNumber, key_, value));
  }
  if (value.type != JsonScalar::kNumber ||
      !absl::SimpleAtoi(View(value.text), &target)) {
    return;  // a global that holds nil, a Symbol, …: it keeps nothing alive
  }
  if (dialect_ == Dialect::kFirstGem && target < kSurelyAddress) return;
  roots_.push_back({key_, std::string(name), target});
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

void HeapDumpReader::RecordScalar(const JsonScalar& value) {
  if (key_ == "id") {
    Identify(value);
    return;
  }
  switch (record_type_) {
    case RecordType::kHeader:
      if (key_ == "format") format_name_ = value.text;
      if (key_ == "version") {
        has_version_ = Mismatch(Expected::kNumber, key_, value).empty() &&
                       Number(value.text, &version_);
      }
      return;
    case RecordType::kEnd:
      if (key_ == "objects" &&
          !Refuses(Mismatch(Expected::kNumber, key_, value))) {
        has_declared_ = Number(value.text, &declared_objects_);
      }
      return;
    case RecordType::kContinuation:
      if (key_ == "of") {
        Continue(value);
        return;
      }
      break;
    case RecordType::kRoots:
      if (key_ != "of")
        RefuseAsRoot(Mismatch(ExpectedOfRoots(key_), key_, value));
      return;
    case RecordType::kNote:
      return;
    case RecordType::kObject:
      break;
  }
  const Expected expected = ExpectedFor(key_, dialect_ == Dialect::kFirstGem);
  if (Refuses(Mismatch(expected, key_, value))) return;
  switch (value.type) {
    case JsonScalar::kNumber:
      RecordNumber(key_, value.text);
      break;
    case JsonScalar::kString:
      RecordText(key_, value.text);
      if (value.cut && key_ == "val") object_.flags |= kTruncated;
      break;
    case JsonScalar::kNull:
      if (key_ != "val") break;  // an absent part
      [[fallthrough]];
    default: {
      const uint8_t flag = FlagOf(key_);
      if (flag != 0) {
        if (value.type == JsonScalar::kTrue) object_.flags |= flag;
      } else {
        sink_->Field(Named(EdgeKind::kProperty, key_), ShownAs(value));
      }
    }
  }
}

void HeapDumpReader::Continue(const JsonScalar& value) {
  if (value.type == JsonScalar::kNumber) {
    Number(value.text, &continued_);
  } else if (value.type != JsonScalar::kString || value.text != kRoots) {
    bad_ = absl::StrCat("\"of\": ", View(ShownAs(value)),
                        " is no record that can be continued");
  } else if (parts_seen_) {
    Misplaced(key_, "the lists that it is for");
  } else {
    record_type_ = RecordType::kRoots;
  }
}

void HeapDumpReader::RecordNumber(std::string_view key,
                                  std::string_view digits) {
  uint64_t number = 0;
  if (key == "from") {
    if (list_seen_) Misplaced(key, "the list that begins there");
    Number(digits, &from_);
  } else if (key == "size") {
    if (Number(digits, &number)) object_.size = number;
  } else if (key == "line") {
    if (Number(digits, &number)) object_.line = LineOf(number);
  } else if (key == "generation") {
    if (Number(digits, &number)) {
      object_.generation = static_cast<uint32_t>(number);
    }
  } else if (key == "length") {
    length_ = digits;
  } else if (key == "class") {
    Number(digits, &object_.class_address);
  } else if (key == "slot_size") {
    // What the slot leaves free is no property of the object.
  } else if (IsCount(key)) {
    sink_->Field(Named(EdgeKind::kProperty, key), digits);
  } else {
    Emit(key == "super" ? EdgeLabel{EdgeKind::kSuper, 0}
                        : Named(EdgeKind::kPart, key),
         false, {JsonScalar::kNumber, digits});
  }
}

void HeapDumpReader::RecordText(std::string_view key, std::string_view text) {
  if (key == "bt") {
    object_.type = ParseObjectType(text);
    if (object_.type == ObjectType::kUnknown) {
      sink_->Field(Named(EdgeKind::kProperty, key), text);
    }
  } else if (key == "type_name") {
    kind_ = text;
    is_iseq_ = text == "iseq";
    if (locals_seen_) Misplaced(key, "\"locals\"");
  } else if (key == "val") {
    value_ = text;
    object_.has_value = true;
  } else if (key == "name") {
    object_name_ = text;
  } else if (key == "file") {
    file_ = text;
  } else if (key == "method") {
    method_ = text;
  } else {
    sink_->Field(Named(EdgeKind::kProperty, key), text);
  }
}

void HeapDumpReader::OnStartMap() {
  if (levels_.empty()) {
    Push(Place::kRecord, {}, false);
    return;
  }
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
      RefuseAsRoot(Mismatch(Expected::kNumber, key_, true));
      [[fallthrough]];
    case Place::kSkipped:
      Push(Place::kSkipped, {}, false);
      break;
    default:
      Push(Place::kSame, holder.label, holder.weak);
  }
}

void HeapDumpReader::OnStartArray() {
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
      RefuseAsRoot(Mismatch(Expected::kNumber, key_, false));
      [[fallthrough]];
    case Place::kSkipped:
      Push(Place::kSkipped, {}, false);
      break;
    default:
      Push(Place::kSame, holder.label, holder.weak);
  }
}

// A list or map as a field of the record.
void HeapDumpReader::OpenRecordField(bool map) {
  if (record_type_ == RecordType::kRoots) {
    RefuseAsRoot(Mismatch(ExpectedOfRoots(key_), key_, map));
    if (key_ == "weak_categories") {
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
  Refuses(
      Mismatch(ExpectedFor(key_, dialect_ == Dialect::kFirstGem), key_, map));
  static const auto* const kNameMaps =
      new absl::flat_hash_map<absl::string_view, EdgeKind>{
          {"ivs", EdgeKind::kIvar},
          {"cvars", EdgeKind::kCvar},
          {"consts", EdgeKind::kConst},
          {"members", EdgeKind::kMember},
          {"locals", EdgeKind::kLocal},
          {"variables", EdgeKind::kThreadVariable}};
  locals_seen_ |= key_ == "locals";
  const auto name_map = kNameMaps->find(key_);
  if (name_map != kNameMaps->end()) {
    EdgeKind kind = name_map->second;
    if (kind == EdgeKind::kLocal &&
        (kind_ == "VM/thread" || kind_ == "thread" || kind_ == "fiber")) {
      kind = EdgeKind::kFiberLocal;
    }
    Push(map ? Place::kNames : Place::kPairs, {kind, 0}, false);
  } else if (key_ == "methods") {
    Push(map ? Place::kMethods : Place::kMethodPairs, {EdgeKind::kMethod, 0},
         false);
  } else if (key_ == "val") {
    // As a map: a hash of the first gem, its keys turned into text.
    Push(map ? Place::kNames : Place::kElements, {EdgeKind::kHashValue, 0},
         false);
    top().index = from_;
    list_seen_ = true;
  } else if (key_ == "frames") {
    Push(Place::kFrames, {}, false);
  } else if (key_ == "refs") {
    Push(Place::kSame, {EdgeKind::kRef, 0}, false);
  } else if (key_ == "weak") {
    Push(map ? Place::kNames : Place::kSame,
         {map ? EdgeKind::kPart : EdgeKind::kRef, 0}, true);
  } else if (map && dialect_ == Dialect::kFirstGem && key_ == "iseq") {
    Push(Place::kInlineIseq, {}, false);
  } else if (map) {
    Push(Place::kNames, Named(EdgeKind::kPart, key_), false);
  } else {
    Push(Place::kSame, Named(EdgeKind::kItem, key_), false);
  }
}

void HeapDumpReader::OpenInFrame(bool map) {
  const std::string where = frame_.Where();
  Refuses(Mismatch(ExpectedInFrame(name_), name_, map));
  frame_.named = true;
  if (name_ != "locals") {
    Push(Place::kSame,
         Named(EdgeKind::kFramePart, absl::StrCat(name_, " in ", where)),
         top().weak);
    return;
  }
  Push(map ? Place::kNames : Place::kPairs, {EdgeKind::kFrameLocal, 0},
       top().weak);
}

RecordOutcome HeapDumpReader::End() {
  if (bad_.empty() && !has_id_) bad_ = "the record has no id";
  if (!bad_.empty()) {
    Abandon();
    return {RecordOutcome::kBad, "bad_record", bad_};
  }
  switch (record_type_) {
    case RecordType::kObject:
      return EndObject();
    case RecordType::kHeader:
      return EndHeader();
    case RecordType::kRoots:
      return EndRoots();
    case RecordType::kEnd:
      end_seen_ = true;
      return {};
    case RecordType::kContinuation:
      if (!sink_->CommitContinuation(continued_, value_)) {
        return {RecordOutcome::kBad, "orphan_continuation",
                absl::StrCat("continues 0x", absl::Hex(continued_),
                             ", which has no record before it")};
      }
      return {};
    case RecordType::kNote:
      sink_->Abandon();
      return {};
  }
  return {};
}

RecordOutcome HeapDumpReader::EndObject() {
  if (object_.address == 0) {
    Abandon();
    return {RecordOutcome::kBad, "bad_record", "the record's id is 0"};
  }
  if (is_iseq_) {  // `line` is where its code begins
    if (object_.line != 0) {
      sink_->Field(Named(EdgeKind::kProperty, "line"),
                   absl::StrCat(object_.line));
    }
    object_.line = 0;
  }
  if (!length_.empty() &&
      (!object_.has_value || (object_.flags & kTruncated) != 0)) {
    sink_->Field(Named(EdgeKind::kProperty, "length"), length_);
  }
  if (object_.type == ObjectType::kSymbol && object_name_.empty()) {
    object_name_ = value_;
  }
  if (object_.type == ObjectType::kImemo) object_.class_address = 0;
  object_.kind = kind_;
  object_.name = object_name_;
  object_.value = value_;
  object_.file = file_;
  object_.method = method_;
  if (!sink_->CommitObject(object_)) {
    return DuplicateAddress(object_.address);
  }
  TakeInlineIseq();
  ++objects_;
  return {RecordOutcome::kCommitted, {}, {}};
}

RecordOutcome HeapDumpReader::EndHeader() {
  sink_->Abandon();
  if (format_name_ != "heap_dump") {
    return {RecordOutcome::kFatal,
            {},
            absl::StrCat("the header names the format \"", format_name_,
                         "\"; this heapq reads heap_dump 2")};
  }
  if (version_ > kNewestVersion) {
    return {RecordOutcome::kFatal,
            {},
            absl::StrCat("the dump is of format version ", version_,
                         ", this heapq reads up to ", kNewestVersion,
                         "; use a newer heapq")};
  }
  second_dump_ |= header_seen_;
  if (second_dump_) return SecondDump();
  if (!has_version_ || version_ == 0) {
    return {RecordOutcome::kFatal,
            {},
            absl::StrCat("the header has no \"version\" that is a number from "
                         "1 on; this heapq reads up to ",
                         kNewestVersion)};
  }
  header_seen_ = true;
  return {};
}

RecordOutcome HeapDumpReader::EndRoots() {
  sink_->Abandon();
  if (second_dump_) return SecondDump();
  for (const PendingRoot& root : roots_) {
    const bool weak =
        std::find(weak_categories_.begin(), weak_categories_.end(),
                  root.category) != weak_categories_.end();
    sink_->Root(root.category, root.name, root.target, weak);
  }
  return {};
}

void HeapDumpReader::Abandon() { sink_->Abandon(); }

std::string HeapDumpReader::Audit() const {
  if (!has_declared_ || declared_objects_ == objects_) return {};
  return absl::StrCat("the end record counts ", declared_objects_,
                      " objects, the file holds ", objects_);
}

}  // namespace heapq

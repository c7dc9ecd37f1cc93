#ifndef HEAPQ_INDEXER_FORMATS_HEAP_DUMP_KEYS_H_
#define HEAPQ_INDEXER_FORMATS_HEAP_DUMP_KEYS_H_

#include <cstdint>
#include <string_view>

#include "indexer/formats/value_schema.h"
#include "indexer/model/edge_kind.h"
#include "indexer/model/object_type.h"

// The keys of an object's record in dump format 2, for its reader and its
// scanner. docs/reference/format.md §5 describes them, and a test compares the
// page with this table.
namespace heapq {

// The meaning of a key.
enum class HeapDumpKey : uint8_t {
  kPart,  // any other key: a reference or list of references by this name
  kId,
  kOf,
  kFrom,
  kType,
  kTypeName,
  kClass,
  kSize,
  kSlotSize,
  kLine,
  kGeneration,
  kLength,
  kFlag,  // `flag` of the row
  kVal,
  kName,
  kFile,
  kMethod,
  kSuper,
  kNameMap,  // values by name, edges of the row's `kind`
  kLocals,
  kMethods,
  kRefs,
  kWeak,
  kFrames,
  kCount,  // a number that is not a reference, kept as a property
};

struct HeapDumpKeySpec {
  std::string_view name;
  HeapDumpKey key = HeapDumpKey::kPart;
  Expected expected = Expected::kAnything;
  EdgeKind kind = EdgeKind::kPart;
  uint8_t flag = 0;  // ObjectFlag
};

inline constexpr HeapDumpKeySpec kHeapDumpKeys[] = {
    {"bt", HeapDumpKey::kType, Expected::kText},
    {"type_name", HeapDumpKey::kTypeName, Expected::kText},
    {"class", HeapDumpKey::kClass, Expected::kReference},
    {"size", HeapDumpKey::kSize, Expected::kBytes},
    {"slot_size", HeapDumpKey::kSlotSize, Expected::kBytes},
    {"frozen", HeapDumpKey::kFlag, Expected::kFlag, EdgeKind::kPart, kFrozen},
    {"old", HeapDumpKey::kFlag, Expected::kFlag, EdgeKind::kPart, kOld},
    {"shared", HeapDumpKey::kFlag, Expected::kFlag, EdgeKind::kPart, kShared},
    {"fstring", HeapDumpKey::kFlag, Expected::kFlag, EdgeKind::kPart, kFstring},
    {"embedded", HeapDumpKey::kFlag, Expected::kFlag, EdgeKind::kPart,
     kEmbedded},
    {"singleton", HeapDumpKey::kFlag, Expected::kFlag, EdgeKind::kPart,
     kSingleton},
    {"escaped", HeapDumpKey::kFlag, Expected::kFlag, EdgeKind::kPart, kEscaped},
    {"truncated", HeapDumpKey::kFlag, Expected::kFlag, EdgeKind::kPart,
     kTruncated},
    {"file", HeapDumpKey::kFile},
    {"line", HeapDumpKey::kLine, Expected::kNumber},
    {"method", HeapDumpKey::kMethod},
    {"generation", HeapDumpKey::kGeneration, Expected::kNumber},
    {"ivs", HeapDumpKey::kNameMap, Expected::kListOrMap, EdgeKind::kIvar},
    {"cvars", HeapDumpKey::kNameMap, Expected::kListOrMap, EdgeKind::kCvar},
    {"consts", HeapDumpKey::kNameMap, Expected::kListOrMap, EdgeKind::kConst},
    {"members", HeapDumpKey::kNameMap, Expected::kListOrMap, EdgeKind::kMember},
    {"variables", HeapDumpKey::kNameMap, Expected::kAnything,
     EdgeKind::kThreadVariable},
    // kFiberLocal in the record of a thread or fiber.
    {"locals", HeapDumpKey::kLocals, Expected::kListOrMap, EdgeKind::kLocal},
    {"methods", HeapDumpKey::kMethods, Expected::kListOrMap, EdgeKind::kMethod},
    {"name", HeapDumpKey::kName},
    {"super", HeapDumpKey::kSuper, Expected::kReference, EdgeKind::kSuper},
    {"val", HeapDumpKey::kVal, Expected::kTextOrList},
    {"length", HeapDumpKey::kLength, Expected::kBytes},
    {"frames", HeapDumpKey::kFrames, Expected::kList},
    {"refs", HeapDumpKey::kRefs, Expected::kList, EdgeKind::kRef},
    {"weak", HeapDumpKey::kWeak, Expected::kListOrMap},
    {"fd", HeapDumpKey::kCount},
    {"capacity", HeapDumpKey::kCount},
    {"arity", HeapDumpKey::kCount},
    // The record itself, and continuations (§6).
    {"id", HeapDumpKey::kId},
    {"_id", HeapDumpKey::kId},  // in a dump prepared for MongoDB
    {"of", HeapDumpKey::kOf},
    {"from", HeapDumpKey::kFrom, Expected::kNumber},
};

// The keys of a frame.
enum class FrameKey : uint8_t {
  kPart,  // any other key
  kLabel,
  kFile,
  kLine,
  kIseq,
  kLocals,
};

struct FrameKeySpec {
  std::string_view name;
  FrameKey key = FrameKey::kPart;
  Expected expected = Expected::kAnything;
};

inline constexpr FrameKeySpec kFrameKeys[] = {
    {"label", FrameKey::kLabel, Expected::kText},
    {"cfunc", FrameKey::kLabel, Expected::kText},
    {"filename", FrameKey::kFile, Expected::kText},
    {"line", FrameKey::kLine, Expected::kNumber},
    {"iseq", FrameKey::kIseq, Expected::kReference},
    {"locals", FrameKey::kLocals, Expected::kListOrMap},
};

// The row of a key; for any other key a row without a name, of kPart.
const HeapDumpKeySpec& HeapDumpKeyOf(std::string_view name);
const FrameKeySpec& FrameKeyOf(std::string_view name);

// The kind of the edges to `locals`, by the `type_name` of their holder.
EdgeKind KindOfLocals(std::string_view type_name);

// Whether a number behind the key counts something. Behind any other key it is
// a reference.
bool IsCount(HeapDumpKey key);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_HEAP_DUMP_KEYS_H_

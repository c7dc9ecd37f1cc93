#ifndef HEAPQ_INDEXER_FORMATS_DUMP_ALL_KEYS_H_
#define HEAPQ_INDEXER_FORMATS_DUMP_ALL_KEYS_H_

#include <cstdint>
#include <string_view>

#include "indexer/formats/value_schema.h"
#include "indexer/model/object_type.h"

// The keys of a record of ObjectSpace.dump_all, for its reader and its scanner.
namespace heapq {

// The meaning of a key.
enum class DumpAllKey : uint8_t {
  kOther,  // a text or true becomes a property
  kAddress,
  kType,
  kClass,
  kSuperclass,
  kDefault,
  kReferences,
  kMemsize,
  kFlags,
  kFlag,  // `flag` of the row
  kValue,
  kName,
  kKind,
  kFile,
  kMethod,
  kLine,
  kGeneration,
  kElements,
  kBytesize,
  kEncoding,
  kIgnored,
  kRoot,
  kFd,
};

struct DumpAllKeySpec {
  std::string_view name;
  DumpAllKey key = DumpAllKey::kOther;
  Expected expected = Expected::kAnything;
  uint8_t flag = 0;  // ObjectFlag
};

inline constexpr DumpAllKeySpec kDumpAllKeys[] = {
    {"address", DumpAllKey::kAddress, Expected::kAddress},
    {"type", DumpAllKey::kType, Expected::kText},
    {"class", DumpAllKey::kClass, Expected::kAddress},
    {"superclass", DumpAllKey::kSuperclass, Expected::kAddress},
    {"default", DumpAllKey::kDefault, Expected::kAddress},
    {"references", DumpAllKey::kReferences, Expected::kList},
    {"memsize", DumpAllKey::kMemsize, Expected::kBytes},
    {"flags", DumpAllKey::kFlags, Expected::kMap},
    {"frozen", DumpAllKey::kFlag, Expected::kFlag, kFrozen},
    {"shared", DumpAllKey::kFlag, Expected::kFlag, kShared},
    {"fstring", DumpAllKey::kFlag, Expected::kFlag, kFstring},
    {"embedded", DumpAllKey::kFlag, Expected::kFlag, kEmbedded},
    {"singleton", DumpAllKey::kFlag, Expected::kFlag, kSingleton},
    {"value", DumpAllKey::kValue, Expected::kText},
    {"name", DumpAllKey::kName, Expected::kText},
    {"called_id", DumpAllKey::kName, Expected::kText},
    {"mid", DumpAllKey::kName, Expected::kText},
    {"struct", DumpAllKey::kKind, Expected::kText},
    {"imemo_type", DumpAllKey::kKind, Expected::kText},
    {"file", DumpAllKey::kFile, Expected::kText},
    {"method", DumpAllKey::kMethod, Expected::kText},
    {"line", DumpAllKey::kLine, Expected::kNumber},
    {"generation", DumpAllKey::kGeneration, Expected::kNumber},
    {"length", DumpAllKey::kElements, Expected::kBytes},
    {"size", DumpAllKey::kElements, Expected::kBytes},
    {"bytesize", DumpAllKey::kBytesize, Expected::kBytes},
    {"encoding", DumpAllKey::kEncoding, Expected::kText},
    {"real_class_name", DumpAllKey::kIgnored},
    {"capacity", DumpAllKey::kIgnored},
    {"ivars", DumpAllKey::kIgnored},
    {"slot_size", DumpAllKey::kIgnored},
    {"shape_id", DumpAllKey::kIgnored},
    {"root", DumpAllKey::kRoot, Expected::kText},
    {"fd", DumpAllKey::kFd, Expected::kInteger},
};

// The row of a key; for any other key a row without a name, of kOther.
const DumpAllKeySpec& DumpAllKeyOf(std::string_view name);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_DUMP_ALL_KEYS_H_

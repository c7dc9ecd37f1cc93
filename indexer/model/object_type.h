#ifndef HEAPQ_INDEXER_MODEL_OBJECT_TYPE_H_
#define HEAPQ_INDEXER_MODEL_OBJECT_TYPE_H_

#include <cstdint>
#include <string_view>

// The numbers of object types and flags that docs/reference/schema.md
// documents.
namespace heapq {

// Ruby's own numbers (enum ruby_value_type), so that they never change.
enum class ObjectType : uint8_t {
  kGhost = 0,  // referred to, but the dump has no record of it
  kObject = 1,
  kClass = 2,
  kModule = 3,
  kFloat = 4,
  kString = 5,
  kRegexp = 6,
  kArray = 7,
  kHash = 8,
  kStruct = 9,
  kBignum = 10,
  kFile = 11,
  kData = 12,
  kMatch = 13,
  kComplex = 14,
  kRational = 15,
  kSymbol = 20,
  kImemo = 26,
  kNode = 27,
  kIclass = 28,
  kUnknown = 31,  // a type that this program does not know
};

enum ObjectFlag : uint8_t {
  kFrozen = 1,
  kOld = 2,
  kShared = 4,
  kFstring = 8,
  kEmbedded = 16,
  kSingleton = 32,
  kEscaped = 64,
  kTruncated = 128,
};

// "T_OBJECT", …; "(missing)" for a ghost, "T_UNKNOWN".
std::string_view ObjectTypeName(ObjectType type);
// Accepts "T_OBJECT" and dump_all's "OBJECT"; kUnknown for any other name.
ObjectType ParseObjectType(std::string_view name);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_MODEL_OBJECT_TYPE_H_

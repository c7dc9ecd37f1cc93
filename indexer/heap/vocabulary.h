#ifndef HEAPQ_INDEXER_HEAP_VOCABULARY_H_
#define HEAPQ_INDEXER_HEAP_VOCABULARY_H_

#include <cstdint>
#include <string_view>

// The numbers that docs/SCHEMA.md promises: types, flags, edge kinds.
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

// "T_OBJECT", …; "(missing)" for a ghost, "T_UNKNOWN".
std::string_view ObjectTypeName(ObjectType type);
// Takes "T_OBJECT" and dump_all's "OBJECT"; kUnknown if it is neither.
ObjectType ParseObjectType(std::string_view name);

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

enum class LabelIs : uint8_t { kNone, kName, kIndex, kObject };

// How a holder names a reference.
enum class EdgeKind : uint8_t {
  kRef = 0,    // the GC follows it; no name could be found
  kClass = 1,  // only in objects.class, never a row of `edges`
  kSuper = 2,
  kIvar = 3,             // name, with its @
  kCvar = 4,             // name, with its @@
  kConst = 5,            // name
  kIndex = 6,            // index in an array
  kHashKey = 7,          // index of the pair
  kHashValue = 8,        // name: the key, an immediate, in inspect form
  kHashValueOf = 9,      // object: the key
  kMember = 10,          // name of a Struct member
  kLocal = 11,           // name of a local that an env holds
  kFrameLocal = 12,      // name: "request in Session#start (app.rb:42)"
  kFramePart = 13,       // name: "self in Session#start (app.rb:42)"
  kMethod = 14,          // name of a method
  kFiberLocal = 15,      // name: Thread#[]
  kThreadVariable = 16,  // name
  kPart = 17,            // name of another named part: "env", "receiver", …
  kItem = 18,            // name of a list of parts: "literals", "queue", …
  kProperty = 100,       // only in `fields`: a property of the record
};

// The name that people and JSON see: "ivar", "hash_value" (for both kinds).
std::string_view EdgeKindName(EdgeKind kind);
LabelIs EdgeLabelIs(EdgeKind kind);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_VOCABULARY_H_

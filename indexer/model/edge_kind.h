#ifndef HEAPQ_INDEXER_MODEL_EDGE_KIND_H_
#define HEAPQ_INDEXER_MODEL_EDGE_KIND_H_

#include <cstdint>
#include <string_view>

// The kinds of references, with the numbers that docs/reference/schema.md
// documents. To add a kind: a number here, a row of the table in edge_kind.cc,
// a line there.
namespace heapq {

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
  kFrameLocal = 12,      // frame value: a local
  kFramePart = 13,       // frame value: "self", "iseq", …
  kMethod = 14,          // name of a method
  kFiberLocal = 15,      // name: Thread#[]
  kThreadVariable = 16,  // name
  kPart = 17,            // name of another named part: "env", "receiver", …
  kItem = 18,            // name of a list of parts: "literals", "queue", …
  kProperty = 100,       // only in `fields`: a property of the record
};

// The type of an edge's label.
enum class LabelType : uint8_t {
  kNone,
  kName,
  kIndex,
  kObject,
  kFrameValue,  // a name in one frame of the holder
};

// The origin of a reference.
enum class EdgeOrigin : uint8_t {
  kProgram,    // a variable, a collection's entry, a constant
  kStructure,  // Ruby's own: classes, methods, code
  kByEnds,     // depends on what it leads from and to
};

// How a reference can be removed.
enum class Clearing : uint8_t {
  kStatement,   // one statement of the program
  kWithHolder,  // only the end of the object that holds it
  kByEnds,      // depends on what it leads from and to
};

struct EdgeTraits {
  EdgeKind kind;
  // The name that people and JSON see; both kinds of hash values share one.
  std::string_view name;
  LabelType label;
  EdgeOrigin origin;
  Clearing clearing;
};

// The row of `kind`; the row of kRef if the number is unknown.
const EdgeTraits& TraitsOf(EdgeKind kind);

inline std::string_view EdgeKindName(EdgeKind kind) {
  return TraitsOf(kind).name;
}
inline LabelType LabelTypeOf(EdgeKind kind) { return TraitsOf(kind).label; }

}  // namespace heapq

#endif  // HEAPQ_INDEXER_MODEL_EDGE_KIND_H_

#ifndef HEAPQ_INDEXER_HEAP_HEAP_H_
#define HEAPQ_INDEXER_HEAP_HEAP_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "indexer/base/column.h"
#include "indexer/heap/string_table.h"
#include "indexer/model/edge_kind.h"
#include "indexer/model/object_type.h"

namespace heapq {

class AddressTable;

// Dense object number: 1…N have records, in address order; N+1…N+G are
// ghosts, in address order too. 0 is "no object" or, as a parent, "a root".
using ObjectId = uint32_t;

// The outgoing references of all objects in compressed sparse rows: those of
// object v are the index range [begin[v], begin[v + 1]) of the other columns.
// Sizes: begin N+G+2, the others E.
struct EdgeRows {
  uint64_t count = 0;  // E
  Column<uint32_t> begin;
  Column<ObjectId> dst;
  Column<EdgeKind> kind;
  Column<uint32_t> label;  // number or ObjectId, by kind: see LabelType
};

struct RootEntry {
  std::string category;
  std::string name;  // empty: none
  ObjectId dst = 0;
  bool weak = false;
};

struct FrameEntry {
  ObjectId thread = 0;
  uint32_t n = 0;
  uint32_t line = 0;
  ObjectId iseq = 0;  // 0: none
  std::string label;
  std::string file;
};

// The label of an edge or field of a thread or fiber: a value of frame `n`.
struct FrameValueEntry {
  uint32_t n = 0;
  uint32_t name = 0;  // names
};

// Where an object was allocated; 0 in the numbers below means "not traced".
struct Site {
  uint32_t file = 0;    // names
  uint32_t method = 0;  // names; 0: none
  uint32_t line = 0;
};

// The second word of an imemo's slot, where it is the address of an object.
struct ImemoWord {
  ObjectId imemo = 0;
  ObjectId word = 0;
};

// Where an iseq's code is, in a heap whose iseqs do not say so themselves.
struct CodePlace {
  ObjectId iseq = 0;
  uint32_t file = 0;  // names
  uint32_t line = 0;  // 0: unknown
};

// One heap with dense ids, as the graph stages and the store want it. All
// per-object columns have N+G+1 entries; entry 0 is unused.
struct Heap {
  uint32_t object_count = 0;  // N
  uint32_t ghost_count = 0;   // G

  std::shared_ptr<const AddressTable> addresses;  // of the ids; finished
  Column<ObjectType> type;
  Column<uint8_t> flags;
  Column<uint32_t> kind;        // names; 0: none
  Column<ObjectId> class_of;    // 0: none; always 0 for imemos
  Column<uint64_t> size;        // shallow, bytes
  Column<uint32_t> name;        // names; 0: none
  Column<uint32_t> site;        // sites; 0: none. Empty: nothing is traced
  Column<uint32_t> generation;  // empty as `site`

  EdgeRows edges;  // strong, without the class edges
  EdgeRows weak_edges;
  std::vector<RootEntry> roots;
  std::vector<FrameEntry> frames;             // by thread, then n
  std::vector<FrameValueEntry> frame_values;  // [0] unused
  StringTable names;                          // [0] is ""
  Column<Site> sites;                         // [0] unused
  std::vector<ImemoWord> imemo_words;         // until AddImemoWords
  // Classes and modules known to be constants, where references do not say so.
  // Paths begin at them (docs/reference/paths.md). From NameConstants.
  std::vector<ObjectId> constants;
  std::vector<CodePlace> code_places;  // by iseq; from NameCode

  // Ids are 32 bits wide; so are edge numbers.
  uint32_t last_id() const { return object_count + ghost_count; }
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_HEAP_H_

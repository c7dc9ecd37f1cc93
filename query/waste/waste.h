#ifndef HEAPQ_QUERY_WASTE_WASTE_H_
#define HEAPQ_QUERY_WASTE_WASTE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// Bytes of one sort that the program could do without.
struct WasteKind {
  std::string name;    // "duplicate strings"
  std::string fix;     // what to do, in a phrase
  uint64_t count = 0;  // objects
  uint64_t bytes = 0;
};

// The same text many times over.
struct DuplicateString {
  std::string value;  // or the hash of it, where the dump has no texts
  uint64_t copies = 0;
  uint64_t bytes = 0;  // of all copies but one
};

// Who holds waste: "Session#@id".
struct WasteHolder {
  std::string name;
  std::string kind;  // WasteKind::name
  uint64_t count = 0;
  uint64_t bytes = 0;
  std::string fix;  // WasteKind::fix
};

struct Waste {
  uint64_t bytes = 0;            // all kinds together; no object counts twice
  std::vector<WasteKind> kinds;  // most bytes first
  std::vector<DuplicateString> strings;  // most bytes first
  std::vector<WasteHolder> owners;       // most bytes first
  std::vector<std::string> notes;        // what this dump does not show
};

// Looks for duplicate strings, large strings of which only short parts are
// kept, empty, sparse and one-element arrays and hashes, unused capacity, and
// numbers that are objects. Returns at most `limit` strings and owners. The
// first call reads the whole heap and keeps the answer in the file, if that can
// be written. Memory: 14 bytes an object and 16 a string or collection.
absl::StatusOr<Waste> FindWaste(HeapDb* db, size_t limit);

}  // namespace heapq

#endif  // HEAPQ_QUERY_WASTE_WASTE_H_

#ifndef HEAPQ_QUERY_DB_EDGES_H_
#define HEAPQ_QUERY_DB_EDGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// A part of a longer list.
struct Page {
  uint64_t first = 0;  // rows that are skipped
  uint64_t count = 20;
};

template <typename T>
struct Paged {
  uint64_t total = 0;  // rows there are in all
  std::vector<T> rows;
};

// A value of an object's record that is not a reference.
struct FieldRow {
  int64_t at = 0;  // how many edges of the record come before it
  EdgeKind kind = EdgeKind::kProperty;
  int64_t label = 0;
  std::string value;
};

// The tier of an edge (docs/reference/paths.md): 0 written by the program,
// 1 Ruby's own structure, 2 caches.
int EdgeTier(const ObjectRow& src, EdgeKind kind, const ObjectRow& dst);
// Lower is better, among the edges between the same two objects.
int EdgePreference(EdgeKind kind);

// Reads edges both ways. `db` must outlive it.
class Edges {
 public:
  explicit Edges(HeapDb* db) : db_(*db) {}

  // The strong edges of an object in its record's order, the class first;
  // then the weak ones.
  absl::StatusOr<Paged<EdgeRow>> Out(const ObjectRow& object, Page page);
  absl::StatusOr<std::vector<FieldRow>> Fields(uint32_t id, uint64_t limit);
  absl::StatusOr<uint64_t> FieldCount(uint32_t id);

  // The edges that lead to an object, ordered by holder, strong ones first,
  // then those of its instances if it is a class, then weak ones.
  absl::StatusOr<Paged<EdgeRow>> In(const ObjectRow& object, Page page);

  // The edge from `src` to `dst` that says most: a named one, else the class;
  // nullopt: there is none.
  absl::StatusOr<std::optional<EdgeRow>> Best(const ObjectRow& src,
                                              uint32_t dst);

  // All strong edges from `src` to `dst`, the class edge last.
  absl::StatusOr<std::vector<EdgeRow>> Between(uint32_t src, uint32_t dst);

  // The distinct holders of strong edges to `dst`, ascending, not instances
  // that hold their class. At most `limit`.
  absl::StatusOr<std::vector<uint32_t>> Holders(uint32_t dst, uint64_t limit);
  // The same for weak edges.
  absl::StatusOr<std::vector<EdgeRow>> WeakIn(uint32_t dst, uint64_t limit);
  // Objects whose header has `class_id`. Reads all objects.
  absl::StatusOr<std::vector<uint32_t>> Instances(uint32_t class_id,
                                                  uint64_t limit);

  // The rows of `roots` for an object: named ones first, the machine stack
  // last, weak ones after all strong ones. Not the GC's table of global
  // variables ("global_tbl") where the variable's own row is there.
  absl::StatusOr<std::vector<RootRow>> Roots(uint32_t id);

 private:
  absl::StatusOr<uint64_t> Count(const char* sql, uint32_t id);

  HeapDb& db_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_EDGES_H_

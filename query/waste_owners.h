#ifndef HEAPQ_QUERY_WASTE_OWNERS_H_
#define HEAPQ_QUERY_WASTE_OWNERS_H_

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "query/describe.h"
#include "query/heap_db.h"

namespace heapq {

// How each object is held on its best path; by id. 14 bytes an object.
struct HolderColumns {
  static constexpr uint8_t kNoEdge = 255;  // held by its class pointer, or not

  explicit HolderColumns(size_t size)
      : parent(size),
        klass(size),
        label(size),
        type(size),
        kind(size, kNoEdge) {}

  std::vector<uint32_t> parent;  // 0: a root, or unreachable
  std::vector<uint32_t> klass;   // as the object's header has it
  std::vector<uint32_t> label;   // of the edge from `parent`
  std::vector<uint8_t> type;     // ObjectType
  std::vector<uint8_t> kind;     // EdgeKind of that edge
};

// Says who would have to change to hold an object otherwise: the nearest
// holder on its best path that somebody wrote, "Session#@tags" for what is in
// an array of that variable.
class WasteOwners {
 public:
  // Both must outlive it.
  WasteOwners(HeapDb* db, const HolderColumns* heap)
      : db_(*db), heap_(*heap), describe_(db) {}

  absl::StatusOr<std::string> OwnerOf(uint32_t id);

 private:
  // What the holder of `id` is called; empty: nobody wrote it, go on upwards.
  absl::StatusOr<const std::string*> NameOfHolder(uint32_t id);
  absl::StatusOr<std::string> FindName(uint32_t holder, EdgeKind kind,
                                       uint32_t label);

  HeapDb& db_;
  const HolderColumns& heap_;
  Describer describe_;
  // By class, or where it differs within one by holder; kind and label of the
  // edge, where these matter.
  absl::flat_hash_map<std::tuple<bool, uint32_t, uint8_t, uint32_t>,
                      std::string>
      known_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_WASTE_OWNERS_H_

#ifndef HEAPQ_QUERY_WASTE_WASTE_HOLDERS_H_
#define HEAPQ_QUERY_WASTE_WASTE_HOLDERS_H_

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"

namespace heapq {

// How each object is held on its best path; by id. 14 bytes and a
// bit an object.
struct HolderColumns {
  static constexpr uint8_t kNoEdge = 255;  // held by its class pointer, or not

  explicit HolderColumns(size_t size)
      : parent(size),
        klass(size),
        label(size),
        type(size),
        kind(size, kNoEdge),
        is_iseq(size) {}

  std::vector<uint32_t> parent;  // 0: a root, or unreachable
  std::vector<uint32_t> klass;   // as the object's header has it
  std::vector<uint32_t> label;   // of the edge from `parent`
  std::vector<uint8_t> type;     // ObjectType
  std::vector<uint8_t> kind;     // EdgeKind of that edge
  std::vector<bool> is_iseq;
};

// Names the code that would have to change to hold an object otherwise: the
// nearest holder on its best path that a program wrote, "Session#@tags" for
// what is in an array of that variable. Names have numbers, since many objects
// share one.
class WasteHolders {
 public:
  // Both must outlive it.
  WasteHolders(HeapDb* db, const HolderColumns* heap)
      : db_(*db), heap_(*heap), describe_(db) {}

  absl::StatusOr<uint32_t> OwnerOf(uint32_t id);
  const std::string& Name(uint32_t owner) const { return *names_[owner]; }

 private:
  // The number of the name that the holder of `id` has; kNameless: no program
  // wrote it, go on upwards.
  absl::StatusOr<uint32_t> NameOfHolder(uint32_t id);
  absl::StatusOr<std::string> FindName(uint32_t holder, EdgeKind kind,
                                       uint32_t label);
  // The class, or the type, of a container without a name.
  absl::StatusOr<uint32_t> NameOfContainer(uint32_t id);
  uint32_t Number(const std::string& name);

  static constexpr uint32_t kNameless = ~uint32_t{0};

  HeapDb& db_;
  const HolderColumns& heap_;
  ObjectLabeler describe_;
  // By class, or where it differs within one by holder; kind and label of the
  // edge, where these matter.
  absl::flat_hash_map<std::tuple<bool, uint32_t, uint8_t, uint32_t>, uint32_t>
      known_;
  absl::flat_hash_map<std::pair<uint32_t, uint8_t>, uint32_t> containers_;
  absl::node_hash_map<std::string, uint32_t> numbers_;
  std::vector<const std::string*> names_;  // keys of numbers_
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_WASTE_WASTE_HOLDERS_H_

#ifndef HEAPQ_QUERY_AGGREGATES_CLASS_HISTOGRAM_H_
#define HEAPQ_QUERY_AGGREGATES_CLASS_HISTOGRAM_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"

namespace heapq {

// Objects of one class, or of a builtin type that has no classes. Bytes.
struct TypeCount {
  std::string name;  // class path; "(T_IMEMO)" and the like for no class
  uint32_t class_id = 0;
  uint64_t address = 0;  // of the class; 0: none
  uint64_t count = 0;
  uint64_t size = 0;
  std::optional<uint64_t> retained;  // overlaps counted once
};

enum class TypeOrder { kCount, kSize, kRetained };

struct TopTypes {
  std::vector<TypeCount> rows;  // biggest first, then by name
  uint64_t total_types = 0;     // there are in all
  uint64_t objects = 0;         // in the file
  uint64_t size = 0;
};

absl::StatusOr<TopTypes> FindTopTypes(HeapDb* db, TypeOrder order,
                                      uint64_t most);

struct TopRetainers {
  std::vector<ObjectSummary> rows;  // most retained first, then by id
  uint64_t reachable_size = 0;      // bytes: what shares are of
};

// At most the ten thousand that are kept in the file.
absl::StatusOr<TopRetainers> FindTopRetainers(HeapDb* db, uint64_t most);

// The answer of HeapDump.count_objects in the running process.
struct NamespaceCount {
  std::optional<uint64_t> total_slots;  // if the dump's header has it
  std::optional<uint64_t> free_slots;
  std::vector<TypeCount> basic_types;          // T_OBJECT, …, by type number
  std::map<std::string, uint64_t> user_types;  // by class path
};

// A namespace stands for its classes and everything below it, a class for
// itself; what has no instances is left out. Errors: kNotFound for a name that
// no class or module has, with the nearest one.
absl::StatusOr<NamespaceCount> CountNamespaces(
    HeapDb* db, const std::vector<std::string>& names);

}  // namespace heapq

#endif  // HEAPQ_QUERY_AGGREGATES_CLASS_HISTOGRAM_H_

#ifndef HEAPQ_CLI_EXPORT_HPROF_CLASSES_H_
#define HEAPQ_CLI_EXPORT_HPROF_CLASSES_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "query/db/heap_rows.h"

namespace heapq {

// Maps a Ruby heap to HPROF's classes. An object is an instance of the
// class that obj.class answers, or, where there is none, of one that is named
// after its type: "(iseq)". All instances of a class have the same fields
// there, so a class has the names that its instances' references have, up to a
// bound.
class HprofClasses {
 public:
  // Reads the whole heap. Calls `member` with the name of each reference of a
  // class or module. Memory: some 20 bytes for each object.
  absl::Status Read(HeapDb* db,
                    absl::FunctionRef<void(std::string_view name)> member);

  struct InstanceClass {
    std::string name;
    uint32_t id = 0;  // of the Ruby class; 0: it is only named after a type
    std::vector<std::string> fields;
    absl::flat_hash_map<std::string, size_t> places;  // in `fields`
  };
  const std::vector<InstanceClass>& classes() const { return classes_; }
  // Place in classes(), of objects that are no classes themselves.
  uint32_t ClassOf(uint32_t id) const { return class_of_[id]; }
  // Classes and modules, which are classes there.
  bool IsClass(uint32_t id) const { return is_class_[id]; }
  // An instance class by the id of its Ruby class; null: it has no instances.
  const InstanceClass* Of(uint32_t class_id) const;
  uint64_t AddressOf(uint32_t id) const {
    return id < addresses_.size() ? addresses_[id] : 0;
  }

  // The largest power of two such that the sizes of all objects, each cut to
  // it, add up to at most `budget` bytes.
  uint64_t SizeCap(uint64_t budget) const;

  // Returns the name of the static field for a reference of a class or module.
  static absl::StatusOr<std::string> MemberName(HeapRows* rows,
                                                const EdgeRow& edge);
  // The field's name that a reference of an instance would have; empty: none.
  static absl::StatusOr<std::string_view> FieldName(HeapRows* rows,
                                                    const EdgeRow& edge);

 private:
  uint32_t Place(uint32_t class_id, const std::string& name);

  std::vector<InstanceClass> classes_;
  absl::flat_hash_map<uint32_t, uint32_t> by_class_;
  absl::flat_hash_map<std::string, uint32_t> by_name_;
  std::vector<uint32_t> class_of_;   // by id
  std::vector<uint64_t> addresses_;  // by id
  std::vector<bool> is_class_;       // by id
  // Count and total bytes of the objects whose size has this highest bit.
  struct SizeSum {
    uint64_t count = 0;
    double bytes = 0;
  };
  std::array<SizeSum, 65> sizes_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPORT_HPROF_CLASSES_H_

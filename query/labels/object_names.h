#ifndef HEAPQ_QUERY_LABELS_OBJECT_NAMES_H_
#define HEAPQ_QUERY_LABELS_OBJECT_NAMES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// The objects that a text names.
struct NamedObjects {
  std::vector<uint32_t> ids;  // ascending, each once
  // Set if the text is the full name of a class that has instances: `ids` are
  // its instances.
  std::string class_name;
};

// Finds objects by what a program calls them:
//
//   0x7f…, 140, #17     an address or a number, as HeapDb::ParseId takes it
//   Session             the instances of a class; a class or module without
//                       instances is itself the object
//   class:Session       the class
//   Session::LIMIT      the value of a constant
//   $bus                the value of a global variable
//   thread:2            the second thread of `heapq threads`
//
// Each may be followed by references, one after another: `.@name`, `@name`,
// `@@name`, `#@name` (an instance variable of each instance), `.member`, `[0]`,
// `[:key]`, `["key"]`, `::CONSTANT`. After a class's name they begin at the
// class, but for `#@name`.
//
// Errors: kInvalidArgument (not a name of these forms), kNotFound (nothing is
// called so; the message says how far the name could be followed).
absl::StatusOr<NamedObjects> FindByName(HeapDb* db, std::string_view text);

// The one object that `text` names. Errors: those of FindByName, and
// kInvalidArgument with some of the objects if there are several.
absl::StatusOr<uint32_t> FindOneByName(HeapDb* db, std::string_view text);

}  // namespace heapq

#endif  // HEAPQ_QUERY_LABELS_OBJECT_NAMES_H_

#ifndef HEAPQ_CLI_APP_OBJECT_ARGUMENT_H_
#define HEAPQ_CLI_APP_OBJECT_ARGUMENT_H_

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_names.h"

namespace heapq {

// The help of an argument that ReadObjectArgument takes.
inline constexpr char kObjectHelp[] =
    "An address (0x…), '#N', or a name: Foo::BAR, '$x', Foo.@bar, "
    "'Foo[:key]', Session, thread:1, suspect:1";

// The objects that a command line names: FindByName, and "suspect:2", the
// object of the second of the heap's suspects, which references may follow.
absl::StatusOr<NamedObjects> ReadObjectArgument(HeapDb* db,
                                                std::string_view text);
// The same where one object is needed.
absl::StatusOr<uint32_t> ReadOneObject(HeapDb* db, std::string_view text);

// The objects for which an SQL expression over the columns of v_objects holds.
// Errors: kInvalidArgument with SQLite's message; kNotFound if there are none.
absl::StatusOr<std::vector<uint32_t>> ReadObjectsWhere(
    HeapDb* db, const std::string& expression);
// The objects that lines of `in` name by their first words; blank lines do not
// count. Errors: those of ReadObjectArgument, with the number of the line.
absl::StatusOr<std::vector<uint32_t>> ReadObjectLines(HeapDb* db,
                                                      std::istream* in);

}  // namespace heapq

#endif  // HEAPQ_CLI_APP_OBJECT_ARGUMENT_H_

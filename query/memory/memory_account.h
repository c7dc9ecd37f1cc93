#ifndef HEAPQ_QUERY_MEMORY_MEMORY_ACCOUNT_H_
#define HEAPQ_QUERY_MEMORY_MEMORY_ACCOUNT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// Where the dumped process had its memory, as the dump's header says. Bytes
// unless noted.
struct MemoryAccount {
  uint64_t rss = 0;
  uint64_t peak_rss = 0;
  uint64_t swapped = 0;
  uint64_t files = 0;        // resident, as the kernel counts them
  uint64_t shared = 0;       // the same
  uint64_t group_used = 0;   // control group; 0: unknown
  uint64_t group_limit = 0;  // 0: none

  // What is resident, by use. Without a value: the dump does not say.
  struct Resident {
    uint64_t ruby_heap = 0;
    uint64_t ruby_heap_in_malloc = 0;  // part of ruby_heap; Ruby 3.0 and older
    uint64_t thread_stacks = 0;
    uint64_t fiber_stacks = 0;
    uint64_t main_heap = 0;
    uint64_t arenas = 0;
    uint64_t code = 0;
    uint64_t files = 0;
    uint64_t shared = 0;
    uint64_t anonymous = 0;
  };
  std::optional<Resident> resident;

  std::string allocator;  // "glibc", "jemalloc", …
  uint64_t arenas = 0;    // a count
  struct Malloc {
    uint64_t in_use = 0;
    uint64_t mapped = 0;    // glibc: blocks with a mapping of their own
    uint64_t resident = 0;  // jemalloc
  };
  std::optional<Malloc> malloc;

  int64_t ruby = 0;          // 100 * major + minor version; 0: unknown
  uint64_t page_size = 0;    // of Ruby's heap; 0: unknown
  uint64_t pages_found = 0;  // counts
  uint64_t pages_with_objects = 0;
  uint64_t sparse_pages = 0;
  uint64_t pages_allocated = 0;

  // Objects in slots, and what malloc gave out for them.
  struct Objects {
    uint64_t count = 0;
    uint64_t slots = 0;
    uint64_t owned = 0;
  };
  std::optional<Objects> objects;  // of the dump
  // `objects` are the dump's sizes, as malloc's own overhead is not known.
  bool objects_are_estimated = false;
  std::optional<Objects> garbage;  // not in the dump; absent if it may be

  // Classes whose extension does not report how much memory an instance takes.
  struct Unsized {
    std::string name;  // the class
    uint64_t count = 0;
    std::string library;  // "sqlite3_native.so"; "": not known
  };
  std::vector<Unsized> unsized;  // most instances first
  // What could not be read, as "resident: pagemap cannot be opened".
  std::vector<std::string> left_out;
  // The account comes from `load --status`, not from the dump.
  bool is_of_status_file = false;
};

// nullopt: the dump has no account (ObjectSpace.dump_all, older gems), and was
// loaded without --status.
absl::StatusOr<std::optional<MemoryAccount>> ReadMemoryAccount(HeapDb* db);

}  // namespace heapq

#endif  // HEAPQ_QUERY_MEMORY_MEMORY_ACCOUNT_H_

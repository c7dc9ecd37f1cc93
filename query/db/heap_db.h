#ifndef HEAPQ_QUERY_DB_HEAP_DB_H_
#define HEAPQ_QUERY_DB_HEAP_DB_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "indexer/model/edge_kind.h"
#include "indexer/model/object_type.h"
#include "indexer/sqlite/connection.h"

namespace heapq {

// A row of `objects` with its names looked up. Sizes are bytes.
struct ObjectRow {
  uint32_t id = 0;
  uint64_t address = 0;
  ObjectType type = ObjectType::kUnknown;
  uint8_t flags = 0;      // ObjectFlag
  std::string kind;       // T_DATA type name or imemo kind; empty: none
  std::string name;       // class path, label, symbol …; empty: none
  uint32_t class_id = 0;  // as the object's header has it; 0: none
  uint64_t size = 0;      // shallow
  std::string file;       // allocation site; empty: not traced
  uint32_t line = 0;
  std::string method;  // allocation site
  std::optional<uint32_t> generation;
  bool reachable = false;  // a strong path leads here; else the rest is 0
  uint8_t tier = 0;
  uint32_t parent = 0;  // 0: a root
  uint32_t depth = 0;
  uint32_t jump = 0;
  uint32_t idom = 0;
  std::optional<uint64_t> retained;
};

// One strong or weak reference.
struct EdgeRow {
  uint32_t src = 0;
  int64_t n = -1;  // place in the record of `src`; -1: the class edge
  uint32_t dst = 0;
  EdgeKind kind = EdgeKind::kRef;
  int64_t label = 0;  // by kind: number of a name, index, id of a key
  bool weak = false;
};

struct RootRow {
  std::string category;
  std::string name;  // empty: none
  uint32_t dst = 0;
  bool weak = false;
};

// A heap.db, opened for reading. Everything that query/ answers begins here.
// Not thread-safe, but for connection().Interrupt(). Functions that take an id
// fail with kNotFound for one that is not in the file, and with kDataLoss
// where the file contradicts itself.
class HeapDb {
 public:
  // Errors: kNotFound, kInvalidArgument (no heap.db, or one with tables that
  // heapq did not write), kFailedPrecondition (another schema), kDataLoss.
  static absl::StatusOr<std::unique_ptr<HeapDb>> Open(const std::string& path);

  const std::string& path() const { return path_; }
  Connection& connection() { return *connection_; }

  // Values of `meta`; empty and 0 where a key is missing.
  absl::StatusOr<std::string> MetaText(std::string_view key);
  absl::StatusOr<int64_t> MetaNumber(std::string_view key);
  uint32_t object_count() const { return object_count_; }
  uint32_t last_id() const { return object_count_ + ghost_count_; }
  // Whether the dump's format has values that are not references.
  bool has_fields() const { return has_fields_; }

  // Takes what people type: "0x7f…", a decimal address, or "#N", a dense id.
  // Errors: kInvalidArgument (neither), kNotFound, with the nearest object.
  absl::StatusOr<uint32_t> ParseId(std::string_view text);
  // The object at `address`; kNotFound, with the nearest one, if there is none.
  absl::StatusOr<uint32_t> IdAt(uint64_t address);

  absl::StatusOr<ObjectRow> Object(uint32_t id);
  absl::StatusOr<std::string> Name(int64_t number);

  // Prepares a statement once and keeps it; ready to be bound. `$part` and
  // `$T_DATA` in it are numbers of kinds and types, see kind_numbers.h. Read
  // all its rows before the next call with `sql`, the same literal.
  absl::StatusOr<Statement*> Cached(const char* sql);
  // Ends all reads: a statement that has rows left blocks writers of the file.
  void ResetAll();

 private:
  HeapDb(std::string path, std::unique_ptr<Connection> connection)
      : path_(std::move(path)), connection_(std::move(connection)) {}
  absl::Status ReadCounts();
  absl::StatusOr<uint64_t> AddressOf(uint32_t id);
  // The first id in [first, last] whose address is not below `address`;
  // last + 1: none.
  absl::StatusOr<uint32_t> LowerBound(uint32_t first, uint32_t last,
                                      uint64_t address);

  const std::string path_;
  const std::unique_ptr<Connection> connection_;
  std::unordered_map<const char*, Statement> statements_;
  uint32_t object_count_ = 0;
  uint32_t ghost_count_ = 0;
  bool has_fields_ = false;
};

// "0x7f12…".
std::string AddressText(uint64_t address);

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_HEAP_DB_H_

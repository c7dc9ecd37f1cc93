#ifndef HEAPQ_QUERY_DB_HEAP_ROWS_H_
#define HEAPQ_QUERY_DB_HEAP_ROWS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// An object with its names, as a row of a whole heap. Texts are valid until
// the next row. Sizes are bytes.
struct NodeRow {
  uint32_t id = 0;
  uint64_t address = 0;
  ObjectType type = ObjectType::kUnknown;
  uint8_t flags = 0;            // ObjectFlag
  uint32_t class_id = 0;        // as the object's header has it; 0: none
  uint32_t real_class_id = 0;   // as obj.class answers; 0: none
  std::string_view class_name;  // of that; empty: none
  std::string_view kind;        // T_DATA type name or imemo kind
  std::string_view name;        // class path, label, symbol …
  std::optional<std::string_view> text;  // of strings, numbers, regexps
  uint64_t size = 0;                     // shallow
  std::string_view file;                 // allocation site; empty: not traced
  uint32_t line = 0;
  std::string_view method;
  std::optional<uint32_t> generation;
  bool reachable = false;
  uint32_t idom = 0;  // 0: the roots
  std::optional<uint64_t> retained;
};

// Reads a heap.db from end to end, object by object in the order of their ids,
// for answers that hold all of it. Memory: the distinct names, not the objects.
// Every id that is given on is one of the file's; kDataLoss where it is not.
class HeapRows {
 public:
  // `db` must outlive it.
  explicit HeapRows(HeapDb* db) : db_(*db) {}

  // A status that `row` returns ends the reading and is returned.
  absl::Status Nodes(absl::FunctionRef<absl::Status(const NodeRow&)> row);
  // Every reference by holder: its class, the strong ones in the record's
  // order, the weak ones.
  absl::Status Edges(absl::FunctionRef<absl::Status(const EdgeRow&)> row);
  // Both at once: each object, then its references, as Edges has them.
  absl::Status NodesWithEdges(
      absl::FunctionRef<absl::Status(const NodeRow&)> node,
      absl::FunctionRef<absl::Status(const EdgeRow&)> edge);
  absl::Status Roots(absl::FunctionRef<absl::Status(const RootRow&)> row);

  // How a holder calls what it holds, without a look at other objects: a name,
  // an index, "#17" for the id of a hash's key; "" where there is nothing.
  absl::StatusOr<std::string> Label(const EdgeRow& edge);

  // A row of `names`, kept; valid as long as this object. 0: "".
  absl::StatusOr<std::string_view> Name(int64_t number);

 private:
  struct Site {
    std::string file;
    uint32_t line = 0;
    std::string method;
  };
  struct Class {
    uint32_t real = 0;
    std::string name;
  };
  absl::StatusOr<NodeRow> ReadNode(const Statement& row);
  absl::StatusOr<const Class*> ClassOf(uint32_t id);
  absl::StatusOr<const Site*> SiteOf(int64_t number);

  HeapDb& db_;
  absl::flat_hash_map<int64_t, std::unique_ptr<std::string>> names_;
  absl::flat_hash_map<uint32_t, std::unique_ptr<Class>> classes_;
  absl::flat_hash_map<int64_t, std::unique_ptr<Site>> sites_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_DB_HEAP_ROWS_H_

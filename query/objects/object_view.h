#ifndef HEAPQ_QUERY_OBJECTS_OBJECT_VIEW_H_
#define HEAPQ_QUERY_OBJECTS_OBJECT_VIEW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/edges.h"
#include "query/db/heap_db.h"
#include "query/labels/edge_label.h"
#include "query/labels/object_label.h"

namespace heapq {

// A value that an object holds: another object, or an immediate.
struct FieldView {
  std::string kind;   // as EdgeKindName has it
  std::string label;  // "@name", "[3]", …
  bool weak = false;
  std::optional<ObjectSummary> object;
  std::string value;  // of an immediate or property, in inspect form
};

// One end of an edge, seen from the other.
struct Neighbour {
  std::string kind;
  std::string label;
  bool weak = false;
  ObjectSummary object;
};

struct ObjectView {
  ObjectSummary object;
  std::string data_kind;  // T_DATA type name or imemo kind; empty: none
  std::vector<std::string> flags;
  std::string allocated_in;  // method; empty: not traced
  std::optional<uint64_t> generation;
  bool reachable = false;
  std::optional<std::string> text;  // of strings, numbers, regexps: as dumped
  std::vector<std::string> roots;   // those that hold it directly, as labels
  std::vector<FieldView> fields;    // in the record's order, class first
  uint64_t field_count = 0;         // there are in all
  uint64_t referrer_count = 0;
};

// Looks at single objects. `db` must outlive it.
class ObjectViews {
 public:
  explicit ObjectViews(HeapDb* db)
      : db_(*db), describe_(db), labels_(db, &describe_), edges_(db) {}

  // With at most `most_fields` fields.
  absl::StatusOr<ObjectView> Show(uint32_t id, uint64_t most_fields);
  // The objects that `id` refers to, and those that refer to it.
  absl::StatusOr<Paged<Neighbour>> Refs(uint32_t id, Page page);
  absl::StatusOr<Paged<Neighbour>> Referrers(uint32_t id, Page page);

 private:
  absl::Status AddEdge(const EdgeRow& edge, ObjectView* view);
  absl::StatusOr<Neighbour> Seen(const EdgeRow& edge, uint32_t other);

  HeapDb& db_;
  ObjectLabeler describe_;
  EdgeLabels labels_;
  Edges edges_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_OBJECTS_OBJECT_VIEW_H_

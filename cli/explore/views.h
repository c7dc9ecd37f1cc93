#ifndef HEAPQ_CLI_EXPLORE_VIEWS_H_
#define HEAPQ_CLI_EXPLORE_VIEWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"

namespace heapq {

// The subject of a screen of `heapq explore`.
enum class ViewKind {
  kTree,       // what an object retains, or the roots (id 0)
  kObject,     // its facts and fields
  kReferrers,  // what refers to it
  kPath,       // why it is alive
  kFound,      // objects that a text names or is found in
};

struct ViewLine {
  std::string retained;  // "1.9 MB"; empty: it has none
  std::string share;     // "13.4%", of the heap
  std::string label;     // how it is held: "@handlers"; may be empty
  std::string text;
  uint32_t id = 0;     // of the object to go to; 0: there is none
  uint64_t bytes = 0;  // retained, for the bar and the order
  size_t place = 0;    // in the order of the query
};

// A screen's content, before it is cut to a terminal's size.
struct View {
  ViewKind kind = ViewKind::kTree;
  uint32_t id = 0;
  std::string title;
  std::string about;  // a line below the title
  std::vector<ViewLine> lines;
};

// Reads a view; of a long list only its beginning. Errors: those of the
// queries.
absl::StatusOr<View> ReadView(HeapDb* db, ViewKind kind, uint32_t id);

// Reads a view of several objects that `name` stands for.
absl::StatusOr<View> ReadNamed(HeapDb* db, const std::string& name,
                               const std::vector<uint32_t>& ids);
// Reads a view of the classes, strings and symbols that have a text.
absl::StatusOr<View> ReadFound(HeapDb* db, const std::string& text);

// The orders of a view's lines, one after the other.
enum class LineOrder { kAsRead, kRetained, kText };
// Puts the lines in an order. A line for what is not listed stays the last.
void SortLines(LineOrder order, View* view);

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPLORE_VIEWS_H_

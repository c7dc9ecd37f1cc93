// A picture for graphviz: an object and what is within some hops of it, both
// ways, weak references dashed.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/export/exporter.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/db/edges.h"
#include "query/labels/edge_label.h"
#include "query/labels/object_label.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

// More than a person can look at.
constexpr size_t kMaxObjects = 200;
constexpr uint64_t kMaxEdges = 30;     // of one object, each way
constexpr size_t kMaxTextLength = 80;  // characters

// The inside of a quoted string. Graphviz knows HTML's entities as well.
std::string Quoted(const std::string& text) {
  std::string quoted;
  for (const char c : OneLine(text, kMaxTextLength)) {
    if (c == '&') {
      quoted.append("&amp;");
      continue;
    }
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted;
}

class DotWriter {
 public:
  DotWriter(HeapDb* db, std::ostream* out)
      : db_(*db),
        describe_(db),
        labels_(db, &describe_),
        edges_(db),
        out_(*out) {}

  absl::Status Write(uint32_t around, uint64_t depth) {
    RETURN_IF_ERROR(Collect(around, depth));
    out_ << "digraph heap {\n"
         << "  graph [rankdir=LR, charset=\"UTF-8\"];\n"
         << "  node [shape=box, fontname=\"monospace\"];\n"
         << "  edge [fontname=\"monospace\"];\n";
    for (const uint32_t id : order_) {
      RETURN_IF_ERROR(Object(id, id == around));
    }
    for (const auto& [key, edge] : found_) {
      if (left_out_.count(edge.src) + left_out_.count(edge.dst) > 0) continue;
      RETURN_IF_ERROR(Reference(edge));
    }
    RETURN_IF_ERROR(WriteRoots());
    out_ << "}\n";
    return Written(out_);
  }

 private:
  // Breadth first, so that what is nearest is in the picture.
  absl::Status Collect(uint32_t around, uint64_t depth) {
    std::map<uint32_t, uint64_t> depths = {{around, 0}};
    order_.push_back(around);
    for (size_t i = 0; i < order_.size(); ++i) {
      const uint32_t id = order_[i];
      if (depths[id] == depth) continue;
      ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
      Page page;
      page.count = kMaxEdges;
      ASSIGN_OR_RETURN(const Paged<EdgeRow> out, edges_.Out(object, page));
      ASSIGN_OR_RETURN(const Paged<EdgeRow> in, edges_.In(object, page));
      const uint64_t shown = out.rows.size() + in.rows.size();
      more_[id] = out.total + in.total - std::min(out.total + in.total, shown);
      for (const Paged<EdgeRow>* list : {&in, &out}) {
        for (const EdgeRow& edge : list->rows) {
          found_[{edge.src, edge.weak, edge.n, edge.dst}] = edge;
          const uint32_t other = edge.src == id ? edge.dst : edge.src;
          if (depths.count(other) > 0) continue;
          if (order_.size() == kMaxObjects) {
            left_out_.insert(other);
            continue;
          }
          depths[other] = depths[id] + 1;
          order_.push_back(other);
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status Object(uint32_t id, bool in_the_middle) {
    ASSIGN_OR_RETURN(const ObjectSummary object, describe_.Summary(id));
    out_ << "  n" << id << " [label=\"" << Quoted(object.label);
    if (!object.class_name.empty()) {
      out_ << "\\n" << Quoted(object.class_name);
    }
    out_ << "\\n"
         << AddressText(object.address) << ", " << HumanBytes(object.size);
    if (object.retained.has_value()) {
      out_ << ", retains " << HumanBytes(*object.retained);
    }
    if (object.place.known()) out_ << "\\n" << Quoted(object.place.Text());
    const auto more = more_.find(id);
    if (more != more_.end() && more->second > 0) {
      out_ << "\\n(" << more->second << " more references)";
    }
    out_ << '"' << (in_the_middle ? ", penwidth=3" : "") << "];\n";
    return Written(out_);
  }

  absl::Status Reference(const EdgeRow& edge) {
    ASSIGN_OR_RETURN(const std::string label, labels_.Of(edge));
    out_ << "  n" << edge.src << " -> n" << edge.dst << " [label=\""
         << Quoted(label) << '"' << (edge.weak ? ", style=dashed" : "")
         << "];\n";
    return Written(out_);
  }

  absl::Status WriteRoots() {
    size_t n = 0;
    for (const uint32_t id : order_) {
      ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges_.Roots(id));
      for (const RootRow& root : roots) {
        out_ << "  r" << n << " [shape=ellipse, label=\""
             << Quoted(EdgeLabels::OfRoot(root)) << "\"];\n"
             << "  r" << n << " -> n" << id
             << (root.weak ? " [style=dashed]" : "") << ";\n";
        ++n;
      }
    }
    if (!left_out_.empty()) {
      out_ << "  more [shape=plaintext, label=\"" << kMaxObjects
           << " objects are shown; " << left_out_.size()
           << " more are as near\"];\n";
    }
    return Written(out_);
  }

  HeapDb& db_;
  ObjectLabeler describe_;
  EdgeLabels labels_;
  Edges edges_;
  std::ostream& out_;
  std::vector<uint32_t> order_;
  std::map<std::tuple<uint32_t, bool, int64_t, uint32_t>, EdgeRow> found_;
  std::map<uint32_t, uint64_t> more_;  // edges that are not looked at
  std::set<uint32_t> left_out_;
};

}  // namespace

absl::Status WriteDot(HeapDb* db, const ExportOptions& options,
                      std::ostream* out) {
  return DotWriter(db, out).Write(options.around, options.depth);
}

}  // namespace heapq

// A table a file, RFC 4180, with a line of titles. Ids are heap.db's.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/export/exporter.h"
#include "cli/output/row_writer.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/class_histogram.h"
#include "query/aggregates/totals.h"
#include "query/db/heap_rows.h"

namespace heapq {
namespace {

class CsvExport {
 public:
  CsvExport(HeapDb* db, bool escape_formulas, std::ostream* out)
      : db_(*db), rows_(db), out_(*out) {
    options_.escape_formulas = escape_formulas;
  }

  absl::Status Objects() {
    Begin({"id", "address", "type", "class", "kind", "name", "value", "size",
           "retained", "reachable", "idom", "file", "line", "method",
           "generation"});
    return rows_.Nodes([this](const NodeRow& node) {
      RowCell idom;
      if (node.reachable) idom = uint64_t{node.idom};
      RowCell line;
      if (node.line != 0) line = uint64_t{node.line};
      RowCell generation;
      if (node.generation.has_value()) generation = uint64_t{*node.generation};
      return Row(
          {uint64_t{node.id}, AddressText(node.address),
           std::string(ObjectTypeName(node.type)), CellOrNull(node.class_name),
           CellOrNull(node.kind), CellOrNull(node.name),
           CellOrNull(node.text.value_or("")), node.size,
           CellOrNull(node.retained), uint64_t{node.reachable ? 1U : 0U}, idom,
           CellOrNull(node.file), line, CellOrNull(node.method), generation});
    });
  }

  absl::Status Edges() {
    Begin({"src", "n", "dst", "kind", "label", "weak"});
    return rows_.Edges([this](const EdgeRow& edge) -> absl::Status {
      ASSIGN_OR_RETURN(const std::string label, rows_.Label(edge));
      RowCell n;
      if (edge.n >= 0) n = edge.n;
      return Row({uint64_t{edge.src}, n, uint64_t{edge.dst},
                  std::string(EdgeKindName(edge.kind)), CellOrNull(label),
                  uint64_t{edge.weak ? 1U : 0U}});
    });
  }

  absl::Status Roots() {
    Begin({"category", "name", "dst", "weak"});
    return rows_.Roots([this](const RootRow& root) {
      return Row({root.category, CellOrNull(root.name), uint64_t{root.dst},
                  uint64_t{root.weak ? 1U : 0U}});
    });
  }

  absl::Status Classes() {
    Begin({"class", "address", "count", "size", "retained"});
    ASSIGN_OR_RETURN(const TopTypes types,
                     FindTopTypes(&db_, TypeOrder::kCount, UINT32_MAX));
    for (const TypeCount& type : types.rows) {
      RowCell address;
      if (type.address != 0) address = AddressText(type.address);
      RETURN_IF_ERROR(Row({type.name, address, type.count, type.size,
                           CellOrNull(type.retained)}));
    }
    return absl::OkStatus();
  }

  absl::Status Namespaces() {
    Begin({"namespace", "count", "size", "retained"});
    ASSIGN_OR_RETURN(const std::vector<TotalRow> totals,
                     ReadTotals(&db_, TotalsOf::kNamespaces, UINT32_MAX));
    for (const TotalRow& total : totals) {
      RETURN_IF_ERROR(Row(
          {total.name, total.count, total.size, CellOrNull(total.retained)}));
    }
    return absl::OkStatus();
  }

 private:
  void Begin(const std::vector<std::string>& titles) {
    std::vector<RowColumn> columns;
    columns.reserve(titles.size());
    for (const std::string& title : titles) columns.push_back({title, title});
    writer_ =
        RowWriter::Make(Format::kCsv, std::move(columns), &out_, options_);
  }

  absl::Status Row(const std::vector<RowCell>& cells) {
    writer_->Row(cells);
    return Written(out_);
  }

  HeapDb& db_;
  HeapRows rows_;
  std::ostream& out_;
  RowWriter::Options options_;
  std::unique_ptr<RowWriter> writer_;
};

}  // namespace

absl::Status WriteCsv(HeapDb* db, const ExportOptions& options,
                      std::ostream* out) {
  CsvExport csv(db, options.escape_formulas, out);
  if (options.table == "objects") return csv.Objects();
  if (options.table == "edges") return csv.Edges();
  if (options.table == "roots") return csv.Roots();
  if (options.table == "classes") return csv.Classes();
  return csv.Namespaces();
}

}  // namespace heapq

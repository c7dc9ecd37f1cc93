#include "cli/serve/object_page.h"

#include <sstream>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/output/terminal.h"
#include "cli/report/html_page.h"
#include "indexer/base/status_macros.h"
#include "query/db/dominator_children.h"
#include "query/db/sql_query.h"
#include "query/labels/ruby_inspect.h"
#include "query/objects/object_view.h"
#include "query/paths/path_display.h"
#include "query/paths/why_alive.h"

namespace heapq {
namespace {

constexpr uint64_t kFields = 200;
constexpr uint64_t kReferrers = 50;
constexpr uint64_t kDominated = 100;

std::string Count(uint64_t number) {
  return Grouped(static_cast<int64_t>(number));
}

// Adds the last columns of a table of objects.
std::vector<RowColumn> WithObjectColumns(std::vector<RowColumn> columns) {
  columns.push_back({"object", "object"});
  columns.push_back({"size", "size", RowColumn::kBytes});
  columns.push_back({"retained", "retained", RowColumn::kBytes});
  columns.push_back({"address", "address"});
  return columns;
}

void AddObjectCells(const ObjectSummary& object, std::vector<RowCell>* cells) {
  cells->emplace_back(object.label);
  cells->emplace_back(object.size);
  cells->push_back(CellOrNull(object.retained));
  cells->emplace_back(AddressText(object.address));
}

ReportTable FieldTable(const ObjectView& view) {
  ReportTable table{"fields", "Fields", "", {}, {}, view.field_count, ""};
  table.columns = WithObjectColumns({{"field", "field"}});
  for (const FieldView& field : view.fields) {
    std::vector<RowCell> cells = {(field.weak ? "weakly: " : "") + field.label};
    if (field.object) {
      AddObjectCells(*field.object, &cells);
    } else {
      cells.emplace_back(field.value);
      cells.resize(table.columns.size());
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

ReportTable ReferrerTable(const Paged<Neighbour>& page) {
  ReportTable table{"referrers", "What refers to it", "", {}, {}, 0, ""};
  table.columns = WithObjectColumns({{"reference", "reference"}});
  for (const Neighbour& row : page.rows) {
    std::vector<RowCell> cells = {(row.weak ? "weakly: " : "") + row.label};
    AddObjectCells(row.object, &cells);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

absl::Status WriteAlive(HeapDb* db, uint32_t id, HtmlWriter* html) {
  Retention retention(db);
  ASSIGN_OR_RETURN(const WhyAlive why, retention.Why(id, WhyAliveOptions()));
  html->Raw("<section id=\"why\"><h2>Why it is alive</h2>\n");
  if (why.verdict != Verdict::kAlive) {
    html->Raw("<p>")
        .Text(why.verdict == Verdict::kWeakOnly
                  ? "Only weak references lead to it: the next collection "
                    "frees it."
                  : "No root reaches it.")
        .Raw("</p>\n");
  }
  for (const std::string& note : why.notes) {
    html->Raw("<p class=\"about\">").Text(note).Raw("</p>\n");
  }
  for (const RetentionPath& path : why.paths) {
    WritePath(path, html);
    if (path.steps.empty()) continue;
    const LeakPoint leak = LeakPointOf(path);
    if (!leak.place.known()) continue;
    html->Raw("<p class=\"look\">Look at <code>")
        .Text(leak.place.Text())
        .Raw("</code>: ")
        .Text(leak.text)
        .Raw("</p>\n");
  }
  html->Raw("</section>\n");
  return absl::OkStatus();
}

absl::Status WriteDominated(HeapDb* db, uint32_t id, HtmlWriter* html) {
  ASSIGN_OR_RETURN(const std::vector<DominatorChild> children,
                   DominatorChildReader(db).Children(id, kDominated));
  if (children.empty()) return absl::OkStatus();
  ObjectLabeler describe(db);
  std::vector<ObjectSummary> objects;
  for (const DominatorChild& child : children) {
    ASSIGN_OR_RETURN(ObjectSummary object, describe.Summary(child.id));
    objects.push_back(std::move(object));
  }
  ReportTable table =
      ObjectTable("retained", "What would be freed with it", objects);
  table.about = children.size() == kDominated ? "The largest only." : "";
  WriteTable(table, html);
  return absl::OkStatus();
}

void WriteFacts(const ObjectView& view, HtmlWriter* html) {
  const ObjectSummary& object = view.object;
  html->Raw("<dl>");
  const auto fact = [html](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    html->Raw("<dt>").Text(name).Raw("</dt><dd>").Text(value).Raw("</dd>\n");
  };
  fact("address",
       absl::StrCat(AddressText(object.address), " (#", object.id, ")"));
  fact("type",
       absl::StrCat(std::string(ObjectTypeName(object.type)),
                    view.data_kind.empty() ? "" : ", ", view.data_kind));
  fact("class", object.class_name);
  fact("size", HumanBytes(object.size));
  if (object.retained) fact("retains", HumanBytes(*object.retained));
  fact("place", object.place.Text());
  fact("allocated in", view.allocated_in);
  fact("flags", absl::StrJoin(view.flags, " "));
  fact("roots", absl::StrJoin(view.roots, ", "));
  if (view.text.has_value()) fact("text", *view.text);
  html->Raw("</dl>\n");
}

}  // namespace

void BeginObjectPage(std::string_view title, std::string_view about,
                     std::string_view wanted, HtmlWriter* html) {
  BeginPage(title, html);
  html->Raw("<header class=\"top\"><div>\n<h1>")
      .Text(title)
      .Raw("</h1>\n<p><a href=\"/\">Report</a>");
  if (!about.empty()) html->Raw(" &#183; ").Text(about);
  html->Raw("</p></div>\n");
  WriteSearchForm(html, wanted);
  html->Raw("</header>\n<main>\n");
}

ReportTable ObjectTable(const char* key, const char* title,
                        const std::vector<ObjectSummary>& objects) {
  ReportTable table{key, title, "", {}, {}, 0, ""};
  table.columns = WithObjectColumns({});
  for (const ObjectSummary& object : objects) {
    std::vector<RowCell> cells;
    AddObjectCells(object, &cells);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

absl::Status WriteObjectPage(HeapDb* db, uint32_t id, uint64_t skip,
                             HtmlWriter* html) {
  ObjectViews views(db);
  ASSIGN_OR_RETURN(const ObjectView view, views.Show(id, kFields));
  BeginObjectPage(view.object.label, view.object.class_name, "", html);
  WriteFacts(view, html);
  const std::string address = AddressText(view.object.address);
  if (view.object.type == ObjectType::kClass) {
    html->Raw("<p><a")
        .Attribute("href", absl::StrCat("/instances/", address))
        .Raw(">Its instances</a></p>\n");
  }
  RETURN_IF_ERROR(WriteAlive(db, id, html));
  if (!view.fields.empty()) WriteTable(FieldTable(view), html);
  ASSIGN_OR_RETURN(const Paged<Neighbour> referrers,
                   views.Referrers(id, {skip, kReferrers}));
  if (!referrers.rows.empty()) WriteTable(ReferrerTable(referrers), html);
  const uint64_t end = skip + referrers.rows.size();
  if (referrers.total > referrers.rows.size()) {
    html->Raw("<p class=\"about\">")
        .Text(absl::StrCat(Count(skip + 1), " to ", Count(end), " of ",
                           Count(referrers.total)));
    if (end < referrers.total && !referrers.rows.empty()) {
      html->Raw(" <a")
          .Attribute("href", absl::StrCat(ObjectUrl(address), "?skip=", end))
          .Raw(">more</a>");
    }
    html->Raw("</p>\n");
  }
  RETURN_IF_ERROR(WriteDominated(db, id, html));
  html->Raw("</main>\n");
  EndPage(html);
  return absl::OkStatus();
}

absl::Status WriteRows(HeapDb* db, const std::string& sql, size_t limit,
                       Cancellation cancellation, HtmlWriter* html) {
  ASSIGN_OR_RETURN(SqlQuery query,
                   SqlQuery::Make(db, sql, std::move(cancellation)));
  ReportTable table{"rows", "Rows", "", {}, {}, 0, ""};
  for (const std::string& name : query.columns()) {
    table.columns.push_back({name, name});
  }
  std::vector<SqlQuery::Value> values;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, query.Next(&values));
    if (!row) break;
    if (table.rows.size() == limit) {
      table.about = absl::StrCat("Only the first ", limit, "; there are more.");
      break;
    }
    std::vector<RowCell> cells;
    for (size_t i = 0; i < values.size(); ++i) {
      std::visit([&cells](auto& v) { cells.emplace_back(std::move(v)); },
                 values[i]);
      if (!std::holds_alternative<std::string>(cells.back()) &&
          !std::holds_alternative<std::monostate>(cells.back())) {
        table.columns[i].kind = RowColumn::kNumber;
      }
    }
    table.rows.push_back(std::move(cells));
  }
  if (table.rows.empty()) {
    html->Raw("<p>No rows.</p>\n");
  } else {
    WriteTable(table, html);
  }
  return absl::OkStatus();
}

std::string SafeLines(const std::string& text) {
  std::string safe;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!safe.empty()) safe += '\n';
    safe += SafeText(line);
  }
  return safe;
}

}  // namespace heapq

#include "cli/report/report_tables.h"

#include <utility>

#include "cli/output/suspect_text.h"
#include "query/db/heap_db.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

// Characters of a duplicate string that are shown.
constexpr size_t kShownText = 120;

constexpr char kAddress[] = "address";

std::string AddressOrNone(uint64_t address) {
  return address == 0 ? std::string() : AddressText(address);
}

void Add(ReportTable table, ReportSection* section) {
  if (!table.rows.empty()) section->tables.push_back(std::move(table));
}

RowColumn NameColumn(const char* key, const char* title) {
  return {key, title, RowColumn::kText};
}

ReportTable Totals(const char* key, const char* title, const char* about,
                   const char* name, const std::vector<TotalRow>& rows,
                   bool retained) {
  ReportTable table{key, title, about, {NameColumn(name, name)}, {}, 0, ""};
  table.columns.push_back({"count", "objects", RowColumn::kCount});
  table.columns.push_back({"size", "size", RowColumn::kBytes});
  if (retained) {
    table.columns.push_back({"retained", "retained", RowColumn::kBytes});
  }
  table.measure = retained ? "retained" : "size";
  for (const TotalRow& row : rows) {
    std::vector<RowCell> cells = {row.name, row.count, row.size};
    if (retained) cells.push_back(CellOrNull(row.retained));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

ReportTable Grown(const char* key, const char* title, const char* name,
                  const std::vector<DiffRow>& rows,
                  const std::vector<std::string>* texts, bool retained) {
  ReportTable table{key, title, "", {NameColumn(name, name)}, {}, 0, ""};
  table.columns.push_back({"count", "objects", RowColumn::kCountChange});
  table.columns.push_back({"size", "size", RowColumn::kBytesChange});
  if (retained) {
    table.columns.push_back({"retained", "retained", RowColumn::kBytesChange});
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const Amount growth = rows[i].Growth();
    const std::string& text = texts == nullptr ? rows[i].name : (*texts)[i];
    std::vector<RowCell> cells = {
        text.empty() ? std::string("(the application)") : text, growth.count,
        growth.size};
    if (retained) cells.emplace_back(growth.retained);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

ReportTable GrownPaths(const HeapDiff& diff) {
  ReportTable table{"growth",
                    "By masked path",
                    "What grew, the likeliest leak first. Objects whose paths "
                    "differ only in indexes and keys are one row.",
                    {NameColumn("level", "level"),
                     NameColumn("class", "class"),
                     NameColumn("holder", "in"),
                     {"count", "more", RowColumn::kCount},
                     {"bytes", "bytes", RowColumn::kBytes},
                     {"now", "now", RowColumn::kCount},
                     NameColumn("fingerprint", "fingerprint"),
                     NameColumn(kAddress, "example")},
                    {},
                    0,
                    "bytes"};
  for (const Suspect& suspect : diff.growth) {
    table.rows.push_back({std::string(SuspectLevelName(suspect.level)),
                          suspect.held_class, suspect.holder,
                          suspect.growth->count, suspect.growth->bytes,
                          suspect.count, suspect.fingerprint,
                          AddressText(suspect.object.address)});
  }
  return table;
}

ReportTable NewObjectsTable(const HeapDiff& diff) {
  ReportTable table{"added",
                    "New objects",
                    "",
                    {NameColumn("class", "class"),
                     NameColumn("site", "made at"),
                     {"count", "objects", RowColumn::kCount},
                     {"size", "size", RowColumn::kBytes}},
                    {},
                    0,
                    "size"};
  for (const NewObjectGroup& group : diff.added) {
    table.rows.push_back(
        {group.class_name, CellOrNull(group.site), group.count, group.size});
  }
  return table;
}

ReportTable Types(const TopTypes& types) {
  ReportTable table{"types",
                    "Classes",
                    "",
                    {NameColumn("class", "class"),
                     {"count", "objects", RowColumn::kCount},
                     {"size", "size", RowColumn::kBytes},
                     {"retained", "retained", RowColumn::kBytes},
                     NameColumn(kAddress, "class at")},
                    {},
                    types.total_types,
                    "size"};
  for (const TypeCount& row : types.rows) {
    table.rows.push_back({row.name, row.count, row.size,
                          CellOrNull(row.retained),
                          CellOrNull(AddressOrNone(row.address))});
  }
  return table;
}

ReportTable Retainers(const TopRetainers& retainers) {
  ReportTable table{"retainers",
                    "Objects that retain most",
                    "What would be freed with an object; what hangs below "
                    "another one counts for both.",
                    {NameColumn("object", "object"),
                     NameColumn("class", "class"),
                     {"size", "size", RowColumn::kBytes},
                     {"retained", "retained", RowColumn::kBytes},
                     NameColumn("place", "place"),
                     NameColumn(kAddress, "address")},
                    {},
                    0,
                    "retained"};
  for (const ObjectSummary& row : retainers.rows) {
    table.rows.push_back({row.label, CellOrNull(row.class_name), row.size,
                          CellOrNull(row.retained),
                          CellOrNull(row.place.Text()),
                          AddressText(row.address)});
  }
  return table;
}

}  // namespace

bool IsAddress(const RowColumn& column) { return column.key == kAddress; }

ReportSection GrowthSection(const HeapReport& report) {
  ReportSection section{"growth", "What grew", {}};
  if (!report.growth.has_value()) return section;
  const HeapDiff& diff = *report.growth;
  Add(GrownPaths(diff), &section);
  Add(Grown("grown_suspects", "Suspects", "path", diff.suspects,
            &diff.suspect_texts, true),
      &section);
  Add(Grown("grown_classes", "Classes", "class", diff.classes, nullptr, true),
      &section);
  Add(Grown("grown_namespaces", "Namespaces", "namespace", diff.namespaces,
            nullptr, true),
      &section);
  Add(Grown("grown_gems", "Gems", "gem", diff.gems, nullptr, false), &section);
  Add(Grown("grown_sites", "Allocation sites", "site", diff.sites, nullptr,
            false),
      &section);
  Add(NewObjectsTable(diff), &section);
  return section;
}

ReportSection ContentSection(const HeapReport& report) {
  ReportSection section{"content", "What there is", {}};
  Add(Types(report.types), &section);
  Add(Retainers(report.retainers), &section);
  Add(Totals("namespaces", "Namespaces",
             "A module with its classes and all below.", "namespace",
             report.namespaces, true),
      &section);
  Add(Totals("gems", "Gems", "By the file that allocated.", "gem", report.gems,
             false),
      &section);
  Add(Totals("files", "Files", "By the file that allocated.", "file",
             report.files, false),
      &section);
  return section;
}

ReportSection WasteSection(const HeapReport& report) {
  ReportSection section{"waste", "What could be done without", {}};
  const Waste& waste = report.waste;
  ReportTable kinds{"waste_kinds",
                    "Waste",
                    "",
                    {NameColumn("what", "what"),
                     {"count", "objects", RowColumn::kCount},
                     {"bytes", "bytes", RowColumn::kBytes},
                     NameColumn("fix", "what to do")},
                    {},
                    0,
                    "bytes"};
  for (const WasteKind& kind : waste.kinds) {
    kinds.rows.push_back({kind.name, kind.count, kind.bytes, kind.fix});
  }
  Add(std::move(kinds), &section);
  ReportTable strings{"duplicate_strings",
                      "Duplicate strings",
                      "The same text many times over; bytes of all copies but "
                      "one.",
                      {NameColumn("value", "text"),
                       {"copies", "copies", RowColumn::kCount},
                       {"bytes", "bytes", RowColumn::kBytes}},
                      {},
                      0,
                      "bytes"};
  for (const DuplicateString& row : waste.strings) {
    strings.rows.push_back({RubyString(row.value, kShownText, false, false),
                            row.copies, row.bytes});
  }
  Add(std::move(strings), &section);
  ReportTable owners{"waste_owners",
                     "Who holds it",
                     "",
                     {NameColumn("holder", "holder"),
                      NameColumn("kind", "what"),
                      {"count", "objects", RowColumn::kCount},
                      {"bytes", "bytes", RowColumn::kBytes}},
                     {},
                     0,
                     "bytes"};
  for (const WasteHolder& row : waste.owners) {
    owners.rows.push_back({row.name, row.kind, row.count, row.bytes});
  }
  Add(std::move(owners), &section);
  Add(Totals("unreachable", "What no root reaches", "", "class",
             report.unreachable, false),
      &section);
  return section;
}

}  // namespace heapq

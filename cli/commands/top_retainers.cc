#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/app/commands.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/class_histogram.h"
#include "query/aggregates/totals.h"

namespace heapq {
namespace {

struct Options {
  std::string by = "object";
  uint64_t count = 20;
};

absl::Status ByClass(const Options& options, HeapDb* db, Session& session) {
  ASSIGN_OR_RETURN(const TopTypes top,
                   FindTopTypes(db, TypeOrder::kRetained, options.count));
  auto rows = session.Rows({{"retained", "retained", RowColumn::kBytes},
                            {"count", "count", RowColumn::kCount},
                            {"size", "size", RowColumn::kBytes},
                            {"class", "class"},
                            {"class_address", "class at"}});
  for (const TypeCount& row : top.rows) {
    if (!row.retained.has_value()) continue;
    rows->Row({*row.retained, row.count, row.size, row.name,
               AddressText(row.address)});
  }
  rows->Finish();
  session.Next({session.Command("referrers CLASS_ADDRESS"),
                session.Command("top-retainers")});
  return absl::OkStatus();
}

absl::Status ByObject(const Options& options, HeapDb* db, Session& session) {
  ASSIGN_OR_RETURN(const TopRetainers top, FindTopRetainers(db, options.count));
  const bool table = session.is_table();
  std::vector<RowColumn> columns = {{"retained", "retained", RowColumn::kBytes},
                                    {"share", "share", RowColumn::kNumber},
                                    {"size", "size", RowColumn::kBytes},
                                    {"address", "address"},
                                    {"label", "object"}};
  if (table) {
    columns.push_back({"place", "made at"});
  } else {
    columns.insert(columns.end(), {{"id", "", RowColumn::kNumber},
                                   {"type", ""},
                                   {"class", ""},
                                   {"file", ""},
                                   {"line", "", RowColumn::kNumber}});
  }
  auto rows = session.Rows(std::move(columns));
  rows->Head("reachable_size", top.reachable_size);
  for (const ObjectSummary& object : top.rows) {
    const uint64_t retained = object.retained.value_or(0);
    const double share = top.reachable_size == 0
                             ? 0
                             : static_cast<double>(retained) /
                                   static_cast<double>(top.reachable_size);
    std::vector<RowCell> cells = {
        retained,
        table ? RowCell(absl::StrFormat("%.1f %%", share * 100))
              : RowCell(share),
        object.size, AddressText(object.address), object.label};
    if (table) {
      cells.emplace_back(object.place.Text());
    } else {
      cells.emplace_back(uint64_t{object.id});
      cells.emplace_back(std::string(ObjectTypeName(object.type)));
      cells.push_back(CellOrNull(object.class_name));
      cells.push_back(CellOrNull(object.place.file));
      cells.push_back(object.place.line == 0
                          ? RowCell()
                          : RowCell(uint64_t{object.place.line}));
    }
    rows->Row(cells);
  }
  rows->Finish();
  session.Note(absl::StrCat("Shares are of the reachable ",
                            HumanBytes(top.reachable_size), "."));
  if (!top.rows.empty()) {
    const std::string address = AddressText(top.rows.front().address);
    session.Next({session.Command("why-alive " + address),
                  session.Command("show " + address)});
  }
  return absl::OkStatus();
}

absl::Status ByTotal(TotalsOf of, const Options& options, HeapDb* db,
                     Session& session) {
  ASSIGN_OR_RETURN(const std::vector<TotalRow> totals,
                   ReadTotals(db, of, options.count));
  auto rows = session.Rows({{"retained", "retained", RowColumn::kBytes},
                            {"count", "count", RowColumn::kCount},
                            {"size", "size", RowColumn::kBytes},
                            {"name", options.by}});
  for (const TotalRow& total : totals) {
    rows->Row(
        {CellOrNull(total.retained), total.count, total.size, total.name});
  }
  rows->Finish();
  session.Next({session.Command("suspects"),
                session.Command("totals --by " + options.by)});
  return absl::OkStatus();
}

absl::Status Run(const Options& options, Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  if (options.by == "object") return ByObject(options, db.get(), session);
  if (options.by == "class") return ByClass(options, db.get(), session);
  TotalsOf of = TotalsOf::kNamespaces;
  if (options.by == "file") of = TotalsOf::kFiles;
  if (options.by == "gem") of = TotalsOf::kGems;
  return ByTotal(of, options, db.get(), session);
}

}  // namespace

void AddTopRetainers(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "top-retainers", "What keeps most: the bytes that would go with it");
  const auto options = std::make_shared<Options>();
  command
      ->AddOption("--by", &options->by,
                  "Single objects, or what they are summed up by")
      ->OneOf({"object", "class", "namespace", "file", "gem"})
      ->ValueName("object|class|namespace|file|gem")
      ->ShowDefault();
  command->AddOption("-n", &options->count, "Rows to show")
      ->ValueName("N")
      ->ShowDefault();
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

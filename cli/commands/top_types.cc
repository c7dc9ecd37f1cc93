#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/class_histogram.h"

namespace heapq {
namespace {

struct Options {
  std::string by = "count";
  uint64_t count = 20;
};

absl::Status Run(const Options& options, Session& session) {
  static const std::map<std::string, TypeOrder> kOrders = {
      {"count", TypeOrder::kCount},
      {"size", TypeOrder::kSize},
      {"retained", TypeOrder::kRetained}};
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(
      const TopTypes top,
      FindTopTypes(db.get(), kOrders.at(options.by), options.count));
  auto rows = session.Rows({{"count", "count", RowColumn::kCount},
                            {"size", "size", RowColumn::kBytes},
                            {"retained", "retained", RowColumn::kBytes},
                            {"class", "class"},
                            {"class_address", "class at"}});
  rows->Head("order", options.by);
  rows->Head("total_types", top.total_types);
  rows->Head("total_objects", top.objects);
  rows->Head("total_size", top.size);
  for (const TypeCount& row : top.rows) {
    rows->Row(
        {row.count, row.size, CellOrNull(row.retained), row.name,
         row.class_id == 0 ? RowCell() : RowCell(AddressText(row.address))});
  }
  rows->Finish();
  session.Note(absl::StrCat(
      Grouped(static_cast<int64_t>(top.rows.size())), " of ",
      Grouped(static_cast<int64_t>(top.total_types)), " types by ", options.by,
      "; in all ", Grouped(static_cast<int64_t>(top.objects)), " objects, ",
      HumanBytes(top.size)));
  session.Next({session.Command("referrers CLASS_ADDRESS") +
                    "  (its instances are the last ones)",
                session.Command("top-retainers --by class")});
  return absl::OkStatus();
}

}  // namespace

void AddTopTypes(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command =
      app->AddCommand("top-types", "What there is most of, by class");
  const auto options = std::make_shared<Options>();
  command->AddOption("--by", &options->by, "What to sort by")
      ->OneOf({"count", "size", "retained"})
      ->ValueName("count|size|retained")
      ->ShowDefault();
  command->AddOption("-n", &options->count, "Rows to show")
      ->ValueName("N")
      ->ShowDefault();
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

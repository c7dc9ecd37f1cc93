#include "query/aggregates/totals.h"

#include <memory>
#include <string>

#include "cli/app/commands.h"
#include "cli/app/session.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

struct Options {
  std::string by = "namespace";
  uint64_t count = 20;
};

absl::Status Run(const Options& options, Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  TotalsOf of = TotalsOf::kNamespaces;
  if (options.by == "file") of = TotalsOf::kFiles;
  if (options.by == "gem") of = TotalsOf::kGems;
  if (options.by == "site") of = TotalsOf::kSites;
  ASSIGN_OR_RETURN(const std::vector<TotalRow> totals,
                   ReadTotals(db.get(), of, options.count));
  auto rows = session.Rows({{"count", "count", RowColumn::kCount},
                            {"size", "size", RowColumn::kBytes},
                            {"retained", "retained", RowColumn::kBytes},
                            {"name", options.by}});
  for (const TotalRow& total : totals) {
    rows->Row(
        {total.count, total.size, CellOrNull(total.retained), total.name});
  }
  rows->Finish();
  if (totals.empty() && options.by != "namespace") {
    session.Note(
        options.by == "site"
            ? "Nothing: allocations were neither sampled "
              "(HeapDump.sample_allocations) nor traced (objspace's "
              "trace_object_allocations_start)"
            : "Nothing: this dump has neither code with file names nor "
              "allocations that were traced (objspace's "
              "trace_object_allocations_start)");
  }
  session.Next({session.Command("suspects")});
  return absl::OkStatus();
}

absl::Status RunUnreachable(uint64_t count, Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const std::vector<TotalRow> totals,
                   ReadTotals(db.get(), TotalsOf::kUnreachable, count));
  ASSIGN_OR_RETURN(const std::vector<std::string> reasons,
                   WhyUnreachable(db.get()));
  auto rows = session.Rows({{"count", "count", RowColumn::kCount},
                            {"size", "size", RowColumn::kBytes},
                            {"name", "class"}});
  for (const TotalRow& total : totals) {
    rows->Row({total.count, total.size, total.name});
  }
  rows->Finish();
  for (const std::string& reason : reasons) session.Note(reason);
  return absl::OkStatus();
}

}  // namespace

void AddTotals(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "totals",
      "Count, size and retained size by namespace, gem, file or site");
  const auto options = std::make_shared<Options>();
  command->AddOption("--by", &options->by, "What to sum up by")
      ->OneOf({"namespace", "gem", "file", "site"})
      ->ValueName("namespace|gem|file|site")
      ->ShowDefault();
  command->AddOption("-n", &options->count, "Rows to show")
      ->ValueName("N")
      ->ShowDefault();
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

void AddUnreachable(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "unreachable", "What no root reaches, by class, and why that can be");
  const auto count = std::make_shared<uint64_t>(20);
  command->AddOption("-n", count.get(), "Rows to show")
      ->ValueName("N")
      ->ShowDefault();
  command->WhenGiven([count, chosen] {
    *chosen = [count](Session& session) {
      return RunUnreachable(*count, session);
    };
  });
}

}  // namespace heapq

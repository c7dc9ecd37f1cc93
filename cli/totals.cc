#include "query/totals.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/session.h"
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
        "Nothing: this dump has neither code with file names nor allocations "
        "that were traced (objspace's trace_object_allocations_start)");
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

void AddTotals(CLI::App* app, Action* chosen) {
  CLI::App* const command = app->add_subcommand(
      "totals", "Count, size and retained size by namespace, gem or file");
  const auto options = std::make_shared<Options>();
  command->add_option("--by", options->by, "What to sum up by")
      ->check(CLI::IsMember({"namespace", "gem", "file"}))
      ->type_name("namespace|gem|file")
      ->capture_default_str();
  command->add_option("-n", options->count, "Rows to show")
      ->type_name("N")
      ->capture_default_str();
  command->callback([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

void AddUnreachable(CLI::App* app, Action* chosen) {
  CLI::App* const command = app->add_subcommand(
      "unreachable", "What no root reaches, by class, and why that can be");
  const auto count = std::make_shared<uint64_t>(20);
  command->add_option("-n", *count, "Rows to show")
      ->type_name("N")
      ->capture_default_str();
  command->callback([count, chosen] {
    *chosen = [count](Session& session) {
      return RunUnreachable(*count, session);
    };
  });
}

}  // namespace heapq

#include "query/aggregates/search.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/rules_option.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

struct Options {
  std::string text;
  uint64_t count = 20;
  std::string rules;
};

// The objects of the first class with exactly this name.
absl::StatusOr<std::vector<ObjectSummary>> InstancesOf(
    HeapDb* db, const SearchResult& found, const Options& options,
    const Cancellation& cancellation) {
  for (const TypeCount& type : found.classes) {
    if (type.name != options.text) continue;
    ASSIGN_OR_RETURN(
        Instances instances,
        FindInstances(db, type.class_id, options.count, cancellation));
    return std::move(instances.rows);
  }
  return std::vector<ObjectSummary>();
}

absl::Status Run(const Options& options, Session& session) {
  if (options.text.empty()) {
    return UsageError("search: give a part of a class's name or of a string");
  }
  RETURN_IF_ERROR(UseRules(options.rules));
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db,
                   session.OpenDb(Session::Reads::kMuch));
  const Interruption interruption(session);
  const Cancellation cancellation = session.cancellation();
  ASSIGN_OR_RETURN(
      const SearchResult found,
      SearchHeap(db.get(), options.text, options.count, cancellation));
  if (cancellation.requested()) {
    return absl::CancelledError("search: interrupted");
  }
  ASSIGN_OR_RETURN(const std::vector<ObjectSummary> instances,
                   InstancesOf(db.get(), found, options, cancellation));
  const size_t all =
      found.classes.size() + instances.size() + found.strings.size();
  if (all == 0) {
    return absl::NotFoundError(absl::StrCat(
        "search: nothing in ", db->path(), " is called or says \"",
        options.text, "\"; case counts, and a dump may leave texts out"));
  }
  auto rows = session.Rows({{"what", "what"},
                            {"count", "count", RowColumn::kCount},
                            {"size", "size", RowColumn::kBytes},
                            {"retained", "retained", RowColumn::kBytes},
                            {"address", "at"},
                            {"name", "name"}});
  rows->Head("whole", uint64_t{found.whole});
  for (const TypeCount& type : found.classes) {
    rows->Row({"class", type.count, type.size, CellOrNull(type.retained),
               AddressText(type.address), type.name});
  }
  const auto objects = [&rows](const char* what,
                               const std::vector<ObjectSummary>& list) {
    for (const ObjectSummary& object : list) {
      rows->Row({what, uint64_t{1}, object.size, CellOrNull(object.retained),
                 AddressText(object.address), object.label});
    }
  };
  objects("instance", instances);
  objects("string", found.strings);
  rows->Finish();
  if (!found.whole) {
    session.Note(absl::StrCat("There is more; at most ", options.count,
                              " of each are shown (-n)"));
  }
  std::vector<std::string> next;
  if (!instances.empty()) {
    next.push_back(
        session.Command("why-alive " + AddressText(instances.front().address)));
    next.push_back(session.Command("why-alive --all-of " + options.text));
  } else if (!found.strings.empty()) {
    next.push_back(session.Command("why-alive " +
                                   AddressText(found.strings.front().address)));
  } else {
    next.push_back(session.Command("search " + found.classes.front().name));
  }
  session.Next(next);
  return absl::OkStatus();
}

}  // namespace

void AddSearch(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "search", "Classes, their objects, and strings, by a part of the text");
  const auto options = std::make_shared<Options>();
  command->AddOption("text", &options->text, "As it is written; case counts")
      ->Required()
      ->ValueName("TEXT");
  command->AddOption("-n", &options->count, "Rows of each kind")
      ->ValueName("N")
      ->ShowDefault();
  AddRulesOption(command, &options->rules);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

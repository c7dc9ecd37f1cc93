#include "query/paths/what_if.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/app/commands.h"
#include "cli/app/session.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr size_t kStayingTold = 3;

struct Options {
  std::vector<std::string> objects;
  std::vector<std::string> references;
};

absl::Status Run(const Options& options, Session& session) {
  if (options.objects.empty() && options.references.empty()) {
    return UsageError(
        "what-if: nothing is dropped; name objects with --drop or references "
        "with --drop-edge HOLDER:LABEL");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  absl::StatusOr<WhatIfAnswer> dropping =
      ReadDropping(db.get(), options.objects, options.references);
  if (absl::IsInvalidArgument(dropping.status())) {
    return WithExitCode(dropping.status(), kExitUsage);
  }
  RETURN_IF_ERROR(dropping.status());
  const WhatIfAnswer answer = *std::move(dropping);
  const double share = answer.reachable_size == 0
                           ? 0
                           : 100 * static_cast<double>(answer.size) /
                                 static_cast<double>(answer.reachable_size);
  if (session.is_table()) {
    const std::string head =
        absl::StrCat("Without ", absl::StrJoin(answer.dropped, ", "), ": ",
                     Grouped(static_cast<int64_t>(answer.objects)),
                     answer.objects == 1 ? " object, " : " objects, ",
                     HumanBytes(answer.size),
                     absl::StrFormat(" (%.1f%%)", share), " would be freed");
    session.out() << Styled(SafeText(head), Style::kBold, session.color())
                  << '\n';
  }
  auto rows = session.Rows({{"class", "class"},
                            {"count", "count", RowColumn::kCount},
                            {"size", "size", RowColumn::kBytes}});
  rows->Head("objects", answer.objects);
  rows->Head("size", answer.size);
  rows->Head("reachable_size", answer.reachable_size);
  for (const ClassTally& tally : answer.classes) {
    rows->Row({tally.name, tally.count, tally.size});
  }
  rows->Finish();
  std::vector<std::string> next;
  for (size_t i = 0; i < answer.staying.size() && i < kStayingTold; ++i) {
    const ObjectSummary& object = answer.staying[i];
    session.Note(
        absl::StrCat(object.label, " stays: something else holds it as well"));
    next.push_back(
        session.Command("why-alive " + AddressText(object.address) + " --cut"));
  }
  session.Next(next);
  return absl::OkStatus();
}

}  // namespace

void AddWhatIf(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "what-if", "What would be freed if objects or references were cleared");
  const auto options = std::make_shared<Options>();
  command
      ->AddOption(
          "--drop", &options->objects,
          "Objects: ids or names, as why-alive takes; a class: its instances")
      ->ValueName("ID");
  command
      ->AddOption("--drop-edge", &options->references,
                  "References as why-alive names them: 0x7f…:@cache, "
                  "'0x7f…:[:key]', 'root:$bus'")
      ->ValueName("HOLDER:LABEL");
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/app/commands.h"
#include "cli/app/object_argument.h"
#include "cli/app/percentage.h"
#include "cli/app/rules_option.h"
#include "cli/app/session.h"
#include "cli/output/terminal.h"
#include "cli/output/tree_outline.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/dominator_tree.h"

namespace heapq {
namespace {

struct Options {
  std::string id;
  uint32_t depth = 3;
  std::string min_share = "1%";
  std::string rules;
};

absl::Status Run(const Options& options, Session& session) {
  RETURN_IF_ERROR(UseRules(options.rules));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<HeapDb> db,
      session.OpenDb(options.id.empty() ? Session::Reads::kMuch
                                        : Session::Reads::kLittle));
  DominatorTreeOptions tree_options;
  tree_options.most_depth = options.depth;
  ASSIGN_OR_RETURN(tree_options.min_share, ParseShare(options.min_share));
  if (!options.id.empty()) {
    ASSIGN_OR_RETURN(tree_options.id, Session::Id(db.get(), options.id));
  }
  ASSIGN_OR_RETURN(const DominatorTree tree,
                   ReadDominatorTree(db.get(), tree_options));
  auto rows = session.Rows({{"depth", "depth", RowColumn::kCount},
                            {"retained", "retained", RowColumn::kBytes},
                            {"share", "share"},
                            {"count", "count", RowColumn::kCount},
                            {"address", "at"},
                            {"class", "class"},
                            {"held_as", "as"},
                            {"object", "object"},
                            {"place", "place"}});
  const uint64_t total = tree.nodes.front().retained;
  const std::string indent = session.is_table() ? "  " : "";
  for (const OutlineLine& line :
       OutlineOf(tree, tree.nodes.size(), static_cast<int>(options.depth))) {
    const DominatorNode& node = *line.node;
    std::string text;
    for (int i = 0; i < line.depth; ++i) text += indent;
    text += NodeText(node);
    const double share = total == 0 ? 0
                                    : static_cast<double>(node.retained) /
                                          static_cast<double>(total);
    rows->Row({static_cast<int64_t>(line.depth), node.retained,
               absl::StrFormat("%.1f%%", 100 * share), node.count,
               node.id != 0 ? RowCell(AddressText(node.address)) : RowCell(),
               CellOrNull(node.class_name), CellOrNull(node.held_as), text,
               CellOrNull(node.place.Text())});
  }
  rows->Finish();
  session.Note(absl::StrCat(
      "Each line would free its bytes; those below it are part of them. Less "
      "than ",
      options.min_share, " of ", HumanBytes(total), " is left out"));
  if (!tree.whole) {
    session.Note(
        "Only the largest are shown, there are too many; a higher --min-share, "
        "or an ADDRESS, shows all");
  }
  session.Next({session.Command("tree ADDRESS --depth 5"),
                session.Command("why-alive ADDRESS")});
  return absl::OkStatus();
}

}  // namespace

void AddTree(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "tree", "What an object retains, and what in it (dominator tree)");
  const auto options = std::make_shared<Options>();
  command
      ->AddOption("id", &options->id,
                  std::string(kObjectHelp) + "; all if left out")
      ->ValueName("ID");
  command->AddOption("--depth", &options->depth, "Levels to show")
      ->Between(1, 1000)
      ->ShowDefault();
  command
      ->AddOption("--min-share", &options->min_share,
                  "Leave out what retains less of the whole")
      ->ValueName("PERCENT")
      ->ShowDefault();
  AddRulesOption(command, &options->rules);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

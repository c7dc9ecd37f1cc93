#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/app/commands.h"
#include "cli/app/object_argument.h"
#include "cli/app/percentage.h"
#include "cli/app/rules_option.h"
#include "cli/app/session.h"
#include "cli/output/outline_writer.h"
#include "cli/output/short_paths.h"
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

std::string Share(uint64_t part, uint64_t total) {
  return absl::StrFormat("%.1f%%", total == 0
                                       ? 0
                                       : 100 * static_cast<double>(part) /
                                             static_cast<double>(total));
}

// The tree in columns, with all that is known of a node.
void WriteRows(const std::vector<OutlineLine>& lines, Session& session) {
  auto rows = session.Rows({{"depth", "depth", RowColumn::kCount},
                            {"retained", "retained", RowColumn::kBytes},
                            {"share", "share"},
                            {"count", "count", RowColumn::kCount},
                            {"address", "at"},
                            {"class", "class"},
                            {"held_as", "as"},
                            {"object", "object"},
                            {"place", "place"}});
  for (const OutlineLine& line : lines) {
    const DominatorNode& node = *line.node;
    const size_t indent =
        session.is_table() ? 2 * static_cast<size_t>(line.depth) : 0;
    rows->Row({static_cast<int64_t>(line.depth), node.retained,
               Share(node.retained, lines.front().node->retained), node.count,
               node.id != 0 ? RowCell(AddressText(node.address)) : RowCell(),
               CellOrNull(node.class_name), CellOrNull(node.held_as),
               std::string(indent, ' ') + NodeText(node),
               CellOrNull(node.place.Text())});
  }
  rows->Finish();
}

// "[…] (1550 entries) 0x7f…": with what to ask for the object by.
std::string NamedNode(const DominatorNode& node) {
  std::string text = NodeText(node);
  if (node.id == 0) return text;
  const std::string address = AddressText(node.address);
  const bool named = node.class_name == "Class" || node.class_name == "Module";
  return named || text.find(address) != std::string::npos
             ? text
             : absl::StrCat(text, " ", address);
}

// The tree for people, indented.
void WriteOutline(const std::vector<OutlineLine>& lines, Session& session) {
  ShortPaths places;
  for (const OutlineLine& line : lines) {
    places.Add(line.node->place.Text());
    places.Add(line.node->label);
  }
  const size_t columns = session.columns();
  const auto shorter = [&](const std::string& text) {
    return columns == 0 ? text : places.Shorten(text);
  };
  std::vector<OutlineRow> rows;
  for (const OutlineLine& line : lines) {
    const DominatorNode& node = *line.node;
    OutlineRow row;
    row.figures = {HumanBytes(node.retained),
                   Share(node.retained, lines.front().node->retained)};
    row.depth = static_cast<size_t>(line.depth);
    if (node.held_as != node.label) row.reference = shorter(node.held_as);
    row.object = shorter(NamedNode(node));
    row.place = shorter(node.place.Text());
    rows.push_back(std::move(row));
  }
  OutlineWriter::Options options;
  options.columns = columns;
  options.color = session.color();
  OutlineWriter({"retained", "share"}, &session.out(), options)
      .Print(std::move(rows));
  if (columns != 0 && !places.Root().empty()) {
    session.Note(absl::StrCat("Paths without a gem are below ", places.Root()));
  }
}

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
  const std::vector<OutlineLine> lines =
      OutlineOf(tree, tree.nodes.size(), static_cast<int>(options.depth));
  const uint64_t total = tree.nodes.front().retained;
  if (session.is_table() && !session.options().wide) {
    WriteOutline(lines, session);
  } else {
    WriteRows(lines, session);
  }
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

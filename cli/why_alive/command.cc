#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/object_argument.h"
#include "cli/app/rules_option.h"
#include "cli/why_alive/more_objects.h"
#include "cli/why_alive/output.h"
#include "indexer/base/status_macros.h"
#include "query/db/no_roots.h"
#include "query/paths/leak_status.h"
#include "query/paths/why_alive.h"
#include "query/rules/rules.h"

namespace heapq {
namespace {

// The ID that stands for names on standard input.
constexpr char kStandardInput[] = "-";
// Longer paths are shown by their ends.
constexpr uint64_t kMaxFolded = 1000;

struct Options {
  std::string id;
  size_t paths = 1;
  bool raw = false;
  bool all_hops = false;
  bool cut = false;
  std::string all_of;
  std::string where;
  std::vector<std::string> exclude;
  std::string rules;
  std::string min_share = "1%";
};

// Options that show one object's paths, and not those of many.
bool TakesMany(const Options& options) {
  return options.paths == 1 && !options.raw && !options.all_hops &&
         !options.cut && options.exclude.empty() && options.rules.empty();
}

// The objects that ID, --where or standard input names; at least one.
absl::StatusOr<NamedObjects> ReadAsked(const Options& options, HeapDb* db,
                                       Session& session) {
  NamedObjects asked;
  absl::Status status;
  if (!options.where.empty()) {
    auto ids = ReadObjectsWhere(db, options.where);
    status = ids.status();
    if (ids.ok()) asked.ids = *std::move(ids);
  } else if (options.id == kStandardInput) {
    auto ids = ReadObjectLines(db, &session.in());
    status = ids.status();
    if (ids.ok()) asked.ids = *std::move(ids);
  } else {
    auto named = ReadObjectArgument(db, options.id);
    status = named.status();
    if (named.ok()) asked = *std::move(named);
  }
  if (absl::IsInvalidArgument(status)) return WithExitCode(status, kExitUsage);
  RETURN_IF_ERROR(status);
  return asked;
}

absl::Status Run(const Options& options, Session& session) {
  if (!options.id.empty() + !options.all_of.empty() + !options.where.empty() !=
      1) {
    return UsageError(
        "why-alive: name one object, a class with --all-of, or a condition "
        "with --where; see `heapq why-alive --help`");
  }
  std::vector<LeakStatusRule> rules;
  if (absl::EndsWith(options.rules, ".json")) {
    ASSIGN_OR_RETURN(rules, ReadLivenessRules(options.rules));
  } else {
    RETURN_IF_ERROR(UseRules(options.rules));
    rules = Rules::InUse().objects;
  }
  ASSIGN_OR_RETURN(
      const std::unique_ptr<HeapDb> db,
      session.OpenDb(options.id.empty() || options.id == kStandardInput
                         ? Session::Reads::kMuch
                         : Session::Reads::kLittle));
  if (!options.all_of.empty()) {
    return RunAllOf(db.get(), options.all_of, options.min_share, session);
  }
  ASSIGN_OR_RETURN(const NamedObjects asked,
                   ReadAsked(options, db.get(), session));
  // One object that --where finds has a path like any other.
  if (asked.ids.size() > 1 && TakesMany(options)) {
    return asked.class_name.empty()
               ? RunMerged(db.get(), asked.ids, options.min_share, session)
               : RunAllOf(db.get(), asked.class_name, options.min_share,
                          session);
  }
  uint32_t id = asked.ids.front();
  if (asked.ids.size() > 1) {
    if (options.id.empty() || options.id == kStandardInput) {
      return UsageError(absl::StrCat("why-alive: ", asked.ids.size(),
                                     " objects were found; --paths, --raw, "
                                     "--all-hops, --exclude, --cut and "
                                     "--rules are about one"));
    }
    ASSIGN_OR_RETURN(id, Session::Id(db.get(), options.id));
  }
  if (options.cut) return RunCut(db.get(), id, session);
  WhyAliveOptions how;
  how.paths = options.paths;
  how.raw = options.raw;
  how.all_hops = options.all_hops;
  how.exclude = options.exclude;
  WhyAliveAnswer answer;
  ASSIGN_OR_RETURN(answer.has_roots, HasRoots(db.get()));
  Retention retention(db.get());
  absl::StatusOr<WhyAlive> why = retention.Why(id, how);
  if (absl::IsInvalidArgument(why.status())) {
    return WithExitCode(why.status(), kExitUsage);
  }
  RETURN_IF_ERROR(why.status());
  answer.why = *std::move(why);
  // A chain can only be folded as a whole.
  const auto is_cut = [](const RetentionPath& path) {
    return path.length > path.steps.size() && path.length <= kMaxFolded;
  };
  if (session.is_table() &&
      std::any_of(answer.why.paths.begin(), answer.why.paths.end(), is_cut)) {
    how.all_hops = true;
    ASSIGN_OR_RETURN(answer.why, retention.Why(id, how));
  }
  LeakStatusInspector judge(db.get(), std::move(rules));
  for (const RetentionPath& path : answer.why.paths) {
    ASSIGN_OR_RETURN(PathLeakStatus liveness, judge.Judge(path));
    answer.judged.push_back(std::move(liveness));
  }
  if (session.is_table()) {
    PrintWhyAliveText(answer, options.all_hops ? Hops::kEach : Hops::kFolded,
                      session);
  } else {
    PrintWhyAliveRows(answer, session);
  }
  return absl::OkStatus();
}

}  // namespace

void AddWhyAlive(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "why-alive", "What keeps an object alive: the path from a root to it");
  const auto options = std::make_shared<Options>();
  command
      ->AddOption("id", &options->id,
                  std::string(kObjectHelp) +
                      "; a name of many objects shows their paths as one "
                      "tree; -: names, one a line, on standard input")
      ->ValueName("ID");
  OptionBuilder* const paths =
      command
          ->AddOption("--paths", &options->paths,
                      "Paths to show that differ in more than one hop")
          ->Between(1, 1000)
          ->ValueName("N")
          ->ShowDefault();
  OptionBuilder* const raw = command->AddFlag(
      "--raw", &options->raw, "The fewest hops, through whatever Ruby keeps");
  OptionBuilder* const all_hops = command->AddFlag(
      "--all-hops", &options->all_hops, "A line for each hop, however long");
  OptionBuilder* const exclude =
      command
          ->AddOption("--exclude", &options->exclude,
                      "Only paths without these: a class (Foo, Foo::*), a "
                      "constant (Foo::BAR), a variable (@bar, Foo#@bar, $x) or "
                      "a key ('[:key]'); may be repeated")
          ->Excludes(raw)
          ->OneEachTime()
          ->ValueName("NAME");
  OptionBuilder* const rules = AddRulesOption(command, &options->rules);
  OptionBuilder* const cut =
      command
          ->AddFlag("--cut", &options->cut,
                    "The fewest references that must go to free it")
          ->Excludes(paths)
          ->Excludes(raw)
          ->Excludes(all_hops)
          ->Excludes(exclude)
          ->Excludes(rules);
  OptionBuilder* const all_of =
      command
          ->AddOption("--all-of", &options->all_of,
                      "Instead of ID: the paths of all instances of a class, "
                      "merged into one tree")
          ->Excludes(cut)
          ->Excludes(paths)
          ->Excludes(rules)
          ->Excludes(raw)
          ->Excludes(exclude)
          ->Excludes(all_hops)
          ->ValueName("CLASS");
  command
      ->AddOption("--where", &options->where,
                  "Instead of ID: the objects for which an SQL expression over "
                  "the columns of v_objects holds, as \"class = 'X' AND size > "
                  "1000\"; the paths are merged")
      ->Excludes(all_of)
      ->ValueName("SQL");
  command
      ->AddOption("--min-share", &options->min_share,
                  "In a tree: leave out hops of fewer objects")
      ->ValueName("SHARE")
      ->ShowDefault();
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

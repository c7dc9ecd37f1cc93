#include "query/paths/why_alive.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/app/commands.h"
#include "cli/app/object_argument.h"
#include "cli/app/rules_option.h"
#include "cli/commands/why_alive_more.h"
#include "cli/output/fit.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/db/no_roots.h"
#include "query/paths/leak_status.h"
#include "query/paths/path_display.h"
#include "query/paths/path_rows.h"
#include "query/rules/rules.h"

namespace heapq {
namespace {

// Labels longer than this don't push the next column away.
constexpr size_t kMaxColumnWidth = 96;
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
  std::string rules;
  std::string min_share = "1%";
};

std::string Retained(const ObjectSummary& object) {
  return object.retained.has_value() ? HumanBytes(*object.retained) : "";
}

std::string Padded(const std::string& text, size_t width, bool right) {
  const size_t own = DisplayWidth(text);
  const std::string pad(own < width ? width - own : 0, ' ');
  return right ? pad + text : text + pad;
}

constexpr size_t kColumns = 5;
constexpr size_t kPlace = 4;
// A terminal narrower than this shows places on lines of their own.
constexpr size_t kRoomForPlaces = 120;

// Shrinks the columns of texts so that a row takes at most `limit` cells.
void Fit(size_t limit, bool with_places, size_t* widths) {
  if (!with_places) widths[kPlace] = 0;
  widths[kPlace] = std::min(widths[kPlace], limit / 4);
  const size_t fixed =
      2 + 2 * (kColumns - 1) + widths[2] + widths[3] + widths[kPlace];
  const size_t room = limit > fixed + 2 ? limit - fixed : 2;
  if (widths[0] + widths[1] <= room) return;
  // The label gets three fifths, and what the object does not need.
  widths[1] = std::min(
      widths[1], std::max(room * 2 / 5, room - std::min(room, widths[0])));
  widths[0] = room - widths[1];
}

std::string RowLabel(const PathRow& row) {
  if (row.times == 1) return row.label;
  return absl::StrCat(Grouped(static_cast<int64_t>(row.times)), " × ",
                      row.label);
}

// One hop, or one chain of them, a line, in columns: label, what it leads to,
// sizes, place. `limit`: cells of a line; 0: any number.
void PrintPath(const std::vector<PathRow>& path, size_t limit,
               Session& session) {
  struct Row {
    uint64_t omitted = 0;
    std::string cells[kColumns];
  };
  std::vector<Row> rows;
  rows.push_back({0, {"", "", "size", "retained", ""}});
  for (const PathRow& row : path) {
    const ObjectSummary& object = row.step->object;
    rows.push_back({row.omitted_before,
                    {SafeText(RowLabel(row)), SafeText(object.label),
                     HumanBytes(object.size), Retained(object),
                     SafeText(object.place.Text())}});
  }
  size_t widths[kColumns] = {};
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(
          widths[i], std::min(DisplayWidth(row.cells[i]), kMaxColumnWidth));
    }
  }
  const bool with_places = limit == 0 || limit >= kRoomForPlaces;
  if (limit != 0) Fit(limit, with_places, widths);
  std::ostream& out = session.out();
  for (size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].omitted > 0) {
      out << "  … " << Grouped(static_cast<int64_t>(rows[r].omitted))
          << (rows[r].omitted == 1 ? " hop …\n" : " hops …\n");
    }
    std::string text = "  ";
    for (size_t i = 0; i < kColumns; ++i) {
      if (i == kPlace && !with_places) continue;
      if (i > 0) text += "  ";
      const std::string& cell = rows[r].cells[i];
      text += Padded(limit == 0 ? cell : Fitted(cell, widths[i], i == kPlace),
                     widths[i], i == 2 || i == 3);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << (r == 0 ? Styled(text, Style::kDim, session.color()) : text) << '\n';
    if (!with_places && !rows[r].cells[kPlace].empty()) {
      out << "    " << Fitted(rows[r].cells[kPlace], limit - 4, true) << '\n';
    }
  }
}

bool IsSuspect(const PathLeakStatus& liveness, size_t step) {
  return step >= liveness.first_suspect &&
         step < liveness.first_suspect + liveness.suspects;
}

// "EventBus::INSTANCE (constant of a loaded class)".
std::string Judged(const PathStep& step, const InspectedStatus& judgement) {
  return absl::StrCat(step.object.label, " (", judgement.reason, ")");
}

// Prints which objects of the path should be alive, which not, and where to
// look.
void PrintLiveness(const RetentionPath& path, const PathLeakStatus& liveness,
                   Session& session) {
  const size_t first = liveness.first_suspect;
  const size_t last = first + liveness.suspects;
  if (first > 0) {
    session.Note(
        absl::StrCat("Alive for a reason: ",
                     Judged(path.steps[first - 1], liveness.steps[first - 1])));
  }
  if (liveness.suspects == 0) return;
  const InspectedStatus& end = liveness.steps[last - 1];
  if (end.liveness == LeakStatus::kDead) {
    session.Note(
        absl::StrCat("Should be dead: ", Judged(path.steps[last - 1], end)));
  }
  std::vector<std::string> labels;
  for (const PathRow& row : RowsOf(path, Hops::kFolded)) {
    const auto step = static_cast<size_t>(row.step - path.steps.data());
    if (IsSuspect(liveness, step)) labels.push_back(RowLabel(row));
  }
  session.Note(absl::StrCat("Suspect: ", absl::StrJoin(labels, " → ")));
}

// `rows`: of the first path.
std::string Headline(const WhyAlive& why, const std::vector<PathRow>& rows,
                     bool has_roots) {
  const std::string& label = why.object.label;
  if (!has_roots) {
    return absl::StrCat("Whether ", label, " is alive is not known");
  }
  switch (why.verdict) {
    case Verdict::kAlive: {
      const RetentionPath& path = why.paths.front();
      std::string text =
          absl::StrCat(label, " is alive, ", path.length,
                       path.length == 1 ? " hop" : " hops", " from a root");
      if (rows.size() != path.length) {
        absl::StrAppend(&text, " (", rows.size(),
                        rows.size() == 1 ? " line" : " lines",
                        "; --all-hops shows each hop)");
      }
      return text;
    }
    case Verdict::kWeakOnly:
      return absl::StrCat(label, " is only weakly held");
    case Verdict::kUnreachable:
      return absl::StrCat(label, " is not reachable from any root");
  }
  return label;
}

void PrintTable(const WhyAlive& why, const std::vector<PathLeakStatus>& judged,
                const Options& options, bool has_roots, Session& session) {
  std::ostream& out = session.out();
  const std::string address = AddressText(why.object.address);
  std::vector<std::vector<PathRow>> rows;
  rows.reserve(why.paths.size());
  for (const RetentionPath& path : why.paths) {
    rows.push_back(
        RowsOf(path, options.all_hops ? Hops::kEach : Hops::kFolded));
  }
  const std::string headline = Headline(
      why, rows.empty() ? std::vector<PathRow>() : rows.front(), has_roots);
  out << Styled(SafeText(headline), Style::kBold, session.color()) << '\n';
  std::string facts =
      absl::StrCat(address, ", ", std::string(ObjectTypeName(why.object.type)));
  if (!why.object.class_name.empty()) {
    absl::StrAppend(&facts, ", class ", why.object.class_name);
  }
  absl::StrAppend(&facts, ", ", HumanBytes(why.object.size));
  if (why.object.retained.has_value()) {
    absl::StrAppend(&facts, ", retains ", HumanBytes(*why.object.retained));
  }
  if (why.object.place.known()) {
    absl::StrAppend(&facts, ", ", why.object.place.Text());
  }
  out << SafeText(facts) << '\n';
  for (const std::string& note : why.notes) out << SafeText(note) << '\n';
  const size_t limit = session.options().wide ? 0 : TerminalColumns(out);
  for (size_t i = 0; i < why.paths.size(); ++i) {
    out << '\n';
    if (why.paths.size() > 1) {
      out << "Path " << i + 1 << " of " << why.paths.size() << ":\n";
    }
    PrintPath(rows[i], limit, session);
    PrintLiveness(why.paths[i], judged[i], session);
  }
  if (!why.paths.empty()) {
    const LeakPoint leak = LeakPointOf(why.paths.front(), judged.front());
    out << '\n';
    if (leak.place.known()) {
      out << Styled(SafeText(absl::StrCat("Look at ", leak.place.Text(), ": ",
                                          leak.text)),
                    Style::kBold, session.color())
          << '\n';
    } else {
      session.Note(
          "No file and line is known on this path: dump with allocation "
          "tracing (objspace's trace_object_allocations_start) to see where "
          "these were made");
    }
  }
  std::vector<std::string> next;
  if (why.verdict == Verdict::kAlive) {
    if (why.paths.size() == 1) {
      next.push_back(session.Command("why-alive " + address + " --paths 3"));
    }
    // Shows what else the nearest holder holds.
    const std::vector<PathStep>& steps = why.paths.front().steps;
    if (steps.size() > 1) {
      const PathStep& holder = steps[steps.size() - 2];
      next.push_back(
          session.Command((holder.closure.has_value() ? "owner " : "show ") +
                          AddressText(holder.object.address)));
    }
  } else {
    next.push_back(session.Command("referrers " + address));
  }
  session.Next(next);
}

void PrintJson(const WhyAlive& why, const std::vector<PathLeakStatus>& judged,
               bool has_roots, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1);
  json.Key("object").BeginMap();
  WriteSummary(why.object, &json);
  json.EndMap();
  json.Key("verdict").Text(has_roots ? VerdictName(why.verdict) : "no_roots");
  json.Key("notes").BeginArray();
  for (const std::string& note : why.notes) json.Text(note);
  json.EndArray();
  json.Key("paths").BeginArray();
  for (size_t p = 0; p < why.paths.size(); ++p) {
    const RetentionPath& path = why.paths[p];
    const PathLeakStatus& liveness = judged[p];
    json.BeginMap().Key("root").BeginMap();
    json.Key("category").Text(path.root.category);
    json.Key("name").TextOrNull(path.root.name);
    json.Key("label").Text(path.root_label).EndMap();
    json.Key("length").Number(path.length);
    json.Key("tier").Signed(path.tier);
    const LeakPoint leak = LeakPointOf(path, liveness);
    json.Key("leak");
    if (leak.place.known()) {
      json.BeginMap().Key("file").Text(leak.place.file);
      json.Key("line").Number(leak.place.line);
      json.Key("text").Text(leak.text).EndMap();
    } else {
      json.Null();
    }
    json.Key("steps").BeginArray();
    for (size_t i = 0; i < path.steps.size(); ++i) {
      const PathStep& step = path.steps[i];
      json.BeginMap();
      if (step.omitted_before > 0) {
        json.Key("omitted_before").Number(step.omitted_before);
      }
      json.Key("edge").BeginMap().Key("kind").Text(step.edge_kind);
      json.Key("label").Text(step.edge_label);
      if (step.edge.weak) json.Key("weak").Bool(true);
      json.EndMap().Key("object").BeginMap();
      WriteSummary(step.object, &json);
      json.EndMap();
      json.Key("liveness").Text(LivenessName(liveness.steps[i].liveness));
      json.Key("reason").TextOrNull(liveness.steps[i].reason);
      json.Key("suspect").Bool(IsSuspect(liveness, i)).EndMap();
    }
    json.EndArray().EndMap();
  }
  json.EndArray().EndMap().Finish();
}

void PrintCsv(const WhyAlive& why, const std::vector<PathLeakStatus>& judged,
              Session& session) {
  auto rows = session.Rows({{"path", ""},
                            {"step", ""},
                            {"omitted_before", ""},
                            {"edge_kind", ""},
                            {"edge_label", ""},
                            {"id", ""},
                            {"address", ""},
                            {"type", ""},
                            {"class", ""},
                            {"label", ""},
                            {"file", ""},
                            {"line", ""},
                            {"size", ""},
                            {"retained", ""},
                            {"liveness", ""},
                            {"reason", ""},
                            {"suspect", ""}});
  for (size_t p = 0; p < why.paths.size(); ++p) {
    uint64_t n = 0;
    const PathLeakStatus& liveness = judged[p];
    for (size_t i = 0; i < why.paths[p].steps.size(); ++i) {
      const PathStep& step = why.paths[p].steps[i];
      n += 1 + step.omitted_before;
      const ObjectSummary& object = step.object;
      rows->Row({uint64_t{p + 1}, n, step.omitted_before, step.edge_kind,
                 step.edge_label, uint64_t{object.id},
                 AddressText(object.address),
                 std::string(ObjectTypeName(object.type)),
                 CellOrNull(object.class_name), object.label,
                 CellOrNull(object.place.file),
                 object.place.line == 0 ? RowCell()
                                        : RowCell(uint64_t{object.place.line}),
                 object.size, CellOrNull(object.retained),
                 std::string(LivenessName(liveness.steps[i].liveness)),
                 CellOrNull(liveness.steps[i].reason),
                 uint64_t{IsSuspect(liveness, i) ? 1U : 0U}});
    }
  }
  rows->Finish();
}

// Options that show one object's paths, and not those of many.
bool TakesMany(const Options& options) {
  return options.paths == 1 && !options.raw && !options.all_hops &&
         !options.cut && options.rules.empty();
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
      return UsageError(absl::StrCat(
          "why-alive: ", asked.ids.size(),
          " objects were found; --paths, --raw, --all-hops, --cut and --rules "
          "are about one"));
    }
    ASSIGN_OR_RETURN(id, Session::Id(db.get(), options.id));
  }
  if (options.cut) return RunCut(db.get(), id, session);
  WhyAliveOptions how;
  how.paths = options.paths;
  how.raw = options.raw;
  how.all_hops = options.all_hops;
  ASSIGN_OR_RETURN(const bool has_roots, HasRoots(db.get()));
  Retention retention(db.get());
  ASSIGN_OR_RETURN(WhyAlive why, retention.Why(id, how));
  // A chain can only be folded as a whole.
  const auto is_cut = [](const RetentionPath& path) {
    return path.length > path.steps.size() && path.length <= kMaxFolded;
  };
  if (session.is_table() &&
      std::any_of(why.paths.begin(), why.paths.end(), is_cut)) {
    how.all_hops = true;
    ASSIGN_OR_RETURN(why, retention.Why(id, how));
  }
  LeakStatusInspector judge(db.get(), std::move(rules));
  std::vector<PathLeakStatus> judged;
  for (const RetentionPath& path : why.paths) {
    ASSIGN_OR_RETURN(PathLeakStatus liveness, judge.Judge(path));
    judged.push_back(std::move(liveness));
  }
  switch (session.format()) {
    case Format::kTable:
      PrintTable(why, judged, options, has_roots, session);
      break;
    case Format::kJson:
      PrintJson(why, judged, has_roots, session);
      break;
    case Format::kCsv:
      PrintCsv(why, judged, session);
      break;
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
  OptionBuilder* const rules = AddRulesOption(command, &options->rules);
  OptionBuilder* const cut =
      command
          ->AddFlag("--cut", &options->cut,
                    "The fewest references that must go to free it")
          ->Excludes(paths)
          ->Excludes(raw)
          ->Excludes(all_hops)
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

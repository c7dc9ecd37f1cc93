#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/app/commands.h"
#include "cli/app/rules_option.h"
#include "cli/check/budget_file.h"
#include "cli/output/json_writer.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/diff/budget.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

struct Options {
  std::string budget;
  std::string against;
  std::string rules;
};

const char* NameOf(Budget::Of of) {
  switch (of) {
    case Budget::kHeap:
      return "heap";
    case Budget::kClass:
      return "class";
    case Budget::kNamespace:
      return "namespace";
    case Budget::kSuspect:
      return "suspect";
    case Budget::kNewSuspects:
      return "suspects";
  }
  return "";
}

const char* NameOf(Budget::Measure measure) {
  switch (measure) {
    case Budget::kCount:
      return "count";
    case Budget::kSize:
      return "size";
    case Budget::kRetained:
      return "retained";
  }
  return "";
}

const char* NameOf(Budget::Unit unit) {
  switch (unit) {
    case Budget::kAbsolute:
      return "absolute";
    case Budget::kShare:
      return "share";
    case Budget::kPerSecond:
      return "per_second";
  }
  return "";
}

// "1,000 objects", "2.0 MB", "12.0%", "3.1 MB an hour".
std::string Text(const Budget& budget, double value) {
  if (budget.unit == Budget::kShare) {
    if (!std::isfinite(value)) return "all of it";
    return absl::StrFormat("%.1f%%", 100 * value);
  }
  const bool rate = budget.unit == Budget::kPerSecond;
  const double shown = rate ? value * 3600 : value;
  std::string text;
  if (budget.measure != Budget::kCount) {
    text = shown < 0 ? "-" + HumanBytes(static_cast<uint64_t>(-shown))
                     : HumanBytes(static_cast<uint64_t>(shown));
  } else {
    text = Grouped(static_cast<int64_t>(std::llround(shown)));
    absl::StrAppend(&text,
                    budget.of == Budget::kNewSuspects ? " suspect" : " object",
                    text == "1" ? "" : "s");
  }
  return rate ? text + " an hour" : text;
}

// "Session", "Shop::*", "all of the heap".
std::string Subject(const BudgetResult& result) {
  switch (result.budget.of) {
    case Budget::kHeap:
      return "the heap";
    case Budget::kNamespace:
      return "namespace " + result.name;
    case Budget::kSuspect:
      return "suspect " + result.name;
    case Budget::kNewSuspects:
      return "suspects that are not known";
    default:
      return result.name;
  }
}

// "Session: 1,000 objects, 10 are allowed".
std::string Sentence(const BudgetResult& result) {
  const Budget& budget = result.budget;
  std::string verb;
  if (budget.growth) {
    verb = result.amount < 0 ? " lost " : " got ";
    if (budget.unit == Budget::kShare) {
      verb = " grew by ";
    }
  } else {
    verb = budget.measure == Budget::kRetained ? " keeps " : ": ";
  }
  std::string found = Text(budget, result.found);
  if (budget.growth && result.amount < 0 && budget.unit != Budget::kShare) {
    found = Text(budget, -result.found);
  }
  std::string text = absl::StrCat(Subject(result), verb, found);
  if (budget.unit != Budget::kAbsolute) {
    Budget plain = budget;
    plain.unit = Budget::kAbsolute;
    absl::StrAppend(&text, " (",
                    Text(plain, static_cast<double>(result.amount)), ")");
  }
  if (budget.growth) {
    Budget plain = budget;
    plain.unit = Budget::kAbsolute;
    absl::StrAppend(&text, " on top of ",
                    Text(plain, static_cast<double>(result.before)));
  }
  absl::StrAppend(&text, "; allowed: ", Text(budget, budget.allowed));
  text[0] =
      static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

// "$bus → @handlers → [:request]"; "" where nothing is to be seen.
std::string Where(const BudgetResult& result) {
  std::vector<std::string> labels;
  for (const PathLine& line : LinesOf(result.path)) {
    labels.push_back(line.omitted_before > 0 ? "… → " + line.label
                                             : line.label);
  }
  return absl::StrJoin(labels, " → ");
}

// Empty where there is no path.
LeakPoint Leak(const BudgetResult& result) {
  return result.path.steps.empty() ? LeakPoint() : LeakPointOf(result.path);
}

// Returns the command that explains a broken budget.
std::string Command(const BudgetResult& result, const Session& session) {
  const Budget& budget = result.budget;
  if (budget.of == Budget::kNewSuspects) return session.Command("suspects");
  if (budget.of == Budget::kClass && !budget.growth &&
      result.name.find_first_of(" #(<'") == std::string::npos) {
    return session.Command("why-alive --all-of " + result.name);
  }
  if (result.path.steps.empty()) return session.Command("suspects");
  return session.Command("why-alive " +
                         AddressText(result.path.steps.back().object.address));
}

void WriteJson(const BudgetAnswer& answer, uint64_t broken, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1);
  json.Key("broken").Number(broken);
  json.Key("budgets").BeginArray();
  for (const BudgetResult& result : answer.results) {
    const Budget& budget = result.budget;
    json.BeginMap().Key("of").Text(NameOf(budget.of));
    json.Key("name").TextOrNull(result.name);
    json.Key("growth").Bool(budget.growth);
    json.Key("measure").Text(NameOf(budget.measure));
    json.Key("unit").Text(NameOf(budget.unit));
    json.Key("line").Number(budget.line);
    json.Key("allowed").Real(budget.allowed);
    json.Key("found").Real(result.found);
    json.Key("amount").Signed(result.amount);
    json.Key("broken").Bool(result.broken);
    json.Key("sentence").Text(Sentence(result));
    const LeakPoint leak = Leak(result);
    json.Key("path").BeginArray();
    for (const PathLine& line : LinesOf(result.path)) json.Text(line.label);
    json.EndArray();
    json.Key("file").TextOrNull(leak.place.file);
    json.Key("at_line");
    if (leak.place.known()) {
      json.Number(leak.place.line);
    } else {
      json.Null();
    }
    json.Key("command");
    if (result.broken) {
      json.Text(Command(result, session));
    } else {
      json.Null();
    }
    json.EndMap();
  }
  json.EndArray();
  json.Key("notes").BeginArray();
  for (const std::string& note : answer.notes) json.Text(note);
  json.EndArray().EndMap();
  json.Finish();
}

void WriteCsv(const BudgetAnswer& answer, Session& session) {
  auto rows = session.Rows({{"of", ""},
                            {"name", ""},
                            {"growth", ""},
                            {"measure", ""},
                            {"unit", ""},
                            {"line", ""},
                            {"allowed", ""},
                            {"found", ""},
                            {"broken", ""},
                            {"sentence", ""},
                            {"where", ""}});
  for (const BudgetResult& result : answer.results) {
    const Budget& budget = result.budget;
    rows->Row({std::string(NameOf(budget.of)), CellOrNull(result.name),
               uint64_t{budget.growth}, std::string(NameOf(budget.measure)),
               std::string(NameOf(budget.unit)), uint64_t{budget.line},
               budget.allowed, result.found, uint64_t{result.broken},
               Sentence(result), CellOrNull(Where(result))});
  }
  rows->Finish();
}

void WriteTable(const BudgetAnswer& answer, const std::string& file,
                Session& session) {
  std::ostream& out = session.out();
  for (const BudgetResult& result : answer.results) {
    if (!result.broken) continue;
    out << Styled("BROKEN", Style::kBold, session.color()) << "  "
        << SafeText(absl::StrCat(Sentence(result), " (", file, ":",
                                 result.budget.line, ")."))
        << '\n';
    const std::string where = Where(result);
    if (!where.empty()) out << "        " << SafeText(where) << '\n';
    const LeakPoint leak = Leak(result);
    if (leak.place.known()) {
      out << "        Look at "
          << SafeText(absl::StrCat(leak.place.Text(), ": ", leak.text)) << '\n';
    }
  }
}

absl::Status Run(const Options& options, Session& session) {
  RETURN_IF_ERROR(UseRules(options.rules));
  ASSIGN_OR_RETURN(const BudgetSet set, ReadBudgetFile(options.budget));
  std::unique_ptr<HeapDb> before;
  if (!options.against.empty()) {
    ASSIGN_OR_RETURN(before,
                     session.OpenDb(options.against, Session::Reads::kMuch));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db,
                   session.OpenDb(Session::Reads::kMuch));
  ASSIGN_OR_RETURN(const BudgetAnswer answer,
                   CheckBudgets(db.get(), before.get(), set));
  const auto broken = static_cast<uint64_t>(
      std::count_if(answer.results.begin(), answer.results.end(),
                    [](const BudgetResult& result) { return result.broken; }));
  switch (session.format()) {
    case Format::kJson:
      WriteJson(answer, broken, session);
      break;
    case Format::kCsv:
      WriteCsv(answer, session);
      break;
    case Format::kTable:
      WriteTable(answer, options.budget, session);
      break;
  }
  for (const std::string& note : answer.notes) {
    session.Warn(absl::StrCat(options.budget, ": ", note));
  }
  const std::string all = Grouped(static_cast<int64_t>(answer.results.size()));
  if (broken == 0) {
    session.Note(absl::StrCat(
        all, answer.results.size() == 1 ? " budget holds" : " budgets hold"));
    session.Next({session.Command("suspects")});
    return absl::OkStatus();
  }
  std::vector<std::string> next;
  for (const BudgetResult& result : answer.results) {
    if (!result.broken) continue;
    const std::string command = Command(result, session);
    if (next.size() < 3 &&
        std::find(next.begin(), next.end(), command) == next.end()) {
      next.push_back(command);
    }
  }
  session.Next(next);
  return absl::FailedPreconditionError(absl::StrCat(
      options.budget, ": ", Grouped(static_cast<int64_t>(broken)), " of ", all,
      answer.results.size() == 1 ? " budget is broken"
                                 : " budgets are broken"));
}

}  // namespace

void AddCheck(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "check",
      "Hold the heap against budgets, for CI: exit code 1 if one is broken");
  const auto options = std::make_shared<Options>();
  command
      ->AddOption("--budget", &options->budget,
                  "What the heap may hold, in TOML: docs/guide/budgets.md")
      ->Required()
      ->ValueName("FILE");
  command
      ->AddOption("--against", &options->against,
                  "An older heap.db of the process, for budgets of growth")
      ->ValueName("FILE");
  AddRulesOption(command, &options->rules);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

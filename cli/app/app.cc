#include "cli/app/app.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/help/formatter.h"
#include "cli/help/usage_errors.h"
#include "cli/output/pager.h"
#include "cli/output/terminal.h"
#include "indexer/store/schema.h"

namespace heapq {
namespace {

constexpr int kDumpFormat = 2;

constexpr char kFirstSteps[] =
    R"(heapq explains why a Ruby object is still in memory.

  heapq load dump.json      read a heap dump into heap.db
  heapq suspects            what looks like a leak, and what is large, ranked
  heapq why-alive 0x7f…     what keeps this object alive, root first
  heapq diff a.db b.db      what grew between two dumps of a process

All commands: heapq help. One of them: heapq help why-alive
)";

using AddCommand = void (*)(CommandBuilder*, Action*);

struct CommandGroup {
  const char* title;
  std::vector<AddCommand> commands;
};

// In the order of `heapq --help`.
const std::vector<CommandGroup>& Groups() {
  static const std::vector<CommandGroup> kGroups = {
      {"Begin", {AddLoad, AddInfo, AddMemory, AddHunt}},
      {"What is big, what grew",
       {AddSuspects, AddReport, AddTopTypes, AddTopRetainers, AddTree, AddDiff,
        AddTotals, AddCount, AddWaste, AddUnreachable, AddThreads}},
      {"One object, or a class",
       {AddWhyAlive, AddWhatIf, AddShow, AddRefs, AddReferrers, AddOwner,
        AddSearch}},
      {"Anything else",
       {AddServe, AddExplore, AddSql, AddCheck, AddExport, AddMcp}},
      {"About heapq", {AddHelp, AddCompletions, AddMan}},
  };
  return kGroups;
}

std::vector<CLI::App*> Commands(CLI::App* app) {
  return app->get_subcommands([](CLI::App*) { return true; });
}

std::string VersionText() {
  return absl::StrCat("heapq ", HEAPQ_VERSION, " (dump format ", kDumpFormat,
                      ", heap.db schema ", kSchemaVersion, ")");
}

void AddGlobalOptions(CommandBuilder* app, GlobalOptions* options,
                      std::string* format) {
  app->parser()->set_version_flag("--version", VersionText(),
                                  "Print program, dump format and schema");
  app->AddOption("--db", &options->db, "The heap.db to read, or load into")
      ->ValueName("FILE")
      ->FromEnvironment("HEAPQ_DB")
      ->ShowDefault();
  app->AddOption("--format", format, "How answers are printed (table)")
      ->OneOf({"table", "json", "csv"})
      ->ValueName("table|json|csv");
  app->AddFlag("--no-color", &options->no_color,
               "Plain text; NO_COLOR does the same");
  app->AddFlag("--escape-formulas", &options->escape_formulas,
               "CSV: put ' before texts that begin with = + - @, which a "
               "spreadsheet would run");
  app->AddFlag("--wide", &options->wide,
               "Full texts in tables, even where the terminal is narrower");
  app->AddFlag(
      "--no-pager", &options->no_pager,
      "Do not start $HEAPQ_PAGER, $PAGER or less for an answer that is "
      "longer than the screen");
  app->AddFlag("-q,--quiet", &options->quiet,
               "No progress, notes and next steps");
}

// Commands that have no answer to read, or more to do than to print it.
bool MayBePaged(const std::string& command) {
  static const std::set<std::string> kOthers = {
      "load",  "hunt", "report", "serve",       "explore",
      "check", "mcp",  "export", "completions", "man"};
  return kOthers.count(command) == 0;
}

Format FormatNamed(const std::string& name) {
  if (name == "json") return Format::kJson;
  return name == "csv" ? Format::kCsv : Format::kTable;
}

ExitCode Fail(const Session::Streams& streams, ExitCode code,
              std::string_view message) {
  *streams.err << "heapq: " << SafeText(message) << '\n';
  return code;
}

ExitCode Finish(const Session::Streams& streams) {
  streams.out->flush();
  return streams.out->good()
             ? kExitOk
             : Fail(streams, kExitFailed, "the output could not be written");
}

}  // namespace

ExitCode RunHeapq(int argc, const char* const* argv,
                  const Session::Streams& streams) {
  CLI::App app("Tells why a Ruby object is still in memory.", "heapq");
  GlobalOptions options;
  Action chosen;
  app.formatter(std::make_shared<HelpFormatter>());  // commands inherit it
  // Global options are taken on both sides of the command.
  app.fallthrough();
  app.require_subcommand(0, 1);
  CommandBuilder builder(&app);
  std::string format = "table";
  AddGlobalOptions(&builder, &options, &format);
  for (const CommandGroup& group : Groups()) {
    for (const AddCommand add : group.commands) {
      const size_t before = Commands(&app).size();
      add(&builder, &chosen);
      const auto commands = Commands(&app);
      for (size_t i = before; i < commands.size(); ++i) {
        commands[i]->group(group.title);
      }
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    app.exit(request, *streams.out, *streams.err);
    return Finish(streams);
  } catch (const CLI::ParseError& error) {
    return Fail(streams, kExitUsage, ExplainMistake(app, error, argc, argv));
  }
  if (!chosen) {
    *streams.out << kFirstSteps;
    return Finish(streams);
  }
  options.format = FormatNamed(format);
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') options.no_color = true;
  Session::Streams answering = streams;
  std::optional<PagedStream> paged;
  const std::string command = app.get_subcommands().front()->get_name();
  if (streams.out_is_terminal && streams.rows > 0 && !streams.is_dumb &&
      !options.no_pager && MayBePaged(command)) {
    const std::string pager = PagerCommand();
    if (!pager.empty()) {
      paged.emplace(streams.out, pager, streams.columns, streams.rows);
      answering.out = &*paged;
    }
  }
  Session session(&options, answering);
  const absl::Status status = chosen(session);
  if (paged.has_value()) paged->Finish();
  streams.out->flush();
  if (!status.ok()) {
    return Fail(streams, ExitCodeOf(status), std::string(status.message()));
  }
  return Finish(streams);
}

}  // namespace heapq

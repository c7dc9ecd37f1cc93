#include "cli/app.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/output/terminal.h"
#include "indexer/store/schema.h"
#include "query/nearest.h"

namespace heapq {
namespace {

constexpr int kDumpFormat = 2;

constexpr char kFirstSteps[] =
    R"(heapq tells why a Ruby object is still in memory.

  heapq load dump.json      read a heap dump into heap.db
  heapq top-types           what there is most of
  heapq suspects            what keeps a large share of the heap, and where
  heapq why-alive 0x7f…     what keeps this object alive, root first

All commands: heapq --help
)";

std::string VersionText() {
  return absl::StrCat("heapq ", HEAPQ_VERSION, " (dump format ", kDumpFormat,
                      ", heap.db schema ", kSchemaVersion, ")");
}

void AddGlobalOptions(CLI::App* app, GlobalOptions* options) {
  app->set_version_flag("--version", VersionText(),
                        "Print program, dump format and schema");
  app->add_option("--db", options->db, "The heap.db to read, or load into")
      ->envname("HEAPQ_DB")
      ->capture_default_str();
  static const std::map<std::string, Format> kFormats = {
      {"table", Format::kTable},
      {"json", Format::kJson},
      {"csv", Format::kCsv}};
  app->add_option_function<std::string>(
         "--format",
         [options](const std::string& name) {
           options->format = kFormats.at(name);
         },
         "How answers are printed (table)")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->type_name("table|json|csv");
  app->add_flag("--no-color", options->no_color,
                "Plain text; NO_COLOR does the same");
  app->add_flag("-q,--quiet", options->quiet,
                "No progress, notes and next steps");
}

// The first word that should have been a command.
std::string FirstWord(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--db" || word == "--format") {
      ++i;
    } else if (!word.empty() && word[0] != '-') {
      return word;
    }
  }
  return {};
}

std::string UnknownCommand(const CLI::App& app, const std::string& word) {
  std::string message = absl::StrCat("unknown command \"", word, "\"");
  Nearest nearest(word);
  const auto commands =
      app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : commands) nearest.Try(command->get_name());
  if (!nearest.name().empty()) {
    return absl::StrCat(message, "; did you mean `heapq ",
                        std::string(nearest.name()), "`?");
  }
  return message + "; `heapq --help` lists all";
}

// What is wrong with the command line, and what to do.
std::string Explain(const CLI::App& app, const CLI::ParseError& error, int argc,
                    const char* const* argv) {
  const auto given = app.get_subcommands();
  if (given.empty()) {
    const std::string word = FirstWord(argc, argv);
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr &&
        !word.empty()) {
      return UnknownCommand(app, word);
    }
    return absl::StrCat(error.what(), "; see `heapq --help`");
  }
  const CLI::App& command = *given.front();
  std::string message = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::vector<std::string> extras = app.remaining(true);
    std::string word = extras.empty() ? std::string() : extras.front();
    if (word.empty()) {
      const size_t colon = message.rfind(": ");
      if (colon != std::string::npos) word = message.substr(colon + 2);
    }
    message = absl::StrCat("unexpected \"", word, "\"");
    if (word.compare(0, 2, "--") == 0) {
      Nearest nearest(word);
      std::vector<std::string> names;
      for (const CLI::App* owner : {&command, &app}) {
        for (const CLI::Option* option : owner->get_options()) {
          for (const std::string& name : option->get_lnames()) {
            names.push_back("--" + name);
          }
        }
      }
      for (const std::string& name : names) nearest.Try(name);
      if (!nearest.name().empty()) {
        absl::StrAppend(&message, "; did you mean ",
                        std::string(nearest.name()), "?");
      }
    }
  }
  return absl::StrCat(command.get_name(), ": ", message, "; see `heapq ",
                      command.get_name(), " --help`");
}

ExitCode Fail(const Session::Streams& streams, ExitCode code,
              std::string_view message) {
  *streams.err << "heapq: " << SafeText(message) << '\n';
  return code;
}

}  // namespace

ExitCode RunHeapq(int argc, const char* const* argv,
                  const Session::Streams& streams) {
  CLI::App app("Tells why a Ruby object is still in memory.", "heapq");
  GlobalOptions options;
  Action chosen;
  // Global options are taken on both sides of the command.
  app.fallthrough();
  app.require_subcommand(0, 1);
  AddGlobalOptions(&app, &options);
  AddLoad(&app, &chosen);
  AddInfo(&app, &chosen);
  AddTopTypes(&app, &chosen);
  AddTopRetainers(&app, &chosen);
  AddSuspects(&app, &chosen);
  AddReport(&app, &chosen);
  AddServe(&app, &chosen);
  AddExplore(&app, &chosen);
  AddTree(&app, &chosen);
  AddDiff(&app, &chosen);
  AddWhyAlive(&app, &chosen);
  AddWhatIf(&app, &chosen);
  AddShow(&app, &chosen);
  AddRefs(&app, &chosen);
  AddReferrers(&app, &chosen);
  AddOwner(&app, &chosen);
  AddCount(&app, &chosen);
  AddTotals(&app, &chosen);
  AddThreads(&app, &chosen);
  AddWaste(&app, &chosen);
  AddUnreachable(&app, &chosen);
  AddExport(&app, &chosen);
  AddSql(&app, &chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    app.exit(request, *streams.out, *streams.err);
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    return Fail(streams, kExitUsage, Explain(app, error, argc, argv));
  }
  if (!chosen) {
    *streams.out << kFirstSteps;
    return kExitOk;
  }
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') options.no_color = true;
  Session session(&options, streams);
  const absl::Status status = chosen(session);
  streams.out->flush();
  if (!status.ok()) {
    return Fail(streams, ExitCodeOf(status), std::string(status.message()));
  }
  if (!streams.out->good()) {
    return Fail(streams, kExitFailed, "the output could not be written");
  }
  return kExitOk;
}

}  // namespace heapq

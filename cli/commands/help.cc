#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/session.h"
#include "cli/help/command_line.h"
#include "cli/help/completions.h"
#include "cli/help/man_page.h"
#include "cli/help/usage_errors.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/class_histogram.h"

namespace heapq {
namespace {

// Candidates that a shell is offered.
constexpr uint64_t kMaxObjects = 50;
constexpr uint64_t kMaxClasses = 2000;

// "0x7f…\t#<Cart:0x7f…>": what a shell may complete, and what it is.
absl::Status List(const std::string& kind, Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  const auto line = [&session](const std::string& word,
                               const std::string& what) {
    session.out() << word << '\t' << SafeText(what) << '\n';
  };
  if (kind == "object") {
    ASSIGN_OR_RETURN(const TopRetainers top,
                     FindTopRetainers(db.get(), kMaxObjects));
    for (const ObjectSummary& object : top.rows) {
      line(AddressText(object.address),
           absl::StrCat(object.label, ", retains ",
                        HumanBytes(object.retained.value_or(0))));
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const TopTypes top,
                   FindTopTypes(db.get(), TypeOrder::kRetained, kMaxClasses));
  for (const TypeCount& type : top.rows) {
    // Others are no words that a command takes.
    if (type.class_id == 0 ||
        type.name.find_first_of(" \t#<(") != std::string::npos) {
      continue;
    }
    line(SafeText(type.name),
         absl::StrCat(Grouped(static_cast<int64_t>(type.count)),
                      type.count == 1 ? " object" : " objects"));
  }
  return absl::OkStatus();
}

absl::Status RunHelp(const CLI::App& app, const std::string& name,
                     Session& session) {
  if (name.empty()) {
    // App::help would describe the command that was given: this one.
    session.out() << app.get_formatter()->make_help(&app, app.get_name(),
                                                    CLI::AppFormatMode::Normal);
    return absl::OkStatus();
  }
  const auto found = app.get_subcommands(
      [&name](const CLI::App* command) { return command->get_name() == name; });
  if (found.empty()) return UsageError(UnknownCommand(app, name));
  session.out() << found.front()->help(app.get_name());
  return absl::OkStatus();
}

}  // namespace

void AddHelp(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command =
      app->AddCommand("help", "What a command does, and its options");
  const auto name = std::make_shared<std::string>();
  command->AddOption("command", name.get(), "Without: all commands")
      ->ValueName("COMMAND");
  command->WhenGiven([app, name, chosen] {
    *chosen = [app, name](Session& session) {
      return RunHelp(*app->parser(), *name, session);
    };
  });
}

void AddCompletions(CommandBuilder* app, Action* chosen) {
  struct Options {
    std::string shell;
    std::string list;
  };
  CommandBuilder* const command = app->AddCommand(
      "completions", "A script that teaches a shell to complete heapq");
  const auto options = std::make_shared<Options>();
  OptionBuilder* const shell =
      command->AddOption("shell", &options->shell, "Which shell")
          ->OneOf({"bash", "zsh", "fish"})
          ->ValueName("bash|zsh|fish");
  // For the completion scripts.
  command->AddOption("--list", &options->list, "")
      ->OneOf({"object", "class"})
      ->Excludes(shell)
      ->Hidden();
  command->WhenGiven([app, options, chosen] {
    *chosen = [app, options](Session& session) -> absl::Status {
      if (!options->list.empty()) return List(options->list, session);
      const CommandLineHelp help = ReadCommandLine(*app->parser());
      if (options->shell == "bash") {
        session.out() << BashCompletion(help);
      } else if (options->shell == "zsh") {
        session.out() << ZshCompletion(help);
      } else if (options->shell == "fish") {
        session.out() << FishCompletion(help);
      } else {
        return UsageError("completions: name the shell: bash, zsh or fish");
      }
      return absl::OkStatus();
    };
  });
}

void AddMan(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command =
      app->AddCommand("man", "The manual page: heapq man | man -l -");
  command->WhenGiven([app, chosen] {
    *chosen = [app](Session& session) {
      session.out() << ManPage(ReadCommandLine(*app->parser()), HEAPQ_VERSION);
      return absl::OkStatus();
    };
  });
}

}  // namespace heapq

#include "cli/help/usage_errors.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "query/db/did_you_mean.h"

namespace heapq {
namespace {

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

}  // namespace

std::string UnknownCommand(const CLI::App& app, const std::string& word) {
  std::string message = absl::StrCat("unknown command \"", word, "\"");
  DidYouMean nearest(word);
  const auto commands =
      app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* command : commands) nearest.Try(command->get_name());
  if (!nearest.name().empty()) {
    return absl::StrCat(message, "; did you mean `heapq ",
                        std::string(nearest.name()), "`?");
  }
  return message + "; `heapq --help` lists all";
}

std::string ExplainMistake(const CLI::App& app, const CLI::ParseError& error,
                           int argc, const char* const* argv) {
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
      DidYouMean nearest(word);
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

}  // namespace heapq

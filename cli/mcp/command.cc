#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/app/app.h"
#include "cli/app/commands.h"
#include "cli/app/rules_option.h"
#include "cli/app/session.h"
#include "cli/mcp/server.h"
#include "cli/mcp/tools.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// Runs a command and returns what it prints without a terminal.
McpServer::Outcome RunOnce(const char* format,
                           const std::vector<std::string>& words,
                           const std::string& db,
                           const Cancellation& cancellation) {
  std::vector<const char*> argv = {"heapq", "--no-color", format, "--db",
                                   db.c_str()};
  for (const std::string& word : words) {
    argv.push_back(word == kServedDb ? db.c_str() : word.c_str());
  }
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Session::Streams streams;
  streams.in = &in;
  streams.out = &out;
  streams.err = &err;
  streams.compact = true;
  streams.cancellation = cancellation;
  const ExitCode code =
      RunHeapq(static_cast<int>(argv.size()), argv.data(), streams);
  McpServer::Outcome outcome;
  outcome.ok = code == kExitOk;
  const std::string message = err.str();
  outcome.text = absl::StrCat(
      std::string(absl::StripPrefix(message, "heapq: ")), out.str());
  outcome.json = out.str();
  return outcome;
}

// The answer as text and, if asked for, as JSON.
McpServer::Outcome RunTool(const std::vector<std::string>& words,
                           const std::string& db, bool structured,
                           const Cancellation& cancellation) {
  McpServer::Outcome outcome =
      RunOnce("--format=table", words, db, cancellation);
  outcome.json.clear();
  // A load is not done twice.
  if (!structured || !outcome.ok || words.front() == "load") return outcome;
  McpServer::Outcome json = RunOnce("--format=json", words, db, cancellation);
  if (json.ok) outcome.json = std::move(json.json);
  return outcome;
}

}  // namespace

void AddMcp(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "mcp",
      "Serve these answers to an assistant: Model Context Protocol on stdio");
  struct Options {
    std::string rules;
    bool text_only = false;
  };
  const auto options = std::make_shared<Options>();
  command->AddFlag("--text-only", &options->text_only,
                   "Answers as text alone, without structured content");
  AddRulesOption(command, &options->rules);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) -> absl::Status {
      RETURN_IF_ERROR(UseRules(options->rules));
      const std::string db = session.options().db;
      const bool structured = !options->text_only;
      McpServer server(HEAPQ_VERSION, structured,
                       [&db, structured](const auto& words,
                                         const Cancellation& cancellation) {
                         return RunTool(words, db, structured, cancellation);
                       });
      server.Serve(&session.in(), &session.out());
      return absl::Status();
    };
  });
}

}  // namespace heapq

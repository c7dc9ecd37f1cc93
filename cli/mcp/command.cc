#include <memory>
#include <sstream>
#include <string>
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
McpServer::Outcome RunTool(const std::vector<std::string>& words,
                           const std::string& db,
                           const Cancellation& cancellation) {
  std::vector<const char*> argv = {"heapq", "--no-color", "--format=table",
                                   "--db", db.c_str()};
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
  streams.cancellation = cancellation;
  const ExitCode code =
      RunHeapq(static_cast<int>(argv.size()), argv.data(), streams);
  McpServer::Outcome outcome;
  outcome.ok = code == kExitOk;
  const std::string message = err.str();
  outcome.text = absl::StrCat(
      std::string(absl::StripPrefix(message, "heapq: ")), out.str());
  return outcome;
}

}  // namespace

void AddMcp(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "mcp",
      "Serve these answers to an assistant: Model Context Protocol on stdio");
  const auto rules = std::make_shared<std::string>();
  AddRulesOption(command, rules.get());
  command->WhenGiven([rules, chosen] {
    *chosen = [rules](Session& session) -> absl::Status {
      RETURN_IF_ERROR(UseRules(*rules));
      const std::string db = session.options().db;
      McpServer server(HEAPQ_VERSION, [&db](const auto& words,
                                            const Cancellation& cancellation) {
        return RunTool(words, db, cancellation);
      });
      server.Serve(&session.in(), &session.out());
      return absl::Status();
    };
  });
}

}  // namespace heapq

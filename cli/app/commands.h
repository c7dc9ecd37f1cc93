#ifndef HEAPQ_CLI_APP_COMMANDS_H_
#define HEAPQ_CLI_APP_COMMANDS_H_

#include <functional>

#include "absl/status/status.h"
#include "cli/app/command_builder.h"
#include "cli/app/session.h"

namespace heapq {

// Runs the chosen command once the command line is parsed.
using Action = std::function<absl::Status(Session&)>;

// Each function declares one subcommand and its options in `app`. If that
// subcommand is given, parsing sets `*chosen` to the action that runs it. Both
// arguments must outlive parsing. AddFoo is defined in cli/commands/foo.cc or
// cli/foo/command.cc; AddUnreachable is in totals.cc, AddCompletions and AddMan
// are in help.cc.
void AddLoad(CommandBuilder* app, Action* chosen);
void AddInfo(CommandBuilder* app, Action* chosen);
void AddMemory(CommandBuilder* app, Action* chosen);
void AddTopTypes(CommandBuilder* app, Action* chosen);
void AddTopRetainers(CommandBuilder* app, Action* chosen);
void AddSuspects(CommandBuilder* app, Action* chosen);
void AddReport(CommandBuilder* app, Action* chosen);
void AddServe(CommandBuilder* app, Action* chosen);
void AddExplore(CommandBuilder* app, Action* chosen);
void AddTree(CommandBuilder* app, Action* chosen);
void AddDiff(CommandBuilder* app, Action* chosen);
void AddHunt(CommandBuilder* app, Action* chosen);
void AddWhyAlive(CommandBuilder* app, Action* chosen);
void AddWhatIf(CommandBuilder* app, Action* chosen);
void AddShow(CommandBuilder* app, Action* chosen);
void AddRefs(CommandBuilder* app, Action* chosen);
void AddReferrers(CommandBuilder* app, Action* chosen);
void AddOwner(CommandBuilder* app, Action* chosen);
void AddCount(CommandBuilder* app, Action* chosen);
void AddTotals(CommandBuilder* app, Action* chosen);
void AddThreads(CommandBuilder* app, Action* chosen);
void AddWaste(CommandBuilder* app, Action* chosen);
void AddUnreachable(CommandBuilder* app, Action* chosen);
void AddSearch(CommandBuilder* app, Action* chosen);
void AddSql(CommandBuilder* app, Action* chosen);
void AddCheck(CommandBuilder* app, Action* chosen);
void AddExport(CommandBuilder* app, Action* chosen);
void AddMcp(CommandBuilder* app, Action* chosen);
void AddHelp(CommandBuilder* app, Action* chosen);
void AddCompletions(CommandBuilder* app, Action* chosen);
void AddMan(CommandBuilder* app, Action* chosen);

}  // namespace heapq

#endif  // HEAPQ_CLI_APP_COMMANDS_H_

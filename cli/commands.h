#ifndef HEAPQ_CLI_COMMANDS_H_
#define HEAPQ_CLI_COMMANDS_H_

#include <functional>

#include "absl/status/status.h"
#include "cli/command_builder.h"
#include "cli/session.h"

namespace heapq {

// What the chosen command does once the command line is read.
using Action = std::function<absl::Status(Session&)>;

// Each declares one subcommand with its options in `app`. When it is the one
// that was given, `*chosen` is set to what runs it. Both must outlive parsing.
// They stand in the order of `heapq --help`, each in a file of its name
// (`unreachable` in that of `totals`).
void AddLoad(CommandBuilder* app, Action* chosen);
void AddInfo(CommandBuilder* app, Action* chosen);
void AddTopTypes(CommandBuilder* app, Action* chosen);
void AddTopRetainers(CommandBuilder* app, Action* chosen);
void AddSuspects(CommandBuilder* app, Action* chosen);
void AddReport(CommandBuilder* app, Action* chosen);
void AddServe(CommandBuilder* app, Action* chosen);
void AddExplore(CommandBuilder* app, Action* chosen);
void AddTree(CommandBuilder* app, Action* chosen);
void AddDiff(CommandBuilder* app, Action* chosen);
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
void AddExport(CommandBuilder* app, Action* chosen);
void AddSql(CommandBuilder* app, Action* chosen);

}  // namespace heapq

#endif  // HEAPQ_CLI_COMMANDS_H_

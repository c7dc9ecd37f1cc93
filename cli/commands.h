#ifndef HEAPQ_CLI_COMMANDS_H_
#define HEAPQ_CLI_COMMANDS_H_

#include <CLI/App.hpp>
#include <functional>

#include "absl/status/status.h"
#include "cli/session.h"

namespace heapq {

// What the chosen command does once the command line is read.
using Action = std::function<absl::Status(Session&)>;

// Each declares one subcommand with its options in `app`. When it is the one
// that was given, `*chosen` is set to what runs it. Both must outlive parsing.
// They stand in the order of `heapq --help`, each in a file of its name
// (`unreachable` in that of `totals`).
void AddLoad(CLI::App* app, Action* chosen);
void AddInfo(CLI::App* app, Action* chosen);
void AddTopTypes(CLI::App* app, Action* chosen);
void AddTopRetainers(CLI::App* app, Action* chosen);
void AddSuspects(CLI::App* app, Action* chosen);
void AddReport(CLI::App* app, Action* chosen);
void AddServe(CLI::App* app, Action* chosen);
void AddExplore(CLI::App* app, Action* chosen);
void AddTree(CLI::App* app, Action* chosen);
void AddDiff(CLI::App* app, Action* chosen);
void AddWhyAlive(CLI::App* app, Action* chosen);
void AddWhatIf(CLI::App* app, Action* chosen);
void AddShow(CLI::App* app, Action* chosen);
void AddRefs(CLI::App* app, Action* chosen);
void AddReferrers(CLI::App* app, Action* chosen);
void AddOwner(CLI::App* app, Action* chosen);
void AddCount(CLI::App* app, Action* chosen);
void AddTotals(CLI::App* app, Action* chosen);
void AddThreads(CLI::App* app, Action* chosen);
void AddWaste(CLI::App* app, Action* chosen);
void AddUnreachable(CLI::App* app, Action* chosen);
void AddExport(CLI::App* app, Action* chosen);
void AddSql(CLI::App* app, Action* chosen);

}  // namespace heapq

#endif  // HEAPQ_CLI_COMMANDS_H_

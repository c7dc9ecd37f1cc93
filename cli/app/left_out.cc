#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"

// Stands in for the commands that this build leaves out (HEAPQ_REPORT,
// HEAPQ_SERVE and HEAPQ_EXPLORE in CMakeLists.txt), so that they name the
// remedy.

namespace heapq {
namespace {

// Unused where no command is left out.
[[maybe_unused]] void AddLeftOut(const std::string& name,
                                 const std::string& option, CommandBuilder* app,
                                 Action* chosen) {
  CommandBuilder* const command =
      app->AddCommand(name, "Not part of this build of heapq");
  command->WhenGiven([name, option, chosen] {
    *chosen = [name, option](Session&) {
      return absl::UnimplementedError(
          absl::StrCat(name,
                       ": this heapq was built without it; build it with "
                       "cmake -D",
                       option, "=ON"));
    };
  });
}

}  // namespace

#ifdef HEAPQ_LEFT_OUT_REPORT
void AddReport(CommandBuilder* app, Action* chosen) {
  AddLeftOut("report", "HEAPQ_REPORT", app, chosen);
}
#endif

#ifdef HEAPQ_LEFT_OUT_SERVE
void AddServe(CommandBuilder* app, Action* chosen) {
  AddLeftOut("serve", "HEAPQ_SERVE", app, chosen);
}
#endif

#ifdef HEAPQ_LEFT_OUT_EXPLORE
void AddExplore(CommandBuilder* app, Action* chosen) {
  AddLeftOut("explore", "HEAPQ_EXPLORE", app, chosen);
}
#endif

}  // namespace heapq

#include <memory>
#include <string>

#include "cli/app/commands.h"
#include "cli/commands/reference_list.h"
#include "indexer/base/status_macros.h"
#include "query/objects/object_view.h"

namespace heapq {
namespace {

absl::Status Run(const PageOptions& options, Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const uint32_t id, Session::Id(db.get(), options.id));
  ObjectViews views(db.get());
  ASSIGN_OR_RETURN(const Paged<Neighbour> page, views.Refs(id, options.page()));
  PrintNeighbours(page, options, "refs " + options.id, session);
  return absl::OkStatus();
}

}  // namespace

void AddRefs(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command =
      app->AddCommand("refs", "What an object refers to");
  const std::shared_ptr<PageOptions> options = AddPageOptions(command);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

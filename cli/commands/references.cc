#include <memory>
#include <string>

#include "cli/app/commands.h"
#include "cli/commands/reference_list.h"
#include "indexer/base/status_macros.h"
#include "query/objects/object_view.h"

namespace heapq {
namespace {

// The member of ObjectViews that gives the rows.
using Read = absl::StatusOr<Paged<Neighbour>> (ObjectViews::*)(uint32_t id,
                                                               Page page);

absl::Status Run(const PageOptions& options, const std::string& name, Read read,
                 Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const uint32_t id, Session::Id(db.get(), options.id));
  ObjectViews views(db.get());
  ASSIGN_OR_RETURN(const Paged<Neighbour> page,
                   (views.*read)(id, options.page()));
  PrintNeighbours(page, options, name + " " + options.id, session);
  return absl::OkStatus();
}

void Add(const std::string& name, const std::string& help, Read read,
         CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(name, help);
  const std::shared_ptr<PageOptions> options = AddPageOptions(command);
  command->WhenGiven([options, name, read, chosen] {
    *chosen = [options, name, read](Session& session) {
      return Run(*options, name, read, session);
    };
  });
}

}  // namespace

void AddRefs(CommandBuilder* app, Action* chosen) {
  Add("refs", "What an object refers to", &ObjectViews::Refs, app, chosen);
}

void AddReferrers(CommandBuilder* app, Action* chosen) {
  Add("referrers", "What refers to an object", &ObjectViews::Referrers, app,
      chosen);
}

}  // namespace heapq

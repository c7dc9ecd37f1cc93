#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/class_histogram.h"

namespace heapq {
namespace {

struct Options {
  std::vector<std::string> names;
};

// The keys of HeapDump.count_objects, and schema_version.
void PrintJson(const NamespaceCount& count, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1);
  json.Key("total_slots").Optional(count.total_slots);
  json.Key("free_slots").Optional(count.free_slots);
  json.Key("basic_types").BeginMap();
  for (const TypeCount& type : count.basic_types) {
    json.Key(type.name).Number(type.count);
  }
  json.EndMap().Key("user_types").BeginMap();
  for (const auto& [name, n] : count.user_types) json.Key(name).Number(n);
  json.EndMap().EndMap().Finish();
}

void PrintRows(const NamespaceCount& count, Session& session) {
  auto rows = session.Rows({{"group", "of"},
                            {"name", "name"},
                            {"count", "count", RowColumn::kCount}});
  const auto row = [&rows](const char* group, const std::string& name,
                           const std::optional<uint64_t>& n) {
    if (n.has_value()) rows->Row({std::string(group), name, *n});
  };
  row("slots", "total_slots", count.total_slots);
  row("slots", "free_slots", count.free_slots);
  for (const TypeCount& type : count.basic_types) {
    row("basic_types", type.name, type.count);
  }
  for (const auto& [name, n] : count.user_types) row("user_types", name, n);
  rows->Finish();
  session.Next({session.Command("top-types")});
}

absl::Status Run(const Options& options, Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const NamespaceCount count,
                   CountNamespaces(db.get(), options.names));
  if (session.format() == Format::kJson) {
    PrintJson(count, session);
  } else {
    PrintRows(count, session);
  }
  return absl::OkStatus();
}

}  // namespace

void AddCount(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "count", "Objects by type, and by class below the given namespaces");
  const auto options = std::make_shared<Options>();
  command
      ->AddOption("namespace", &options->names,
                  "Modules or classes, with all that is below them")
      ->ValueName("NAMESPACE");
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

#include "cli/commands/reference_list.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/app/object_argument.h"
#include "cli/output/terminal.h"

namespace heapq {

std::shared_ptr<PageOptions> AddPageOptions(CommandBuilder* command) {
  auto options = std::make_shared<PageOptions>();
  command->AddOption("id", &options->id, kObjectHelp)
      ->Required()
      ->ValueName("ID");
  command->AddOption("-n", &options->count, "Rows to show")
      ->Between(1, 1000000000)
      ->ValueName("N")
      ->ShowDefault();
  command->AddOption("--skip", &options->skip, "Rows to leave out in front")
      ->ValueName("N")
      ->ShowDefault();
  return options;
}

void PrintNeighbours(const Paged<Neighbour>& page, const PageOptions& options,
                     const std::string& command, Session& session) {
  const bool table = session.is_table();
  std::vector<RowColumn> columns = {{"edge_label", "reference"},
                                    {"label", "object"},
                                    {"size", "size", RowColumn::kBytes},
                                    {"retained", "retained", RowColumn::kBytes},
                                    {"address", "address"}};
  if (table) {
    columns.push_back({"place", "made at"});
  } else {
    columns.insert(columns.end(), {{"edge_kind", ""},
                                   {"weak", ""},
                                   {"id", ""},
                                   {"type", ""},
                                   {"class", ""},
                                   {"file", ""},
                                   {"line", ""}});
  }
  auto rows = session.Rows(std::move(columns));
  rows->Head("total", page.total);
  rows->Head("skipped", options.skip);
  for (const Neighbour& row : page.rows) {
    const ObjectSummary& object = row.object;
    std::vector<RowCell> cells = {row.label, object.label, object.size,
                                  CellOrNull(object.retained),
                                  AddressText(object.address)};
    if (table) {
      cells.emplace_back(object.place.Text());
    } else {
      cells.emplace_back(row.kind);
      cells.emplace_back(uint64_t{row.weak ? 1u : 0u});
      cells.emplace_back(uint64_t{object.id});
      cells.emplace_back(std::string(ObjectTypeName(object.type)));
      cells.push_back(CellOrNull(object.class_name));
      cells.push_back(CellOrNull(object.place.file));
      cells.push_back(object.place.line == 0
                          ? RowCell()
                          : RowCell(uint64_t{object.place.line}));
    }
    rows->Row(cells);
  }
  rows->Finish();
  const uint64_t end = options.skip + page.rows.size();
  session.Note(absl::StrCat(Grouped(static_cast<int64_t>(page.rows.size())),
                            " of ", Grouped(static_cast<int64_t>(page.total))));
  std::vector<std::string> next;
  if (end < page.total && !page.rows.empty()) {
    next.push_back(session.Command(
        absl::StrCat(command, " -n ", options.count, " --skip ", end)));
  }
  if (!page.rows.empty()) {
    next.push_back(session.Command(
        "why-alive " + AddressText(page.rows.front().object.address)));
  }
  session.Next(next);
}

}  // namespace heapq

#include "query/waste/waste.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/session.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// Long texts are shown by their beginning.
constexpr size_t kShownOfText = 60;

std::string Shortened(const std::string& text) {
  if (text.size() <= kShownOfText) return text;
  size_t end = kShownOfText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  return text.substr(0, end) + "…";
}

absl::Status Run(uint64_t count, Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db,
                   session.OpenDb(Session::Reads::kLittle));
  ASSIGN_OR_RETURN(const Waste waste,
                   FindWaste(db.get(), static_cast<size_t>(count)));
  auto rows = session.Rows({{"what", "what"},
                            {"count", "count", RowColumn::kCount},
                            {"bytes", "bytes", RowColumn::kBytes},
                            {"name", "name"},
                            {"fix", "fix"}});
  rows->Head("total_bytes", waste.bytes);
  for (const WasteKind& kind : waste.kinds) {
    rows->Row({"kind", kind.count, kind.bytes, kind.name, kind.fix});
  }
  for (const WasteHolder& owner : waste.owners) {
    rows->Row({"held by", owner.count, owner.bytes, owner.name,
               absl::StrCat(owner.kind, ": ", owner.fix)});
  }
  for (const DuplicateString& string : waste.strings) {
    rows->Row({"string", string.copies, string.bytes,
               session.is_table() ? Shortened(string.value) : string.value,
               RowCell()});
  }
  rows->Finish();
  session.Note(absl::StrCat("In all ", HumanBytes(waste.bytes),
                            " could be done without"));
  for (const std::string& note : waste.notes) session.Note(note);
  session.Next({session.Command("top-types --by size")});
  return absl::OkStatus();
}

}  // namespace

void AddWaste(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "waste", "Duplicate strings, empty collections and the like");
  const auto count = std::make_shared<uint64_t>(10);
  command->AddOption("-n", count.get(), "Owners and strings to show")
      ->ValueName("N")
      ->ShowDefault();
  command->WhenGiven([count, chosen] {
    *chosen = [count](Session& session) { return Run(*count, session); };
  });
}

}  // namespace heapq

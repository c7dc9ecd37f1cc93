#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/app/commands.h"
#include "cli/app/session.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/memory/memory_bands.h"
#include "query/memory/memory_split.h"
#include "query/memory/memory_summary.h"
#include "query/memory/memory_verdict.h"
#include "query/memory/sparse_pages.h"

namespace heapq {
namespace {

constexpr size_t kPinsShown = 5;
constexpr size_t kBarWidth = 78;
constexpr size_t kLegendWidth = 80;

absl::StatusOr<MemorySummary> Read(HeapDb* db) {
  ASSIGN_OR_RETURN(std::optional<MemorySummary> summary, ReadMemorySummary(db));
  if (!summary) {
    return absl::NotFoundError(
        absl::StrCat(db->path(), ": ", kNoMemoryAccount));
  }
  return *std::move(summary);
}

std::string Percent(uint64_t part, uint64_t whole) {
  if (whole == 0) return "";
  return absl::StrFormat(
      "%.1f%%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// "1,000 × Object on 980 sparse pages, held by $kept → [*]"
std::string TextOf(const PagePins& pin) {
  std::string text = absl::StrCat(
      Grouped(static_cast<int64_t>(pin.objects)), " × ", pin.class_name, " on ",
      Grouped(static_cast<int64_t>(pin.pages)), " sparse pages");
  if (pin.held_by.empty()) return text;
  if (pin.held_share < 1) {
    absl::StrAppend(&text, absl::StrFormat(", %.0f%%", 100 * pin.held_share));
  }
  absl::StrAppend(&text, ", held by ", pin.held_by);
  return text;
}

void PrintNotes(const MemorySummary& memory, const MemoryFinding& finding,
                const std::vector<PagePins>& pins, Session& session) {
  session.Note(finding.sentence);
  for (const std::string& advice : finding.advice) session.Note(advice);
  for (const PagePins& pin : pins) {
    session.Note(absl::StrCat("  ", TextOf(pin)));
  }
  if (memory.account.swapped > 0) {
    session.Note(absl::StrCat("Not resident, in swap: ",
                              HumanBytes(memory.account.swapped)));
  }
  if (memory.account.group_limit > 0) {
    session.Note(absl::StrCat("The control group uses ",
                              HumanBytes(memory.account.group_used), " of ",
                              HumanBytes(memory.account.group_limit)));
  }
  if (finding.verdict == MemoryVerdict::kUnexplained) return;
  for (const std::string& why : memory.account.left_out) {
    session.Note(absl::StrCat("Left out by the dump: ", why));
  }
}

std::vector<std::string> NextCommands(const MemoryFinding& finding,
                                      const std::vector<PagePins>& pins,
                                      Session& session) {
  if (!pins.empty()) {
    return {session.Command(
        absl::StrCat("why-alive --all-of '", pins[0].class_name, "'"))};
  }
  if (finding.verdict == MemoryVerdict::kObjects ||
      finding.verdict == MemoryVerdict::kSmall) {
    return {session.Command("suspects")};
  }
  return {session.Command("top-types --by size"), session.Command("suspects")};
}

absl::Status RunOne(Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const MemorySummary memory, Read(db.get()));
  const MemoryFinding& finding = memory.finding;
  std::vector<PagePins> pins;
  if (finding.verdict == MemoryVerdict::kFragmentedHeap) {
    ASSIGN_OR_RETURN(
        pins, FindPagePins(db.get(), memory.account.page_size, kPinsShown));
  }
  auto rows = session.Rows({{"part", "part"},
                            {"bytes", "bytes", RowColumn::kBytes},
                            {"share", "share"},
                            {"meaning", "meaning"}});
  rows->Head("rss", memory.account.rss);
  rows->Head("verdict", std::string(KeyOf(finding.verdict)));
  rows->Head("level", std::string(LevelOf(finding)));
  rows->Head("sentence", finding.sentence);
  for (size_t i = 0; i < pins.size(); ++i) {
    rows->Head(absl::StrCat("pages_kept_by_", i + 1), TextOf(pins[i]));
  }
  for (size_t i = 0; i < kMemoryParts; ++i) {
    const auto part = static_cast<MemoryPart>(i);
    const uint64_t bytes = memory.split.Of(part);
    if (session.is_table() && bytes == 0) continue;
    rows->Row({std::string(session.is_table() ? NameOf(part) : KeyOf(part)),
               bytes, Percent(bytes, memory.split.total),
               std::string(MeaningOf(part))});
  }
  rows->Finish();
  session.Note(TextBar(memory.split, kBarWidth));
  for (const std::string& line : TextLegend(memory.split, kLegendWidth)) {
    session.Note(line);
  }
  session.Note(absl::StrCat(
      "In all ", HumanBytes(memory.split.total), " are resident",
      memory.account.peak_rss == 0
          ? ""
          : absl::StrCat(", at most ", HumanBytes(memory.account.peak_rss),
                         " were")));
  if (memory.account.objects_are_estimated) {
    session.Note(
        "Objects are counted with the sizes in the dump; what malloc adds to "
        "them is not known");
  }
  PrintNotes(memory, finding, pins, session);
  session.Next(NextCommands(finding, pins, session));
  return absl::OkStatus();
}

absl::Status RunAgainst(const std::string& before_path, Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> old_db,
                   session.OpenDb(before_path, Session::Reads::kLittle));
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const MemorySummary before, Read(old_db.get()));
  ASSIGN_OR_RETURN(const MemorySummary after, Read(db.get()));
  auto rows = session.Rows({{"part", "part"},
                            {"before", "before", RowColumn::kBytes},
                            {"bytes", "bytes", RowColumn::kBytes},
                            {"change", "change", RowColumn::kBytesChange},
                            {"meaning", "meaning"}});
  const std::string sentence =
      ExplainGrowth(before.split, after.split, nullptr);
  rows->Head("rss_before", before.account.rss);
  rows->Head("rss", after.account.rss);
  rows->Head("sentence", sentence);
  for (size_t i = 0; i < kMemoryParts; ++i) {
    const auto part = static_cast<MemoryPart>(i);
    const uint64_t old = before.split.Of(part);
    const uint64_t now = after.split.Of(part);
    if (session.is_table() && old == 0 && now == 0) continue;
    rows->Row({std::string(session.is_table() ? NameOf(part) : KeyOf(part)),
               old, now, static_cast<int64_t>(now) - static_cast<int64_t>(old),
               std::string(MeaningOf(part))});
  }
  rows->Finish();
  session.Note(sentence);
  session.Next(
      {session.Command(absl::StrCat("suspects --against ", before_path)),
       session.Command("memory")});
  return absl::OkStatus();
}

}  // namespace

void AddMemory(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "memory", "Where the process had its memory, from the RSS down");
  const auto before = std::make_shared<std::string>();
  command
      ->AddOption("--against", before.get(),
                  "What changed since an earlier dump of the same program")
      ->ValueName("OLD.db");
  command->WhenGiven([before, chosen] {
    *chosen = [before](Session& session) {
      return before->empty() ? RunOne(session) : RunAgainst(*before, session);
    };
  });
}

}  // namespace heapq

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/app/commands.h"
#include "cli/output/figures.h"
#include "cli/output/fit.h"
#include "cli/output/memory_json.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/db/heap_info.h"
#include "query/db/no_roots.h"
#include "query/memory/memory_bands.h"
#include "query/memory/memory_summary.h"

namespace heapq {
namespace {

constexpr size_t kBarWidth = 60;
// Cells before the texts.
constexpr size_t kNameWidth = 18;

// The figures of `info` that ReadInfo does not return.
struct Extent {
  bool has_roots = false;
  int64_t shapes = 0;  // records that are not objects
  std::optional<MemorySummary> memory;
};

std::string PeakText(const MemoryAccount& account) {
  return account.peak_rss == 0
             ? ""
             : absl::StrCat(", at most ", HumanBytes(account.peak_rss));
}

// The lines after "memory".
std::vector<std::string> MemoryLines(
    const std::optional<MemorySummary>& memory) {
  if (!memory) {
    return {"unknown: no account in the dump; --status of `load` adds one"};
  }
  std::vector<std::string> lines = {
      absl::StrCat(HumanBytes(memory->split.total), " resident",
                   PeakText(memory->account)),
      TextBar(memory->split, kBarWidth)};
  for (std::string& line : TextLegend(memory->split, kBarWidth)) {
    lines.push_back(std::move(line));
  }
  lines.push_back(memory->finding.sentence);
  return lines;
}

void PrintTable(const HeapInfo& info, const Extent& extent, Session& session) {
  std::ostream& out = session.out();
  const auto count = [](uint64_t n) {
    return Grouped(static_cast<int64_t>(n));
  };
  const size_t columns = session.columns();
  const auto line = [&](std::string_view name, const std::string& text) {
    // The text has its column, so that Wrapped must not see the name.
    const size_t room = columns > 2 * kNameWidth ? columns - kNameWidth : 0;
    std::string lines = Wrapped(SafeText(text), room);
    const std::string indent = "\n" + std::string(kNameWidth, ' ');
    out << SafeText(name)
        << std::string(name.size() < kNameWidth ? kNameWidth - name.size() : 1,
                       ' ')
        << absl::StrReplaceAll(lines, {{"\n", indent}}) << '\n';
  };
  line("dump", absl::StrCat(info.source, " (", HumanBytes(info.source_bytes),
                            ", ", info.format, ")"));
  for (const auto& [key, text] : info.header.facts()) line(key, text);
  line("objects",
       absl::StrCat(count(info.objects), ", ", HumanBytes(info.size)));
  line("reachable", absl::StrCat(count(info.reachable), ", ",
                                 HumanBytes(info.reachable_size)));
  std::string_view name = "memory";
  for (const std::string& text : MemoryLines(extent.memory)) {
    line(name, text);
    name = "";
  }
  line("references", absl::StrCat(count(info.edges), " strong, ",
                                  count(info.weak_edges), " weak"));
  if (info.ghosts > 0) {
    line("missing", absl::StrCat(count(info.ghosts),
                                 " objects are referred to that the dump does "
                                 "not hold"));
  }
  if (extent.shapes > 0) {
    line("shapes", absl::StrCat(Grouped(extent.shapes),
                                " records of object shapes, which are not "
                                "objects"));
  }
  for (const HeapInfo::Roots& roots : info.roots) {
    line(absl::StrCat("roots ", roots.category),
         absl::StrCat(count(roots.count), roots.weak ? " (weak)" : ""));
  }
  for (const auto& [reason, n] : info.drops) {
    line(absl::StrCat("dropped ", reason), count(n));
  }
  for (const HeapInfo::DropPlace& drop : info.first_drops) {
    out << "  line " << drop.line << " (byte " << drop.byte
        << "): " << SafeText(drop.detail) << '\n';
  }
  if (info.truncated) out << "The dump was cut: its end is missing.\n";
  if (info.texts_cut > 0) out << CutTexts(info.texts_cut) << ".\n";
  if (!extent.has_roots) {
    out << kNoRoots << ".\n";
    session.Next({session.Command("top-types"), session.Command("waste")});
    return;
  }
  session.Next(
      {session.Command("top-types"), session.Command("top-retainers")});
}

std::vector<Figure> FiguresOf(const HeapInfo& info, const Extent& extent) {
  return {{"source", info.source},
          {"source_bytes", info.source_bytes},
          {"format", info.format},
          {"heapq_version", info.heapq_version},
          {"records", info.records},
          {"objects", info.objects},
          {"ghosts", info.ghosts},
          {"edges", info.edges},
          {"weak_edges", info.weak_edges},
          {"has_roots", extent.has_roots},
          {"shapes", static_cast<uint64_t>(extent.shapes)},
          {"size", info.size},
          {"reachable", info.reachable},
          {"reachable_size", info.reachable_size},
          {"truncated", info.truncated},
          {"texts_cut", info.texts_cut}};
}

void PrintJson(const HeapInfo& info, const Extent& extent, Session& session) {
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1);
  WriteFigures(FiguresOf(info, extent), &json);
  json.Key("header").BeginMap();
  for (const auto& [key, text] : info.header.facts()) json.Key(key).Text(text);
  json.EndMap();
  json.Key("memory");
  WriteMemory(extent.memory, &json);
  json.Key("roots").BeginArray();
  for (const HeapInfo::Roots& roots : info.roots) {
    json.BeginMap().Key("category").Text(roots.category);
    json.Key("count").Number(roots.count);
    json.Key("weak").Bool(roots.weak).EndMap();
  }
  json.EndArray();
  json.Key("dropped").BeginMap();
  for (const auto& [reason, count] : info.drops) json.Key(reason).Number(count);
  json.EndMap();
  json.Key("first_drops").BeginArray();
  for (const HeapInfo::DropPlace& drop : info.first_drops) {
    json.BeginMap().Key("reason").Text(drop.reason);
    json.Key("line").Number(drop.line).Key("byte").Number(drop.byte);
    json.Key("detail").Text(drop.detail).EndMap();
  }
  json.EndArray().EndMap().Finish();
}

void PrintCsv(const HeapInfo& info, const Extent& extent, Session& session) {
  auto rows = session.Rows({{"figure", ""}, {"value", ""}});
  WriteFigures(FiguresOf(info, extent), rows.get());
  WriteFigures("header.", info.header.facts(), rows.get());
  if (extent.memory) {
    rows->Row({"memory.rss", extent.memory->account.rss});
    rows->Row(
        {"memory.verdict", std::string(KeyOf(extent.memory->finding.verdict))});
    for (size_t i = 0; i < kMemoryParts; ++i) {
      const auto part = static_cast<MemoryPart>(i);
      rows->Row({absl::StrCat("memory.", std::string(KeyOf(part))),
                 extent.memory->split.Of(part)});
    }
  }
  for (const HeapInfo::Roots& roots : info.roots) {
    rows->Row({RowCell("roots." + roots.category), RowCell(roots.count)});
  }
  WriteFigures("dropped.", info.drops, rows.get());
  rows->Finish();
}

absl::Status Run(Session& session) {
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  ASSIGN_OR_RETURN(const HeapInfo info, ReadInfo(db.get()));
  Extent extent;
  ASSIGN_OR_RETURN(extent.has_roots, HasRoots(db.get()));
  ASSIGN_OR_RETURN(extent.memory, ReadMemorySummary(db.get()));
  ASSIGN_OR_RETURN(extent.shapes, db->MetaNumber("shapes"));
  switch (session.format()) {
    case Format::kTable:
      PrintTable(info, extent, session);
      break;
    case Format::kJson:
      PrintJson(info, extent, session);
      break;
    case Format::kCsv:
      PrintCsv(info, extent, session);
      break;
  }
  return absl::OkStatus();
}

}  // namespace

void AddInfo(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "info", "What the dump was of, how large it is, and what was lost");
  command->WhenGiven([chosen] { *chosen = Run; });
}

}  // namespace heapq

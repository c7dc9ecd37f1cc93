#include "cli/report/report_summary.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/output/suspect_text.h"
#include "cli/output/terminal.h"
#include "query/db/no_roots.h"

namespace heapq {
namespace {

constexpr size_t kSuspects = 3;
constexpr size_t kGrown = 3;

std::string Count(uint64_t number) {
  return Grouped(static_cast<int64_t>(number));
}

std::string Objects(uint64_t count) {
  return count == 1 ? "1 object" : Count(count) + " objects";
}

// The file's name without the folders that lead to it.
std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

void AddGrowth(const HeapReport& report, std::vector<std::string>* lines) {
  if (!report.growth.has_value()) return;
  const HeapDiff& diff = *report.growth;
  const auto change =
      static_cast<int64_t>(report.info.size - report.older->size);
  lines->push_back(absl::StrCat(
      "Since ", BaseName(report.older->source), ": ", SignedBytes(change), ", ",
      diff.compacted
          ? std::string("the objects were moved in between")
          : absl::StrCat(Count(diff.added_count), " objects came and ",
                         Count(diff.removed_count), " went"),
      "."));
  lines->push_back(absl::StrCat(diff.verdict, "."));
  for (size_t i = 1; i < diff.growth.size() && i < kGrown; ++i) {
    if (diff.growth[i].level == SuspectLevel::kLarge) break;
    lines->push_back(absl::StrCat(SentenceOf(diff.growth[i]), "."));
  }
  for (const std::string& note : diff.notes) {
    lines->push_back(absl::StrCat(note, "."));
  }
}

}  // namespace

std::string TitleOf(const HeapReport& report) {
  return absl::StrCat("Heap report: ", BaseName(report.info.source));
}

std::vector<std::string> MemoryHeadlineOf(const HeapReport& report) {
  std::vector<std::string> lines;
  if (report.growth.has_value() && !report.growth->memory.empty()) {
    lines.push_back(absl::StrCat(report.growth->memory, "."));
  }
  if (report.memory) {
    lines.push_back(absl::StrCat(report.memory->finding.sentence, "."));
  }
  return lines;
}

std::string NoSuspectsOf(const HeapReport& report) {
  return report.share == 0
             ? std::string("The heap is too small for suspects")
             : absl::StrFormat("No suspect keeps as much as %.1f%% of the heap",
                               100 * report.share);
}

std::vector<std::string> HeadlineOf(const HeapReport& report) {
  const HeapInfo& info = report.info;
  std::vector<std::string> lines;
  lines.push_back(absl::StrCat(Objects(info.objects), ", ",
                               HumanBytes(info.size), "; roots reach ",
                               HumanBytes(info.reachable_size), " of them."));
  for (size_t i = 0; i < report.suspects.rows.size() && i < kSuspects; ++i) {
    const Suspect& suspect = report.suspects.rows[i];
    const std::string where = WhereOf(suspect.path);
    lines.push_back(absl::StrCat(SentenceOf(suspect),
                                 where.empty() ? "" : ", at ", where, "."));
  }
  if (!report.has_roots) {
    lines.push_back(absl::StrCat(kNoRoots, "."));
  } else if (report.suspects.rows.empty()) {
    lines.push_back(NoSuspectsOf(report) + ".");
  }
  AddGrowth(report, &lines);
  if (report.waste.bytes > 0) {
    lines.push_back(
        absl::StrCat(HumanBytes(report.waste.bytes),
                     " are waste: duplicate strings, empty collections "
                     "and the like."));
  }
  if (info.truncated) {
    lines.emplace_back("The dump was cut: its end is missing.");
  }
  uint64_t dropped = 0;
  for (const auto& [reason, count] : info.drops) dropped += count;
  if (dropped > 0) {
    lines.push_back(absl::StrCat(Count(dropped),
                                 dropped == 1 ? " place" : " places",
                                 " of the dump could not be used."));
  }
  return lines;
}

std::string OriginOf(const HeapInfo& info) {
  std::vector<std::string> parts;
  const std::string pid(info.header.Text("pid"));
  if (!pid.empty()) parts.push_back("process " + pid);
  const std::string time(info.header.Text("time"));
  if (!time.empty()) parts.push_back(time);
  const std::string ruby(info.header.Text("ruby"));
  if (!ruby.empty()) parts.push_back("ruby " + ruby);
  parts.push_back(info.format);
  return absl::StrJoin(parts, ", ");
}

std::vector<std::pair<std::string, std::string>> FactsOf(const HeapInfo& info) {
  std::vector<std::pair<std::string, std::string>> facts = {
      {"dump", info.source},
      {"format", info.format},
      {"records", Count(info.records)},
      {"objects", Count(info.objects)},
      {"size", HumanBytes(info.size)},
      {"reachable", absl::StrCat(Count(info.reachable), ", ",
                                 HumanBytes(info.reachable_size))},
      {"references", absl::StrCat(Count(info.edges), " strong, ",
                                  Count(info.weak_edges), " weak")}};
  if (info.ghosts > 0) {
    facts.emplace_back("missing",
                       Count(info.ghosts) + " objects have no record");
  }
  for (const auto& [key, value] : info.header.facts()) {
    facts.emplace_back(key, value);
  }
  for (const HeapInfo::Roots& roots : info.roots) {
    facts.emplace_back(
        absl::StrCat(roots.weak ? "weak roots: " : "roots: ", roots.category),
        Count(roots.count));
  }
  for (const auto& [reason, count] : info.drops) {
    facts.emplace_back("dropped: " + reason, Count(count));
  }
  facts.emplace_back("loaded by", "heapq " + info.heapq_version);
  return facts;
}

}  // namespace heapq

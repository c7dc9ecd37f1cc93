#include "cli/output/memory_json.h"

#include <cstddef>

#include "query/memory/memory_split.h"
#include "query/memory/memory_verdict.h"

namespace heapq {

void WriteMemory(const std::optional<MemorySummary>& summary,
                 JsonWriter* json) {
  if (!summary) {
    json->Null();
    return;
  }
  json->BeginMap().Key("rss").Number(summary->account.rss);
  json->Key("verdict").Text(KeyOf(summary->finding.verdict));
  json->Key("level").Text(LevelOf(summary->finding));
  json->Key("sentence").Text(summary->finding.sentence);
  json->Key("parts").BeginMap();
  for (size_t i = 0; i < kMemoryParts; ++i) {
    const auto part = static_cast<MemoryPart>(i);
    json->Key(KeyOf(part)).Number(summary->split.Of(part));
  }
  json->EndMap().EndMap();
}

}  // namespace heapq

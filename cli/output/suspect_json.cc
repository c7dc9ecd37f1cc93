#include "cli/output/suspect_json.h"

#include <cstdint>
#include <string>

#include "cli/output/object_json.h"
#include "cli/output/suspect_text.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

void WriteLookAt(const LeakPoint& look_at, JsonWriter* json) {
  if (!look_at.place.known()) {
    json->Null();
    return;
  }
  json->BeginMap().Key("file").Text(look_at.place.file).Key("line");
  if (look_at.place.line == 0) {
    json->Null();
  } else {
    json->Number(look_at.place.line);
  }
  json->Key("label").TextOrNull(look_at.text).EndMap();
}

void WriteGrowth(const Growth& growth, JsonWriter* json) {
  json->BeginMap().Key("verdict").Text(GrowthVerdict(growth));
  json->Key("count").Number(growth.count);
  json->Key("bytes").Number(growth.bytes);
  json->Key("steps").Number(growth.steps);
  json->Key("amounts").BeginArray();
  for (const PathAmount& amount : growth.amounts) {
    json->BeginMap().Key("count").Number(amount.count);
    json->Key("bytes").Number(amount.bytes);
    json->Key("at_most").Bool(!amount.exact).EndMap();
  }
  json->EndArray();
  const auto rate = [&](const char* key, uint64_t amount) {
    json->Key(key);
    if (growth.minutes > 0) {
      json->Real(static_cast<double>(amount) / growth.minutes);
    } else {
      json->Null();
    }
  };
  rate("count_per_minute", growth.count);
  rate("bytes_per_minute", growth.bytes);
  json->EndMap();
}

void WriteAllocatedAt(const AllocatedAt& at, JsonWriter* json) {
  const auto frame = [json](const AllocationFrame& one) {
    json->BeginMap().Key("file").Text(one.file);
    json->Key("line").Number(one.line);
    json->Key("method").TextOrNull(one.method).EndMap();
  };
  json->BeginMap().Key("site");
  frame(at.site);
  json->Key("share").Real(at.share);
  json->Key("samples").Number(at.samples);
  json->Key("stack").BeginArray();
  for (const AllocationFrame& one : at.stack) frame(one);
  json->EndArray().EndMap();
}

}  // namespace

void WriteSuspectFields(const Suspect& suspect, size_t rank, JsonWriter* json) {
  json->Key("rank").Number(static_cast<uint64_t>(rank));
  json->Key("level").Text(SuspectLevelName(suspect.level));
  json->Key("sentence").Text(SentenceOf(suspect));
  json->Key("retained").Number(suspect.retained);
  json->Key("share").Real(suspect.share);
  json->Key("count").Number(suspect.count);
  json->Key("where");
  WriteLookAt(suspect.look_at, json);
  if (suspect.allocated_at.has_value()) {
    json->Key("allocated_at");
    WriteAllocatedAt(*suspect.allocated_at, json);
  }
  json->Key("path").BeginArray();
  for (const std::string& hop : suspect.masked_path) json->Text(hop);
  json->EndArray();
  json->Key("holder").TextOrNull(suspect.holder);
  json->Key("held").TextOrNull(suspect.held);
  json->Key("held_class").TextOrNull(suspect.held_class);
  json->Key("keys").BeginArray();
  for (const std::string& key : suspect.keys) json->Text(key);
  json->EndArray();
  json->Key("fingerprint").Text(suspect.fingerprint);
  if (suspect.growth.has_value()) {
    json->Key("growth");
    WriteGrowth(*suspect.growth, json);
  }
  json->Key("evidence").BeginArray();
  for (const Evidence& evidence : suspect.evidence) {
    json->BeginMap().Key("weight").Real(evidence.weight);
    json->Key("text").Text(evidence.text).EndMap();
  }
  json->EndArray();
  json->Key("object").BeginMap();
  WriteSummary(suspect.object, json);
  json->EndMap();
  json->Key("object_path").BeginArray();
  for (const PathLine& line : LinesOf(suspect.path)) json->Text(line.label);
  json->EndArray();
}

}  // namespace heapq

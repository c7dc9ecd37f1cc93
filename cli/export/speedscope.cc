// speedscope's own format: a sampled profile of bytes.
#include "cli/export/exporter.h"
#include "cli/export/profile_stacks.h"
#include "cli/output/json_writer.h"
#include "indexer/base/status_macros.h"

namespace heapq {

absl::Status WriteSpeedscope(HeapDb* db, const ExportOptions& options,
                             std::ostream* out) {
  ASSIGN_OR_RETURN(const ProfileStacks stacks,
                   ProfileStacks::Read(db, options));
  uint64_t total = 0;
  JsonWriter json(out, JsonWriter::kCompact);
  json.BeginMap();
  json.Key("$schema").Text(
      "https://www.speedscope.app/file-format-schema.json");
  json.Key("exporter").Text("heapq");
  json.Key("name").Text(db->path());
  json.Key("shared").BeginMap().Key("frames").BeginArray();
  for (const std::string& frame : stacks.frames()) {
    json.BeginMap().Key("name").Text(frame).EndMap();
  }
  json.EndArray().EndMap();
  json.Key("profiles").BeginArray().BeginMap();
  json.Key("type").Text("sampled");
  json.Key("name").Text("retained bytes by dominator");
  json.Key("unit").Text("bytes");
  json.Key("samples").BeginArray();
  for (const ProfileStacks::Stack& stack : stacks.stacks()) {
    if (stack.size == 0) continue;
    total += stack.size;
    json.BeginArray();
    for (const uint32_t frame : stacks.FramesOf(stack)) json.Number(frame);
    json.EndArray();
    RETURN_IF_ERROR(Written(*out));
  }
  json.EndArray().Key("weights").BeginArray();
  for (const ProfileStacks::Stack& stack : stacks.stacks()) {
    if (stack.size != 0) json.Number(stack.size);
  }
  json.EndArray().Key("startValue").Number(0).Key("endValue").Number(total);
  json.EndMap().EndArray().EndMap().Finish();
  return absl::OkStatus();
}

}  // namespace heapq

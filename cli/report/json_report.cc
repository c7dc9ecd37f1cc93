#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "cli/output/json_writer.h"
#include "cli/output/memory_json.h"
#include "cli/output/object_json.h"
#include "cli/output/suspect_text.h"
#include "cli/report/report_format.h"
#include "cli/report/report_summary.h"
#include "cli/report/report_tables.h"
#include "query/db/heap_db.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

void WriteCell(const RowCell& cell, JsonWriter* json) {
  if (const auto* number = std::get_if<int64_t>(&cell)) {
    json->Signed(*number);
  } else if (const auto* whole = std::get_if<uint64_t>(&cell)) {
    json->Number(*whole);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    json->Real(*real);
  } else if (const auto* text = std::get_if<std::string>(&cell)) {
    json->Text(*text);
  } else {
    json->Null();
  }
}

void WriteTables(const ReportSection& section, JsonWriter* json) {
  for (const ReportTable& table : section.tables) {
    json->Key(table.key).BeginArray();
    for (const std::vector<RowCell>& row : table.rows) {
      json->BeginMap();
      for (size_t i = 0; i < row.size(); ++i) {
        json->Key(table.columns[i].key);
        WriteCell(row[i], json);
      }
      json->EndMap();
    }
    json->EndArray();
  }
}

void WritePlace(const Place& place, JsonWriter* json) {
  json->Key("file").TextOrNull(place.file);
  json->Key("line");
  if (place.known()) {
    json->Number(place.line);
  } else {
    json->Null();
  }
}

void WriteSuspect(const Suspect& suspect, JsonWriter* json) {
  json->BeginMap();
  json->Key("fingerprint").Text(suspect.fingerprint);
  json->Key("sentence").Text(SentenceOf(suspect));
  json->Key("retained").Number(suspect.retained);
  json->Key("share").Real(suspect.share);
  json->Key("level").Text(SuspectLevelName(suspect.level));
  json->Key("holder").TextOrNull(suspect.holder);
  json->Key("held").TextOrNull(suspect.held);
  json->Key("count").Number(suspect.count);
  json->Key("object").BeginMap();
  WriteSummary(suspect.object, json);
  json->EndMap();
  json->Key("path").BeginArray();
  for (const PathLine& line : LinesOf(suspect.path)) {
    json->BeginMap();
    if (line.omitted_before > 0) {
      json->Key("omitted_before").Number(line.omitted_before);
    }
    json->Key("label").Text(line.label);
    json->Key("object").BeginMap();
    WriteSummary(line.step->object, json);
    json->EndMap().EndMap();
  }
  json->EndArray();
  json->Key("look_at");
  const LeakPoint& leak = suspect.look_at;
  if (leak.place.known()) {
    json->BeginMap().Key("text").Text(leak.text);
    WritePlace(leak.place, json);
    json->EndMap();
  } else {
    json->Null();
  }
  json->EndMap();
}

void WriteThread(const ThreadInfo& thread, JsonWriter* json) {
  json->BeginMap().Key("object").BeginMap();
  WriteSummary(thread.object, json);
  json->EndMap().Key("status").TextOrNull(thread.status);
  json->Key("frames").BeginArray();
  for (const ThreadFrame& frame : thread.frames) {
    json->BeginMap().Key("label").TextOrNull(frame.label);
    WritePlace(frame.place, json);
    json->Key("values").BeginArray();
    for (const FrameValue& value : frame.values) {
      json->BeginMap().Key("name").Text(value.name);
      json->Key("value").Text(value.value);
      json->Key("retained").Number(value.retained).EndMap();
    }
    json->EndArray().EndMap();
  }
  json->EndArray().EndMap();
}

void WriteTree(const DominatorTree& tree, JsonWriter* json) {
  json->Key("tree_is_whole").Bool(tree.whole);
  json->Key("tree").BeginArray();
  for (const DominatorNode& node : tree.nodes) {
    json->BeginMap().Key("parent").Number(node.parent);
    json->Key("label").Text(node.label);
    json->Key("held_as").TextOrNull(node.held_as);
    json->Key("address").TextOrNull(node.id == 0 ? ""
                                                 : AddressText(node.address));
    json->Key("count").Number(node.count);
    json->Key("size").Number(node.size);
    json->Key("retained").Number(node.retained).EndMap();
  }
  json->EndArray();
}

}  // namespace

void WriteJsonReport(const HeapReport& report, std::ostream* out) {
  JsonWriter json(out);
  json.BeginMap().Key("schema_version").Number(1);
  json.Key("title").Text(TitleOf(report));
  json.Key("headline").BeginArray();
  for (const std::string& line : MemoryHeadlineOf(report)) json.Text(line);
  for (const std::string& line : HeadlineOf(report)) json.Text(line);
  json.EndArray();
  json.Key("dump").BeginMap();
  for (const auto& [name, value] : FactsOf(report.info)) {
    json.Key(name).Text(value);
  }
  json.EndMap();
  json.Key("memory");
  WriteMemory(report.memory, &json);
  json.Key("share").Real(report.share);
  json.Key("suspects").BeginArray();
  for (const Suspect& suspect : report.suspects.rows) {
    WriteSuspect(suspect, &json);
  }
  json.EndArray();
  WriteTables(GrowthSection(report), &json);
  WriteTables(ContentSection(report), &json);
  json.Key("waste_bytes").Number(report.waste.bytes);
  WriteTables(WasteSection(report), &json);
  json.Key("threads").BeginArray();
  for (const ThreadInfo& thread : report.threads.rows) {
    WriteThread(thread, &json);
  }
  json.EndArray();
  WriteTree(report.tree, &json);
  json.EndMap();
  json.Finish();
}

}  // namespace heapq

#include <cstdint>
#include <string>
#include <vector>

#include "cli/output/json_writer.h"
#include "cli/output/object_json.h"
#include "cli/output/row_writer.h"
#include "cli/why_alive/output.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

void PrintJson(const WhyAliveAnswer& answer, Session& session) {
  const WhyAlive& why = answer.why;
  JsonWriter json(&session.out());
  json.BeginMap().Key("schema_version").Number(1);
  json.Key("object").BeginMap();
  WriteSummary(why.object, &json);
  json.EndMap();
  json.Key("verdict").Text(answer.has_roots ? VerdictName(why.verdict)
                                            : "no_roots");
  json.Key("notes").BeginArray();
  for (const std::string& note : why.notes) json.Text(note);
  json.EndArray();
  json.Key("paths").BeginArray();
  for (size_t p = 0; p < why.paths.size(); ++p) {
    const RetentionPath& path = why.paths[p];
    const PathLeakStatus& liveness = answer.judged[p];
    json.BeginMap().Key("root").BeginMap();
    json.Key("category").Text(path.root.category);
    json.Key("name").TextOrNull(path.root.name);
    json.Key("label").Text(path.root_label).EndMap();
    json.Key("length").Number(path.length);
    json.Key("tier").Signed(path.tier);
    const LeakPoint leak = LeakPointOf(path, liveness);
    json.Key("leak");
    if (leak.place.known()) {
      json.BeginMap().Key("file").Text(leak.place.file);
      json.Key("line").Number(leak.place.line);
      json.Key("text").Text(leak.text).EndMap();
    } else {
      json.Null();
    }
    json.Key("steps").BeginArray();
    for (size_t i = 0; i < path.steps.size(); ++i) {
      const PathStep& step = path.steps[i];
      json.BeginMap();
      if (step.omitted_before > 0) {
        json.Key("omitted_before").Number(step.omitted_before);
      }
      json.Key("edge").BeginMap().Key("kind").Text(step.edge_kind);
      json.Key("label").Text(step.edge_label);
      if (step.edge.weak) json.Key("weak").Bool(true);
      json.EndMap().Key("object").BeginMap();
      WriteSummary(step.object, &json);
      json.EndMap();
      json.Key("liveness").Text(LivenessName(liveness.steps[i].liveness));
      json.Key("reason").TextOrNull(liveness.steps[i].reason);
      json.Key("suspect").Bool(liveness.IsSuspect(i)).EndMap();
    }
    json.EndArray().EndMap();
  }
  json.EndArray().EndMap().Finish();
}

void PrintCsv(const WhyAliveAnswer& answer, Session& session) {
  const WhyAlive& why = answer.why;
  auto rows = session.Rows({{"path", ""},
                            {"step", ""},
                            {"omitted_before", ""},
                            {"edge_kind", ""},
                            {"edge_label", ""},
                            {"id", ""},
                            {"address", ""},
                            {"type", ""},
                            {"class", ""},
                            {"label", ""},
                            {"file", ""},
                            {"line", ""},
                            {"size", ""},
                            {"retained", ""},
                            {"liveness", ""},
                            {"reason", ""},
                            {"suspect", ""}});
  for (size_t p = 0; p < why.paths.size(); ++p) {
    uint64_t n = 0;
    const PathLeakStatus& liveness = answer.judged[p];
    for (size_t i = 0; i < why.paths[p].steps.size(); ++i) {
      const PathStep& step = why.paths[p].steps[i];
      n += 1 + step.omitted_before;
      const ObjectSummary& object = step.object;
      rows->Row({uint64_t{p + 1}, n, step.omitted_before, step.edge_kind,
                 step.edge_label, uint64_t{object.id},
                 AddressText(object.address),
                 std::string(ObjectTypeName(object.type)),
                 CellOrNull(object.class_name), object.label,
                 CellOrNull(object.place.file),
                 object.place.line == 0 ? RowCell()
                                        : RowCell(uint64_t{object.place.line}),
                 object.size, CellOrNull(object.retained),
                 std::string(LivenessName(liveness.steps[i].liveness)),
                 CellOrNull(liveness.steps[i].reason),
                 uint64_t{liveness.IsSuspect(i) ? 1U : 0U}});
    }
  }
  rows->Finish();
}

}  // namespace

void PrintWhyAliveRows(const WhyAliveAnswer& answer, Session& session) {
  if (session.format() == Format::kJson) {
    PrintJson(answer, session);
  } else {
    PrintCsv(answer, session);
  }
}

}  // namespace heapq

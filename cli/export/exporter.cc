#include "cli/export/exporter.h"

#include <cerrno>
#include <system_error>

namespace heapq {

const std::vector<Exporter>& Exporters() {
  static const auto* const kExporters = [] {
    auto* const all = new std::vector<Exporter>();
    const auto add = [all](std::string_view name, std::string_view for_whom,
                           ExportFunction write) -> Exporter& {
      Exporter& one = all->emplace_back();
      one.name = name;
      one.for_whom = for_whom;
      one.write = write;
      return one;
    };
    add("heapsnapshot", "Chrome DevTools, memlab", WriteHeapSnapshot);
    add("hprof", "Eclipse MAT, VisualVM", WriteHprof);
    add("dump_all", "heapy, sheap, heapq itself", WriteDumpAll);
    add("dot", "graphviz; needs --around", WriteDot).takes_around = true;
    add("folded", "flame graphs", WriteFolded).has_stacks = true;
    add("speedscope", "speedscope", WriteSpeedscope).has_stacks = true;
    add("pprof", "pprof", WritePprof).has_stacks = true;
    add("csv", "anything; needs -o FOLDER or --table", WriteCsv).tables = {
        "objects", "edges", "roots", "classes", "namespaces"};
    add("mongo", "mongoimport", WriteMongo);
    add("openmetrics", "Prometheus", WriteOpenMetrics).is_for_fleets = true;
    Exporter& clickhouse =
        add("clickhouse", "clickhouse-client", WriteClickHouse);
    clickhouse.is_for_fleets = true;
    clickhouse.write_schema = WriteClickHouseSchema;
    Exporter& postgres = add("postgres", "psql", WritePostgres);
    postgres.is_for_fleets = true;
    postgres.write_schema = WritePostgresSchema;
    return all;
  }();
  return *kExporters;
}

absl::Status Written(const std::ostream& out) {
  if (out.good()) return absl::OkStatus();
  const int error = errno;
  return absl::ResourceExhaustedError(
      error == 0 ? "it takes no more" : std::generic_category().message(error));
}

}  // namespace heapq

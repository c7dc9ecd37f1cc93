// OpenMetrics text: gauges by class and by namespace, for Prometheus' textfile
// collector or a push. No timestamps: the one who scrapes has the time.
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/export/dump_id.h"
#include "cli/export/exporter.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/utf8.h"
#include "query/aggregates/class_histogram.h"
#include "query/aggregates/totals.h"
#include "query/memory/memory_split.h"
#include "query/memory/memory_summary.h"

namespace heapq {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

std::string LabelText(const std::string& text) {
  std::string escaped;
  for (const char c : ToValidUtf8(text)) {
    if (c == '\\' || c == '"') {
      escaped.push_back('\\');
      escaped.push_back(c);
    } else if (c == '\n') {
      escaped.append("\\n");
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

class MetricsWriter {
 public:
  MetricsWriter(const DumpKey& key, std::ostream* out) : out_(*out) {
    if (!key.app.empty()) common_.emplace_back("app", key.app);
    if (!key.host.empty()) common_.emplace_back("host", key.host);
    if (key.pid != 0) common_.emplace_back("pid", absl::StrCat(key.pid));
  }

  void Family(const std::string& name, const char* help, bool bytes) {
    name_ = name;
    out_ << "# HELP " << name << ' ' << help << "\n# TYPE " << name
         << " gauge\n";
    if (bytes) out_ << "# UNIT " << name << " bytes\n";
  }

  absl::Status Sample(const Labels& labels, uint64_t value) {
    out_ << name_;
    char before = '{';
    for (const Labels* list :
         std::initializer_list<const Labels*>{&common_, &labels}) {
      for (const auto& [label, text] : *list) {
        out_ << before << label << "=\"" << LabelText(text) << '"';
        before = ',';
      }
    }
    if (before == ',') out_ << '}';
    out_ << ' ' << value << '\n';
    return Written(out_);
  }

 private:
  std::ostream& out_;
  Labels common_;
  std::string name_;
};

// "ruby_heap_class_objects", "…_shallow_bytes", "…_retained_bytes" with the
// label `label`.
absl::Status WriteTotals(const std::string& label,
                         const std::map<std::string, TotalRow>& totals,
                         MetricsWriter* metrics) {
  const std::string prefix = absl::StrCat("ruby_heap_", label, "_");
  metrics->Family(prefix + "objects", "Objects.", false);
  for (const auto& [name, total] : totals) {
    RETURN_IF_ERROR(metrics->Sample({{label, name}}, total.count));
  }
  metrics->Family(prefix + "shallow_bytes", "Bytes of the objects themselves.",
                  true);
  for (const auto& [name, total] : totals) {
    RETURN_IF_ERROR(metrics->Sample({{label, name}}, total.size));
  }
  metrics->Family(prefix + "retained_bytes",
                  "Bytes that would be freed with the objects.", true);
  for (const auto& [name, total] : totals) {
    if (!total.retained.has_value()) continue;
    RETURN_IF_ERROR(metrics->Sample({{label, name}}, *total.retained));
  }
  return absl::OkStatus();
}

absl::Status WriteMemoryParts(HeapDb* db, MetricsWriter* metrics) {
  ASSIGN_OR_RETURN(const std::optional<MemorySummary> memory,
                   ReadMemorySummary(db));
  if (!memory) return absl::OkStatus();
  metrics->Family("ruby_memory_resident_bytes",
                  "Resident memory of the process by use; the parts add up.",
                  true);
  for (size_t i = 0; i < kMemoryParts; ++i) {
    const auto part = static_cast<MemoryPart>(i);
    RETURN_IF_ERROR(metrics->Sample({{"part", std::string(KeyOf(part))}},
                                    memory->split.Of(part)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteOpenMetrics(HeapDb* db, const ExportOptions& options,
                              std::ostream* out) {
  ASSIGN_OR_RETURN(const DumpKey key, ReadDumpKey(db, options));
  MetricsWriter metrics(key, out);
  metrics.Family("ruby_heap_objects", "Objects in the dump.", false);
  RETURN_IF_ERROR(metrics.Sample({}, key.info.objects));
  metrics.Family("ruby_heap_shallow_bytes", "Bytes of all objects.", true);
  RETURN_IF_ERROR(metrics.Sample({}, key.info.size));
  metrics.Family("ruby_heap_reachable_bytes",
                 "Bytes of the objects that a root reaches.", true);
  RETURN_IF_ERROR(metrics.Sample({}, key.info.reachable_size));

  RETURN_IF_ERROR(WriteMemoryParts(db, &metrics));
  // Series must differ: classes of one name are one here.
  std::map<std::string, TotalRow> classes;
  ASSIGN_OR_RETURN(const std::vector<TypeCount> types, TypesByName(db));
  for (const TypeCount& type : types) {
    classes[type.name] = {type.name, type.count, type.size, type.retained};
  }
  RETURN_IF_ERROR(WriteTotals("class", classes, &metrics));
  ASSIGN_OR_RETURN(const std::vector<TotalRow> rows,
                   ReadTotals(db, TotalsOf::kNamespaces, UINT32_MAX));
  std::map<std::string, TotalRow> namespaces;
  for (const TotalRow& row : rows) namespaces[row.name] = row;
  RETURN_IF_ERROR(WriteTotals("namespace", namespaces, &metrics));
  *out << "# EOF\n";
  return Written(*out);
}

}  // namespace heapq

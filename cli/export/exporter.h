#ifndef HEAPQ_CLI_EXPORT_EXPORTER_H_
#define HEAPQ_CLI_EXPORT_EXPORTER_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/db/heap_db.h"

namespace heapq {

struct ExportOptions {
  std::string_view table;        // one of Exporter::tables; empty: it has none
  uint32_t around = 0;           // id; 0: none
  uint64_t depth = 2;            // hops round it
  bool by_allocation = false;    // stacks of code, not of dominators
  bool escape_formulas = false;  // csv: as RowWriter::Options has it
  // Whose heap it is, for a fleet; empty: as the dump's header says.
  std::string app;
  std::string host;
};

// Writes a heap in another tool's format. Row by row; gives up as soon as
// `out` takes no more.
using ExportFunction = absl::Status (*)(HeapDb* db,
                                        const ExportOptions& options,
                                        std::ostream* out);

struct Exporter {
  std::string_view name;  // "heapsnapshot"
  std::string_view for_whom;
  ExportFunction write = nullptr;
  // Formats with a text for each table.
  std::vector<std::string_view> tables;
  bool takes_around = false;
  bool has_stacks = false;
  bool is_for_fleets = false;
  // Writes the statements that make the tables; null: the format has none.
  absl::Status (*write_schema)(std::ostream* out) = nullptr;
};

// All of them, in the order of `heapq export --help`.
const std::vector<Exporter>& Exporters();

// docs/guide/exports.md says what each keeps of a heap and what it loses.
absl::Status WriteHeapSnapshot(HeapDb* db, const ExportOptions& options,
                               std::ostream* out);
absl::Status WriteHprof(HeapDb* db, const ExportOptions& options,
                        std::ostream* out);
absl::Status WriteDumpAll(HeapDb* db, const ExportOptions& options,
                          std::ostream* out);
absl::Status WriteDot(HeapDb* db, const ExportOptions& options,
                      std::ostream* out);
absl::Status WriteFolded(HeapDb* db, const ExportOptions& options,
                         std::ostream* out);
absl::Status WriteSpeedscope(HeapDb* db, const ExportOptions& options,
                             std::ostream* out);
absl::Status WritePprof(HeapDb* db, const ExportOptions& options,
                        std::ostream* out);
absl::Status WriteCsv(HeapDb* db, const ExportOptions& options,
                      std::ostream* out);
absl::Status WriteMongo(HeapDb* db, const ExportOptions& options,
                        std::ostream* out);
absl::Status WriteOpenMetrics(HeapDb* db, const ExportOptions& options,
                              std::ostream* out);
absl::Status WriteClickHouse(HeapDb* db, const ExportOptions& options,
                             std::ostream* out);
absl::Status WriteClickHouseSchema(std::ostream* out);
absl::Status WritePostgres(HeapDb* db, const ExportOptions& options,
                           std::ostream* out);
absl::Status WritePostgresSchema(std::ostream* out);

// OK, or why `out` takes no more: call it after each row.
absl::Status Written(const std::ostream& out);

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPORT_EXPORTER_H_

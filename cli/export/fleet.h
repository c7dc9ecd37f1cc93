#ifndef HEAPQ_CLI_EXPORT_FLEET_H_
#define HEAPQ_CLI_EXPORT_FLEET_H_

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "cli/export/exporter.h"

namespace heapq {

// The tables that dumps of many processes share in one database;
// docs/guide/fleet.md describes them and asks them.
struct FleetColumn {
  enum Type {
    kKey,     // of a dump or an object: unsigned, below 2^63
    kCount,   // objects, bytes: the same
    kNumber,  // signed
    kShare,   // of 1
    kFlag,
    kText,
    kTime,  // UTC, seconds
  };
  std::string_view name;
  Type type = kText;
  bool nullable = false;
};

struct FleetTable {
  std::string_view name;
  std::vector<FleetColumn> columns;  // the first one is "dump"
  std::string_view key;              // columns that identify a row, "dump, id"
  std::string_view look_ups;         // columns of a further index; empty: none
};

// `dumps` is the last: a dump with a row there has come whole.
const std::vector<FleetTable>& FleetTables();

// null, a number, a share, a flag or a text (of kText and kTime).
using FleetCell = std::variant<std::monostate, uint64_t, int64_t, double, bool,
                               std::string_view>;

// Takes the rows of table after table, in the order of FleetTables(). Cells
// are in the columns' order and live only during the call.
using FleetRow = absl::FunctionRef<absl::Status(
    const FleetTable& table, const std::vector<FleetCell>& cells)>;

absl::Status ReadFleetRows(HeapDb* db, const ExportOptions& options,
                           uint64_t* dump, FleetRow row);

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPORT_FLEET_H_

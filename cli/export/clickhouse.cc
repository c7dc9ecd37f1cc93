// For `clickhouse-client --query "INSERT INTO heap_rows FORMAT JSONEachRow"`:
// a row of any table a line, all tables in one stream. `heap_rows` keeps
// nothing (the engine Null); a materialized view for each table takes its rows
// from there, so that neither side holds more than a block of them.
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/export/exporter.h"
#include "cli/export/fleet.h"
#include "cli/output/json_writer.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr char kRows[] = "heap_rows";

std::string TypeOf(const FleetColumn& column) {
  const char* type = "String";
  switch (column.type) {
    case FleetColumn::kKey:
    case FleetColumn::kCount:
      type = "UInt64";
      break;
    case FleetColumn::kNumber:
      type = "Int64";
      break;
    case FleetColumn::kShare:
      type = "Float64";
      break;
    case FleetColumn::kFlag:
      type = "UInt8";
      break;
    case FleetColumn::kTime:
      type = "DateTime";
      break;
    case FleetColumn::kText:
      break;
  }
  return column.nullable ? absl::StrCat("Nullable(", type, ")") : type;
}

// Columns of one name may be of two types: the stream has one for each.
std::string InRows(const FleetTable& table, const FleetColumn& column) {
  return absl::StrCat(std::string(table.name), "_", std::string(column.name));
}

void Put(const FleetCell& cell, JsonWriter* json) {
  if (const auto* number = std::get_if<uint64_t>(&cell)) {
    json->Number(*number);
  } else if (const auto* is_signed = std::get_if<int64_t>(&cell)) {
    json->Signed(*is_signed);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    json->Real(*real);
  } else if (const auto* flag = std::get_if<bool>(&cell)) {
    json->Number(*flag ? 1 : 0);
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    json->Text(*text);
  } else {
    json->Null();
  }
}

}  // namespace

absl::Status WriteClickHouse(HeapDb* db, const ExportOptions& options,
                             std::ostream* out) {
  JsonWriter json(out, JsonWriter::kCompact);
  uint64_t dump = 0;
  return ReadFleetRows(
      db, options, &dump,
      [&](const FleetTable& table, const std::vector<FleetCell>& cells) {
        json.BeginMap().Key("row").Text(table.name);
        for (size_t i = 0; i < cells.size(); ++i) {
          if (std::holds_alternative<std::monostate>(cells[i])) continue;
          json.Key(i == 0 ? std::string(table.columns[i].name)
                          : InRows(table, table.columns[i]));
          Put(cells[i], &json);
        }
        json.EndMap().Finish();
        return Written(*out);
      });
}

absl::Status WriteClickHouseSchema(std::ostream* out) {
  std::string rows = "row String,\n  dump UInt64";
  std::string views;
  for (const FleetTable& table : FleetTables()) {
    const std::string name(table.name);
    *out << "CREATE TABLE IF NOT EXISTS " << name << " (";
    const char* before = "\n  ";
    std::string taken;
    for (const FleetColumn& column : table.columns) {
      *out << before << column.name << ' ' << TypeOf(column);
      before = ",\n  ";
      if (column.name == "dump") continue;
      absl::StrAppend(&rows, ",\n  ", InRows(table, column), " ",
                      TypeOf(column));
      absl::StrAppend(&taken, ", ", InRows(table, column), " AS ",
                      std::string(column.name));
    }
    *out << "\n) ENGINE = ReplacingMergeTree PARTITION BY dump ORDER BY ("
         << table.key << ");\n\n";
    absl::StrAppend(&views, "CREATE MATERIALIZED VIEW IF NOT EXISTS ", name,
                    "_rows TO ", name, " AS\nSELECT dump", taken, "\nFROM ",
                    kRows, " WHERE row = '", name, "';\n\n");
  }
  *out << "CREATE TABLE IF NOT EXISTS " << kRows << " (\n  " << rows
       << "\n) ENGINE = Null;\n\n"
       << views;
  return Written(*out);
}

}  // namespace heapq

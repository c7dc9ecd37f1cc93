// SQL for psql: one transaction with COPY blocks. Each dump is a partition of
// its own, filled aside and attached when all rows are there; a dump that is
// sent again takes the place of its old rows. A stream that ends early changes
// nothing.
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "cli/export/exporter.h"
#include "cli/export/fleet.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/utf8.h"

namespace heapq {
namespace {

constexpr char kSession[] =
    "\\set ON_ERROR_STOP on\n"
    "\\set QUIET on\n"
    "SET client_encoding = 'UTF8';\n"
    "SET standard_conforming_strings = on;\n"
    "SET client_min_messages = warning;\n"
    "SET timezone = 'UTC';\n";

const char* TypeOf(FleetColumn::Type type) {
  switch (type) {
    case FleetColumn::kShare:
      return "double precision";
    case FleetColumn::kFlag:
      return "boolean";
    case FleetColumn::kText:
      return "text";
    case FleetColumn::kTime:
      return "timestamptz";
    default:
      return "bigint";
  }
}

std::string Partition(const FleetTable& table, uint64_t dump) {
  return absl::StrCat("heap.", std::string(table.name), "_", dump);
}

// COPY's text format.
void AppendText(std::string_view text, std::string* line) {
  const std::string valid = ToValidUtf8(text);
  for (const char c : valid) {
    switch (c) {
      case '\0':  // no text of PostgreSQL holds one
        line->append("\xef\xbf\xbd");
        break;
      case '\\':
        line->append("\\\\");
        break;
      case '\n':
        line->append("\\n");
        break;
      case '\r':
        line->append("\\r");
        break;
      case '\t':
        line->append("\\t");
        break;
      default:
        line->push_back(c);
    }
  }
}

void AppendCell(const FleetCell& cell, std::string* line) {
  if (const auto* number = std::get_if<uint64_t>(&cell)) {
    absl::StrAppend(line, static_cast<int64_t>(*number));
  } else if (const auto* is_signed = std::get_if<int64_t>(&cell)) {
    absl::StrAppend(line, *is_signed);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    absl::StrAppend(line, *real);
  } else if (const auto* flag = std::get_if<bool>(&cell)) {
    line->append(*flag ? "t" : "f");
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    AppendText(*text, line);
  } else {
    line->append("\\N");
  }
}

class PostgresWriter {
 public:
  PostgresWriter(HeapDb* db, const ExportOptions& options, std::ostream* out)
      : db_(*db), options_(options), out_(*out) {}

  absl::Status Write() {
    RETURN_IF_ERROR(WritePostgresSchema(&out_));
    out_ << "BEGIN;\n";
    RETURN_IF_ERROR(ReadFleetRows(
        &db_, options_, &dump_,
        [this](const FleetTable& table, const std::vector<FleetCell>& cells) {
          return Row(table, cells);
        }));
    Reach(FleetTables().size());
    out_ << "\\.\n";
    // All locks on what others read are taken here, in one order.
    for (const FleetTable& table : FleetTables()) {
      out_ << "DROP TABLE IF EXISTS " << Partition(table, dump_) << ";\n"
           << "ALTER TABLE " << Partition(table, dump_) << "_new RENAME TO "
           << table.name << '_' << dump_ << ";\n"
           << "ALTER TABLE heap." << table.name << " ATTACH PARTITION "
           << Partition(table, dump_) << " FOR VALUES IN (" << dump_ << ");\n";
    }
    out_ << "COMMIT;\n";
    return Written(out_);
  }

 private:
  absl::Status Row(const FleetTable& table,
                   const std::vector<FleetCell>& cells) {
    Reach(static_cast<size_t>(&table - FleetTables().data()) + 1);
    line_.clear();
    for (const FleetCell& cell : cells) {
      if (!line_.empty()) line_.push_back('\t');
      AppendCell(cell, &line_);
    }
    line_.push_back('\n');
    out_ << line_;
    return Written(out_);
  }

  // Begins the tables up to the `count`-th; those before it get no more rows.
  void Reach(size_t count) {
    for (; begun_ < count; ++begun_) {
      if (begun_ > 0) out_ << "\\.\n";
      const FleetTable& table = FleetTables()[begun_];
      const std::string made = Partition(table, dump_) + "_new";
      out_ << "CREATE TABLE " << made << " (LIKE heap." << table.name
           << " INCLUDING ALL, CHECK (dump = " << dump_ << "));\n"
           << "COPY " << made << " FROM STDIN;\n";
    }
  }

  HeapDb& db_;
  const ExportOptions& options_;
  std::ostream& out_;
  uint64_t dump_ = 0;
  size_t begun_ = 0;  // tables
  std::string line_;
};

}  // namespace

absl::Status WritePostgres(HeapDb* db, const ExportOptions& options,
                           std::ostream* out) {
  return PostgresWriter(db, options, out).Write();
}

absl::Status WritePostgresSchema(std::ostream* out) {
  *out << kSession
       << "BEGIN;\n"
       // Two that come at once would both find nothing and make it.
       << "DO $$ BEGIN PERFORM pg_advisory_xact_lock(7521962800714310); "
          "END $$;\n"
       << "CREATE SCHEMA IF NOT EXISTS heap;\n";
  for (const FleetTable& table : FleetTables()) {
    *out << "CREATE TABLE IF NOT EXISTS heap." << table.name << " (\n";
    for (const FleetColumn& column : table.columns) {
      *out << "  " << column.name << ' ' << TypeOf(column.type)
           << (column.nullable ? "" : " NOT NULL") << ",\n";
    }
    *out << "  PRIMARY KEY (" << table.key << ")\n"
         << ") PARTITION BY LIST (dump);\n";
    if (!table.look_ups.empty()) {
      *out << "CREATE INDEX IF NOT EXISTS " << table.name
           << "_look_ups ON heap." << table.name << " (" << table.look_ups
           << ");\n";
    }
  }
  *out << "COMMIT;\n";
  return Written(*out);
}

}  // namespace heapq

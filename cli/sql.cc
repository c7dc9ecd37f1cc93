#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/sql_query.h"

namespace heapq {
namespace {

struct Options {
  std::string sql;
  std::string file;
  uint64_t limit = 0;
};

std::string ReadAll(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

absl::StatusOr<std::string> SqlOf(const Options& options, Session& session) {
  if (!options.sql.empty() && !options.file.empty()) {
    return UsageError("sql: give either SQL or --file, not both");
  }
  if (options.sql == "-" || options.file == "-") return ReadAll(session.in());
  if (!options.file.empty()) {
    std::ifstream in(options.file, std::ios::binary);
    if (!in) {
      return absl::NotFoundError(
          absl::StrCat(options.file, ": the file can't be read"));
    }
    return ReadAll(in);
  }
  if (options.sql.empty()) {
    return UsageError(
        "sql: give a SELECT, --file FILE, or - for stdin; the tables are in "
        "docs/SCHEMA.md, v_objects is a good one to begin with");
  }
  return options.sql;
}

absl::Status Run(const Options& options, Session& session) {
  ASSIGN_OR_RETURN(const std::string sql, SqlOf(options, session));
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  const Interruption interruption;
  ASSIGN_OR_RETURN(SqlQuery query, SqlQuery::Make(db.get(), sql, [] {
                     return !Interruption::requested();
                   }));
  std::vector<RowColumn> columns;
  for (const std::string& name : query.columns()) {
    columns.push_back({name, name, RowColumn::kText});
  }
  auto rows = session.Rows(std::move(columns));
  std::vector<SqlQuery::Value> values;
  uint64_t count = 0;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Next(&values));
    if (!found) break;
    if (options.limit != 0 && count == options.limit) {
      session.Warn(absl::StrCat("sql: stopped after ", count,
                                " rows (--limit); there are more"));
      break;
    }
    if (Interruption::requested()) {
      return absl::CancelledError("sql: interrupted");
    }
    std::vector<RowCell> cells;
    for (SqlQuery::Value& value : values) {
      std::visit([&cells](auto& v) { cells.emplace_back(std::move(v)); },
                 value);
    }
    rows->Row(cells);
    ++count;
  }
  rows->Finish();
  session.Note(absl::StrCat(Grouped(static_cast<int64_t>(count)),
                            count == 1 ? " row" : " rows"));
  return absl::OkStatus();
}

}  // namespace

void AddSql(CLI::App* app, Action* chosen) {
  CLI::App* const command = app->add_subcommand(
      "sql", "Ask in SQL, read-only: tables and views of docs/SCHEMA.md");
  const auto options = std::make_shared<Options>();
  command->add_option("sql", options->sql, "A SELECT, or - for stdin")
      ->type_name("SQL");
  command->add_option("--file", options->file, "Read the SQL from a file")
      ->type_name("FILE");
  command->add_option("--limit", options->limit, "Stop after so many rows")
      ->type_name("N");
  command->callback([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/db/sql_query.h"

namespace heapq {
namespace {

struct Options {
  std::string sql;
  std::string file;
  uint64_t limit = 0;
  double timeout = 0;  // seconds; 0: none
};

// Whether the question may take longer.
class Deadline {
 public:
  explicit Deadline(double seconds)
      : end_(seconds > 0
                 ? Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds))
                 : Clock::time_point::max()) {}
  bool passed() const {
    return end_ != Clock::time_point::max() && Clock::now() >= end_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end_;
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
        "docs/reference/schema.md, v_objects is a good one to begin with");
  }
  return options.sql;
}

// Returns the address in a row, by the column name of the views; "" if the row
// has none.
std::string AddressIn(const std::vector<std::string>& names,
                      const std::vector<SqlQuery::Value>& row) {
  for (size_t i = 0; i < names.size(); ++i) {
    const auto* const text = std::get_if<std::string>(&row[i]);
    if (names[i] == "address" && text != nullptr && text->rfind("0x", 0) == 0 &&
        text->find_first_not_of("0123456789abcdefx") == std::string::npos) {
      return *text;
    }
  }
  return {};
}

absl::Status Run(const Options& options, Session& session) {
  ASSIGN_OR_RETURN(const std::string sql, SqlOf(options, session));
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db,
                   session.OpenDb(Session::Reads::kMuch));
  const Interruption interruption(session);
  const Deadline deadline(options.timeout);
  const Cancellation interrupted = session.cancellation();
  ASSIGN_OR_RETURN(
      SqlQuery query,
      SqlQuery::Make(db.get(), sql,
                     Cancellation::Unless([&deadline, &interrupted] {
                       return !interrupted.requested() && !deadline.passed();
                     })));
  const std::vector<std::string> names = query.columns();
  std::string first_address;
  std::vector<RowColumn> columns;
  columns.reserve(names.size());
  for (const std::string& name : names) {
    columns.push_back({name, name, RowColumn::kText});
  }
  auto rows = session.Rows(std::move(columns));
  std::vector<SqlQuery::Value> values;
  uint64_t count = 0;
  while (true) {
    const absl::StatusOr<bool> found = query.Next(&values);
    if (!found.ok() || interrupted.requested() || deadline.passed()) {
      rows->Finish();  // what was printed stays well-formed
      if (interrupted.requested()) {
        return absl::CancelledError("sql: interrupted");
      }
      if (deadline.passed()) {
        return absl::DeadlineExceededError(absl::StrCat(
            "sql: stopped after ", options.timeout, " s (--timeout)"));
      }
      return found.status();
    }
    if (!*found) break;
    if (options.limit != 0 && count == options.limit) {
      session.Warn(absl::StrCat("sql: stopped after ", count,
                                " rows (--limit); there are more"));
      break;
    }
    if (count == 0) first_address = AddressIn(names, values);
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
  session.Next({session.Command(first_address.empty()
                                    ? "sql 'SELECT * FROM v_objects LIMIT 5'"
                                    : "why-alive " + first_address)});
  return absl::OkStatus();
}

}  // namespace

void AddSql(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "sql",
      "Ask in SQL, read-only: tables and views of docs/reference/schema.md");
  const auto options = std::make_shared<Options>();
  command->AddOption("sql", &options->sql, "A SELECT, or - for stdin")
      ->ValueName("SQL");
  command->AddOption("--file", &options->file, "Read the SQL from a file")
      ->ValueName("FILE");
  command->AddOption("--limit", &options->limit, "Stop after so many rows")
      ->ValueName("N");
  command
      ->AddOption("--timeout", &options->timeout, "Stop after so many seconds")
      ->Positive()
      ->ValueName("SECONDS");
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

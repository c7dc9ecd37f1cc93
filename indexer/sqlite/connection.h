#ifndef HEAPQ_INDEXER_SQLITE_CONNECTION_H_
#define HEAPQ_INDEXER_SQLITE_CONNECTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "indexer/base/cancellation.h"

struct sqlite3;
struct sqlite3_stmt;

namespace heapq {

class Connection;

// A prepared statement. Must not outlive its connection. Parameters count
// from 1, columns from 0, as in SQLite.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  // Texts are copied.
  void Bind(int parameter, int64_t value);
  void Bind(int parameter, std::string_view text);
  void BindNull(int parameter);

  // True: there is a row. Errors, of Bind as well: kResourceExhausted (disk
  // full, too big), kCancelled (interrupted), kDataLoss (the file is damaged),
  // kUnavailable.
  absl::StatusOr<bool> Step();
  // Steps a statement that yields no rows, and makes it ready again.
  absl::Status Run();
  void Reset();

  enum class Type { kInteger, kReal, kText, kBlob, kNull };
  int column_count() const;
  std::string_view column_name(int column) const;
  Type type(int column) const;
  bool is_null(int column) const { return type(column) == Type::kNull; }
  int64_t Int(int column) const;
  double Real(int column) const;
  // Valid until the next call of a non-const member. A blob's bytes as well.
  std::string_view Text(int column) const;

 private:
  friend class Connection;
  Statement(sqlite3* db, sqlite3_stmt* statement)
      : db_(db), statement_(statement) {}

  void Keep(int bound);

  sqlite3* db_;
  sqlite3_stmt* statement_;
  int bind_code_ = 0;  // of the first Bind that there was no memory for
};

// One open database. Not thread-safe, but for Interrupt.
class Connection {
 public:
  // A new file for one writer that will rename it when it is whole: without
  // journal and syncs. Fails if `path` exists and is not empty.
  static absl::StatusOr<std::unique_ptr<Connection>> Create(
      const std::string& path);
  // The same file again, once it was closed.
  static absl::StatusOr<std::unique_ptr<Connection>> Reopen(
      const std::string& path);
  // Opens a file of unknown origin: read-only, defensive, its schema not
  // trusted, no extensions. Rolls back what a killed process had begun to add
  // to it. Waits some seconds for a process that writes it. Errors:
  // kNotFound, kInvalidArgument (no SQLite file), kAborted (is being written),
  // kUnavailable.
  static absl::StatusOr<std::unique_ptr<Connection>> OpenReadOnly(
      const std::string& path);

  // Like OpenReadOnly, but rows can be added in a transaction. Fails soon with
  // kUnavailable if another process writes.
  static absl::StatusOr<std::unique_ptr<Connection>> OpenToAdd(
      const std::string& path);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  absl::Status Execute(const std::string& sql);
  // Exactly one statement; kInvalidArgument if `sql` is wrong, holds none or
  // more than one.
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  // Root page of a table or index.
  absl::StatusOr<uint32_t> RootPage(std::string_view name);
  // Destroys all statements first. The destructor closes too, but cannot
  // report an error.
  absl::Status Close();

  // Maps the file instead of reading it page by page, which takes a quarter or
  // more off a question that reads many. If the file is made shorter or can't
  // be read meanwhile, SIGBUS ends the process.
  absl::Status MapFile();
  // From now on only reading is allowed: no ATTACH, no pragma that sets, no
  // function with side effects. For SQL that a user typed.
  void AllowOnlyReading();
  // Checks `cancellation` every few thousand steps of a statement; a request
  // ends the statement with kCancelled. The default ends the checks.
  void SetCancellation(Cancellation cancellation);
  // From any thread or a signal handler.
  void Interrupt();

 private:
  Connection(std::string path, sqlite3* db);
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      const std::string& path, int flags);

  static absl::Status RollBack(const std::string& path);
  void Distrust();

  const std::string path_;
  sqlite3* db_;
  Cancellation cancellation_;
};

// Applies a cancellation to the statements of a connection during its lifetime.
class ScopedCancellation {
 public:
  ScopedCancellation(Connection* connection, Cancellation cancellation)
      : connection_(*connection) {
    connection_.SetCancellation(std::move(cancellation));
  }
  ~ScopedCancellation() { connection_.SetCancellation({}); }
  ScopedCancellation(const ScopedCancellation&) = delete;
  ScopedCancellation& operator=(const ScopedCancellation&) = delete;

 private:
  Connection& connection_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_SQLITE_CONNECTION_H_

#include "indexer/sqlite/connection.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr int kStepsPerProgress = 4000;
constexpr size_t kMaxSqlLength = 1 << 20;
// The most bytes of a text or blob that a user's SQL may make. One function
// call over it is not interrupted.
constexpr int kMaxValueLength = 100'000'000;

absl::Status ToStatus(int code, const std::string& message) {
  switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
      return absl::OkStatus();
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(
          message + "; end other programs, or raise the limit of memory");
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
      return absl::ResourceExhaustedError(message);
    case SQLITE_INTERRUPT:
      return absl::CancelledError(message);
    case SQLITE_CORRUPT:
      return absl::DataLossError(message);
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
      return absl::InvalidArgumentError(message);
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

// As the name of a file, whatever SQLite takes it for: a URI, a database in
// memory, a temporary one.
std::string FileName(const std::string& path) {
  const bool special =
      path.empty() || path.front() == ':' || path.compare(0, 5, "file:") == 0;
  return special ? "./" + path : path;
}

constexpr int kReadersPatience = 5000;  // ms

constexpr char kFirstRead[] = "SELECT count(*) FROM sqlite_schema";

absl::Status LastStatus(sqlite3* db, int code) {
  std::string message = sqlite3_errmsg(db);
  if (code == SQLITE_TOOBIG) {
    absl::StrAppend(&message, ": it may have ",
                    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1),
                    " bytes; take a part of it with substr()");
  }
  return ToStatus(code, message);
}

// Pragmas that only read.
bool IsHarmlessPragma(std::string_view name) {
  static constexpr std::string_view kHarmless[] = {
      "table_info",  "table_xinfo",  "table_list",     "index_list",
      "index_info",  "page_count",   "page_size",      "integrity_check",
      "quick_check", "user_version", "application_id", "function_list"};
  for (const std::string_view pragma : kHarmless) {
    if (pragma == name) return true;
  }
  return false;
}

int Authorize(void*, int action, const char* first, const char* second,
              const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return second != nullptr && std::string_view(second) == "load_extension"
                 ? SQLITE_DENY
                 : SQLITE_OK;
    case SQLITE_PRAGMA:
      // With a value it would set something; the *_info pragmas take a name.
      return first != nullptr && IsHarmlessPragma(first) ? SQLITE_OK
                                                         : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_),
      statement_(std::exchange(other.statement_, nullptr)),
      bind_code_(other.bind_code_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(db_, other.db_);
  std::swap(statement_, other.statement_);
  std::swap(bind_code_, other.bind_code_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

// A parameter that the statement does not have is none of them.
void Statement::Keep(int bound) {
  const bool lost = bound == SQLITE_NOMEM || bound == SQLITE_TOOBIG;
  if (lost && bind_code_ == SQLITE_OK) bind_code_ = bound;
}

void Statement::Bind(int parameter, int64_t value) {
  Keep(sqlite3_bind_int64(statement_, parameter, value));
}

void Statement::Bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL, not "".
  Keep(sqlite3_bind_text64(statement_, parameter,
                           text.data() == nullptr ? "" : text.data(),
                           text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::BindNull(int parameter) {
  Keep(sqlite3_bind_null(statement_, parameter));
}

absl::StatusOr<bool> Statement::Step() {
  if (bind_code_ != SQLITE_OK) {
    return ToStatus(bind_code_, sqlite3_errstr(bind_code_));
  }
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return LastStatus(db_, code);
}

absl::Status Statement::Run() {
  const absl::StatusOr<bool> stepped = Step();
  Reset();
  return stepped.status();
}

void Statement::Reset() { sqlite3_reset(statement_); }

int Statement::column_count() const { return sqlite3_column_count(statement_); }

std::string_view Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(statement_, column);
  return name == nullptr ? "" : name;
}

Statement::Type Statement::type(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return Type::kInteger;
    case SQLITE_FLOAT:
      return Type::kReal;
    case SQLITE_TEXT:
      return Type::kText;
    case SQLITE_BLOB:
      return Type::kBlob;
    default:
      return Type::kNull;
  }
}

int64_t Statement::Int(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Statement::Real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string_view Statement::Text(int column) const {
  const void* bytes = type(column) == Type::kBlob
                          ? sqlite3_column_blob(statement_, column)
                          : sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

Connection::Connection(std::string path, sqlite3* db)
    : path_(std::move(path)), db_(db) {}

Connection::~Connection() { sqlite3_close_v2(db_); }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const std::string& path, int flags) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(FileName(path).c_str(), &db,
                                   flags | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Connection> connection(new Connection(path, db));
  if (code != SQLITE_OK) {
    return absl::UnavailableError(absl::StrCat(
        path, ": ", db == nullptr ? "out of memory" : sqlite3_errmsg(db)));
  }
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Create(
    const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && info.st_size > 0) {
    return absl::AlreadyExistsError(path + ": exists");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                   Open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  RETURN_IF_ERROR(connection->Execute("PRAGMA page_size=4096"));
  RETURN_IF_ERROR(
      connection->Execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                          "PRAGMA locking_mode=EXCLUSIVE"));
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Reopen(
    const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                   Open(path, SQLITE_OPEN_READWRITE));
  RETURN_IF_ERROR(
      connection->Execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                          "PRAGMA locking_mode=EXCLUSIVE"));
  return connection;
}

// Undoes what a process had begun to add to the file when it was killed. A
// reader can't: it must not write.
absl::Status Connection::RollBack(const std::string& path) {
  auto writer = OpenToAdd(path);
  absl::Status status =
      writer.ok() ? (*writer)->Execute(kFirstRead) : writer.status();
  if (status.ok()) return status;
  return absl::UnavailableError(absl::StrCat(
      path, ": something was added to it by a process that was killed, and ",
      "that can't be undone here (", std::string(status.message()),
      "); make the file and its folder writable, or load the dump again"));
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::OpenReadOnly(
    const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    return absl::NotFoundError(absl::StrCat(
        path, ": no such file; make it with `heapq load DUMP --db ", path,
        "`"));
  }
  if (S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(path +
                                      ": is a folder; name a heap.db in it");
  }
  // Opening a pipe would wait for a writer.
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        path + ": is not a file; name a heap.db with --db");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                   Open(path, SQLITE_OPEN_READONLY));
  connection->Distrust();
  RETURN_IF_ERROR(connection->Execute(
      "PRAGMA query_only=1; PRAGMA cell_size_check=1; PRAGMA mmap_size=0"));
  sqlite3_busy_timeout(connection->db_, kReadersPatience);
  // The first read shows whether this is a SQLite file.
  absl::Status readable = connection->Execute(kFirstRead);
  if (sqlite3_extended_errcode(connection->db_) == SQLITE_READONLY_ROLLBACK) {
    RETURN_IF_ERROR(RollBack(path));
    readable = connection->Execute(kFirstRead);
  }
  if (sqlite3_errcode(connection->db_) == SQLITE_BUSY) {
    return absl::AbortedError(absl::StrCat(
        path, ": another process is writing into it just now; try again"));
  }
  if (!readable.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": no heap.db (", std::string(readable.message()),
                     "); make one with `heapq load DUMP`"));
  }
  RETURN_IF_ERROR(connection->Execute("PRAGMA cache_size=-65536"));
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::OpenToAdd(
    const std::string& path) {
  constexpr int kPatience = 200;  // ms
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                   Open(path, SQLITE_OPEN_READWRITE));
  connection->Distrust();
  sqlite3_busy_timeout(connection->db_, kPatience);
  RETURN_IF_ERROR(
      connection->Execute("PRAGMA cell_size_check=1; PRAGMA mmap_size=0"));
  return connection;
}

void Connection::Distrust() {
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
}

absl::Status Connection::Execute(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return absl::OkStatus();
  return LastStatus(db_, code);
}

absl::StatusOr<Statement> Connection::Prepare(std::string_view sql) {
  if (sql.size() > kMaxSqlLength) {
    return absl::InvalidArgumentError("the SQL statement is too long");
  }
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v2(
      db_, sql.data(), static_cast<int>(sql.size()), &statement, &tail);
  if (code != SQLITE_OK) return LastStatus(db_, code);
  Statement result(db_, statement);
  if (statement == nullptr) {
    return absl::InvalidArgumentError("no SQL statement");
  }
  // Only space and comments may follow, not a second statement, not even a
  // wrong or forbidden one.
  const std::string_view rest =
      sql.substr(static_cast<size_t>(tail - sql.data()));
  sqlite3_stmt* second = nullptr;
  const int more = sqlite3_prepare_v2(
      db_, rest.data(), static_cast<int>(rest.size()), &second, nullptr);
  sqlite3_finalize(second);
  if (more == SQLITE_NOMEM) return LastStatus(db_, more);
  if (more != SQLITE_OK || second != nullptr) {
    return absl::InvalidArgumentError("more than one SQL statement");
  }
  return result;
}

absl::StatusOr<uint32_t> Connection::RootPage(std::string_view name) {
  ASSIGN_OR_RETURN(Statement statement,
                   Prepare("SELECT rootpage FROM sqlite_schema WHERE name=?1"));
  statement.Bind(1, name);
  ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) {
    return absl::InternalError(
        absl::StrCat("no table ", absl::string_view(name.data(), name.size())));
  }
  return static_cast<uint32_t>(statement.Int(0));
}

absl::Status Connection::Close() {
  const int code = sqlite3_close(db_);
  if (code != SQLITE_OK) return LastStatus(db_, code);
  db_ = nullptr;
  return absl::OkStatus();
}

absl::Status Connection::MapFile() {
  return Execute("PRAGMA mmap_size=0x7fffffff0000");  // all that SQLite may
}

void Connection::AllowOnlyReading() {
  sqlite3_set_authorizer(db_, Authorize, nullptr);
  sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, kMaxValueLength);
}

void Connection::SetCancellation(Cancellation cancellation) {
  cancellation_ = std::move(cancellation);
  if (cancellation_.is_never()) {
    sqlite3_progress_handler(db_, 0, nullptr, nullptr);
    return;
  }
  sqlite3_progress_handler(
      db_, kStepsPerProgress,
      [](void* self) {
        return static_cast<Connection*>(self)->cancellation_.requested() ? 1
                                                                         : 0;
      },
      this);
}

void Connection::Interrupt() { sqlite3_interrupt(db_); }

}  // namespace heapq

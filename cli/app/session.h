#ifndef HEAPQ_CLI_APP_SESSION_H_
#define HEAPQ_CLI_APP_SESSION_H_

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/output/json_writer.h"
#include "cli/output/object_json.h"
#include "cli/output/row_writer.h"
#include "indexer/base/cancellation.h"
#include "query/db/heap_db.h"

namespace heapq {

// The process's exit codes. Nothing else ever leaves it, signals apart.
enum ExitCode {
  kExitOk = 0,
  kExitFailed = 1,  // failed, or nothing was found
  kExitUsage = 2,
  kExitDamaged = 3,        // damaged input under --strict
  kExitInterrupted = 130,  // Ctrl-C
};

// An error that ends the process with `code` instead of kExitFailed.
absl::Status WithExitCode(absl::Status status, ExitCode code);
ExitCode ExitCodeOf(const absl::Status& status);
// kInvalidArgument that is the caller's: exit code 2.
absl::Status UsageError(std::string_view message);

struct GlobalOptions {
  std::string db = "heap.db";
  Format format = Format::kTable;
  bool no_color = false;
  bool quiet = false;
  bool escape_formulas = false;  // in CSV
  bool wide = false;             // tables are not fitted to the terminal
  bool no_pager = false;
};

// The streams, options and databases of one command.
class Session {
 public:
  struct Streams {
    std::istream* in = nullptr;
    std::ostream* out = nullptr;
    std::ostream* err = nullptr;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool is_dumb = false;  // the terminals take no escape sequences
    // Cells of a line of `out`, and lines of its screen. 0: not a terminal.
    size_t columns = 0;
    size_t rows = 0;
    // The reader is a program that counts bytes: tables are not aligned.
    bool compact = false;
    // The process ends with this command, so that it may die by SIGBUS: see
    // Connection::MapFile.
    bool owns_process = false;
    // A request to end the command early.
    Cancellation cancellation;
  };

  // Both must outlive the session.
  Session(const GlobalOptions* options, Streams streams)
      : options_(*options), streams_(std::move(streams)) {}

  const GlobalOptions& options() const { return options_; }
  Format format() const { return options_.format; }
  bool is_table() const { return options_.format == Format::kTable; }
  std::istream& in() { return *streams_.in; }
  std::ostream& out() { return *streams_.out; }
  std::ostream& err() { return *streams_.err; }
  bool out_is_terminal() const { return streams_.out_is_terminal; }
  bool err_is_terminal() const { return streams_.err_is_terminal; }
  bool color() const;
  // The width of the terminal in cells, to which the answer is fitted. 0 where
  // the output is not a terminal or --wide is given: texts are printed in full.
  size_t columns() const;

  // How much of a file a command may read. Much: it is mapped, where that is
  // allowed. Pages come cheaper then, but around one that is not in memory the
  // system reads some megabytes, which for a few pages are most of the time.
  enum class Reads { kLittle, kMuch };
  // Warns, once for each file, if its dump was cut.
  absl::StatusOr<std::unique_ptr<HeapDb>> OpenDb(Reads reads = Reads::kLittle) {
    return OpenDb(options_.db, reads);
  }
  absl::StatusOr<std::unique_ptr<HeapDb>> OpenDb(const std::string& path,
                                                 Reads reads);
  // ReadOneObject with a wrong or ambiguous name as a mistake of usage.
  static absl::StatusOr<uint32_t> Id(HeapDb* db, std::string_view text);

  std::unique_ptr<RowWriter> Rows(std::vector<RowColumn> columns);

  // A line about the answer, for people: in tables, and not with --quiet.
  // Wrapped at the terminal's width.
  void Note(std::string_view text);
  // "Next: …": the commands to try. As Note.
  void Next(const std::vector<std::string>& commands);
  // A line on stderr: "heapq: …".
  void Warn(std::string_view text);
  // Tells whether progress is drawn on stderr.
  bool shows_progress() const {
    return streams_.err_is_terminal && !streams_.is_dumb && !options_.quiet;
  }
  // Requested when the user (Interruption) or the caller cancels the command.
  // The session must outlive it.
  Cancellation cancellation() const;
  bool owns_process() const { return streams_.owns_process; }
  // "heapq why-alive 0x7f…", with --db where it is not the usual one.
  std::string Command(std::string_view rest) const;

 private:
  const GlobalOptions& options_;
  const Streams streams_;
  std::set<std::string> cut_dbs_;  // that were warned of
};

// While an object of this class exists, Ctrl-C (or SIGTERM, SIGHUP) sets a flag
// instead of ending the process, unless it was ignored. A second one ends it.
// Does nothing if the process goes on after the command (`mcp`).
class Interruption {
 public:
  explicit Interruption(const Session& session);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  static bool requested();

 private:
  static constexpr size_t kSignals = 3;
  const bool active_;
  struct sigaction before_[kSignals] = {};
};

}  // namespace heapq

#endif  // HEAPQ_CLI_APP_SESSION_H_

#include "cli/app/session.h"

#include <signal.h>

#include <atomic>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "cli/app/object_argument.h"
#include "cli/output/fit.h"
#include "cli/output/terminal.h"
#include "indexer/base/exit_signals.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr char kExitPayload[] = "heapq.exit_code";

std::atomic<bool> interrupted{false};

// The second signal ends the process, in case the first one is not noticed.
void OnInterrupt(int sig) {
  if (interrupted.exchange(true)) RemoveUnfinishedFilesAndDie(sig);
}

// Ctrl-C, `kill`, and a terminal that was closed.
constexpr int kInterrupts[] = {SIGINT, SIGTERM, SIGHUP};

// As a shell takes it.
std::string Quoted(const std::string& word) {
  const bool plain =
      !word.empty() && word.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                           "XYZ0123456789_-./:@%+,=") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted.append("'\\''");
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "'";
}

}  // namespace

absl::Status WithExitCode(absl::Status status, ExitCode code) {
  status.SetPayload(kExitPayload, absl::Cord(absl::StrCat(int{code})));
  return status;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kExitOk;
  const absl::optional<absl::Cord> code = status.GetPayload(kExitPayload);
  if (code.has_value()) {
    if (*code == absl::StrCat(int{kExitUsage})) return kExitUsage;
    if (*code == absl::StrCat(int{kExitDamaged})) return kExitDamaged;
  }
  return absl::IsCancelled(status) ? kExitInterrupted : kExitFailed;
}

absl::Status UsageError(std::string_view message) {
  return WithExitCode(absl::InvalidArgumentError(
                          absl::string_view(message.data(), message.size())),
                      kExitUsage);
}

bool Session::color() const {
  return streams_.out_is_terminal && !streams_.is_dumb && !options_.no_color;
}

size_t Session::columns() const { return options_.wide ? 0 : streams_.columns; }

absl::StatusOr<std::unique_ptr<HeapDb>> Session::OpenDb(const std::string& path,
                                                        Reads reads) {
  ASSIGN_OR_RETURN(std::unique_ptr<HeapDb> db, HeapDb::Open(path));
  db->connection().SetCancellation(streams_.cancellation);
  ASSIGN_OR_RETURN(const int64_t truncated, db->MetaNumber("truncated"));
  if (truncated != 0 && cut_dbs_.insert(path).second) {
    Warn(absl::StrCat(path,
                      ": the dump was cut, its end is missing: counts are too "
                      "low, and what is alive may look unreachable"));
  }
  if (streams_.owns_process && reads == Reads::kMuch) {
    RETURN_IF_ERROR(db->connection().MapFile());
  }
  return db;
}

absl::StatusOr<uint32_t> Session::Id(HeapDb* db, std::string_view text) {
  absl::StatusOr<uint32_t> id = ReadOneObject(db, text);
  if (!id.ok() && absl::IsInvalidArgument(id.status())) {
    return WithExitCode(id.status(), kExitUsage);
  }
  return id;
}

std::unique_ptr<RowWriter> Session::Rows(std::vector<RowColumn> columns) {
  RowWriter::Options row_options;
  row_options.terminal = streams_.out_is_terminal;
  row_options.color = color();
  row_options.columns = this->columns();
  row_options.compact = streams_.compact;
  row_options.escape_formulas = options_.escape_formulas;
  return RowWriter::Make(options_.format, std::move(columns), streams_.out,
                         row_options);
}

void Session::Note(std::string_view text) {
  if (is_table() && !options_.quiet) {
    out() << Wrapped(SafeText(text), streams_.columns) << '\n';
  }
}

void Session::Next(const std::vector<std::string>& commands) {
  if (!is_table() || options_.quiet || commands.empty()) return;
  out() << '\n';
  const char* lead = "Next: ";
  for (const std::string& command : commands) {
    out() << Styled(lead + SafeText(command), Style::kDim, color()) << '\n';
    lead = "      ";
  }
}

void Session::Warn(std::string_view text) {
  err() << "heapq: " << SafeText(text) << '\n';
}

std::string Session::Command(std::string_view rest) const {
  std::string command =
      absl::StrCat("heapq ", absl::string_view(rest.data(), rest.size()));
  if (options_.db != "heap.db") {
    absl::StrAppend(&command, " --db ", Quoted(options_.db));
  }
  return command;
}

Cancellation Session::cancellation() const {
  return Cancellation::By([this] {
    return Interruption::requested() ? Cancelled()
                                     : streams_.cancellation.Check();
  });
}

Interruption::Interruption(const Session& session)
    : active_(session.owns_process()) {
  if (!active_) return;
  interrupted.store(false);
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  // Without SA_RESTART: a read that waits returns.
  for (size_t i = 0; i < kSignals; ++i) {
    sigaction(kInterrupts[i], nullptr, &before_[i]);
    // nohup, or a job in the background of a script.
    if (before_[i].sa_handler == SIG_IGN) continue;
    sigaction(kInterrupts[i], &action, nullptr);
  }
}

Interruption::~Interruption() {
  if (!active_) return;
  for (size_t i = 0; i < kSignals; ++i) {
    sigaction(kInterrupts[i], &before_[i], nullptr);
  }
}

bool Interruption::requested() { return interrupted.load(); }

}  // namespace heapq

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/app/app.h"
#include "cli/app/commands.h"
#include "cli/app/session.h"
#include "cli/hunt/child_process.h"
#include "cli/hunt/dump_taker.h"
#include "cli/hunt/process_info.h"
#include "cli/hunt/units.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kPoll = absl::Milliseconds(100);
// How long a started command may take until it runs Ruby.
constexpr absl::Duration kStart = absl::Minutes(2);

struct Options {
  uint64_t pid = 0;
  uint64_t dumps = 3;
  std::string every = "60s";
  std::string until;
  std::string folder;
  std::string signal;
  std::string gem;
  bool keep_dumps = false;
  std::vector<std::string> command;
};

// Whether a hunt makes files or folders of this name.
bool IsFileOfHunt(const fs::path& path) {
  const std::string stem = path.stem().string();
  const std::string extension = path.extension().string();
  if (extension == ".db" || extension == ".json") {
    return std::all_of(stem.begin(), stem.end(),
                       [](char c) { return c >= '0' && c <= '9'; });
  }
  const std::string name = path.filename().string();
  return name == "gdb.log" || name == "report.html" || name == "dumps" ||
         name.rfind("heap_dump-", 0) == 0;
}

// A hunt: takes the dumps, indexes each, and asks what grew.
class Hunt {
 public:
  Hunt(const Options& options, Session* session)
      : options_(options), session_(*session) {}

  absl::Status Run();

 private:
  absl::Status CheckOptions();
  absl::Status MakeFolder();
  // The process to dump: the given one, or the Ruby that the command starts.
  absl::StatusOr<pid_t> FindProcess();
  // The process itself writes the dumps that gdb asks for: makes a folder for
  // them that belongs to its user, if this is root and the process is not.
  absl::Status LetOwnerWrite(pid_t pid);
  absl::StatusOr<ChildProcess> StartCommand();
  // Takes and indexes the dumps until there are enough, the process ends or the
  // user presses Ctrl-C. Fails only if no dump was taken; the status says why.
  absl::Status Collect();
  absl::Status TakeOne(DumpTaker* taker, uint64_t number);
  // Waits for the next dump. False: Ctrl-C, or the process has ended.
  bool WaitForNext(pid_t pid, uint64_t taken) const;
  absl::Status Answer();
  ExitCode Heapq(std::vector<std::string> arguments);
  bool GoesOn() const { return !session_.cancellation().requested(); }
  void Say(const std::string& text) {
    if (!session_.options().quiet) session_.Warn(text);
  }

  const Options& options_;
  Session& session_;
  absl::Duration every_;
  uint64_t growth_ = 0;  // bytes; 0: dumps are taken by time
  uint64_t first_resident_ = 0;
  std::string folder_;
  std::string dump_folder_;
  std::optional<ChildProcess> child_;
  std::vector<std::string> indexes_;  // heap.db files
};

absl::Status Hunt::CheckOptions() {
  if ((options_.pid != 0) == !options_.command.empty()) {
    return UsageError(
        "hunt needs a process: --pid PID, or a command after --; see heapq "
        "help hunt");
  }
  const auto every = ParseWait(options_.every);
  if (!every.ok()) return UsageError(std::string(every.status().message()));
  every_ = *every;
  if (options_.until.empty()) return absl::OkStatus();
  const auto growth = ParseGrowth(options_.until);
  if (!growth.ok()) return UsageError(std::string(growth.status().message()));
  growth_ = *growth;
  return absl::OkStatus();
}

absl::Status Hunt::MakeFolder() {
  folder_ = options_.folder;
  if (folder_.empty()) {
    folder_ = absl::StrCat("heapq-hunt-", options_.pid == 0
                                              ? static_cast<uint64_t>(getpid())
                                              : options_.pid);
  }
  std::error_code error;
  folder_ = fs::absolute(folder_, error).lexically_normal().string();
  if (mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::PermissionDeniedError(absl::StrCat(
        folder_, ": cannot make the folder: ", std::strerror(errno)));
  }
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (!IsFileOfHunt(entry.path())) {
      return absl::FailedPreconditionError(absl::StrCat(
          folder_, " holds other files (", entry.path().filename().string(),
          "), which the hunt might replace; name a new folder with --dir"));
    }
  }
  dump_folder_ = folder_;
  return absl::OkStatus();
}

absl::StatusOr<ChildProcess> Hunt::StartCommand() {
  ChildProcess::Options start;
  start.command = options_.command;
  start.own_group = true;
  // With the hook a dump needs no debugger.
  if (const auto gem = FindGem(options_.gem, ""); gem.ok()) {
    const char* const before = std::getenv("RUBYOPT");
    start.environment = {
        {"RUBYOPT", absl::StrCat(before == nullptr ? "" : before, " -r", *gem,
                                 "/lib/heap_dump/hook.rb")},
        {"HEAP_DUMP_SIGNAL", "URG"},
        {"HEAP_DUMP_KEEP", "0"},
        {"HEAP_DUMP_DIR", folder_}};
  }
  return ChildProcess::Start(start);
}

absl::Status Hunt::LetOwnerWrite(pid_t pid) {
  struct stat process = {};
  if (geteuid() != 0 ||
      stat(absl::StrCat("/proc/", pid).c_str(), &process) != 0 ||
      process.st_uid == 0) {
    return absl::OkStatus();
  }
  // Indexes and report stay in a folder that only root can write to.
  dump_folder_ = folder_ + "/dumps";
  if ((mkdir(dump_folder_.c_str(), 0700) != 0 && errno != EEXIST) ||
      lchown(dump_folder_.c_str(), process.st_uid, process.st_gid) != 0 ||
      chmod(folder_.c_str(), 0711) != 0) {
    return absl::PermissionDeniedError(absl::StrCat(
        dump_folder_, ": cannot give the folder to the owner of process ", pid,
        ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::StatusOr<pid_t> Hunt::FindProcess() {
  if (options_.pid != 0) {
    const auto pid = static_cast<pid_t>(options_.pid);
    if (!IsRunning(pid)) {
      return absl::NotFoundError(absl::StrCat(
          "no process has the id ", pid, "; `pgrep -l ruby` lists candidates"));
    }
    RETURN_IF_ERROR(LetOwnerWrite(pid));
    return pid;
  }
  ASSIGN_OR_RETURN(ChildProcess child, StartCommand());
  child_.emplace(std::move(child));
  for (const absl::Time end = absl::Now() + kStart; absl::Now() < end;) {
    if (!GoesOn()) return absl::CancelledError("interrupted before a dump");
    const bool ended = child_->HasEnded();
    const pid_t ruby = LargestRuby(child_->pid());
    if (ruby != 0) return ruby;
    if (ended) break;
    absl::SleepFor(kPoll);
  }
  return absl::NotFoundError(
      absl::StrCat(options_.command[0], " started no Ruby process"));
}

bool Hunt::WaitForNext(pid_t pid, uint64_t taken) const {
  const absl::Time begin = absl::Now();
  const uint64_t steps = std::max<uint64_t>(options_.dumps - 1, 1);
  while (GoesOn() && IsRunning(pid)) {
    if (growth_ == 0 || taken == 0) {
      if (absl::Now() - begin >= every_) return true;
    } else if (ResidentBytes(pid) >=
               first_resident_ + growth_ * taken / steps) {
      return true;
    }
    absl::SleepFor(growth_ == 0 ? kPoll : 10 * kPoll);
  }
  return false;
}

absl::Status Hunt::TakeOne(DumpTaker* taker, uint64_t number) {
  ASSIGN_OR_RETURN(const std::string dump,
                   taker->Take(static_cast<int>(number)));
  const std::string index = absl::StrCat(folder_, "/", number, ".db");
  if (Heapq({"load", dump, "--db", index}) != kExitOk) {
    return absl::UnavailableError(
        absl::StrCat(dump, " could not be indexed; it stays there"));
  }
  indexes_.push_back(index);
  if (!options_.keep_dumps) unlink(dump.c_str());
  return absl::OkStatus();
}

absl::Status Hunt::Collect() {
  const Interruption interruption(session_);
  const auto pid = FindProcess();
  if (!pid.ok()) return pid.status();
  // A program that was just started is not warm: what it loads once would look
  // like growth.
  if (child_ && !WaitForNext(*pid, 0)) {
    return absl::UnavailableError(
        absl::StrCat(options_.command[0],
                     " ended before the first dump; use a shorter "
                     "--every"));
  }
  DumpTaker::Options how;
  how.folder = dump_folder_;
  how.log = folder_ + "/gdb.log";
  how.gem = options_.gem;
  how.signal = options_.signal;
  how.keep_waiting = [this] { return GoesOn(); };
  DumpTaker taker(*pid, how);
  absl::Status status;
  for (uint64_t number = 1; number <= options_.dumps; ++number) {
    if (number > 1 && !WaitForNext(*pid, number - 1)) break;
    const uint64_t resident = ResidentBytes(*pid);
    if (number == 1) first_resident_ = resident;
    status = TakeOne(&taker, number);
    if (!status.ok()) break;
    Say(absl::StrCat("dump ", number, " of ", options_.dumps, " of process ",
                     *pid, " at ", HumanBytes(resident), " resident, by ",
                     taker.Method()));
  }
  if (indexes_.empty()) {
    return status.ok() ? absl::UnavailableError("no dump was taken") : status;
  }
  if (!status.ok()) Say(std::string(status.message()));
  return absl::OkStatus();
}

ExitCode Hunt::Heapq(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "heapq");
  const bool load = arguments[1] == "load";
  const bool report = arguments[1] == "report";
  if (load || report) arguments.emplace_back("--quiet");
  if (!load && !report && !session_.is_table()) {
    arguments.emplace_back("--format");
    arguments.emplace_back(session_.format() == Format::kJson ? "json" : "csv");
  }
  if (session_.options().quiet) arguments.emplace_back("--quiet");
  if (session_.options().no_color) arguments.emplace_back("--no-color");
  std::vector<const char*> argv;
  argv.reserve(arguments.size());
  for (const std::string& argument : arguments)
    argv.push_back(argument.c_str());
  std::ostringstream discard;
  Session::Streams streams;
  streams.in = &session_.in();
  streams.out = load || report ? &discard : &session_.out();
  streams.err = &session_.err();
  streams.out_is_terminal = session_.out_is_terminal();
  streams.err_is_terminal = session_.err_is_terminal();
  streams.owns_process = session_.owns_process();
  return RunHeapq(static_cast<int>(argv.size()), argv.data(), streams);
}

absl::Status Hunt::Answer() {
  const std::string& last = indexes_.back();
  ExitCode code = kExitOk;
  if (indexes_.size() == 1) {
    Say("one dump alone shows no growth: these are suspects");
    code = Heapq({"suspects", "--db", last});
  } else {
    std::vector<std::string> diff = {"diff", indexes_.front()};
    if (indexes_.size() > 2) diff.push_back(indexes_[indexes_.size() / 2]);
    diff.push_back(last);
    diff.insert(diff.end(), {"-n", "5"});
    code = Heapq(diff);
  }
  if (code != kExitOk) return absl::UnknownError("the dumps gave no answer");
  const std::string report = folder_ + "/report.html";
  std::vector<std::string> arguments = {"report", "--db", last, "-o", report};
  if (indexes_.size() > 1) {
    arguments.insert(arguments.end(), {"--against", indexes_.front()});
  }
  if (Heapq(arguments) == kExitOk) {
    session_.Note(absl::StrCat("Report: ", report));
  }
  return absl::OkStatus();
}

absl::Status Hunt::Run() {
  RETURN_IF_ERROR(CheckOptions());
  RETURN_IF_ERROR(MakeFolder());
  absl::Status collected = Collect();
  child_.reset();  // A command that was started for the hunt ends with it.
  if (!collected.ok()) {
    rmdir(folder_.c_str());  // if nothing is in it
    return collected;
  }
  return Answer();
}

}  // namespace

void AddHunt(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "hunt", "Take dumps of a running process, and say what grows and why");
  const auto options = std::make_shared<Options>();
  OptionBuilder* const pid = command->AddOption(
      "--pid", &options->pid,
      "The Ruby process. Without the gem's hook it is dumped with gdb");
  pid->ValueName("PID")->Between(1, 1ULL << 31);
  command->AddOption("--dumps", &options->dumps, "How many dumps to take")
      ->Between(1, 100)
      ->ValueName("N")
      ->ShowDefault();
  command
      ->AddOption("--every", &options->every,
                  "Time between two dumps, as 60s, 5m or 1h")
      ->ValueName("TIME")
      ->ShowDefault();
  command
      ->AddOption("--until", &options->until,
                  "Take the dumps as the process grows, the last one when it "
                  "has grown by so much: +200MB")
      ->ValueName("+SIZE");
  command
      ->AddOption("--dir", &options->folder,
                  "Folder for indexes and report (heapq-hunt-PID)")
      ->ValueName("DIR");
  command
      ->AddOption("--signal", &options->signal,
                  "The hook's signal, where the program's environment does "
                  "not name it")
      ->ValueName("NAME");
  command
      ->AddOption("--gem", &options->gem,
                  "Folder of the gem heap_dump, where Ruby does not find it")
      ->ValueName("DIR");
  command->AddFlag("--keep-dumps", &options->keep_dumps,
                   "Keep the dumps after they are indexed");
  command
      ->AddOption("command", &options->command,
                  "Start this command, and end it after the last dump")
      ->ValueName("-- COMMAND ...");
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) {
      return Hunt(*options, &session).Run();
    };
  });
}

}  // namespace heapq

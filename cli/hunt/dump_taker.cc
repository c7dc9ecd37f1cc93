#include "cli/hunt/dump_taker.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/hunt/child_process.h"
#include "cli/hunt/process_info.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

namespace fs = std::filesystem;

// A dump of a large heap takes minutes on a busy disk.
constexpr absl::Duration kPatience = absl::Minutes(15);
constexpr absl::Duration kPoll = absl::Milliseconds(100);
constexpr char kScript[] = "gdb/heap_dump.py";
constexpr char kLibrary[] = "heap_dump.so";

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// The number of a signal that sigabbrev_np knows; 0: none.
int SignalNumber(const std::string& name) {
  const std::string bare =
      absl::StartsWith(name, "SIG") ? name.substr(3) : name;
  for (int number = 1; number < NSIG; ++number) {
    const char* const known = sigabbrev_np(number);
    if (known != nullptr && bare == known) return number;
  }
  return 0;
}

std::string LastLine(const std::string& path) {
  std::ifstream file(path);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!absl::StripAsciiWhitespace(line).empty()) last = line;
  }
  return last;
}

// The complete dumps of the process in a folder; those that are being written
// begin with a dot.
std::set<std::string> DumpsOf(pid_t pid, const std::string& folder) {
  std::set<std::string> dumps;
  const std::string beginning = absl::StrCat("heap_dump-", pid, "-");
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (absl::StartsWith(entry->path().filename().string(), beginning)) {
      dumps.insert(entry->path().string());
    }
  }
  return dumps;
}

absl::Status Ended(pid_t pid) {
  return absl::UnavailableError(absl::StrCat("process ", pid, " has ended"));
}

// The last line that a Ruby prints for a script; empty if it fails.
std::string AskRuby(const std::string& ruby, const std::string& script) {
  char output[] = "/tmp/heapq-ruby-XXXXXX";
  const int fd = mkstemp(output);
  if (fd < 0) return "";
  close(fd);
  ChildProcess::Options options;
  options.command = {ruby.empty() ? "ruby" : ruby, "-e", script};
  options.environment = {{"RUBYOPT", ""}};
  options.output = output;
  auto child = ChildProcess::Start(options);
  std::string answer;
  if (child.ok()) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    if (child->Wait([end] { return absl::Now() < end; }) &&
        child->succeeded()) {
      answer = LastLine(output);
    }
  }
  unlink(output);
  return answer;
}

// The gem's extension for a Ruby. The gem for a platform has one for each
// version of Ruby. Errors: kNotFound.
absl::StatusOr<std::string> FindLibrary(const std::string& gem,
                                        const std::string& ruby) {
  const std::string folder = gem + "/lib/heap_dump/";
  if (Exists(folder + kLibrary)) return folder + kLibrary;
  const std::string version =
      AskRuby(ruby, "puts RUBY_VERSION[/\\A\\d+\\.\\d+/]");
  const std::string library = absl::StrCat(folder, version, "/", kLibrary);
  if (!version.empty() && Exists(library)) return library;
  return absl::NotFoundError(absl::StrCat(
      gem, " has no compiled extension for ", ruby,
      "; install the source gem: gem install heap_dump --platform ruby"));
}

}  // namespace

absl::StatusOr<std::string> FindGem(const std::string& given,
                                    const std::string& ruby) {
  const auto is_gem = [](const std::string& folder) {
    return Exists(folder + "/" + kScript);
  };
  if (!given.empty()) {
    if (is_gem(given)) return fs::absolute(given).string();
    return absl::NotFoundError(
        absl::StrCat(given, " is not the gem heap_dump: it has no ", kScript));
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    // build/cli/ of a checkout; libexec/ of the gem for a platform.
    for (const char* const way : {"../../dumper", ".."}) {
      const std::string folder =
          (program.parent_path() / way).lexically_normal().string();
      if (is_gem(folder)) return folder;
    }
  }
  const std::string installed = AskRuby(
      ruby, "puts Gem::Specification.find_by_name('heap_dump').gem_dir");
  if (!installed.empty() && is_gem(installed)) return installed;
  return absl::NotFoundError(
      "the gem heap_dump is not installed for this Ruby: gem install "
      "heap_dump, or name its folder with --gem");
}

DumpTaker::DumpTaker(pid_t pid, const Options& options)
    : pid_(pid), options_(options) {
  std::string name = options.signal;
  if (name.empty()) {
    const auto rubyopt = EnvironmentOf(pid, "RUBYOPT");
    if (!rubyopt || !absl::StrContains(*rubyopt, "heap_dump/hook")) return;
    const auto set = EnvironmentOf(pid, "HEAP_DUMP_SIGNAL");
    name = set && !set->empty() ? *set : "USR2";
    name = std::vector<std::string>(absl::StrSplit(name, ','))[0];
  }
  name = std::string(absl::StripAsciiWhitespace(name));
  const int number = SignalNumber(name);
  // A process without a handler would be ended by most signals.
  if (number == 0 || !HasMapped(pid, kLibrary) || !CatchesSignal(pid, number)) {
    return;
  }
  signal_ = number;
  signal_name_ = name;
}

std::string DumpTaker::Method() const {
  return signal_ == 0 ? "gdb" : absl::StrCat("signal ", signal_name_);
}

absl::StatusOr<std::string> DumpTaker::Take(int number) {
  if (!IsRunning(pid_)) return Ended(pid_);
  return signal_ == 0 ? TakeByGdb(number) : TakeBySignal();
}

absl::StatusOr<std::string> DumpTaker::TakeBySignal() const {
  std::string folder = EnvironmentOf(pid_, "HEAP_DUMP_DIR").value_or("");
  if (folder.empty()) folder = ".";
  if (folder[0] != '/') folder = absl::StrCat(LinkOf(pid_, "cwd"), "/", folder);
  if (!Exists(folder)) {  // or in its container
    folder = absl::StrCat("/proc/", pid_, "/root", folder);
  }
  const std::set<std::string> before = DumpsOf(pid_, folder);
  if (kill(pid_, signal_) != 0) {
    return absl::UnavailableError(absl::StrCat(
        "process ", pid_, " takes no signal: ", std::strerror(errno)));
  }
  for (const absl::Time end = absl::Now() + kPatience; absl::Now() < end;) {
    for (const std::string& dump : DumpsOf(pid_, folder)) {
      if (before.count(dump) == 0) return dump;
    }
    if (!IsRunning(pid_)) return Ended(pid_);
    if (!options_.keep_waiting()) return absl::CancelledError("interrupted");
    absl::SleepFor(kPoll);
  }
  return absl::UnavailableError(absl::StrCat(
      "process ", pid_, " wrote no dump to ", folder, " after signal ",
      signal_name_, "; its standard error says why"));
}

absl::StatusOr<std::string> DumpTaker::TakeByGdb(int number) const {
  const std::string ruby = LinkOf(pid_, "exe");
  ASSIGN_OR_RETURN(const std::string gem, FindGem(options_.gem, ruby));
  ASSIGN_OR_RETURN(const std::string library, FindLibrary(gem, ruby));
  // A process in a container writes where it sees a folder.
  const std::string root = absl::StrCat("/proc/", pid_, "/root");
  std::error_code error;
  const bool same_folder =
      fs::equivalent(options_.folder, root + options_.folder, error) && !error;
  const std::string dump =
      absl::StrCat(same_folder ? options_.folder + "/" : "/tmp/heapq-hunt-",
                   number, ".json");
  const std::string seen = same_folder ? dump : root + dump;
  // A dump of an earlier hunt must not be mistaken for this one.
  unlink(seen.c_str());
  ChildProcess::Options gdb;
  gdb.command = {"gdb",   "-nx",
                 "-p",    std::to_string(pid_),
                 "-x",    absl::StrCat(gem, "/", kScript),
                 "-ex",   absl::StrCat("set heap-dump-library ", library),
                 "-ex",   absl::StrCat("heap-dump ", dump),
                 "-batch"};
  gdb.output = options_.log;
  gdb.own_group = true;  // Ctrl-C must not end it while it holds the process.
  auto child = ChildProcess::Start(gdb);
  if (!child.ok()) {
    return absl::NotFoundError(absl::StrCat(
        child.status().message(),
        "; install gdb, or start the program with env \"$(heap_dump hook)\""));
  }
  const absl::Time end = absl::Now() + kPatience;
  // gdb is not interrupted: it would leave the process in the middle of a call.
  child->Wait([end] { return absl::Now() < end; });
  if (Exists(seen)) return seen;
  if (!IsRunning(pid_)) return Ended(pid_);
  return absl::UnavailableError(absl::StrCat(
      "gdb took no dump of process ", pid_, ": ", LastLine(options_.log)));
}

}  // namespace heapq

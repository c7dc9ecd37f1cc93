#include "indexer/load/replacement_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heapq {
namespace {

constexpr char kInfix[] = ".loading-";
constexpr size_t kLongestName = 255;
// What is left of it for the target's own.
constexpr size_t kLongestStem = kLongestName - (sizeof(kInfix) - 1) - 10 - 7;
// How often another process may clear a new file away before it is locked.
constexpr int kAttempts = 10;

std::string BaseOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

// What the temporary names for a target begin with: its own, or as much of
// that as there is room for.
std::string PrefixFor(const std::string& target) {
  const std::string base = BaseOf(target);
  size_t size = std::min(base.size(), kLongestStem);
  const auto continues = [&base](size_t i) {  // a character of UTF-8
    return i < base.size() && (base[i] & 0xc0) == 0x80;
  };
  while (size > 1 && continues(size)) --size;
  return base.substr(0, size) + kInfix;
}

// `option`: what names the file.
std::string RemedyFor(int error, const std::string& option) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "make room, or name a file on another disk with " + option;
    case ENOENT:
    case ENOTDIR:
      return "make the folder, or name a file in another one with " + option;
    case EMFILE:
    case ENFILE:
      return "allow more open files (ulimit -n)";
    case ENAMETOOLONG:
      return "give it a shorter name with " + option;
    default:
      return "name a file in a folder that you may write to with " + option;
  }
}

absl::Status ErrnoStatus(const std::string& path, const char* what) {
  const std::string message =
      absl::StrCat(path, ": cannot ", what, ": ", std::strerror(errno));
  return errno == ENOSPC || errno == EDQUOT
             ? absl::ResourceExhaustedError(message)
             : absl::UnavailableError(message);
}

absl::Status NotMade(const std::string& path, const std::string& option) {
  const std::string remedy = RemedyFor(errno, option);
  const absl::Status status = ErrnoStatus(path, "make");
  return absl::Status(
      status.code(), absl::StrCat(std::string(status.message()), "; ", remedy));
}

// Removes the file if nobody is writing it. Asked are the process by its
// number, and the lock, as the process may live where numbers differ (in
// another container).
void RemoveIfDead(const std::string& path, pid_t pid) {
  if (kill(pid, 0) == 0 || errno != ESRCH) return;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) unlink(path.c_str());
  close(fd);
}

void ClearLeftovers(const std::string& target) {
  const std::string folder = FolderOf(target);
  const std::string prefix = PrefixFor(target);
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(folder.c_str()),
                                                closedir);
  if (dir == nullptr) return;
  while (const dirent* entry = readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name.compare(0, prefix.size(), prefix) != 0) continue;
    const std::string rest = name.substr(prefix.size());
    pid_t pid = 0;
    if (!absl::SimpleAtoi(rest.substr(0, rest.find('-')), &pid) || pid <= 0) {
      continue;
    }
    RemoveIfDead(folder + "/" + name, pid);
  }
}

std::string Resolved(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0 || !S_ISLNK(info.st_mode)) return path;
  const std::unique_ptr<char, void (*)(void*)> real(
      realpath(path.c_str(), nullptr), std::free);
  return real == nullptr ? path : std::string(real.get());
}

}  // namespace

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::StatusOr<ReplacementFile> ReplacementFile::Make(
    const std::string& target, const std::string& option) {
  std::string real = Resolved(target);
  if (BaseOf(real).size() > kLongestName) {  // the passing one is shorter
    errno = ENAMETOOLONG;
    return NotMade(real, option);
  }
  ClearLeftovers(real);
  for (int attempt = 0;; ++attempt) {
    std::string path =
        absl::StrCat(FolderOf(real), "/", PrefixFor(real), getpid(), "-XXXXXX");
    const int fd = mkostemp(path.data(), O_CLOEXEC);
    // Says the name that was asked for, not the passing one beside it.
    if (fd < 0) return NotMade(real, option);
    struct stat info;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &info) == 0 &&
        info.st_nlink == 1) {
      return ReplacementFile(std::move(real), std::move(path), fd);
    }
    // Somebody took it for a leftover in the moment before it was locked; or
    // this file system has no locks, and then nothing is ever cleared there.
    if (attempt == kAttempts || errno == EOPNOTSUPP || errno == ENOLCK) {
      return ReplacementFile(std::move(real), std::move(path), fd);
    }
    close(fd);
    unlink(path.c_str());
  }
}

ReplacementFile::ReplacementFile(std::string target, std::string path, int fd)
    : target_(std::move(target)), path_(std::move(path)), fd_(fd) {}

ReplacementFile::ReplacementFile(ReplacementFile&& other) noexcept
    : target_(std::move(other.target_)),
      path_(std::exchange(other.path_, {})),
      fd_(std::exchange(other.fd_, -1)) {}

ReplacementFile::~ReplacementFile() {
  if (!path_.empty()) unlink(path_.c_str());
  if (fd_ >= 0) close(fd_);
}

absl::Status ReplacementFile::PutInPlace() {
  if (fsync(fd_) != 0) return ErrnoStatus(target_, "write");
  if (rename(path_.c_str(), target_.c_str()) != 0) {
    return ErrnoStatus(target_, "replace");
  }
  path_.clear();
  // Whoever wrote into the old database and was killed left these, and SQLite
  // would apply them to the new one.
  for (const char* suffix : {"-journal", "-wal", "-shm"}) {
    unlink((target_ + suffix).c_str());
  }
  // So that the new name survives a power cut; not every file system can.
  const int folder =
      open(FolderOf(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    (void)fsync(folder);
    close(folder);
  }
  return absl::OkStatus();
}

}  // namespace heapq

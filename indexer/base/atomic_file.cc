#include "indexer/base/atomic_file.h"

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
#include "indexer/base/output_target.h"

namespace heapq {
namespace {

constexpr char kInfix[] = ".loading-";
constexpr size_t kMaxNameLength = 255;
// The part of a temporary name that is left for the target's own.
constexpr size_t kMaxStemLength =
    kMaxNameLength - (sizeof(kInfix) - 1) - 10 - 7;
// How often another process may clear a new file away before it is locked.
constexpr int kAttempts = 10;

// Returns the prefix of a target's temporary names: its own name, or as much of
// that as there is room for.
std::string PrefixFor(const std::string& target) {
  const std::string base = BaseOf(target);
  size_t size = std::min(base.size(), kMaxStemLength);
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

// Removes the file if no process is writing it. Asked are the process by its
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

// The error for a path that is not a regular file.
absl::Status NotReplaceable(const std::string& path,
                            const std::string& option) {
  return absl::FailedPreconditionError(absl::StrCat(
      path, ": is not a regular file and is not replaced; name a file with ",
      option));
}

}  // namespace

absl::StatusOr<AtomicFile> AtomicFile::Create(const std::string& target,
                                              const std::string& option) {
  std::string real = FollowLinks(target);
  if (!IsReplaceable(real)) return NotReplaceable(target, option);
  if (BaseOf(real).size() > kMaxNameLength) {  // the temporary name is shorter
    errno = ENAMETOOLONG;
    return NotMade(real, option);
  }
  ClearLeftovers(real);
  // Between the creation of the file and its registration.
  const DeferredExit deferred;
  for (int attempt = 0;; ++attempt) {
    std::string path =
        absl::StrCat(FolderOf(real), "/", PrefixFor(real), getpid(), "-XXXXXX");
    const int fd = mkostemp(path.data(), O_CLOEXEC);
    // The message names the target, not the temporary file beside it.
    if (fd < 0) return NotMade(real, option);
    struct stat info;
    const bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0 &&
                        fstat(fd, &info) == 0 && info.st_nlink == 1;
    // Another process took it for a leftover in the moment before it was
    // locked. Or this file system has no locks: then nothing is ever cleared.
    if (locked || attempt == kAttempts || errno == EOPNOTSUPP ||
        errno == ENOLCK) {
      UnfinishedFile unfinished(path);
      return AtomicFile(std::move(real), option, std::move(path), fd,
                        std::move(unfinished));
    }
    close(fd);
    unlink(path.c_str());
  }
}

AtomicFile::AtomicFile(std::string target, std::string option, std::string path,
                       int fd, UnfinishedFile unfinished)
    : target_(std::move(target)),
      option_(std::move(option)),
      path_(std::move(path)),
      fd_(fd),
      unfinished_(std::move(unfinished)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)),
      option_(std::move(other.option_)),
      path_(std::exchange(other.path_, {})),
      fd_(std::exchange(other.fd_, -1)),
      unfinished_(std::move(other.unfinished_)) {}

AtomicFile::~AtomicFile() {
  if (!path_.empty()) unlink(path_.c_str());
  if (fd_ >= 0) close(fd_);
}

absl::Status AtomicFile::Commit() {
  if (fsync(fd_) != 0) return ErrnoStatus(target_, "write");
  if (!IsReplaceable(target_)) return NotReplaceable(target_, option_);
  if (rename(path_.c_str(), target_.c_str()) != 0) {
    return ErrnoStatus(target_, "replace");
  }
  path_.clear();
  // So that the new name survives a power cut. Not every file system can sync a
  // folder, and the file is in place, so a failure is not an error.
  const int folder =
      open(FolderOf(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    (void)fsync(folder);
    close(folder);
  }
  return absl::OkStatus();
}

}  // namespace heapq

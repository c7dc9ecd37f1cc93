#include "indexer/base/output_target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heapq {
namespace {

// The number of the open descriptor of this process that `path` stands for, as
// /dev/fd/3 does; -1: none.
int DescriptorOf(const std::string& path) {
  int fd = -1;
  if (!absl::SimpleAtoi(BaseOf(path), &fd) || fd < 0) return -1;
  const std::unique_ptr<char, void (*)(void*)> folder(
      realpath(FolderOf(path).c_str(), nullptr), std::free);
  if (folder == nullptr) return -1;
  return folder.get() == absl::StrCat("/proc/", getpid(), "/fd") ? fd : -1;
}

absl::Status Refusal(const std::string& path, const char* what,
                     const std::string& option) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": is ", what, "; name a file with ", option));
}

}  // namespace

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string BaseOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string FollowLinks(std::string path) {
  constexpr int kMaxLinks = 40;  // as the kernel
  for (int i = 0; i < kMaxLinks && DescriptorOf(path) < 0; ++i) {
    char link[PATH_MAX];
    const ssize_t size = readlink(path.c_str(), link, sizeof(link));
    if (size <= 0 || size == sizeof(link)) break;
    std::string next(link, static_cast<size_t>(size));
    if (next.front() != '/') next = absl::StrCat(FolderOf(path), "/", next);
    path = std::move(next);
  }
  return path;
}

bool IsReplaceable(const std::string& path) {
  const std::string real = FollowLinks(path);
  if (DescriptorOf(real) >= 0) return false;
  struct stat info;
  return stat(real.c_str(), &info) != 0 || S_ISREG(info.st_mode);
}

absl::StatusOr<int> OpenThrough(const std::string& path,
                                const std::string& option) {
  const std::string real = FollowLinks(path);
  const int descriptor = DescriptorOf(real);
  struct stat info = {};
  if (descriptor < 0 && stat(real.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return Refusal(path, "a folder", option);
    if (S_ISSOCK(info.st_mode)) return Refusal(path, "a socket", option);
    // Its content would be lost.
    if (S_ISBLK(info.st_mode)) return Refusal(path, "a disk", option);
  }
  const int fd = descriptor >= 0
                     ? fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
                     : open(real.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (fd >= 0) return fd;
  return absl::UnavailableError(
      absl::StrCat(path, ": cannot write: ", std::strerror(errno),
                   "; name a file with ", option));
}

}  // namespace heapq

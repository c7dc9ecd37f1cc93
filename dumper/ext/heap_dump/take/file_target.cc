#include "take/file_target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

namespace heap_dump {
namespace {

// Names that are longer lose their end in the temporary name.
constexpr int kKeptOfName = 200;
constexpr int kAttempts = 100;

int64_t Nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

}  // namespace

Outcome FileTarget::OpenPath(const char* path) {
  struct stat info;
  if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
    // A pipe without a reader is an error, not a wait.
    fd_ = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd_ < 0) return {Code::kOpenFailed, errno};
    owns_fd_ = true;
    return {};
  }
  const char* slash = strrchr(path, '/');
  const char* name = slash ? slash + 1 : path;
  char folder[PATH_MAX] = ".";
  if (slash) {
    // "/dump.json" lives in "/".
    const size_t length = slash == path ? 1 : slash - path;
    if (length >= sizeof(folder)) return {Code::kOpenFailed, ENAMETOOLONG};
    memcpy(folder, path, length);
    folder[length] = '\0';
  }
  if (*name == '\0') return {Code::kOpenFailed, EISDIR};
  if (strlen(name) > NAME_MAX) return {Code::kOpenFailed, ENAMETOOLONG};
  strcpy(name_, name);
  folder_fd_ = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd_ < 0) return {Code::kOpenFailed, errno};
  return CreateTemporary();
}

Outcome FileTarget::CreateTemporary() {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    snprintf(temporary_name_, sizeof(temporary_name_), ".%.*s.%d-%llx.tmp",
             kKeptOfName, name_, static_cast<int>(getpid()),
             static_cast<unsigned long long>(Nanoseconds()));
    fd_ = openat(folder_fd_, temporary_name_,
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd_ >= 0) {
      owns_fd_ = true;
      return {};
    }
    if (errno != EEXIST) break;
  }
  const int error = errno;
  close(folder_fd_);
  folder_fd_ = -1;
  return {Code::kOpenFailed, error};
}

void FileTarget::UseDescriptor(int fd) { fd_ = fd; }

Outcome FileTarget::Sync() {
  if (!temporary()) return {};
  // File systems that know no fsync say EINVAL.
  if (fsync(fd_) != 0 && errno != EINVAL) return WriteOutcome(errno);
  return {};
}

Outcome FileTarget::Commit() {
  if (!temporary()) return {};
  if (renameat(folder_fd_, temporary_name_, folder_fd_, name_) != 0) {
    return {Code::kRenameFailed, errno};
  }
  temporary_name_[0] = '\0';
  return {};
}

void FileTarget::Discard() {
  if (temporary() && temporary_name_[0] != '\0') {
    unlinkat(folder_fd_, temporary_name_, 0);
    temporary_name_[0] = '\0';
  }
}

void FileTarget::Close() {
  if (owns_fd_ && fd_ >= 0) close(fd_);
  if (folder_fd_ >= 0) close(folder_fd_);
  fd_ = folder_fd_ = -1;
  owns_fd_ = false;
}

}  // namespace heap_dump

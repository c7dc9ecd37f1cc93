#include "capture/file_target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

namespace heap_dump {
namespace {

// A longer name loses its end in the temporary name.
constexpr int kKeptOfName = 200;
constexpr int kAttempts = 100;
// A flag of renameat2(2) that older C libraries do not define.
constexpr unsigned kRenameNoReplace = 1;

int64_t Nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

// The code for a file type that a path may not stand for; kOk for a regular
// file.
Code RefusalOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return Code::kOk;
    case S_IFIFO:
      return Code::kTargetIsFifo;
    case S_IFSOCK:
      return Code::kTargetIsSocket;
    case S_IFLNK:
      return Code::kTargetIsLink;
    case S_IFDIR:
      return Code::kOpenFailed;
    default:
      return Code::kTargetIsDevice;
  }
}

// Copies `folder` as an absolute path; 0 or errno. Calls getcwd(2) directly,
// because the C library's function may allocate memory.
int MakeAbsolute(const char* folder, char* buffer, size_t size) {
  size_t length = 0;
  if (folder[0] != '/') {
    if (syscall(SYS_getcwd, buffer, size) <= 0) return errno;
    length = strlen(buffer);
    if (length + 1 >= size) return ENAMETOOLONG;
    buffer[length++] = '/';
  }
  if (length + strlen(folder) >= size) return ENAMETOOLONG;
  strcpy(buffer + length, folder);
  return 0;
}

int RenameWithoutReplacing(int folder_fd, const char* from, const char* to) {
#ifdef SYS_renameat2
  return static_cast<int>(
      syscall(SYS_renameat2, folder_fd, from, folder_fd, to, kRenameNoReplace));
#else
  errno = ENOSYS;
  return -1;
#endif
}

}  // namespace

void RemoveLeftover(Leftover* leftover) {
  if (leftover->name[0] == '\0') return;
  const int folder_fd =
      open(leftover->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd >= 0) {
    unlinkat(folder_fd, leftover->name, 0);
    close(folder_fd);
  }
  leftover->name[0] = '\0';
}

Outcome FileTarget::OpenPath(const char* path) {
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
  Outcome outcome = OpenFolder(folder);
  if (outcome.ok()) outcome = CheckName(&replaces_);
  if (outcome.ok()) outcome = CreateTemporary();
  if (!outcome.ok()) Close();
  return outcome;
}

Outcome FileTarget::OpenFolder(const char* folder) {
  const int error =
      MakeAbsolute(folder, leftover_->folder, sizeof(leftover_->folder));
  if (error != 0) return {Code::kOpenFailed, error};
  folder_fd_ = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // A folder that may be written but not listed. Its fsync fails with EBADF,
  // which Commit ignores.
  if (folder_fd_ < 0 && errno == EACCES) {
    folder_fd_ = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  if (folder_fd_ < 0) return {Code::kOpenFailed, errno};
  return {};
}

Outcome FileTarget::CheckName(bool* exists) const {
  struct stat info;
  *exists = false;
  if (fstatat(folder_fd_, name_, &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return {Code::kOpenFailed, errno};
  }
  *exists = true;
  const Code refusal = RefusalOf(info.st_mode);
  if (refusal == Code::kOpenFailed) return {Code::kOpenFailed, EISDIR};
  if (refusal != Code::kOk) return {refusal, 0};
  if (info.st_uid != geteuid()) return {Code::kTargetIsForeign, 0};
  return {};
}

Outcome FileTarget::CreateTemporary() {
  char* const temporary = leftover_->name;
  int error = EEXIST;
  for (int attempt = 0; attempt < kAttempts && error == EEXIST; ++attempt) {
    snprintf(temporary, sizeof(leftover_->name), ".%.*s.%d-%llx.tmp",
             kKeptOfName, name_, static_cast<int>(getpid()),
             static_cast<unsigned long long>(Nanoseconds()));
    fd_ = openat(folder_fd_, temporary,
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd_ >= 0) {
      owns_fd_ = true;
      return {};
    }
    error = errno;
    temporary[0] = '\0';
  }
  return {Code::kOpenFailed, error};
}

Outcome FileTarget::Sync() {
  if (!temporary()) return {};
  // A file system without fsync answers EINVAL.
  if (fsync(fd_) != 0 && errno != EINVAL) return WriteOutcome(errno);
  return {};
}

Outcome FileTarget::Commit() {
  if (!temporary()) return {};
  const Outcome outcome = Rename();
  if (!outcome.ok()) return outcome;
  leftover_->name[0] = '\0';
  if (fsync(folder_fd_) != 0 && errno != EINVAL && errno != EBADF &&
      errno != EROFS) {
    return {Code::kFolderNotSynced, errno};
  }
  return {};
}

Outcome FileTarget::Rename() {
  bool exists = replaces_;
  if (!exists) {
    if (RenameWithoutReplacing(folder_fd_, leftover_->name, name_) == 0) {
      return {};
    }
    const int error = errno;
    // File systems and seccomp filters that do not know the call.
    if (error != EEXIST && error != EINVAL && error != ENOSYS &&
        error != EPERM) {
      return {Code::kRenameFailed, error};
    }
  }
  // Since the target was opened, another process may have put something else
  // in its place.
  const Outcome outcome = CheckName(&exists);
  if (!outcome.ok()) return outcome;
  if (renameat(folder_fd_, leftover_->name, folder_fd_, name_) != 0) {
    return {Code::kRenameFailed, errno};
  }
  return {};
}

void FileTarget::Discard() {
  if (!temporary() || leftover_->name[0] == '\0') return;
  unlinkat(folder_fd_, leftover_->name, 0);
  leftover_->name[0] = '\0';
}

void FileTarget::Close() {
  if (owns_fd_ && fd_ >= 0) close(fd_);
  if (folder_fd_ >= 0) close(folder_fd_);
  fd_ = folder_fd_ = -1;
  owns_fd_ = false;
}

}  // namespace heap_dump

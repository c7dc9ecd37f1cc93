#include "cli/output/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "indexer/base/atomic_file.h"
#include "indexer/base/output_target.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

bool IsStandardOutput(const std::string& path) {
  return path.empty() || path == "-";
}

absl::Status NotWritten(const std::string& name, int error) {
  if (error == EPIPE) {
    return absl::UnavailableError(
        absl::StrCat(name, ": its reader has gone away"));
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("can't write ", name, error == 0 ? "" : ": ",
                   error == 0 ? "" : std::generic_category().message(error),
                   "; free space on the disk or name another file with -o"));
}

absl::Status WriteTo(const std::string& name, std::ostream* out,
                     absl::FunctionRef<absl::Status(std::ostream*)> write) {
  errno = 0;
  absl::Status status = write(out);
  if (out->good()) out->flush();
  // A write that failed is the reason for whatever `write` returned.
  if (!out->good()) return NotWritten(name, errno);
  return status;
}

absl::Status WriteFd(const std::string& name, int fd,
                     absl::FunctionRef<absl::Status(std::ostream*)> write,
                     const FdStream::Progress& progress) {
  FdStream out(fd, progress);
  const absl::Status status = WriteTo(name, &out, write);
  return out.error() == 0 ? status : NotWritten(name, out.error());
}

absl::Status WriteThrough(const std::string& path,
                          absl::FunctionRef<absl::Status(std::ostream*)> write,
                          const FdStream::Progress& progress) {
  ASSIGN_OR_RETURN(const int fd, OpenThrough(path));
  absl::Status status = WriteFd(path, fd, write, progress);
  if (close(fd) != 0 && status.ok()) status = NotWritten(path, errno);
  return status;
}

}  // namespace

absl::Status WriteOutput(const std::string& path, std::ostream* otherwise,
                         absl::FunctionRef<absl::Status(std::ostream*)> write,
                         const FdStream::Progress& progress) {
  if (IsStandardOutput(path)) return WriteTo("the output", otherwise, write);
  if (!IsReplaceable(path)) return WriteThrough(path, write, progress);
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  RETURN_IF_ERROR(WriteFd(path, file.fd(), write, progress));
  return file.Commit();
}

bool WritesToTerminal(const std::string& path, bool otherwise_is_terminal) {
  if (IsStandardOutput(path)) return otherwise_is_terminal;
  // Opening a FIFO would end its reader's input when it is closed again.
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || !S_ISCHR(info.st_mode)) return false;
  const int fd =
      open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return false;
  const bool terminal = isatty(fd) != 0;
  close(fd);
  return terminal;
}

}  // namespace heapq

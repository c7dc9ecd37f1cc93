#include "indexer/input/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/input/packed_source.h"

namespace heapq {
namespace {

// So long is waited for input before the reader is asked whether to go on.
constexpr int kPatience = 200;  // milliseconds

constexpr std::string_view kGzipMagic("\x1f\x8b", 2);
constexpr std::string_view kZstdMagic("\x28\xb5\x2f\xfd", 4);
// Compression formats that are recognised but not read.
constexpr struct {
  std::string_view magic;
  const char* name;
  const char* unpack;  // to standard output
} kOtherPackers[] = {{"BZh", "bzip2", "bzip2 -dc"},
                     {"PK\x03\x04", "zip", "unzip -p"},
                     {"\xfd\x37zX", "xz", "xz -dc"},
                     {"\x04\x22\x4d\x18", "lz4", "lz4 -dc"}};

// A file descriptor whose first bytes were looked at already.
class FdSource : public ByteSource {
 public:
  // `waits`: what it reads from may have nothing yet, as a pipe.
  FdSource(std::string path, int fd, uint64_t total, bool waits)
      : path_(std::move(path)), fd_(fd), total_(total), waits_(waits) {}
  ~FdSource() override {
    if (fd_ > STDIN_FILENO) close(fd_);
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (!head_.empty()) {
      const size_t n = std::min(size, head_.size());
      std::memcpy(buffer, head_.data(), n);
      head_.erase(0, n);
      consumed_ += n;
      return n;
    }
    if (waits_) {
      pollfd input = {fd_, POLLIN, 0};
      const int ready = poll(&input, 1, kPatience);
      signalled_ = ready < 0 && errno == EINTR;
      if (ready == 0 || signalled_) return absl::AbortedError("nothing yet");
    }
    const ssize_t n = read(fd_, buffer, size);
    if (n >= 0) {
      consumed_ += static_cast<uint64_t>(n);
      return static_cast<size_t>(n);
    }
    signalled_ = errno == EINTR;
    if (signalled_) return absl::AbortedError("nothing yet");
    return absl::UnavailableError(absl::StrCat(
        path_, ": cannot read at byte ", consumed_, ": ", std::strerror(errno),
        "; try again, or copy what can be read, as with dd conv=noerror,sync, "
        "and load the copy"));
  }
  uint64_t consumed() const override { return consumed_; }
  uint64_t total() const override { return total_; }

  // Looks at the first bytes, without consuming them. kCancelled: a signal
  // came in before they did.
  absl::StatusOr<std::string_view> Peek(size_t size) {
    std::string head(size, '\0');
    size_t got = 0;
    while (got < size) {
      const absl::StatusOr<size_t> n = Read(head.data() + got, size - got);
      if (absl::IsAborted(n.status())) {
        if (signalled_) return absl::CancelledError("cancelled");
        continue;
      }
      RETURN_IF_ERROR(n.status());
      if (*n == 0) break;
      got += *n;
    }
    head.resize(got);
    head_ = head;
    consumed_ = 0;
    return std::string_view(head_);
  }

 private:
  const std::string path_;
  const int fd_;
  const uint64_t total_;
  const bool waits_;
  bool signalled_ = false;
  uint64_t consumed_ = 0;
  std::string head_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(
    const std::string& path) {
  int fd = STDIN_FILENO;
  if (path != "-") fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == EINTR) return absl::CancelledError("cancelled");
  if (fd < 0) {
    const std::string message =
        absl::StrCat(path, ": cannot open: ", std::strerror(errno));
    return errno == ENOENT || errno == ENOTDIR
               ? absl::NotFoundError(message)
               : absl::UnavailableError(message);
  }
  struct stat info;
  uint64_t total = 0;
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    total = static_cast<uint64_t>(info.st_size);
  }
  auto file =
      std::make_unique<FdSource>(path, fd, total, !S_ISREG(info.st_mode));
  if (S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(
        path + ": is a folder; name the dump file in it");
  }
  ASSIGN_OR_RETURN(const std::string_view head, file->Peek(kZstdMagic.size()));
  if (head.substr(0, kGzipMagic.size()) == kGzipMagic) {
    return UnpackGzip(std::move(file));
  }
  if (head == kZstdMagic) return UnpackZstd(std::move(file));
  for (const auto& packer : kOtherPackers) {
    if (head.substr(0, packer.magic.size()) != packer.magic) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is packed with ", packer.name,
                     "; heapq unpacks gzip and zstd only: ", packer.unpack, " ",
                     path == "-" ? "FILE" : path, " | heapq load -"));
  }
  return std::unique_ptr<ByteSource>(std::move(file));
}

}  // namespace heapq

#include "indexer/heap/text_spill.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// Both stay in a cache, and few pages of memory have to be touched for them.
constexpr size_t kBufferSize = 256 << 10;
constexpr size_t kWindowSize = 256 << 10;

absl::Status SpillError(const std::string& dir, const char* what) {
  const std::string message =
      absl::StrCat(dir, ": cannot ", what,
                   " a temporary file for texts: ", std::strerror(errno));
  return errno == ENOSPC || errno == EDQUOT
             ? absl::ResourceExhaustedError(message)
             : absl::UnavailableError(message);
}

// A file without a name: it is gone when the process is.
int OpenNameless(const std::string& dir) {
#ifdef O_TMPFILE
  const int fd = open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
#endif
  std::string path = dir + "/.heapq-text-XXXXXX";
  const int named = mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) unlink(path.c_str());
  return named;
}

}  // namespace

TextSpill::~TextSpill() {
  if (fd_ >= 0) close(fd_);
}

void TextSpill::Append(uint32_t owner, std::string_view head,
                       std::string_view tail) {
  if (!status_.ok()) return;
  owner_.push_back(owner);
  offset_.push_back(written_ + buffer_.size());
  buffer_.append(head);
  buffer_.append(tail);
  if (buffer_.size() >= kBufferSize) Flush();
}

void TextSpill::Truncate(size_t size) {
  if (!status_.ok() || size >= owner_.size()) return;
  const uint64_t end = offset_[size];
  if (end >= written_) {
    buffer_.resize(end - written_);
  } else {
    buffer_.clear();
    written_ = end;
  }
  owner_.resize(size);
  offset_.resize(size);
}

void TextSpill::SetOwner(size_t from, uint32_t owner) {
  for (size_t i = from; i < owner_.size(); ++i) owner_[i] = owner;
}

void TextSpill::Flush() {
  if (fd_ < 0) {
    fd_ = OpenNameless(dir_);
    if (fd_ < 0) {
      status_ = SpillError(dir_, "make");
      return;
    }
  }
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t n = pwrite(fd_, buffer_.data() + done, buffer_.size() - done,
                             static_cast<off_t>(written_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      status_ = SpillError(dir_, "write");
      return;
    }
    done += static_cast<size_t>(n);
  }
  written_ += done;
  buffer_.clear();
}

absl::Status TextSpill::Read(uint64_t offset, size_t size,
                             std::string_view* text) {
  if (offset >= written_) {  // still in the buffer
    *text = std::string_view(buffer_).substr(offset - written_, size);
    return absl::OkStatus();
  }
  if (offset < window_offset_ ||
      offset + size > window_offset_ + window_.size()) {
    const uint64_t left = written_ - offset;
    window_.resize(std::min<uint64_t>(std::max(size, kWindowSize), left));
    window_offset_ = offset;
    size_t done = 0;
    while (done < window_.size()) {
      const ssize_t n = pread(fd_, window_.data() + done, window_.size() - done,
                              static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return SpillError(dir_, "read back");
      done += static_cast<size_t>(n);
    }
  }
  *text = std::string_view(window_).substr(offset - window_offset_, size);
  return absl::OkStatus();
}

void TextSpill::MapOwners(absl::FunctionRef<uint32_t(uint32_t)> map) {
  for (uint32_t& owner : owner_) owner = map(owner);
}

absl::Status TextSpill::ForEach(
    absl::FunctionRef<absl::Status(uint32_t, std::string_view)> visit) {
  RETURN_IF_ERROR(status_);
  // Pieces never straddle the file and the buffer: Flush writes all.
  std::vector<uint32_t> order;
  if (!std::is_sorted(owner_.begin(), owner_.end())) {
    order.resize(owner_.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(
        order.begin(), order.end(),
        [this](uint32_t a, uint32_t b) { return owner_[a] < owner_[b]; });
  }
  for (size_t k = 0; k < owner_.size(); ++k) {
    const size_t i = order.empty() ? k : order[k];
    if (owner_[i] == 0) continue;
    std::string_view text;
    RETURN_IF_ERROR(
        Read(offset_[i], static_cast<size_t>(EndOf(i) - offset_[i]), &text));
    RETURN_IF_ERROR(visit(owner_[i], text));
  }
  return absl::OkStatus();
}

}  // namespace heapq

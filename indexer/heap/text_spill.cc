#include "indexer/heap/text_spill.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <queue>
#include <vector>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// Both stay in a cache, and few pages of memory have to be touched for them.
constexpr size_t kBufferSize = 256 << 10;
constexpr size_t kWindowSize = 256 << 10;
constexpr size_t kSmallWindow = 4 << 10;

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
  size_.push_back(static_cast<uint32_t>(head.size() + tail.size()));
  Buffer(head);
  Buffer(tail);
  if (buffer_.size() >= kBufferSize) Flush();
}

void TextSpill::Buffer(std::string_view text) {
  if (text.empty()) return;
  const size_t at = buffer_.size();
  if (at == 0) buffer_.reserve(kBufferSize);
  buffer_.reserve_more(text.size());
  buffer_.resize_for_overwrite(at + text.size());
  std::memcpy(buffer_.data() + at, text.data(), text.size());
}

void TextSpill::Truncate(size_t size) {
  if (!status_.ok() || size >= owner_.size()) return;
  uint64_t end = written_ + buffer_.size();
  for (size_t i = size; i < size_.size(); ++i) end -= size_[i];
  if (end >= written_) {
    buffer_.resize(end - written_);
  } else {
    buffer_.clear();
    written_ = end;
  }
  owner_.resize(size);
  size_.resize(size);
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
    *text = {buffer_.data() + (offset - written_), size};
    return absl::OkStatus();
  }
  const uint64_t window_end = window_offset_ + window_.size();
  if (offset < window_offset_ || offset + size > window_end) {
    // The longer pieces are read one behind the other, the larger the window.
    const bool goes_on = offset >= window_offset_ && offset <= window_end;
    const size_t wanted =
        goes_on ? std::clamp(2 * window_.size(), kSmallWindow, kWindowSize)
                : kSmallWindow;
    const uint64_t left = written_ - offset;
    window_.resize_for_overwrite(
        std::min<uint64_t>(std::max(size, wanted), left));
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
  *text = {window_.data() + (offset - window_offset_), size};
  return absl::OkStatus();
}

void TextSpill::MapOwners(absl::FunctionRef<uint32_t(uint32_t)> map) {
  for (uint32_t& owner : owner_) owner = map(owner);
}

std::vector<TextSpill::Run> TextSpill::Runs() const {
  std::vector<Run> runs;
  uint64_t offset = 0;
  for (size_t i = 0; i < owner_.size(); ++i) {
    if (owner_[i] != 0) {
      if (runs.empty() || runs.back().end != i || owner_[i] < owner_[i - 1]) {
        runs.push_back({i, i, offset});
      }
      runs.back().end = i + 1;
    }
    offset += size_[i];
  }
  return runs;
}

absl::Status TextSpill::ForEach(
    absl::FunctionRef<absl::Status(uint32_t, std::string_view)> visit) {
  RETURN_IF_ERROR(status_);
  const auto later = [this](const Run& a, const Run& b) {
    return std::make_pair(owner_[a.next], a.next) >
           std::make_pair(owner_[b.next], b.next);
  };
  std::priority_queue<Run, std::vector<Run>, decltype(later)> runs(later,
                                                                   Runs());
  while (!runs.empty()) {
    Run run = runs.top();
    runs.pop();
    do {
      // Pieces never straddle the file and the buffer: Flush writes all.
      std::string_view text;
      RETURN_IF_ERROR(Read(run.offset, size_[run.next], &text));
      RETURN_IF_ERROR(visit(owner_[run.next], text));
      run.offset += size_[run.next++];
    } while (run.next < run.end && (runs.empty() || !later(run, runs.top())));
    if (run.next < run.end) runs.push(run);
  }
  owner_.reset();
  size_.reset();
  return absl::OkStatus();
}

absl::Status TextSpill::ForSome(
    absl::FunctionRef<bool(uint32_t)> wanted,
    absl::FunctionRef<absl::Status(uint32_t, std::string_view)> visit) {
  RETURN_IF_ERROR(status_);
  uint64_t offset = 0;
  for (size_t i = 0; i < owner_.size(); ++i) {
    if (owner_[i] != 0 && wanted(owner_[i])) {
      std::string_view text;
      RETURN_IF_ERROR(Read(offset, size_[i], &text));
      RETURN_IF_ERROR(visit(owner_[i], text));
    }
    offset += size_[i];
  }
  return absl::OkStatus();
}

}  // namespace heapq

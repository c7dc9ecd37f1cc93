#include "cli/output/fd_stream.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

namespace heapq {
namespace {

constexpr size_t kBufferBytes = 1 << 16;

}  // namespace

FdStream::Buffer::Buffer(int fd, Progress progress)
    : fd_(fd), progress_(std::move(progress)), bytes_(kBufferBytes) {
  setp(bytes_.data(), bytes_.data() + bytes_.size());
}

FdStream::Buffer::int_type FdStream::Buffer::overflow(int_type c) {
  if (sync() != 0) return traits_type::eof();
  if (traits_type::eq_int_type(c, traits_type::eof())) {
    return traits_type::not_eof(c);
  }
  return sputc(traits_type::to_char_type(c));
}

int FdStream::Buffer::sync() {
  const char* from = pbase();
  while (error_ == 0 && from < pptr()) {
    const ssize_t n = ::write(fd_, from, static_cast<size_t>(pptr() - from));
    if (n >= 0) {
      from += n;
      written_ += static_cast<uint64_t>(n);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  // After an error as well: what cannot be written is not kept.
  setp(bytes_.data(), bytes_.data() + bytes_.size());
  if (progress_) progress_(written_);
  return error_ == 0 ? 0 : -1;
}

// The buffer is a member, so it does not exist yet when the base is made.
FdStream::FdStream(int fd, Progress progress)
    : std::ostream(nullptr), buffer_(fd, std::move(progress)) {
  rdbuf(&buffer_);
}

FdStream::~FdStream() { flush(); }

}  // namespace heapq

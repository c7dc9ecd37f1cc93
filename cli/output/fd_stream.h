#ifndef HEAPQ_CLI_OUTPUT_FD_STREAM_H_
#define HEAPQ_CLI_OUTPUT_FD_STREAM_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <streambuf>
#include <vector>

namespace heapq {

// Writes to a file descriptor, which the caller closes. After a failed write
// the stream is bad. Calls `progress` with the bytes written so far, every
// 64 kB.
class FdStream : public std::ostream {
 public:
  using Progress = std::function<void(uint64_t bytes)>;

  explicit FdStream(int fd, Progress progress = nullptr);
  ~FdStream() override;

  // The errno of the first write that failed; 0: none did.
  int error() const { return buffer_.error(); }

 private:
  class Buffer : public std::streambuf {
   public:
    Buffer(int fd, Progress progress);
    int error() const { return error_; }

   protected:
    int_type overflow(int_type c) override;
    int sync() override;

   private:
    const int fd_;
    const Progress progress_;
    uint64_t written_ = 0;
    int error_ = 0;
    std::vector<char> bytes_;
  };

  Buffer buffer_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_FD_STREAM_H_

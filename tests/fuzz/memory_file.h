#ifndef HEAPQ_TESTS_FUZZ_MEMORY_FILE_H_
#define HEAPQ_TESTS_FUZZ_MEMORY_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace heapq {

// A file that lies in memory only but can be opened by a path: a fuzzer would
// wear out a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content)
      : fd_(memfd_create("heapq-fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0 || write(fd_, content.data(), content.size()) !=
                       static_cast<ssize_t>(content.size())) {
      std::abort();
    }
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  const int fd_;
};

}  // namespace heapq

#endif  // HEAPQ_TESTS_FUZZ_MEMORY_FILE_H_

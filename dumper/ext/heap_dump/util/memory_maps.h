#ifndef HEAP_DUMP_UTIL_MEMORY_MAPS_H_
#define HEAP_DUMP_UTIL_MEMORY_MAPS_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace heap_dump {

// Reads the mappings of a process from /proc/PID/maps, in the order of their
// addresses. dl_iterate_phdr would take a lock, which in a cloned process
// may never be released.
class MemoryMaps {
 public:
  struct Mapping {
    uintptr_t begin;
    uintptr_t end;
    bool readable;
    bool writable;
    bool executable;
    bool shared;
    uint64_t inode;  // 0: no file
    char name[32];   // the beginning of its file's name, "[heap]", or empty
    char file[48];   // the last part of its file's name, or empty
  };

  // 0: this process.
  explicit MemoryMaps(pid_t pid = 0);
  ~MemoryMaps();
  MemoryMaps(const MemoryMaps&) = delete;
  MemoryMaps& operator=(const MemoryMaps&) = delete;

  // False after the last one, and if the file cannot be read.
  bool Next(Mapping* mapping);

 private:
  static int OpenMaps(pid_t pid);
  bool Line(char* line, size_t size);

  const int fd_;
  char buffer_[4096];
  ssize_t filled_ = 0;
  ssize_t at_ = 0;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_UTIL_MEMORY_MAPS_H_

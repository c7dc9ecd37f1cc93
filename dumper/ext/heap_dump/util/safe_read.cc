#include "util/safe_read.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdint>

namespace heap_dump {

bool SafeRead(const void* from, void* to, size_t size) {
  const iovec local = {to, size};
  const iovec remote = {const_cast<void*>(from), size};
  const ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  if (got >= 0 || errno == EFAULT) return got == static_cast<ssize_t>(size);
  // Containers may refuse that call even of oneself.
  const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (memory < 0) return false;
  const bool whole =
      pread(memory, to, size,
            static_cast<off_t>(reinterpret_cast<uintptr_t>(from))) ==
      static_cast<ssize_t>(size);
  close(memory);
  return whole;
}

}  // namespace heap_dump

#include "tests/fuzz/fuzz_dump.h"

// The bytes after the roots in a dump of the first heap_dump gem.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  heapq::FuzzDump("[{\"id\":\"_ROOTS_\",\"vm\":[4096]}\n", data, size);
  return 0;
}

#include "tests/fuzz/fuzz_dump.h"

// The bytes after the header of a format 2 dump.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  heapq::FuzzDump(
      "[{\"id\":\"_HEADER_\",\"format\":\"heap_dump\",\"version\":2}\n", data,
      size);
  return 0;
}

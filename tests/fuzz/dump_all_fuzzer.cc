#include "tests/fuzz/fuzz_dump.h"

// The bytes after the first root in a dump by ObjectSpace.dump_all.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  heapq::FuzzDump(
      "{\"type\":\"ROOT\",\"root\":\"vm\",\"references\":[\"0x1000\"]}\n", data,
      size);
  return 0;
}

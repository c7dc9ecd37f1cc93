#include "tests/fuzz/fuzz_dump.h"

// A whole file: any format, packed or not.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  heapq::FuzzDump("", data, size);
  return 0;
}

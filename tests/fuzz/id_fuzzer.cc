// Text that a user may type for an object or a reference.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "indexer/load/load.h"
#include "tests/cli/run_heapq.h"
#include "tests/support/heap_builder.h"
#include "tests/support/rich_heap.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

std::string HeapDbPath() {
  static const auto* const kDir = new TempDir;
  HeapBuilder heap;
  AddRichHeap("t", &heap);
  LoadOptions options;
  options.input = kDir->Write("dump.json", heap.Format2());
  options.output = kDir->File("heap.db");
  if (!Load(options).ok()) std::abort();
  return options.output;
}

void Ask(const std::string& id) {
  static const auto* const kDb = new std::string(HeapDbPath());
  for (const auto& words : {std::vector<std::string>{"show", "--", id},
                            {"what-if", "--drop-edge=" + id},
                            {"what-if", "--drop=" + id}}) {
    std::vector<std::string> all = {"--db", *kDb};
    all.insert(all.end(), words.begin(), words.end());
    if (RunHeapqWith(all).code > 2) std::abort();  // no other code is right
  }
}

}  // namespace
}  // namespace heapq

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string id(reinterpret_cast<const char*>(data), size);
  heapq::Ask(id.substr(0, id.find('\0')));  // as argv has it
  return 0;
}

// A heap.db that is damaged or hostile, asked everything. The input is either
// a whole file (it begins like one), or a list of patches to a sound heap.db,
// four bytes each: where (a page and a place in it), and what is put there.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/load/load.h"
#include "tests/cli/run_heapq.h"
#include "tests/fuzz/memory_file.h"
#include "tests/support/heap_builder.h"
#include "tests/support/rich_heap.h"
#include "tests/support/temp_dir.h"

namespace heapq {
namespace {

constexpr size_t kPageSize = 4096;

std::string SoundHeapDb() {
  HeapBuilder heap;
  AddRichHeap("t", &heap);
  const TempDir dir;
  LoadOptions options;
  options.input = dir.Write("dump.json", heap.Format2());
  options.output = dir.File("heap.db");
  if (!Load(options).ok()) std::abort();
  return ReadFile(options.output);
}

std::string Patched(std::string_view patches) {
  static const auto* const kSound = new std::string(SoundHeapDb());
  std::string file = *kSound;
  for (; patches.size() >= 4; patches.remove_prefix(4)) {
    const auto byte = [&patches](size_t i) {
      return static_cast<unsigned char>(patches[i]);
    };
    const size_t page = byte(0) % (file.size() / kPageSize);
    const size_t place = (size_t{byte(1)} << 8 | byte(2)) % kPageSize;
    file[page * kPageSize + place] = patches[3];
  }
  return file;
}

void Ask(std::string_view input) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  const MemoryFile file(input.substr(0, kMagic.size()) == kMagic
                            ? std::string(input)
                            : Patched(input));
  static const auto* const kQuestions =
      new std::vector<std::vector<std::string>>(
          EveryQuestion({"#1", "#20", "#40"}, "Space::Thingt", "other.db"));
  for (std::vector<std::string> words : *kQuestions) {
    for (std::string& word : words) {
      if (word == "heap.db") word = file.path();
    }
    words.insert(words.end(), {"--db", file.path()});
    RunHeapqWith(words);
  }
}

}  // namespace
}  // namespace heapq

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  heapq::Ask(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}

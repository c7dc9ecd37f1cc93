#include "tests/fuzz/fuzz_dump.h"

#include <cstdio>
#include <cstdlib>

#include "indexer/graph/analysis.h"
#include "indexer/read/read_dump.h"
#include "tests/fuzz/memory_file.h"
#include "tests/indexer/read/read_dump_fixture.h"

namespace heapq {
namespace {

void Expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Neither the decoder nor the size of blocks nor threads may matter.
void ExpectEqual(const std::string& expected, const std::string& actual,
                 const char* how) {
  if (expected == actual) return;
  for (const std::string& text : {"by the scanner:\n" + expected,
                                  "\n" + std::string(how) + ":\n" + actual}) {
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  Expect(false, "every decoder reads the same");
}

}  // namespace

void FuzzDump(std::string first_record, const uint8_t* data, size_t size) {
  const std::string content =
      std::move(first_record) +
      std::string(reinterpret_cast<const char*>(data), size);
  const MemoryFile file(content);
  ReadOptions options;
  options.spill_dir = "/tmp";
  options.chunk_size = 1 << 16;
  options.threads = 1;
  auto whole = ReadDump(file.path(), options);
  options.strict = true;
  const auto strict = ReadDump(file.path(), options);
  options.strict = false;
  const bool read = whole.ok();
  if (read) Expect(Analyze(whole->heap).ok(), "any heap can be analysed");
  Expect(read || !strict.ok(), "strict takes no more than the usual");
  Expect(!read || strict.ok() == whole->drops.empty(),
         "strict refuses what is dropped");
  const std::string outcome = DumpText::Outcome(std::move(whole));
  options.decoder = Decoder::kYajl;
  options.chunk_size = 1 + content.size() % 31;
  ExpectEqual(outcome, DumpText::Outcome(ReadDump(file.path(), options)),
              "by yajl in pieces");
  options.decoder = Decoder::kPortable;
  options.chunk_size = 1 + content.size() % 1021;
  // Each block is handed from thread to thread: not too many of them.
  options.threads = options.chunk_size < 256 ? 1 : 2;
  ExpectEqual(outcome, DumpText::Outcome(ReadDump(file.path(), options)),
              "without vectors, by threads");
}

}  // namespace heapq

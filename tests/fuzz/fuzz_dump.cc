#include "tests/fuzz/fuzz_dump.h"

#include <cstdio>
#include <cstdlib>

#include "indexer/graph/analysis.h"
#include "indexer/load/read_dump.h"
#include "tests/fuzz/memory_file.h"
#include "tests/indexer/read_dump/read_dump_fixture.h"

namespace heapq {
namespace {

void Expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
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
  auto whole = ReadDump(file.path(), options);
  options.chunk_size = 1 + content.size() % 31;
  options.decoder = Decoder::kYajl;
  auto pieces = ReadDump(file.path(), options);
  Expect(whole.ok() == pieces.ok(), "neither chunks nor the decoder matter");
  options.decoder = Decoder::kScanner;
  options.strict = true;
  const auto strict = ReadDump(file.path(), options);
  if (!whole.ok()) {
    Expect(!strict.ok(), "strict takes no more than the usual");
    return;
  }
  const std::string as_whole = DumpText::Describe(&*whole);
  const std::string in_pieces = DumpText::Describe(&*pieces);
  if (as_whole != in_pieces) {
    std::fprintf(stderr, "whole:\n%s\nin pieces:\n%s\n", as_whole.c_str(),
                 in_pieces.c_str());
  }
  Expect(as_whole == in_pieces, "neither chunks nor the decoder matter");
  Expect(strict.ok() == whole->drops.empty(), "strict refuses what is dropped");
  Expect(Analyze(whole->heap).ok(), "any heap can be analysed");
}

}  // namespace heapq

#ifndef HEAPQ_INDEXER_FORMATS_FIRST_GEM_READER_H_
#define HEAPQ_INDEXER_FORMATS_FIRST_GEM_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "indexer/formats/heap_dump_reader.h"

namespace heapq {

// Reads the format of the first heap_dump gem (docs/reference/format.md §8) by
// its differences from format 2: other names of some keys, numbers that may be
// references or Integers, and iseqs inside the records of procs.
class FirstGemReader : public HeapDumpReader {
 public:
  // `sink` must outlive the reader.
  explicit FirstGemReader(RecordSink* sink) : HeapDumpReader(sink) {}

  void Begin() override;
  void OnScalar(const JsonScalar& value) override;
  void OnKey(std::string_view key) override;
  void OnStartMap() override;
  RecordOutcome End() override;
  void Finish() override;

  DumpFormat format() const override { return DumpFormat::kHeapDump1; }
  bool missing_end() const override { return false; }

 private:
  // An iseq inside the record of a proc. It may have a record of its own as
  // well, so it becomes an object at the end of the file.
  struct InlineIseq {
    uint64_t address = 0;
    uint64_t size = 0;
    std::string name;
    std::vector<std::pair<std::string, std::string>> properties;
    std::vector<std::pair<std::string, uint64_t>> parts;
  };

  Expected ExpectedOf(const HeapDumpKeySpec& spec) const override;
  void EmitNumber(EdgeLabel label, bool weak, std::string_view digits) override;
  EdgeLabel InNameMap(EdgeKind kind, bool weak, std::string_view name) override;
  // Accepts everything: roots hold whatever was on the program's C stack.
  void RejectRootIf(std::string /*mismatch*/) override {}
  bool CanBeRoot(uint64_t number) const override;

  void InlineIseqScalar(const JsonScalar& value);
  void KeepInlineIseq();

  InlineIseq inline_iseq_;  // of the record
  // The inline iseqs of all records so far, in the order of the file.
  std::vector<InlineIseq> inline_iseqs_;
  absl::flat_hash_set<uint64_t> inline_addresses_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_FIRST_GEM_READER_H_

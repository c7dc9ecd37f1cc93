#ifndef HEAPQ_INDEXER_FORMATS_DUMP_ALL_READER_H_
#define HEAPQ_INDEXER_FORMATS_DUMP_ALL_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "indexer/formats/dump_all_keys.h"
#include "indexer/formats/record_builder.h"
#include "indexer/heap/record_sink.h"
#include "indexer/json/record_reader.h"
#include "indexer/model/dump_format.h"

namespace heapq {

// Reads ObjectSpace.dump_all of Ruby 2.1 and later. Its references are mere
// addresses; AddReferences labels those of arrays and hashes.
class DumpAllReader : public RecordReader {
 public:
  // `sink` must outlive the reader.
  explicit DumpAllReader(RecordSink* sink) : sink_(sink) {}

  void Begin() override;
  void OnScalar(const JsonScalar& value) override;
  void OnKey(std::string_view key) override;
  void OnStartMap() override { Open(true); }
  void OnEndMap() override { --depth_; }
  void OnStartArray() override { Open(false); }
  void OnEndArray() override { --depth_; }
  RecordOutcome End() override;
  void Abandon() override { sink_->Abandon(); }
  void CountScanned(uint64_t objects) override { objects_ += objects; }

  uint64_t shapes() const override { return shapes_; }
  DumpFormat format() const override { return DumpFormat::kDumpAll; }

 private:
  // Drops the record if there is a mismatch.
  bool RejectIf(std::string mismatch);
  void Open(bool map);
  void InnerScalar(const JsonScalar& value);
  void Text(std::string_view text);
  void Number(std::string_view digits);
  void Property(std::string_view key, std::string_view text);
  void Reference(const JsonScalar& value);

  RecordSink* const sink_;
  int depth_ = 0;
  std::string key_;                       // of the record
  const DumpAllKeySpec* spec_ = nullptr;  // of key_
  std::string inner_key_;                 // of its `flags`

  ObjectRecord object_;
  bool has_address_ = false;
  std::string bad_;
  std::string type_, kind_, name_, value_, file_, method_, root_, length_,
      count_;
  DumpAllReferences references_;  // not yet added

  uint64_t objects_ = 0;  // so far
  uint64_t shapes_ = 0;   // so far
  // When the first roots came: Ruby writes all of them before the objects.
  std::optional<uint64_t> objects_at_roots_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_DUMP_ALL_READER_H_

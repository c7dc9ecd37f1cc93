#ifndef HEAPQ_INDEXER_FORMATS_DUMP_ALL_READER_H_
#define HEAPQ_INDEXER_FORMATS_DUMP_ALL_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/heap/record_sink.h"
#include "indexer/json/record_reader.h"
#include "indexer/model/dump_format.h"

namespace heapq {

// Reads ObjectSpace.dump_all of Ruby 2.1 and later. Its references are mere
// addresses; where their number shows that every element of an array, or
// every key and value of a hash, is among them, they get their labels back.
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
  bool Refuses(std::string mismatch);
  void Open(bool map);
  void InnerScalar(const JsonScalar& value);
  void Text(std::string_view text);
  void Number(std::string_view digits);
  void Property(std::string_view key, std::string_view text);
  void Reference(const JsonScalar& value);
  // Gives the held references on, with labels where these are sure; true: these
  // tell how many elements there are.
  bool FlushReferences(bool complete);

  RecordSink* const sink_;
  int depth_ = 0;
  std::string key_;        // of the record
  std::string inner_key_;  // of its `flags`

  ObjectRecord object_;
  bool has_address_ = false;
  std::string bad_;
  std::string type_, kind_, name_, value_, file_, method_, root_, length_,
      count_;
  uint64_t superclass_ = 0;
  uint64_t default_ = 0;
  uint64_t element_count_ = 0;  // `length` of an array, `size` of a hash
  bool shared_ = false;
  std::vector<uint64_t> references_;  // not yet given on
  bool flushed_ = false;              // there were too many to hold

  uint64_t objects_ = 0;  // so far
  uint64_t shapes_ = 0;   // so far
  // When the first roots came: Ruby writes all of them before the objects.
  std::optional<uint64_t> objects_at_roots_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_DUMP_ALL_READER_H_

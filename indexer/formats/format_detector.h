#ifndef HEAPQ_INDEXER_FORMATS_FORMAT_DETECTOR_H_
#define HEAPQ_INDEXER_FORMATS_FORMAT_DETECTOR_H_

#include <memory>
#include <string>
#include <string_view>

#include "indexer/heap/record_sink.h"
#include "indexer/json/record_reader.h"
#include "indexer/model/dump_format.h"

namespace heapq {

// Picks the reader by the first record's first key and hands everything on
// to it: "id" with the value "_HEADER_" begins format 2, any other "id" the
// first gem's format, everything else ObjectSpace.dump_all. Once picked, the
// reader stays.
class FormatDetector : public RecordReader {
 public:
  // `sink` must outlive the probe.
  explicit FormatDetector(RecordSink* sink) : sink_(sink) {}

  void Begin() override;
  void OnScalar(const JsonScalar& value) override;
  void OnKey(std::string_view key) override;
  void OnStartMap() override;
  void OnEndMap() override;
  void OnStartArray() override;
  void OnEndArray() override;
  RecordOutcome End() override;
  void Abandon() override;
  void CountScanned(uint64_t objects) override {
    reader_->CountScanned(objects);
  }
  // kUnknown until a record was understood.
  DumpFormat format() const override;
  void Finish() override;
  uint64_t shapes() const override;
  bool missing_end() const override;
  std::string Audit() const override;

 private:
  void Pick(bool header, bool has_id);
  void PickIfWaiting();

  RecordSink* const sink_;
  std::unique_ptr<RecordReader> reader_;
  std::string id_key_;       // "id", until its value was seen
  bool understood_ = false;  // a record came through
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_FORMAT_DETECTOR_H_

#include "indexer/formats/format_detector.h"

#include "indexer/formats/dump_all_reader.h"
#include "indexer/formats/first_gem_reader.h"
#include "indexer/formats/heap_dump_reader.h"

namespace heapq {

void FormatDetector::Begin() {
  if (!understood_) reader_ = nullptr;
  id_key_.clear();
  if (reader_ != nullptr) reader_->Begin();
}

void FormatDetector::Pick(bool header, bool has_id) {
  if (header) {
    reader_ = std::make_unique<HeapDumpReader>(sink_);
  } else if (has_id) {
    reader_ = std::make_unique<FirstGemReader>(sink_);
  } else {
    reader_ = std::make_unique<DumpAllReader>(sink_);
  }
  reader_->Begin();
  reader_->OnStartMap();
  if (has_id) reader_->OnKey(id_key_);
  id_key_.clear();
}

// The id is a map or a list, which no format allows; the reader reports it.
void FormatDetector::PickIfWaiting() {
  if (reader_ == nullptr && !id_key_.empty()) Pick(false, true);
}

void FormatDetector::OnKey(std::string_view key) {
  if (reader_ == nullptr) {
    if (key == "id" || key == "_id") {
      id_key_ = key;
      return;
    }
    Pick(false, false);
  }
  reader_->OnKey(key);
}

void FormatDetector::OnScalar(const JsonScalar& value) {
  if (reader_ == nullptr) {
    Pick(value.type == JsonScalar::kString && value.text == "_HEADER_", true);
  }
  reader_->OnScalar(value);
}

void FormatDetector::OnStartMap() {
  PickIfWaiting();
  if (reader_ != nullptr) reader_->OnStartMap();
}

void FormatDetector::OnEndMap() {
  if (reader_ != nullptr) reader_->OnEndMap();
}

void FormatDetector::OnStartArray() {
  PickIfWaiting();
  if (reader_ != nullptr) reader_->OnStartArray();
}

void FormatDetector::OnEndArray() {
  if (reader_ != nullptr) reader_->OnEndArray();
}

RecordOutcome FormatDetector::End() {
  if (reader_ == nullptr) {
    return {RecordOutcome::kBad, "bad_record", "an empty record"};
  }
  RecordOutcome outcome = reader_->End();
  understood_ |= outcome.kind != RecordOutcome::kBad;
  return outcome;
}

void FormatDetector::Abandon() {
  if (reader_ != nullptr) reader_->Abandon();
}

DumpFormat FormatDetector::format() const {
  return understood_ ? reader_->format() : DumpFormat::kUnknown;
}

void FormatDetector::Finish() {
  if (understood_) reader_->Finish();
}

uint64_t FormatDetector::shapes() const {
  return understood_ ? reader_->shapes() : 0;
}

bool FormatDetector::missing_end() const {
  return understood_ && reader_->missing_end();
}

std::string FormatDetector::Audit() const {
  return understood_ ? reader_->Audit() : std::string();
}

}  // namespace heapq

#include "indexer/decode/format_probe.h"

#include "indexer/decode/dump_all_reader.h"
#include "indexer/decode/field_reader.h"

namespace heapq {

void FormatProbe::Begin() {
  if (!understood_) reader_ = nullptr;
  id_key_.clear();
  if (reader_ != nullptr) reader_->Begin();
}

void FormatProbe::Pick(bool header, bool has_id) {
  if (has_id) {
    reader_ =
        std::make_unique<FieldReader>(header ? FieldReader::Dialect::kFormat2
                                             : FieldReader::Dialect::kFirstGem,
                                      sink_);
  } else {
    reader_ = std::make_unique<DumpAllReader>(sink_);
  }
  reader_->Begin();
  reader_->OnStartMap();
  if (has_id) reader_->OnKey(id_key_);
  id_key_.clear();
}

// The id is a map or a list: no record of any format, but somebody must say
// so.
void FormatProbe::PickIfWaiting() {
  if (reader_ == nullptr && !id_key_.empty()) Pick(false, true);
}

void FormatProbe::OnKey(std::string_view key) {
  if (reader_ == nullptr) {
    if (key == "id" || key == "_id") {
      id_key_ = key;
      return;
    }
    Pick(false, false);
  }
  reader_->OnKey(key);
}

void FormatProbe::OnScalar(const JsonScalar& value) {
  if (reader_ == nullptr) {
    Pick(value.type == JsonScalar::kString && value.text == "_HEADER_", true);
  }
  reader_->OnScalar(value);
}

void FormatProbe::OnStartMap() {
  PickIfWaiting();
  if (reader_ != nullptr) reader_->OnStartMap();
}

void FormatProbe::OnEndMap() {
  if (reader_ != nullptr) reader_->OnEndMap();
}

void FormatProbe::OnStartArray() {
  PickIfWaiting();
  if (reader_ != nullptr) reader_->OnStartArray();
}

void FormatProbe::OnEndArray() {
  if (reader_ != nullptr) reader_->OnEndArray();
}

RecordOutcome FormatProbe::End() {
  if (reader_ == nullptr) {
    return {RecordOutcome::kBad, "bad_record", "an empty record"};
  }
  RecordOutcome outcome = reader_->End();
  understood_ |= outcome.kind != RecordOutcome::kBad;
  return outcome;
}

void FormatProbe::Abandon() {
  if (reader_ != nullptr) reader_->Abandon();
}

std::string_view FormatProbe::format() const {
  return understood_ ? reader_->format() : std::string_view();
}

void FormatProbe::Finish() {
  if (understood_) reader_->Finish();
}

uint64_t FormatProbe::shapes() const {
  return understood_ ? reader_->shapes() : 0;
}

bool FormatProbe::missing_end() const {
  return understood_ && reader_->missing_end();
}

std::string FormatProbe::Audit() const {
  return understood_ ? reader_->Audit() : std::string();
}

}  // namespace heapq

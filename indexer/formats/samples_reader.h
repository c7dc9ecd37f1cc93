#ifndef HEAPQ_INDEXER_FORMATS_SAMPLES_READER_H_
#define HEAPQ_INDEXER_FORMATS_SAMPLES_READER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "indexer/json/record_reader.h"
#include "indexer/model/allocation_samples.h"

namespace heapq {

// Reads the record `_SAMPLES_` of dump format 2, of which the map is open
// already. Keys that it does not know are passed over.
class SamplesReader {
 public:
  void Begin();
  void OnKey(std::string_view key);
  void OnScalar(const JsonScalar& value);
  // The beginning and the end of a map or a list in the record.
  void OnStart();
  void OnEnd();
  // Whether no map or list in the record is open.
  bool at_top() const { return depth_ == 0; }

  // The samples, if `error` is empty; else what is wrong with the record.
  AllocationSamples Take(std::string* error);

 private:
  enum class Section { kOther, kFrames, kStacks, kObjects };

  void Element(const JsonScalar& value);
  void FrameElement(const JsonScalar& value);
  void SampleElement(const JsonScalar& value);
  uint64_t Number(const JsonScalar& value, uint64_t greatest);
  void Fail(std::string_view what);
  void EndRow();

  AllocationSamples samples_;
  std::string error_;
  Section section_ = Section::kOther;
  int depth_ = 0;  // 1: the list of a section; 2: one of its rows
  int place_ = 0;  // of the next element in the row
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_SAMPLES_READER_H_

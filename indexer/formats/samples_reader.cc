#include "indexer/formats/samples_reader.h"

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/string_view.h"

namespace heapq {
namespace {

constexpr int kRow = 2;  // depth
constexpr int kFrameElements = 3;
constexpr int kSampleElements = 4;
constexpr uint64_t kMax32 = std::numeric_limits<uint32_t>::max();
// A weight, times the size of any object, is far from an overflow.
constexpr uint64_t kMaxWeight = uint64_t{1} << 40;

}  // namespace

void SamplesReader::Begin() {
  samples_ = {};
  error_.clear();
  section_ = Section::kOther;
  depth_ = place_ = 0;
}

void SamplesReader::Fail(std::string_view what) {
  if (error_.empty()) error_ = what;
}

void SamplesReader::OnKey(std::string_view key) {
  if (depth_ != 0) return;
  section_ = key == "frames"    ? Section::kFrames
             : key == "stacks"  ? Section::kStacks
             : key == "objects" ? Section::kObjects
                                : Section::kOther;
}

void SamplesReader::OnStart() {
  if (++depth_ != kRow) return;
  place_ = 0;
  if (section_ == Section::kFrames) samples_.frames.emplace_back();
  if (section_ == Section::kObjects) samples_.samples.emplace_back();
}

void SamplesReader::OnEnd() {
  if (depth_ == kRow) EndRow();
  --depth_;
}

void SamplesReader::EndRow() {
  if (section_ == Section::kStacks) {
    samples_.stack_begin.push_back(
        static_cast<uint32_t>(samples_.stack_frames.size()));
  }
  if ((section_ == Section::kFrames && place_ < kFrameElements) ||
      (section_ == Section::kObjects && place_ < kSampleElements)) {
    Fail("a row of the samples is too short");
  }
}

uint64_t SamplesReader::Number(const JsonScalar& value, uint64_t greatest) {
  uint64_t number = 0;
  if (value.type != JsonScalar::kNumber ||
      !absl::SimpleAtoi(View(value.text), &number) || number > greatest) {
    Fail("a number of the samples is missing or too large");
    return 0;
  }
  return number;
}

void SamplesReader::OnScalar(const JsonScalar& value) {
  if (section_ == Section::kOther) return;
  if (depth_ == kRow) {
    Element(value);
    ++place_;
  } else {
    Fail("the samples are not lists of lists");
  }
}

void SamplesReader::Element(const JsonScalar& value) {
  switch (section_) {
    case Section::kFrames:
      return FrameElement(value);
    case Section::kStacks:
      samples_.stack_frames.push_back(
          static_cast<uint32_t>(Number(value, kMax32)));
      return;
    case Section::kObjects:
      return SampleElement(value);
    case Section::kOther:
      return;
  }
}

// [file, line, method]
void SamplesReader::FrameElement(const JsonScalar& value) {
  AllocationSamples::Frame& frame = samples_.frames.back();
  if (place_ == 0) frame.file = value.text;
  if (place_ == 1) frame.line = static_cast<uint32_t>(Number(value, kMax32));
  if (place_ == 2) frame.method = value.text;
}

// [address, stack, weight, generation]
void SamplesReader::SampleElement(const JsonScalar& value) {
  AllocationSamples::Sample& sample = samples_.samples.back();
  if (place_ == 0) {
    sample.address = Number(value, std::numeric_limits<uint64_t>::max());
  }
  if (place_ == 1) sample.stack = static_cast<uint32_t>(Number(value, kMax32));
  if (place_ == 2) sample.weight = Number(value, kMaxWeight);
  if (place_ == 3) {
    sample.generation = static_cast<uint32_t>(Number(value, kMax32));
  }
}

AllocationSamples SamplesReader::Take(std::string* error) {
  for (const uint32_t frame : samples_.stack_frames) {
    if (frame >= samples_.frames.size()) {
      Fail(absl::StrCat("a stack has frame ", frame, ", which is not there"));
    }
  }
  for (const AllocationSamples::Sample& sample : samples_.samples) {
    if (sample.stack >= samples_.stack_count()) {
      Fail(absl::StrCat("a sample has stack ", sample.stack,
                        ", which is not there"));
    }
  }
  *error = error_;
  return std::move(samples_);
}

}  // namespace heapq

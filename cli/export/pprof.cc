// pprof's profile.proto: a sample for each stack, with the count and the bytes
// of its objects. The wire format is two rules (a tag and a varint, or a tag, a
// length and bytes), so no protobuf library is needed to write it.
#include <string>
#include <string_view>

#include "cli/export/exporter.h"
#include "cli/export/profile_stacks.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/utf8.h"

namespace heapq {
namespace {

// Fields of profile.proto's messages, by their numbers there.
enum ProfileField {
  kSampleType = 1,
  kSample = 2,
  kLocation = 4,
  kFunction = 5,
  kStringTable = 6,
  kDefaultSampleType = 14,
};
enum ValueTypeField { kType = 1, kUnit = 2 };
enum SampleField { kLocationIds = 1, kValues = 2 };
enum LocationField { kLocationId = 1, kLine = 4 };
enum LineField { kFunctionId = 1 };
enum FunctionField { kFunctionOwnId = 1, kName = 2 };

// The strings before the frames' names.
constexpr std::string_view kWords[] = {"", "objects", "count", "space",
                                       "bytes"};
enum Word { kObjects = 1, kCount = 2, kSpace = 3, kBytes = 4, kFirstName = 5 };

class Message {
 public:
  void Number(int field, uint64_t number) {
    Varint(static_cast<uint64_t>(field) << 3);
    Varint(number);
  }
  void Bytes(int field, std::string_view bytes) {
    Varint(static_cast<uint64_t>(field) << 3 | 2);
    Varint(bytes.size());
    bytes_.append(bytes);
  }
  void Varint(uint64_t number) {
    for (; number >= 0x80; number >>= 7) {
      bytes_.push_back(static_cast<char>(number | 0x80));
    }
    bytes_.push_back(static_cast<char>(number));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::string ValueType(Word type, Word unit) {
  Message value;
  value.Number(kType, type);
  value.Number(kUnit, unit);
  return value.bytes();
}

std::string Sample(const ProfileStacks& stacks,
                   const ProfileStacks::Stack& stack) {
  Message locations;
  const std::vector<uint32_t> frames = stacks.FramesOf(stack);
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    locations.Varint(*frame + uint64_t{1});  // 0 is none; innermost first
  }
  Message values;
  values.Varint(stack.count);
  values.Varint(stack.size);
  Message sample;
  sample.Bytes(kLocationIds, locations.bytes());
  sample.Bytes(kValues, values.bytes());
  return sample.bytes();
}

}  // namespace

absl::Status WritePprof(HeapDb* db, const ExportOptions& options,
                        std::ostream* out) {
  ASSIGN_OR_RETURN(const ProfileStacks stacks,
                   ProfileStacks::Read(db, options));
  // A message is its fields one after the other, so that each can go out.
  const auto put = [out](int field, std::string_view bytes) {
    Message part;
    part.Bytes(field, bytes);
    *out << part.bytes();
    return Written(*out);
  };
  RETURN_IF_ERROR(put(kSampleType, ValueType(kObjects, kCount)));
  RETURN_IF_ERROR(put(kSampleType, ValueType(kSpace, kBytes)));
  for (const ProfileStacks::Stack& stack : stacks.stacks()) {
    if (stack.count != 0) {
      RETURN_IF_ERROR(put(kSample, Sample(stacks, stack)));
    }
  }
  for (const std::string_view word : kWords) {
    RETURN_IF_ERROR(put(kStringTable, word));
  }
  for (size_t i = 0; i < stacks.frames().size(); ++i) {
    Message line;
    line.Number(kFunctionId, i + 1);
    Message location;
    location.Number(kLocationId, i + 1);
    location.Bytes(kLine, line.bytes());
    RETURN_IF_ERROR(put(kLocation, location.bytes()));
    Message function;
    function.Number(kFunctionOwnId, i + 1);
    function.Number(kName, kFirstName + i);
    RETURN_IF_ERROR(put(kFunction, function.bytes()));
    RETURN_IF_ERROR(put(kStringTable, ToValidUtf8(stacks.frames()[i])));
  }
  Message last;
  last.Number(kDefaultSampleType, kSpace);
  *out << last.bytes();
  return Written(*out);
}

}  // namespace heapq

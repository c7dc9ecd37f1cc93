#include "cli/export/hprof_file.h"

#include <algorithm>

#include "cli/export/exporter.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/utf8.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

constexpr size_t kSegmentBytes = 1 << 20;

enum RecordTag : uint8_t {
  kString = 0x01,
  kLoadClass = 0x02,
  kStackTrace = 0x05,
  kHeapDumpSegment = 0x1c,
  kHeapDumpEnd = 0x2c,
};
enum SegmentTag : uint8_t {
  kClassDump = 0x20,
  kInstanceDump = 0x21,
  kReferenceArray = 0x22,
  kPrimitiveArray = 0x23,
};
constexpr uint32_t kNoTrace = 1;  // the serial of the one, empty trace

void Put(uint64_t number, int bytes, std::string* out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(number >> shift & 0xff));
  }
}

}  // namespace

void HprofFile::Record(uint8_t tag, uint64_t length) {
  std::string head;
  Put(tag, 1, &head);
  Put(0, 4, &head);  // microseconds since the beginning
  Put(length, 4, &head);
  out_ << head;
}

void HprofFile::Begin(uint64_t milliseconds) {
  std::string head("JAVA PROFILE 1.0.2");
  Put(0, 1, &head);
  Put(8, 4, &head);  // bytes of an id
  Put(milliseconds, 8, &head);
  out_ << head;
  std::string trace;
  Put(kNoTrace, 4, &trace);
  Put(0, 4, &trace);  // thread
  Put(0, 4, &trace);  // frames
  Record(kStackTrace, trace.size());
  out_ << trace;
}

uint64_t HprofFile::NameOf(std::string_view name) {
  if (in_heap_dump_) {
    const auto known = names_.find(std::string(name));
    return known == names_.end() ? 0 : known->second;
  }
  const auto [found, is_new] =
      names_.try_emplace(std::string(name), names_.size() + 1);
  if (is_new) {
    std::string body;
    Put(found->second, 8, &body);
    body += ToValidUtf8(name);
    Record(kString, body.size());
    out_ << body;
  }
  return found->second;
}

void HprofFile::LoadClass(uint64_t id, std::string_view name) {
  const uint64_t name_id = NameOf(name);
  std::string body;
  Put(++classes_, 4, &body);
  Put(id, 8, &body);
  Put(kNoTrace, 4, &body);
  Put(name_id, 8, &body);
  Record(kLoadClass, body.size());
  out_ << body;
}

absl::Status HprofFile::WriteRoot(Root kind, uint64_t id) {
  Put(kind, 1, &segment_);
  Put(id, 8, &segment_);
  if (kind == kGlobalRoot) Put(id, 8, &segment_);  // of the reference itself
  return FlushIfFull();
}

absl::Status HprofFile::WriteClass(uint64_t id, uint64_t super,
                                   const std::vector<Member>& statics,
                                   const std::vector<Member>& fields) {
  in_heap_dump_ = true;
  Put(kClassDump, 1, &segment_);
  Put(id, 8, &segment_);
  Put(kNoTrace, 4, &segment_);
  Put(super, 8, &segment_);
  // Class loader, signers, protection domain, two reserved ones.
  for (int i = 0; i < 5; ++i) Put(0, 8, &segment_);
  Put(8 * fields.size(), 4, &segment_);
  Put(0, 2, &segment_);  // constants
  Put(statics.size(), 2, &segment_);
  for (const Member& member : statics) {
    Put(NameOf(member.name), 8, &segment_);
    Put(member.type, 1, &segment_);
    Put(member.value, 8, &segment_);
  }
  Put(fields.size(), 2, &segment_);
  for (const Member& member : fields) {
    Put(NameOf(member.name), 8, &segment_);
    Put(member.type, 1, &segment_);
  }
  return FlushIfFull();
}

absl::Status HprofFile::WriteInstance(uint64_t id, uint64_t class_id,
                                      const std::vector<uint64_t>& values) {
  Put(kInstanceDump, 1, &segment_);
  Put(id, 8, &segment_);
  Put(kNoTrace, 4, &segment_);
  Put(class_id, 8, &segment_);
  Put(8 * values.size(), 4, &segment_);
  for (const uint64_t value : values) Put(value, 8, &segment_);
  return FlushIfFull();
}

absl::Status HprofFile::WriteReferences(uint64_t id, uint64_t class_id,
                                        const std::vector<uint64_t>& elements) {
  Put(kReferenceArray, 1, &segment_);
  Put(id, 8, &segment_);
  Put(kNoTrace, 4, &segment_);
  Put(elements.size(), 4, &segment_);
  Put(class_id, 8, &segment_);
  for (const uint64_t element : elements) Put(element, 8, &segment_);
  return FlushIfFull();
}

absl::Status HprofFile::WriteChars(uint64_t id, std::string_view text) {
  std::string units;
  for (size_t i = 0; i < text.size();) {
    char32_t c = 0;
    NextCharacter(text, &i, &c);
    if (c < 0x10000) {
      Put(c, 2, &units);
    } else {
      Put(0xd800 + ((c - 0x10000) >> 10), 2, &units);
      Put(0xdc00 + ((c - 0x10000) & 0x3ff), 2, &units);
    }
  }
  Put(kPrimitiveArray, 1, &segment_);
  Put(id, 8, &segment_);
  Put(kNoTrace, 4, &segment_);
  Put(units.size() / 2, 4, &segment_);
  Put(kChar, 1, &segment_);
  segment_ += units;
  return FlushIfFull();
}

absl::Status HprofFile::WriteBytes(uint64_t id, uint64_t length) {
  std::string head;
  Put(kPrimitiveArray, 1, &head);
  Put(id, 8, &head);
  Put(kNoTrace, 4, &head);
  Put(length, 4, &head);
  Put(kByte, 1, &head);
  if (length < kSegmentBytes) {
    segment_ += head;
    segment_.append(length, '\0');
    return FlushIfFull();
  }
  // Too long for memory, perhaps: a segment of its own.
  RETURN_IF_ERROR(Flush());
  Record(kHeapDumpSegment, head.size() + length);
  out_ << head;
  const std::string zeros(kSegmentBytes, '\0');
  while (length > 0) {
    const uint64_t part = std::min<uint64_t>(length, zeros.size());
    out_.write(zeros.data(), static_cast<std::streamsize>(part));
    RETURN_IF_ERROR(Written(out_));
    length -= part;
  }
  return absl::OkStatus();
}

absl::Status HprofFile::FlushIfFull() {
  return segment_.size() < kSegmentBytes ? absl::OkStatus() : Flush();
}

absl::Status HprofFile::Flush() {
  in_heap_dump_ = true;
  if (segment_.empty()) return absl::OkStatus();
  Record(kHeapDumpSegment, segment_.size());
  out_ << segment_;
  segment_.clear();
  return Written(out_);
}

absl::Status HprofFile::Finish() {
  RETURN_IF_ERROR(Flush());
  Record(kHeapDumpEnd, 0);
  return Written(out_);
}

}  // namespace heapq

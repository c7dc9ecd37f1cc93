// The ends of records: what each type of record brings.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/formats/heap_dump_reader.h"
#include "indexer/formats/record_builder.h"
#include "indexer/formats/value_schema.h"

namespace heapq {
namespace {

constexpr uint64_t kNewestVersion = 2;

}  // namespace

RecordOutcome HeapDumpReader::End() {
  EmitPendingLocals();
  if (bad_.empty() && !has_id_) bad_ = "the record has no id";
  if (!bad_.empty()) {
    Abandon();
    return {RecordOutcome::kBad, "bad_record", bad_};
  }
  switch (record_type_) {
    case RecordType::kObject:
      return EndObject();
    case RecordType::kHeader:
      return EndHeader();
    case RecordType::kRoots:
      return EndRoots();
    case RecordType::kEnd:
      end_seen_ = true;
      return {};
    case RecordType::kContinuation:
      if (!sink_->CommitContinuation(continued_, value_)) {
        return {RecordOutcome::kBad, "orphan_continuation",
                absl::StrCat("continues 0x", absl::Hex(continued_),
                             ", which has no record before it")};
      }
      return {};
    case RecordType::kSamples:
      return EndSamples();
    case RecordType::kNote:
      sink_->Abandon();
      return {};
  }
  return {};
}

RecordOutcome HeapDumpReader::EndObject() {
  if (object_.address == 0) {
    Abandon();
    return {RecordOutcome::kBad, "bad_record", "the record's id is 0"};
  }
  RecordTexts texts;
  texts.kind = kind_;
  texts.name = object_name_;
  texts.value = value_;
  texts.length = length_;
  texts.line = line_digits_;
  EndHeapDumpObject(&object_, &object_.line, &texts, SinkOutput(sink_));
  object_.kind = texts.kind;
  object_.name = texts.name;
  object_.value = value_;
  object_.file = file_;
  object_.method = method_;
  if (!sink_->CommitObject(object_)) {
    return DuplicateAddress(object_.address);
  }
  ++objects_;
  return {RecordOutcome::kCommitted, {}, {}};
}

void HeapDumpReader::HeaderScalar(const JsonScalar& value) {
  if (key_ == "format") format_name_ = value.text;
  if (key_ == "version") {
    has_version_ = Mismatch(Expected::kNumber, key_, value).empty() &&
                   Number(value.text, &version_);
  }
}

RecordOutcome HeapDumpReader::EndHeader() {
  sink_->Abandon();
  if (format_name_ != "heap_dump") {
    return {RecordOutcome::kFatal,
            {},
            absl::StrCat("the header names the format \"", format_name_,
                         "\"; this heapq reads heap_dump 2")};
  }
  if (version_ > kNewestVersion) {
    return {RecordOutcome::kFatal,
            {},
            absl::StrCat("the dump is of format version ", version_,
                         ", this heapq reads up to ", kNewestVersion,
                         "; use a newer heapq")};
  }
  second_dump_ |= header_seen_;
  if (second_dump_) return SecondDump();
  if (!has_version_ || version_ == 0) {
    return {RecordOutcome::kFatal,
            {},
            absl::StrCat("the header has no \"version\" that is a number from "
                         "1 on; this heapq reads up to ",
                         kNewestVersion)};
  }
  header_seen_ = true;
  return {};
}

RecordOutcome HeapDumpReader::EndRoots() {
  sink_->Abandon();
  if (second_dump_) return SecondDump();
  for (const PendingRoot& root : roots_) {
    const bool weak =
        std::find(weak_categories_.begin(), weak_categories_.end(),
                  root.category) != weak_categories_.end();
    sink_->Root(root.category, root.name, root.target, weak);
  }
  return {};
}

RecordOutcome HeapDumpReader::EndSamples() {
  sink_->Abandon();
  if (second_dump_) return SecondDump();
  std::string error;
  AllocationSamples samples = samples_.Take(&error);
  if (!error.empty()) return {RecordOutcome::kBad, "bad_record", error};
  sink_->Samples(std::move(samples));
  return {};
}

void HeapDumpReader::Abandon() { sink_->Abandon(); }

std::string HeapDumpReader::Audit() const {
  if (!has_declared_ || declared_objects_ == objects_) return {};
  return absl::StrCat("the end record counts ", declared_objects_,
                      " objects, the file holds ", objects_);
}

}  // namespace heapq

#include "indexer/formats/first_gem_reader.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "indexer/base/string_view.h"
#include "indexer/model/object_kind.h"

namespace heapq {
namespace {

// See format.md §8: smaller numbers may be Integers.
constexpr uint64_t kSurelyAddress = uint64_t{1} << 28;

// The key in format 2.
std::string_view CanonicalKey(std::string_view key) {
  if (key == "envval") return "env";
  if (key == "blockprocval") return "block";
  if (key == "is_lambda") return "lambda";
  return key;
}

}  // namespace

void FirstGemReader::Begin() {
  HeapDumpReader::Begin();
  inline_iseq_ = InlineIseq();
}

void FirstGemReader::OnKey(std::string_view key) {
  HeapDumpReader::OnKey(top().place == Place::kRecord ? CanonicalKey(key)
                                                      : key);
}

void FirstGemReader::OnStartMap() {
  if (has_levels() && top().place == Place::kRecord && IsKey("iseq") &&
      (record_type() == RecordType::kObject ||
       record_type() == RecordType::kContinuation)) {
    OpenForeign(Place::kInlineIseq);
  } else {
    HeapDumpReader::OnStartMap();
  }
}

void FirstGemReader::OnScalar(const JsonScalar& value) {
  if (top().place == Place::kInlineIseq) {
    InlineIseqScalar(value);
  } else if (top().place == Place::kNames &&
             (name() == "__classpath__" || name() == "__classid__")) {
    SetObjectName(value.text);
  } else {
    HeapDumpReader::OnScalar(value);
    return;
  }
  ++top().index;
}

RecordOutcome FirstGemReader::End() {
  RecordOutcome outcome = HeapDumpReader::End();
  if (outcome.kind == RecordOutcome::kCommitted) KeepInlineIseq();
  return outcome;
}

// The first gem wrote numbers as "val", too, and no flags.
Expected FirstGemReader::ExpectedOf(const HeapDumpKeySpec& spec) const {
  return spec.key == HeapDumpKey::kVal || spec.key == HeapDumpKey::kFlag
             ? Expected::kAnything
             : spec.expected;
}

// A number may be a reference or an Integer. Floats and negative numbers are
// values.
void FirstGemReader::EmitNumber(EdgeLabel label, bool /*weak*/,
                                std::string_view digits) {
  uint64_t number = 0;
  if (absl::SimpleAtoi(View(digits), &number)) {
    sink()->MaybeEdge(label, number);
  } else {
    sink()->Field(label, digits);
  }
}

// Ruby 1.9 kept constants and more among the instance variables.
EdgeLabel FirstGemReader::InNameMap(EdgeKind kind, bool weak,
                                    std::string_view name) {
  if (kind != EdgeKind::kIvar || name.substr(0, 1) == "@") {
    return HeapDumpReader::InNameMap(kind, weak, name);
  }
  if (name == "__attached__") return Named(EdgeKind::kPart, "attached");
  return Named(EdgeKind::kConst, name);
}

bool FirstGemReader::CanBeRoot(uint64_t number) const {
  return number >= kSurelyAddress;
}

void FirstGemReader::InlineIseqScalar(const JsonScalar& value) {
  uint64_t number = 0;
  if (value.type == JsonScalar::kNull) return;  // an absent part
  if (value.type != JsonScalar::kNumber) {
    if (name() == "name") {
      inline_iseq_.name = value.text;
    } else {
      inline_iseq_.properties.emplace_back(name(), InspectText(value));
    }
  } else if (!absl::SimpleAtoi(View(value.text), &number) ||
             IsCount(HeapDumpKeyOf(name()).key)) {
    if (name() == "size") {
      inline_iseq_.size = number;
    } else {
      inline_iseq_.properties.emplace_back(name(), value.text);
    }
  } else if (name() == "id") {
    inline_iseq_.address = number;
    if (number != 0) sink()->Edge(Named(EdgeKind::kPart, "iseq"), number);
  } else {
    inline_iseq_.parts.emplace_back(name(), number);
  }
}

void FirstGemReader::KeepInlineIseq() {
  if (inline_iseq_.address == 0 ||
      !inline_addresses_.insert(inline_iseq_.address).second) {
    return;
  }
  inline_iseqs_.push_back(std::move(inline_iseq_));
}

void FirstGemReader::Finish() {
  for (const InlineIseq& iseq : inline_iseqs_) {
    for (const auto& [name, number] : iseq.parts) {
      sink()->MaybeEdge(Named(EdgeKind::kPart, name), number);
    }
    for (const auto& [name, text] : iseq.properties) {
      sink()->Field(Named(EdgeKind::kProperty, name), text);
    }
    ObjectRecord record;
    record.address = iseq.address;
    record.size = iseq.size;
    record.type = ObjectType::kData;
    record.kind = KindName(ObjectKind::kIseq);
    record.name = iseq.name;
    sink()->CommitObject(record);  // false: it has a record of its own
  }
  inline_iseqs_.clear();
}

}  // namespace heapq

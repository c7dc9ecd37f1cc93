#ifndef HEAPQ_INDEXER_FORMATS_HEAP_DUMP_READER_H_
#define HEAPQ_INDEXER_FORMATS_HEAP_DUMP_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/formats/heap_dump_keys.h"
#include "indexer/formats/samples_reader.h"
#include "indexer/heap/record_sink.h"
#include "indexer/json/record_reader.h"
#include "indexer/model/dump_format.h"

namespace heapq {

// Reads dump format 2 (docs/reference/format.md). FirstGemReader overrides the
// protected virtual functions for the first gem's format.
class HeapDumpReader : public RecordReader {
 public:
  // `sink` must outlive the reader.
  explicit HeapDumpReader(RecordSink* sink) : sink_(sink) {}

  void Begin() override;
  void OnScalar(const JsonScalar& value) override;
  void OnKey(std::string_view key) override;
  void OnStartMap() override;
  void OnEndMap() override { OnEndOfLevel(); }
  void OnStartArray() override;
  void OnEndArray() override { OnEndOfLevel(); }
  RecordOutcome End() override;
  void Abandon() override;

  void CountScanned(uint64_t objects) override { objects_ += objects; }

  DumpFormat format() const override { return DumpFormat::kHeapDump2; }
  bool missing_end() const override { return !end_seen_; }
  std::string Audit() const override;

 protected:
  // The content of a map or list at some depth of the record.
  enum class Place {
    kRecord,
    kNames,     // values by name, of label.kind
    kPairs,     // a name map written as pairs
    kPair,      // one of them
    kElements,  // array elements, or hash pairs as lists
    kHashPair,
    kMethods,      // name map of methods
    kMethodPairs,  // the same as pairs
    kMethodPair,
    kMethod,  // the description of one method
    kFrames,
    kFrame,
    kSame,        // all values in here have the label of their holder
    kCategory,    // roots: a list, or pairs
    kNamedRoots,  // roots by name
    kRootPair,
    kTexts,       // weak_categories
    kInlineIseq,  // read by FirstGemReader
    kSkipped,
  };
  struct Level {
    Place place = Place::kSkipped;
    bool weak = false;
    EdgeKind kind = EdgeKind::kRef;  // of a name map
    EdgeLabel label;                 // of the values in here, or the next one
    uint64_t index = 0;              // of the next element
  };
  enum class RecordType {
    kObject,
    kHeader,
    kRoots,
    kEnd,
    kContinuation,
    kSamples,
    kNote
  };
  struct Frame {
    std::string label;
    std::string file;
    uint32_t line = 0;
    uint64_t iseq = 0;
  };
  // A value of `locals` that came before `type_name`, which says of what.
  struct PendingLocal {
    uint32_t name;
    bool is_reference;
    std::string text;
  };
  struct PendingRoot {
    std::string category;
    std::string name;
    uint64_t target;
  };

  Level& top() { return levels_.back(); }
  void Push(Place place, EdgeLabel label, bool weak);
  void Pop();
  EdgeLabel Named(EdgeKind kind, std::string_view name) {
    return {kind, sink_->Name(name)};
  }

  EdgeLabel OfFrame(EdgeKind kind, std::string_view name) {
    return {kind, sink_->FrameValue(frame_number_, name)};
  }

  // The steps that differ in the first gem's format.
  virtual Expected ExpectedOf(const HeapDumpKeySpec& spec) const {
    return spec.expected;
  }
  // Adds a number as a reference.
  virtual void EmitNumber(EdgeLabel label, bool weak, std::string_view digits);
  virtual EdgeLabel InNameMap(EdgeKind kind, bool weak, std::string_view name);
  // Drops a record of roots if there is a mismatch.
  virtual void RejectRootIf(std::string mismatch);
  virtual bool CanBeRoot(uint64_t /*number*/) const { return true; }

  RecordType record_type() const { return record_type_; }
  const std::string& name() const { return name_; }
  void SetObjectName(std::string_view name) { object_name_ = name; }
  // Opens a map or list that a derived class reads.
  void OpenForeign(Place place) {
    parts_seen_ = true;
    Push(place, {}, false);
  }
  static std::string_view InspectText(const JsonScalar& value);
  RecordSink* sink() { return sink_; }
  bool has_levels() const { return !levels_.empty(); }
  bool IsKey(std::string_view key) const { return key_ == key; }

 private:
  // Drops the record if there is a mismatch.
  bool RejectIf(std::string mismatch);
  void OnEndOfLevel();
  void RejectOutOfOrder(std::string_view key, std::string_view before);
  void Emit(EdgeLabel label, bool weak, const JsonScalar& value);
  void EmitPendingLocals();
  void RecordScalar(const JsonScalar& value);
  void Continue(const JsonScalar& value);
  void RecordNumber(std::string_view digits);
  void RecordText(std::string_view text);
  void HeaderScalar(const JsonScalar& value);
  Expected ExpectedOfRoots() const;
  void Identify(const JsonScalar& value);
  void PairScalar(const JsonScalar& value);
  void FrameScalar(const JsonScalar& value);
  void RootScalar(std::string_view name, const JsonScalar& value);
  void OpenRecordField(bool map);
  void OpenNameMap(bool map, EdgeKind kind);
  void OpenInFrame(bool map);
  void EndFrame();
  bool Number(std::string_view digits, uint64_t* number);
  RecordOutcome EndObject();
  RecordOutcome EndHeader();
  RecordOutcome EndRoots();
  RecordOutcome EndSamples();

  RecordSink* const sink_;
  std::vector<Level> levels_;
  std::string key_;                        // of the record's field
  const HeapDumpKeySpec* spec_ = nullptr;  // of key_
  std::string name_;  // inside a field: the key or name of the next value
  Frame frame_;
  uint32_t frame_number_ = 0;

  // The record so far.
  RecordType record_type_ = RecordType::kObject;
  bool has_id_ = false;
  std::string bad_;  // why the record must be dropped
  ObjectRecord object_;
  std::string kind_, object_name_, value_, file_, method_;
  std::string length_, line_digits_;
  uint64_t continued_ = 0;   // address; 0: the roots
  uint64_t from_ = 0;        // index of a continued list's first element
  bool parts_seen_ = false;  // lists or maps, of an object or a continuation
  bool list_seen_ = false;   // "val"
  bool type_name_seen_ = false;
  std::vector<PendingLocal> pending_locals_;
  std::string format_name_;   // header
  bool has_version_ = false;  // header
  uint64_t version_ = 0;      // header
  uint64_t declared_objects_ = 0;
  bool has_declared_ = false;
  std::vector<PendingRoot> roots_;
  std::vector<std::string> weak_categories_;
  SamplesReader samples_;

  uint64_t objects_ = 0;
  bool end_seen_ = false;
  bool header_seen_ = false;
  bool roots_seen_ = false;
  bool second_dump_ = false;  // behind another one in the same file
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_HEAP_DUMP_READER_H_

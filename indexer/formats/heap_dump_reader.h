#ifndef HEAPQ_INDEXER_FORMATS_HEAP_DUMP_READER_H_
#define HEAPQ_INDEXER_FORMATS_HEAP_DUMP_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "indexer/heap/record_sink.h"
#include "indexer/json/record_reader.h"
#include "indexer/model/dump_format.h"

namespace heapq {

// Reads dump format 2 and, as a dialect, that of the first heap_dump gem
// (docs/reference/format.md). Both write an object's fields by key; they differ
// in how they tell a reference from a number, and in some names.
class HeapDumpReader : public RecordReader {
 public:
  enum class Dialect { kFormat2, kFirstGem };

  // `sink` must outlive the reader.
  HeapDumpReader(Dialect dialect, RecordSink* sink);

  void Begin() override;
  void OnScalar(const JsonScalar& value) override;
  void OnKey(std::string_view key) override;
  void OnStartMap() override;
  void OnEndMap() override { Pop(); }
  void OnStartArray() override;
  void OnEndArray() override { Pop(); }
  RecordOutcome End() override;
  void Abandon() override;
  void Finish() override;

  void CountScanned(uint64_t objects) override { objects_ += objects; }

  DumpFormat format() const override {
    return dialect_ == Dialect::kFormat2 ? DumpFormat::kHeapDump2
                                         : DumpFormat::kHeapDump1;
  }
  bool missing_end() const override {
    return dialect_ == Dialect::kFormat2 && !end_seen_;
  }
  std::string Audit() const override;

 private:
  // What the map or list at some depth of the record holds.
  enum class Place {
    kRecord,
    kNames,     // values by name: label.kind tells which
    kPairs,     // a name map written as pairs
    kPair,      // one of them
    kElements,  // array elements, or hash pairs as lists
    kHashPair,
    kMethods,      // name map of methods
    kMethodPairs,  // the same as pairs
    kMethodPair,
    kMethod,  // what is said of one method
    kFrames,
    kFrame,
    kSame,        // whatever is in here has the label of its holder
    kCategory,    // roots: a list, or pairs
    kNamedRoots,  // roots by name
    kRootPair,
    kTexts,       // weak_categories
    kInlineIseq,  // the first gem's record of an iseq, in that of its proc
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
    kNote
  };
  struct Frame {
    std::string label;
    std::string file;
    uint32_t line = 0;
    uint64_t iseq = 0;
    bool named = false;  // in the label of a value
    std::string Where() const;
  };
  // An iseq that the first gem wrote into the record of a proc. It may have a
  // record of its own as well, so it becomes an object at the end of the file.
  struct InlineIseq {
    uint64_t address = 0;
    uint64_t size = 0;
    std::string name;
    std::vector<std::pair<std::string, std::string>> properties;
    std::vector<std::pair<std::string, uint64_t>> parts;
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

  EdgeLabel InNameMap(EdgeKind kind, bool weak, std::string_view name);

  bool Refuses(std::string mismatch);
  void RefuseAsRoot(std::string mismatch);
  void Misplaced(std::string_view key, std::string_view before);
  void Emit(EdgeLabel label, bool weak, const JsonScalar& value);
  void RecordScalar(const JsonScalar& value);
  void Continue(const JsonScalar& value);
  void RecordNumber(std::string_view key, std::string_view digits);
  void RecordText(std::string_view key, std::string_view text);
  void Identify(const JsonScalar& value);
  void PairScalar(const JsonScalar& value);
  void FrameScalar(const JsonScalar& value);
  void RootScalar(std::string_view name, const JsonScalar& value);
  void OpenRecordField(bool map);
  void OpenInFrame(bool map);
  void InlineIseqScalar(const JsonScalar& value);
  void TakeInlineIseq();
  void EndFrame();
  bool Number(std::string_view digits, uint64_t* number);
  RecordOutcome EndObject();
  RecordOutcome EndHeader();
  RecordOutcome EndRoots();

  const Dialect dialect_;
  RecordSink* const sink_;
  std::vector<Level> levels_;
  std::string key_;   // of the record's field, in format 2's words
  std::string name_;  // inside a field: the key or name of the next value
  Frame frame_;
  uint32_t frame_number_ = 0;

  // The record so far.
  RecordType record_type_ = RecordType::kObject;
  bool has_id_ = false;
  std::string bad_;  // why the record must be dropped
  ObjectRecord object_;
  std::string kind_, object_name_, value_, file_, method_;
  std::string length_;
  bool is_iseq_ = false;
  uint64_t continued_ = 0;   // address; 0: the roots
  uint64_t from_ = 0;        // index of a continued list's first element
  bool parts_seen_ = false;  // lists or maps, of an object or a continuation
  bool list_seen_ = false;   // "val"
  bool locals_seen_ = false;
  std::string format_name_;   // header
  bool has_version_ = false;  // header
  uint64_t version_ = 0;      // header
  uint64_t declared_objects_ = 0;
  bool has_declared_ = false;
  std::vector<PendingRoot> roots_;
  std::vector<std::string> weak_categories_;

  InlineIseq inline_iseq_;  // of the record
  // Those of all records so far, in the order of the file.
  std::vector<InlineIseq> inline_iseqs_;
  absl::flat_hash_set<uint64_t> inline_addresses_;

  uint64_t objects_ = 0;
  bool end_seen_ = false;
  bool header_seen_ = false;
  bool roots_seen_ = false;
  bool second_dump_ = false;  // behind another one in the same file
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_HEAP_DUMP_READER_H_

#ifndef HEAPQ_INDEXER_HEAP_RECORD_SINK_H_
#define HEAPQ_INDEXER_HEAP_RECORD_SINK_H_

#include <cstdint>
#include <string_view>

#include "indexer/model/allocation_samples.h"
#include "indexer/model/edge_kind.h"
#include "indexer/model/object_type.h"

namespace heapq {

// The scalars of one object's record. Views live only during the call.
struct ObjectRecord {
  uint64_t address = 0;
  uint64_t class_address = 0;  // 0: none; of an imemo: see imemo_words.h
  uint64_t size = 0;           // shallow, bytes
  ObjectType type = ObjectType::kUnknown;
  uint8_t flags = 0;       // ObjectFlag
  std::string_view kind;   // T_DATA type name or imemo kind; empty: none
  std::string_view name;   // class path, iseq label, method name, symbol
  std::string_view value;  // text of a string, symbol, float, …
  bool has_value = false;  // an empty string differs from no text
  // Allocation site, where traced.
  std::string_view file;
  std::string_view method;
  uint32_t line = 0;
  uint32_t generation = 0;
};

// An address, or the number that `kind` wants: see LabelTypeOf. The number of a
// name comes from RecordSink::Name, that of a frame's value from
// RecordSink::FrameValue.
struct EdgeLabel {
  EdgeKind kind = EdgeKind::kRef;
  uint64_t label = 0;
};

// Receives what a reader understands, record by record. Edges, fields and
// frames arrive while a record is open and belong to it; the record is closed
// by exactly one of CommitObject, CommitContinuation and Abandon. A reader may
// deliver the edges of one record in any number of calls, so that a line of
// any length needs no buffer.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  // The number of `text` in the dictionary of names; stable for this load.
  virtual uint32_t Name(std::string_view text) = 0;
  // The number of the value `name` of frame `n` of a thread or fiber; stable
  // for this load.
  virtual uint32_t FrameValue(uint32_t n, std::string_view name) = 0;

  virtual void Edge(EdgeLabel label, uint64_t target) = 0;
  virtual void WeakEdge(EdgeLabel label, uint64_t target) = 0;
  // A value of the open record that is not a reference, as text.
  virtual void Field(EdgeLabel label, std::string_view text) = 0;
  // A reference only if the file has that object (the first gem's format);
  // otherwise it becomes a Field with the number as its text.
  virtual void MaybeEdge(EdgeLabel label, uint64_t number) = 0;
  // Frame `n` of the open thread or fiber, innermost first. `iseq` 0: none.
  virtual void Frame(uint32_t n, std::string_view label, std::string_view file,
                     uint32_t line, uint64_t iseq) = 0;

  // False, and the record is dropped, if the heap has an object there.
  virtual bool CommitObject(const ObjectRecord& record) = 0;
  // The open record's edges belong to the object at `address`. False, and
  // the record is dropped, if no object is there (yet).
  // `text` goes behind the object's value.
  virtual bool CommitContinuation(uint64_t address, std::string_view text) = 0;
  // Drops whatever came since the last commit.
  virtual void Abandon() = 0;

  // Roots stand outside of records. `name` may be empty.
  virtual void Root(std::string_view category, std::string_view name,
                    uint64_t target, bool weak) = 0;
  // Allocations that were sampled, once in a dump.
  virtual void Samples(AllocationSamples samples) = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_RECORD_SINK_H_

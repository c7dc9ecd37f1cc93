#ifndef HEAPQ_INDEXER_FORMATS_RECORD_BUILDER_H_
#define HEAPQ_INDEXER_FORMATS_RECORD_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "indexer/heap/imemo_words.h"
#include "indexer/heap/record_batch.h"
#include "indexer/heap/record_sink.h"
#include "indexer/model/edge_kind.h"
#include "indexer/model/object_kind.h"
#include "indexer/model/object_type.h"

// Ends the record of an object, for both decoders of a format: the reader,
// which writes to a RecordSink, and the scanner, which fills a RecordBatch.
namespace heapq {

// The two outputs of a record's parts, with the same members.
class SinkOutput {
 public:
  explicit SinkOutput(RecordSink* sink) : sink_(*sink) {}
  uint32_t Name(std::string_view text) { return sink_.Name(text); }
  void Edge(EdgeLabel label, uint64_t target) { sink_.Edge(label, target); }
  void Property(std::string_view key, std::string_view text) {
    sink_.Field({EdgeKind::kProperty, Name(key)}, text);
  }

 private:
  RecordSink& sink_;
};

class BatchOutput {
 public:
  explicit BatchOutput(RecordBatch* batch) : batch_(*batch) {}
  uint32_t Name(std::string_view text) { return batch_.names.Intern(text); }
  void Edge(EdgeLabel label, uint64_t target) {
    batch_.AddEdge(label.kind, label.label, target);
  }
  void Property(std::string_view key, std::string_view text) {
    batch_.AddField(EdgeKind::kProperty, Name(key), text);
  }

 private:
  RecordBatch& batch_;
};

// The texts of an object's record.
struct RecordTexts {
  std::string_view kind;
  std::string_view name;
  std::string_view value;
  std::string_view length;  // digits: bytes of the whole text
  std::string_view line;    // digits
  std::string_view count;   // digits: elements of a collection (dump_all)
};

// Ends an object's record of dump format 2. `Object` is ObjectRecord or
// RecordBatch::Object; `line` is that of the allocation site.
template <typename Object, typename Output>
void EndHeapDumpObject(Object* object, uint32_t* line, RecordTexts* texts,
                       Output output) {
  const bool internal =
      object->type == ObjectType::kImemo || object->type == ObjectType::kData;
  if (internal && KindOf(texts->kind) == ObjectKind::kIseq) {
    // `line` is where its code begins.
    if (*line != 0) output.Property("line", texts->line);
    *line = 0;
  }
  if (!texts->length.empty() &&
      (!object->has_value || (object->flags & kTruncated) != 0)) {
    output.Property("length", texts->length);
  }
  if (object->type == ObjectType::kSymbol && texts->name.empty()) {
    texts->name = texts->value;
  }
  if (object->type == ObjectType::kImemo) object->class_address = 0;
}

// The references of a dump_all record, which have no names.
struct DumpAllReferences {
  std::vector<uint64_t> targets;
  uint64_t superclass = 0;
  uint64_t default_value = 0;
  uint64_t element_count = 0;  // `length` of an array, `size` of a hash
  bool shared = false;         // an array has its elements elsewhere
  bool partial = false;        // some were added before: there were too many
};

// Adds the references as edges and clears the list. They get labels where their
// number shows that every element, or every key and value, is among them; true:
// these show how many elements there are.
template <typename Output>
bool AddReferences(ObjectType type, DumpAllReferences* references,
                   Output output) {
  const std::vector<uint64_t>& targets = references->targets;
  const size_t count = targets.size();
  const uint64_t elements = references->element_count;
  size_t begin = 0;
  if (references->partial) {
    // The numbers do not show anything.
  } else if (type == ObjectType::kHash && elements > 0 &&
             count == 2 * elements + (references->default_value != 0 ? 1 : 0)) {
    for (; begin < 2 * elements; begin += 2) {
      output.Edge({EdgeKind::kHashKey, begin / 2}, targets[begin]);
      output.Edge({EdgeKind::kHashValueOf, targets[begin]}, targets[begin + 1]);
    }
  } else if (type == ObjectType::kArray && !references->shared &&
             count == elements) {
    for (; begin < count; ++begin) {
      output.Edge({EdgeKind::kIndex, begin}, targets[begin]);
    }
  }
  const bool labelled = begin > 0;
  for (; begin < count; ++begin) {
    const uint64_t target = targets[begin];
    EdgeLabel label;
    if (target == references->superclass && target != 0) {
      label.kind = EdgeKind::kSuper;
      references->superclass = 0;  // only once
    } else if (target == references->default_value && target != 0) {
      label = {EdgeKind::kPart, output.Name("default")};
      references->default_value = 0;
    }
    output.Edge(label, target);
  }
  references->targets.clear();
  return labelled;
}

// Ends an object's record of ObjectSpace.dump_all, references included.
template <typename Object, typename Output>
void EndDumpAllObject(Object* object, DumpAllReferences* references,
                      RecordTexts* texts, Output output) {
  const bool labelled = AddReferences(object->type, references, output);
  // Immediates are left out of the references, so only this shows the size.
  if (!labelled && !texts->count.empty() &&
      (object->type == ObjectType::kArray ||
       object->type == ObjectType::kHash)) {
    output.Property("length", texts->count);
  }
  if (object->type == ObjectType::kImemo) {
    if (texts->kind == "env") texts->kind = KindName(ObjectKind::kEnv);
    if (object->class_address != 0 && !MarksSecondWord(texts->kind)) {
      object->class_address = 0;
    }
  }
  if (object->type == ObjectType::kSymbol && texts->name.empty()) {
    texts->name = texts->value;
  }
  if (!texts->length.empty() && !object->has_value) {
    output.Property("length", texts->length);
  }
}

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_RECORD_BUILDER_H_

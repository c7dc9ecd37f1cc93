#ifndef HEAPQ_INDEXER_HEAP_ASSEMBLED_TEXT_H_
#define HEAPQ_INDEXER_HEAP_ASSEMBLED_TEXT_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "indexer/heap/address_table.h"
#include "indexer/heap/heap_text.h"
#include "indexer/heap/text_spill.h"

namespace heapq {

// Precedes the text of each field in its spill file.
struct FieldHead {
  uint32_t at = 0;     // as in HeapText::Field
  uint32_t label = 0;  // the same, but a handle for kObject
  EdgeKind kind = EdgeKind::kProperty;
};

void AppendField(uint32_t owner, const FieldHead& head, std::string_view text,
                 TextSpill* fields);

// The texts of a heap as HeapAssembler spilled them, each to be visited once.
class AssembledText : public HeapText {
 public:
  // The owners of both spills are ids by now.
  AssembledText(std::shared_ptr<const AddressTable> addresses,
                std::unique_ptr<TextSpill> strings,
                std::unique_ptr<TextSpill> fields);

  absl::Status ForEachString(
      absl::FunctionRef<absl::Status(ObjectId, std::string_view)> visit)
      override;
  absl::Status ForEachField(
      absl::FunctionRef<absl::Status(const Field&)> visit) override;
  absl::Status ForSomeStrings(
      absl::FunctionRef<bool(ObjectId)> wanted,
      absl::FunctionRef<absl::Status(ObjectId, std::string_view)> visit)
      override;

 private:
  const std::shared_ptr<const AddressTable> addresses_;
  const std::unique_ptr<TextSpill> strings_;
  const std::unique_ptr<TextSpill> fields_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_ASSEMBLED_TEXT_H_

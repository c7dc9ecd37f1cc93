#include "indexer/heap/assembled_text.h"

#include <cstring>
#include <string>
#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {

void AppendField(uint32_t owner, const FieldHead& head, std::string_view text,
                 TextSpill* fields) {
  fields->Append(owner, {reinterpret_cast<const char*>(&head), sizeof(head)},
                 text);
}

AssembledText::AssembledText(std::shared_ptr<const AddressTable> addresses,
                             std::unique_ptr<TextSpill> strings,
                             std::unique_ptr<TextSpill> fields)
    : addresses_(std::move(addresses)),
      strings_(std::move(strings)),
      fields_(std::move(fields)) {}

absl::Status AssembledText::ForEachString(
    absl::FunctionRef<absl::Status(ObjectId, std::string_view)> visit) {
  // A long text comes in pieces, one behind the other.
  ObjectId id = 0;
  std::string whole;
  RETURN_IF_ERROR(strings_->ForEach(
      [&](uint32_t owner, std::string_view piece) -> absl::Status {
        if (owner != id) {
          if (id != 0) RETURN_IF_ERROR(visit(id, whole));
          id = owner;
          whole.clear();
        }
        whole.append(piece);
        return absl::OkStatus();
      }));
  return id == 0 ? absl::OkStatus() : visit(id, whole);
}

absl::Status AssembledText::ForEachField(
    absl::FunctionRef<absl::Status(const Field&)> visit) {
  Field field;
  return fields_->ForEach(
      [&](uint32_t owner, std::string_view piece) -> absl::Status {
        FieldHead head;
        std::memcpy(&head, piece.data(), sizeof(head));
        field.n = owner == field.src ? field.n + 1 : 0;
        field.src = owner;
        field.at = head.at;
        field.kind = head.kind;
        field.label = LabelTypeOf(head.kind) == LabelType::kObject
                          ? addresses_->IdOf(head.label)
                          : head.label;
        field.text = piece.substr(sizeof(head));
        return visit(field);
      });
}

absl::Status AssembledText::ForSomeStrings(
    absl::FunctionRef<bool(ObjectId)> wanted,
    absl::FunctionRef<absl::Status(ObjectId, std::string_view)> visit) {
  return strings_->ForSome(wanted, visit);
}

}  // namespace heapq

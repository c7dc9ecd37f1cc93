#include "cli/export/hprof_classes.h"

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// Each costs every instance eight bytes, in the file and in the other tool.
constexpr size_t kMaxFields = 32;

bool IsClassType(ObjectType type) {
  return type == ObjectType::kClass || type == ObjectType::kModule;
}

}  // namespace

absl::Status HprofClasses::Read(
    HeapDb* db, absl::FunctionRef<void(std::string_view name)> member) {
  const size_t size = db->last_id() + size_t{1};
  class_of_.assign(size, 0);
  addresses_.assign(size, 0);
  is_class_.assign(size, false);
  std::vector<std::pair<uint32_t, std::string>> unclear;
  HeapRows rows(db);
  RETURN_IF_ERROR(rows.Nodes([&](const NodeRow& node) {
    if (node.id >= size) return absl::OkStatus();
    addresses_[node.id] = node.address;
    size_t bits = 0;
    while (bits < 64 && node.size >> bits != 0) ++bits;
    ++sizes_[bits].count;
    sizes_[bits].bytes += static_cast<double>(node.size);
    is_class_[node.id] = IsClassType(node.type);
    if (is_class_[node.id]) return absl::OkStatus();
    std::string name(node.class_name);
    if (name.empty()) {
      name =
          absl::StrCat("(",
                       std::string(node.kind.empty() ? ObjectTypeName(node.type)
                                                     : node.kind),
                       ")");
    }
    class_of_[node.id] = Place(node.real_class_id, name);
    return absl::OkStatus();
  }));
  // The record of a class may be missing.
  for (InstanceClass& one : classes_) {
    if (one.id >= size || !is_class_[one.id]) one.id = 0;
  }
  return rows.Edges([&](const EdgeRow& edge) -> absl::Status {
    if (edge.weak || edge.src >= size) return absl::OkStatus();
    if (is_class_[edge.src]) {
      ASSIGN_OR_RETURN(const std::string name, MemberName(&rows, edge));
      member(name);
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const std::string_view name, FieldName(&rows, edge));
    InstanceClass& one = classes_[class_of_[edge.src]];
    if (name.empty() || one.fields.size() == kMaxFields) {
      return absl::OkStatus();
    }
    const bool is_new =
        one.places.try_emplace(std::string(name), one.fields.size()).second;
    if (is_new) one.fields.emplace_back(name);
    return absl::OkStatus();
  });
}

uint64_t HprofClasses::SizeCap(uint64_t budget) const {
  const auto fits = [this, budget](size_t bit) {
    double sum = 0;
    for (size_t i = 0; i < sizes_.size(); ++i) {
      // A larger size counts as the cap, 2^bit bytes.
      sum += i <= bit ? sizes_[i].bytes
                      : static_cast<double>(sizes_[i].count) *
                            static_cast<double>(uint64_t{1} << bit);
    }
    return sum <= static_cast<double>(budget);
  };
  for (size_t bit = 63; bit > 0; --bit) {
    if (fits(bit)) return uint64_t{1} << bit;
  }
  return 1;
}

absl::StatusOr<std::string> HprofClasses::MemberName(HeapRows* rows,
                                                     const EdgeRow& edge) {
  ASSIGN_OR_RETURN(std::string name, rows->Label(edge));
  if (name.empty()) name = EdgeKindName(edge.kind);
  return name;
}

uint32_t HprofClasses::Place(uint32_t class_id, const std::string& name) {
  const auto place = static_cast<uint32_t>(classes_.size());
  uint32_t& known = class_id == 0
                        ? by_name_.try_emplace(name, place).first->second
                        : by_class_.try_emplace(class_id, place).first->second;
  if (known == place) classes_.push_back({name, class_id, {}, {}});
  return known;
}

const HprofClasses::InstanceClass* HprofClasses::Of(uint32_t class_id) const {
  const auto found = by_class_.find(class_id);
  return found == by_class_.end() ? nullptr : &classes_[found->second];
}

absl::StatusOr<std::string_view> HprofClasses::FieldName(HeapRows* rows,
                                                         const EdgeRow& edge) {
  switch (edge.kind) {
    case EdgeKind::kIvar:
    case EdgeKind::kMember:
    case EdgeKind::kPart:
    case EdgeKind::kFiberLocal:
    case EdgeKind::kThreadVariable:
      return rows->Name(edge.label);
    default:
      return std::string_view();
  }
}

}  // namespace heapq

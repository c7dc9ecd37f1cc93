#include "indexer/store/iseq_table.h"

#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace heapq {
namespace {

// Blocks nest a few deep; longer chains exist only in damaged dumps.
constexpr int kMaxNesting = 1000;
constexpr std::string_view kSingletonPrefix = "#<Class:";

// "Session#start", "Session.build"; empty if the owner has no name.
std::string Qualified(std::string_view owner, std::string_view method) {
  if (owner.empty() || method.empty()) return {};
  std::string_view separator = "#";
  if (owner.substr(0, kSingletonPrefix.size()) == kSingletonPrefix) {
    owner.remove_prefix(kSingletonPrefix.size());
    owner.remove_suffix(1);
    separator = ".";
  }
  std::string label(owner);
  label.append(separator).append(method);
  return label;
}

}  // namespace

IseqTable::IseqTable(const Heap& heap, const ClassTable& classes)
    : heap_(heap) {
  Collect();
  LabelMethods(classes);
  LabelInner();
}

// The target of the part called `name`; 0: none.
uint32_t IseqTable::Part(ObjectId id, uint32_t name) const {
  if (name == 0) return 0;
  for (uint32_t e = heap_.edges.begin[id]; e < heap_.edges.end[id]; ++e) {
    if (heap_.edges.kind[e] == EdgeKind::kPart &&
        heap_.edges.label[e] == name) {
      return heap_.edges.dst[e];
    }
  }
  return 0;
}

void IseqTable::Collect() {
  uint32_t iseq_kind = 0;
  uint32_t env_kind = 0;
  for (uint32_t i = 1; i < heap_.names.size(); ++i) {
    const std::string_view text = heap_.names.Text(i);
    if (text == "iseq") iseq_kind = iseq_part_ = i;
    if (text == "VM/env") env_kind = i;
    if (text == "parent") parent_part_ = i;
    if (text == "owner") owner_part_ = i;
  }
  for (ObjectId id = 1; id <= heap_.object_count; ++id) {
    if (heap_.kind[id] == 0) continue;
    if (heap_.kind[id] == iseq_kind) {
      IseqRow row;
      row.id = id;
      row.label = heap_.names.Text(heap_.name[id]);
      row.parent = Part(id, parent_part_);
      row_of_.emplace(id, static_cast<uint32_t>(rows_.size()));
      rows_.push_back(std::move(row));
    } else if (heap_.kind[id] == env_kind) {
      const ObjectId iseq = Part(id, iseq_part_);
      if (iseq != 0) envs_.emplace_back(id, iseq);
    }
  }
  qualified_.resize(rows_.size());
}

// A method entry knows the class that owns its code.
void IseqTable::LabelMethods(const ClassTable& classes) {
  for (ObjectId id = 1; id <= heap_.object_count; ++id) {
    if (heap_.kind[id] == 0 || heap_.names.Text(heap_.kind[id]) != "ment") {
      continue;
    }
    const auto row = row_of_.find(Part(id, iseq_part_));
    if (row == row_of_.end() || qualified_[row->second]) continue;
    const ClassRow* owner = classes.Find(Part(id, owner_part_));
    if (owner == nullptr) continue;
    IseqRow& iseq = rows_[row->second];
    // An alias or a block made a method shares code that has a name.
    if (heap_.names.Text(heap_.name[id]) != iseq.label) continue;
    std::string label = Qualified(owner->name, iseq.label);
    if (label.empty()) continue;
    iseq.label = std::move(label);
    qualified_[row->second] = true;
  }
}

// "block in start" becomes "block in Session#start".
void IseqTable::LabelInner() {
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (qualified_[i]) continue;
    const size_t in = rows_[i].label.find(" in ");
    if (in == std::string::npos) continue;
    ObjectId outer = rows_[i].parent;
    for (int n = 0; n < kMaxNesting && outer != 0; ++n) {
      const auto row = row_of_.find(outer);
      if (row == row_of_.end()) break;
      if (qualified_[row->second]) {
        rows_[i].label = absl::StrCat(rows_[i].label.substr(0, in), " in ",
                                      rows_[row->second].label);
        break;
      }
      outer = rows_[row->second].parent;
    }
  }
}

void IseqTable::Take(const HeapText::Field& field) {
  if (field.kind != EdgeKind::kProperty) return;
  const auto row = row_of_.find(field.src);
  if (row == row_of_.end()) return;
  IseqRow& iseq = rows_[row->second];
  const std::string_view key = heap_.names.Text(field.label);
  if (key == "filename") {
    iseq.file = field.text;
  } else if (key == "type") {
    iseq.type = field.text;
  } else if (key == "line") {
    (void)absl::SimpleAtoi(
        absl::string_view(field.text.data(), field.text.size()), &iseq.line);
  }
}

}  // namespace heapq

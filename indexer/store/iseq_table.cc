#include "indexer/store/iseq_table.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/numbers.h"
#include "indexer/model/object_kind.h"
#include "indexer/store/parts.h"

namespace heapq {
namespace {

// Blocks nest a few deep; longer chains exist only in damaged dumps.
constexpr int kMaxNesting = 1000;
constexpr std::string_view kSingletonPrefix = "#<Class:";
constexpr std::string_view kSingletonSuffix = ">";

// "Session#start", "Session.build"; empty if the owner has no name.
std::string Qualified(std::string_view owner, bool singleton,
                      std::string_view method) {
  if (owner.empty() || method.empty()) return {};
  singleton =
      singleton && owner.substr(0, kSingletonPrefix.size()) == kSingletonPrefix;
  if (singleton) {
    owner.remove_prefix(kSingletonPrefix.size());
    owner.remove_suffix(kSingletonSuffix.size());
  }
  std::string label(owner);
  label.append(singleton ? "." : "#").append(method);
  return label;
}

}  // namespace

IseqTable::IseqTable(const Heap& heap)
    : heap_(heap), iseq_(FindName(heap.names, "iseq")) {
  Collect();
}

void IseqTable::Qualify(const ClassTable& classes) {
  LabelMethods(classes);
  LabelInner();
}

void IseqTable::Collect() {
  const uint32_t env_kind = FindName(heap_.names, KindName(ObjectKind::kEnv));
  const uint32_t parent = FindName(heap_.names, "parent");
  // There are many, and rows are large.
  rows_.reserve(iseq_ == 0 ? 0
                           : static_cast<size_t>(std::count(
                                 heap_.kind.begin(), heap_.kind.end(), iseq_)));
  row_of_.reserve(rows_.capacity());
  for (ObjectId id = 1; id <= heap_.object_count; ++id) {
    if (heap_.kind[id] == 0) continue;
    if (heap_.kind[id] == iseq_) {
      IseqRow row;
      row.id = id;
      row.label = heap_.names.Text(heap_.name[id]);
      row.parent = FindPart(heap_, id, parent);
      row_of_.emplace(id, static_cast<uint32_t>(rows_.size()));
      rows_.push_back(row);
    } else if (heap_.kind[id] == env_kind) {
      const ObjectId iseq = FindPart(heap_, id, iseq_);
      if (iseq != 0) envs_.emplace_back(id, iseq);
    }
  }
  qualified_.resize(rows_.size());
  size_t at = 0;
  for (const CodePlace& place : heap_.code_places) {
    while (at < rows_.size() && rows_[at].id < place.iseq) ++at;
    if (at == rows_.size() || rows_[at].id != place.iseq) continue;
    rows_[at].file = heap_.names.Text(place.file);
    rows_[at].line = place.line;
  }
}

// A method entry knows the class that owns its code. One that bears the name of
// the code is preferred to an alias, which may lie in another class.
void IseqTable::LabelMethods(const ClassTable& classes) {
  const uint32_t ment = FindName(heap_.names, "ment");
  const uint32_t owner = FindName(heap_.names, "owner");
  if (ment == 0) return;
  struct Method {
    uint32_t row;
    ObjectId entry;
    ObjectId owner;
  };
  std::vector<Method> methods;
  for (ObjectId id = 1; id <= heap_.object_count; ++id) {
    if (heap_.kind[id] != ment) continue;
    const ObjectId iseq = FindPart(heap_, id, iseq_);
    if (iseq == 0) continue;
    const auto row = row_of_.find(iseq);
    if (row == row_of_.end()) continue;
    methods.push_back({row->second, id, FindPart(heap_, id, owner)});
  }
  for (const bool aliases : {false, true}) {
    for (const Method& method : methods) {
      if (qualified_[method.row]) continue;
      IseqRow& iseq = rows_[method.row];
      if ((heap_.name[method.entry] != heap_.name[iseq.id]) != aliases) {
        continue;
      }
      ObjectId owner_id = method.owner;
      if (heap_.type[owner_id] == ObjectType::kIclass) {
        owner_id = heap_.class_of[owner_id];  // the module that it stands for
      }
      const ClassRow* const row_of_owner = classes.Find(owner_id);
      if (row_of_owner == nullptr) continue;
      std::string label =
          Qualified(row_of_owner->name,
                    (heap_.flags[owner_id] & kSingleton) != 0, iseq.label);
      if (label.empty()) continue;
      iseq.label = labels_.Keep(label);
      qualified_[method.row] = true;
    }
  }
}

// "block in start" becomes "block in Session#start": whatever the label is, it
// ends in the name of the method around the code.
void IseqTable::LabelInner() {
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (qualified_[i]) continue;
    std::string_view& label = rows_[i].label;
    ObjectId outer = rows_[i].parent;
    for (int n = 0; n < kMaxNesting && outer != 0; ++n) {
      const auto row = row_of_.find(outer);
      if (row == row_of_.end()) break;
      if (qualified_[row->second]) {
        const std::string_view method = heap_.names.Text(heap_.name[outer]);
        const std::string suffix = " in " + std::string(method);
        if (label.size() >= suffix.size() &&
            label.substr(label.size() - suffix.size()) == suffix) {
          const std::string_view place =
              label.substr(0, label.size() - method.size());
          label =
              labels_.Keep(std::string(place).append(rows_[row->second].label));
        }
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
    iseq.file = properties_.Text(properties_.Intern(field.text));
  } else if (key == "type") {
    iseq.type = properties_.Text(properties_.Intern(field.text));
  } else if (key == "line") {
    (void)absl::SimpleAtoi(
        absl::string_view(field.text.data(), field.text.size()), &iseq.line);
  }
}

}  // namespace heapq

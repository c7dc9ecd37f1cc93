#include "indexer/store/class_table.h"

#include <string>

#include "indexer/store/parts.h"

namespace heapq {
namespace {

// Longer chains of superclasses exist only in damaged dumps.
constexpr int kMaxChain = 10000;
constexpr size_t kMaxSingletonNesting = 20;

bool IsClassLike(ObjectType type) {
  return type == ObjectType::kClass || type == ObjectType::kModule ||
         type == ObjectType::kIclass;
}

}  // namespace

ClassTable::ClassTable(const Heap& heap) : heap_(heap) {
  Collect();
  FindSupers();
  NameSingletons();
  FindReal();
  CountInstances();
}

const ClassRow* ClassTable::Find(ObjectId id) const {
  const int64_t row = RowOf(id);
  return row < 0 ? nullptr : &rows_[static_cast<size_t>(row)];
}

void ClassTable::Collect() {
  std::vector<bool> wanted(size_t{heap_.last_id()} + 1);
  for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
    if (IsClassLike(heap_.type[id])) wanted[id] = true;
    if (heap_.class_of[id] != 0) wanted[heap_.class_of[id]] = true;
  }
  row_of_.resize(wanted.size());
  for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
    if (!wanted[id]) continue;
    ClassRow row;
    row.id = id;
    row.name = heap_.names.Text(heap_.name[id]);
    rows_.push_back(row);
    row_of_[id] = static_cast<uint32_t>(rows_.size());
  }
}

ObjectId ClassTable::DirectSuper(ObjectId id) const {
  const int64_t row = RowOf(id);
  return row < 0 ? 0 : direct_super_[static_cast<size_t>(row)];
}

void ClassTable::FindSupers() {
  direct_super_.resize(rows_.size());
  for (size_t i = 0; i < rows_.size(); ++i) {
    const ObjectId id = rows_[i].id;
    for (uint32_t e = heap_.edges.begin[id]; e < heap_.edges.begin[id + 1];
         ++e) {
      if (heap_.edges.kind[e] == EdgeKind::kSuper) {
        direct_super_[i] = heap_.edges.dst[e];
      }
    }
  }
  for (size_t i = 0; i < rows_.size(); ++i) {
    ObjectId super = direct_super_[i];
    for (int n = 0; n < kMaxChain && super != 0; ++n) {
      if (heap_.type[super] != ObjectType::kIclass) break;
      super = DirectSuper(super);
    }
    rows_[i].superclass = super;
  }
}

bool ClassTable::IsSingleton(ObjectId id) const {
  return (heap_.flags[id] & kSingleton) != 0;
}

// By row: whose singleton class it is; 0: unknown. Format 2 has it. Elsewhere
// it is whoever has it for a class; but all singleton classes of classes share
// one class ("#<Class:Class>"), so they are only asked as a last resort.
std::vector<ObjectId> ClassTable::FindOwners() const {
  std::vector<ObjectId> owner(rows_.size());
  const uint32_t attached = FindName(heap_.names, "attached");
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (IsSingleton(rows_[i].id)) {
      owner[i] = FindPart(heap_, rows_[i].id, attached);
    }
  }
  for (const bool singletons : {false, true}) {
    for (const ClassRow& row : rows_) {
      if (IsSingleton(row.id) != singletons ||
          heap_.type[row.id] == ObjectType::kIclass) {
        continue;
      }
      const ObjectId singleton = heap_.class_of[row.id];
      if (!IsSingleton(singleton) || singleton == row.id) continue;
      ObjectId& found = owner[static_cast<size_t>(RowOf(singleton))];
      if (found == 0) found = row.id;
    }
  }
  return owner;
}

// A singleton class has no name of its own: it is called after its owner.
void ClassTable::NameSingletons() {
  const std::vector<ObjectId> owner = FindOwners();
  std::vector<uint32_t> nameless;  // each the singleton class of the next
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    nameless.clear();
    int64_t at = i;
    while (at >= 0 && rows_[static_cast<size_t>(at)].name.empty() &&
           IsSingleton(rows_[static_cast<size_t>(at)].id) &&
           nameless.size() < kMaxSingletonNesting) {
      nameless.push_back(static_cast<uint32_t>(at));
      at = RowOf(owner[static_cast<size_t>(at)]);
    }
    if (at < 0) continue;
    std::string_view name = rows_[static_cast<size_t>(at)].name;
    if (name.empty()) continue;
    for (auto row = nameless.rbegin(); row != nameless.rend(); ++row) {
      name = made_names_.Keep(std::string("#<Class:").append(name).append(">"));
      rows_[*row].name = name;
    }
  }
}

void ClassTable::FindReal() {
  for (size_t i = 0; i < rows_.size(); ++i) {
    ObjectId id = rows_[i].id;
    for (int n = 0; n < kMaxChain && id != 0; ++n) {
      if (!IsSingleton(id) && heap_.type[id] != ObjectType::kIclass) break;
      id = DirectSuper(id);
    }
    rows_[i].real = id;
    real_row_.push_back(RowOf(id));
  }
}

void ClassTable::CountInstances() {
  for (ObjectId id = 1; id <= heap_.object_count; ++id) {
    const int64_t raw = RowOf(heap_.class_of[id]);
    if (raw < 0) continue;
    ++rows_[static_cast<size_t>(raw)].instances;
    const int64_t row = RealRowOf(id);
    if (row < 0) continue;
    ++rows_[static_cast<size_t>(row)].count;
    rows_[static_cast<size_t>(row)].size += heap_.size[id];
  }
}

}  // namespace heapq

#include "tests/support/row_heap.h"

#include <deque>
#include <random>

namespace heapq {

RowHeap::RowHeap(uint32_t objects, uint32_t ghosts)
    : edges_(size_t{objects} + ghosts + 1) {
  heap.object_count = objects;
  heap.ghost_count = ghosts;
  const size_t size = edges_.size();
  heap.type.resize(size);
  heap.kind.resize(size);
  heap.class_of.resize(size);
  heap.size.resize(size);
  for (uint32_t id = 1; id <= objects; ++id) {
    heap.type[id] = ObjectType::kObject;
    heap.size[id] = 1;
  }
}

RowHeap& RowHeap::Edge(ObjectId src, ObjectId dst, EdgeKind kind,
                       std::string_view name) {
  uint32_t label = heap.names.Intern(name);
  if (LabelTypeOf(kind) == LabelType::kFrameValue) {
    std::vector<FrameValueEntry>& values = heap.frame_values;
    if (values.empty()) values.emplace_back();
    values.push_back({0, label});
    label = static_cast<uint32_t>(values.size() - 1);
  }
  edges_[src].push_back({dst, kind, label});
  return *this;
}

RowHeap& RowHeap::Root(ObjectId dst, std::string_view category, bool weak,
                       std::string_view name) {
  heap.roots.push_back({std::string(category), std::string(name), dst, weak});
  return *this;
}

RowHeap& RowHeap::Imemo(ObjectId id, std::string_view kind) {
  heap.type[id] = ObjectType::kImemo;
  heap.kind[id] = heap.names.Intern(kind);
  return *this;
}

RowHeap& RowHeap::ClassOf(ObjectId id, ObjectId class_id) {
  heap.class_of[id] = class_id;
  return *this;
}

Heap& RowHeap::Finish() {
  EdgeRows& rows = heap.edges;
  rows = EdgeRows();
  rows.begin.resize(edges_.size() + 1);
  for (size_t id = 0; id < edges_.size(); ++id) {
    rows.begin[id] = static_cast<uint32_t>(rows.dst.size());
    for (const Row& row : edges_[id]) {
      rows.dst.push_back(row.dst);
      rows.kind.push_back(row.kind);
      rows.label.push_back(row.label);
    }
    rows.begin[id + 1] = static_cast<uint32_t>(rows.dst.size());
  }
  rows.count = rows.dst.size();
  return heap;
}

RowHeap RandomHeap(unsigned seed) {
  std::mt19937 random(seed);
  const auto objects = static_cast<uint32_t>(1 + random() % 40);
  const auto ghosts = static_cast<uint32_t>(random() % 4);
  RowHeap rows(objects, ghosts);
  const uint32_t all = objects + ghosts;
  const auto pick = [&] { return static_cast<ObjectId>(1 + random() % all); };
  const uint32_t edges = random() % (3 * objects + 1);
  struct Label {
    EdgeKind kind;
    std::string_view name;
  };
  const Label labels[] = {
      {EdgeKind::kIvar, "@a"},        {EdgeKind::kRef, ""},
      {EdgeKind::kMethod, "m"},       {EdgeKind::kPart, "env"},
      {EdgeKind::kIndex, ""},         {EdgeKind::kItem, "queue"},
      {EdgeKind::kFramePart, "self"}, {EdgeKind::kItem, "machine_stack"}};
  for (uint32_t i = 0; i < edges; ++i) {
    const auto src = static_cast<ObjectId>(1 + random() % objects);
    const ObjectId dst = pick();
    // Some heaps have hardly anything but written references.
    const Label& label = labels[seed % 3 == 0 ? random() % 2 : random() % 8];
    rows.Edge(src, dst, label.kind, label.name);
    if (random() % 8 == 0) rows.Edge(src, dst, label.kind, label.name);
  }
  const char* imemos[] = {"iseq", "VM/env", "callcache", "memo"};
  for (ObjectId id = 1; id <= objects; ++id) {
    rows.heap.size[id] = random() % 100;
    if (random() % 3 == 0) rows.heap.class_of[id] = pick();
    switch (random() % 12) {
      case 0:
        rows.heap.type[id] = ObjectType::kClass;
        break;
      case 1:
        rows.heap.type[id] = ObjectType::kArray;
        break;
      case 2:
        rows.heap.type[id] = ObjectType::kData;
        break;
      case 3:
        rows.Imemo(id, imemos[random() % 4]).ClassOf(id, 0);
        break;
      default:
        break;
    }
  }
  const char* categories[] = {"vm", "globals", "machine_context"};
  const uint32_t roots = random() % 4;
  for (uint32_t i = 0; i < roots; ++i) {
    rows.Root(pick(), categories[random() % 3], random() % 5 == 0);
  }
  rows.Finish();
  return rows;
}

namespace {

std::string LabelText(const Heap& heap, uint32_t edge) {
  uint32_t label = heap.edges.label[edge];
  if (LabelTypeOf(heap.edges.kind[edge]) == LabelType::kFrameValue) {
    label = heap.frame_values[label].name;
  }
  return std::string(heap.names.Text(label));
}

}  // namespace

std::string Describe(const Heap& heap) {
  std::string text;
  for (const RootEntry& root : heap.roots) {
    text += (root.weak ? "weak root " : "root ") + root.category + " -> " +
            std::to_string(root.dst) + "\n";
  }
  for (ObjectId id = 1; id <= heap.last_id(); ++id) {
    text += std::to_string(id) + " (type " +
            std::to_string(static_cast<int>(heap.type[id])) + " " +
            std::string(heap.names.Text(heap.kind[id])) + ", class " +
            std::to_string(heap.class_of[id]) + ", size " +
            std::to_string(heap.size[id]) + "):";
    for (uint32_t e = heap.edges.begin[id]; e < heap.edges.begin[id + 1]; ++e) {
      text += " " + std::to_string(heap.edges.dst[e]) + "/" +
              std::string(EdgeKindName(heap.edges.kind[e])) + "/" +
              LabelText(heap, e);
    }
    text += "\n";
  }
  return text;
}

std::set<ObjectId> ReachableWithout(const Heap& heap, ObjectId removed) {
  std::set<ObjectId> seen;
  std::deque<ObjectId> queue;
  const auto visit = [&](ObjectId id) {
    if (id != removed && seen.insert(id).second) queue.push_back(id);
  };
  for (const RootEntry& root : heap.roots) {
    if (!root.weak) visit(root.dst);
  }
  while (!queue.empty()) {
    const ObjectId id = queue.front();
    queue.pop_front();
    for (uint32_t e = heap.edges.begin[id]; e < heap.edges.begin[id + 1]; ++e) {
      visit(heap.edges.dst[e]);
    }
    if (heap.class_of[id] != 0) visit(heap.class_of[id]);
  }
  return seen;
}

}  // namespace heapq

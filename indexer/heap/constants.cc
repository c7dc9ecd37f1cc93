#include "indexer/heap/constants.h"

#include <string_view>
#include <vector>

namespace heapq {
namespace {

constexpr std::string_view kScope = "::";

// The constant's own name if `path` is the path of a constant of `space`, the
// path of a namespace, empty for Object; else empty.
std::string_view ConstantIn(std::string_view space, std::string_view path) {
  if (!space.empty()) {
    if (path.size() < space.size() + kScope.size() ||
        path.substr(0, space.size()) != space ||
        path.substr(space.size(), kScope.size()) != kScope) {
      return {};
    }
    path.remove_prefix(space.size() + kScope.size());
  }
  return path.find(kScope) == std::string_view::npos ? path
                                                     : std::string_view();
}

}  // namespace

void NameConstants(Heap* heap) {
  const uint32_t object = heap->names.Find("Object");
  if (object == 0) return;
  const auto is_named = [heap](ObjectId id) {
    return (heap->type[id] == ObjectType::kClass ||
            heap->type[id] == ObjectType::kModule) &&
           heap->name[id] != 0 && (heap->flags[id] & kSingleton) == 0;
  };
  std::vector<bool> seen(size_t{heap->last_id()} + 1);
  std::vector<ObjectId>& found = heap->constants;
  for (ObjectId id = 1; id <= heap->object_count; ++id) {
    if (heap->name[id] == object && is_named(id)) {
      seen[id] = true;
      found.push_back(id);
    }
  }
  for (size_t i = 0; i < found.size(); ++i) {
    const ObjectId space = found[i];
    const std::string_view path = heap->name[space] == object
                                      ? std::string_view()
                                      : heap->names.Text(heap->name[space]);
    EdgeRows& edges = heap->edges;
    for (uint32_t e = edges.begin[space]; e < edges.begin[space + 1]; ++e) {
      const ObjectId id = edges.dst[e];
      if (edges.kind[e] != EdgeKind::kRef || !is_named(id)) continue;
      const std::string_view name =
          ConstantIn(path, heap->names.Text(heap->name[id]));
      if (name.empty()) continue;
      edges.kind[e] = EdgeKind::kConst;
      edges.label[e] = heap->names.Intern(name);
      if (seen[id]) continue;
      seen[id] = true;
      found.push_back(id);
    }
  }
}

}  // namespace heapq

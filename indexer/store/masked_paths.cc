#include "indexer/store/masked_paths.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "indexer/store/path_masks.h"

namespace heapq {
namespace {

// A path that meets itself again within so many hops is a list or a tree.
constexpr int kFoldedHops = 6;
// Arrays in arrays and hashes in hashes are lists only from here on.
constexpr int kNestedCollections = 6;
// Deeper and further paths fall to the ones that they continue.
constexpr uint32_t kMaxPaths = 2000000;
constexpr uint16_t kDeepestPath = 200;
// A path with fewer bytes than this share of the heap gets no row.
constexpr uint64_t kShareOfRow = 3000;
constexpr uint64_t kMinBytes = 1024;
constexpr size_t kMaxRows = 30000;

// Among parallel edges, the one that says most; lower is better.
int Preference(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kPart:
      return 2;
    case EdgeKind::kRef:
      return 3;
    case EdgeKind::kSuper:
      return 4;
    default:
      return 1;
  }
}

class PathFolder {
 public:
  PathFolder(const Heap& heap, const Analysis& analysis,
             const ClassTable& classes, const Cancellation& stop)
      : heap_(heap), analysis_(analysis), stop_(stop), masks_(heap, classes) {}

  absl::StatusOr<MaskedPaths> Run(const std::vector<ObjectId>& sampled) {
    rows_.emplace_back();
    keys_.emplace_back();
    if (!ChooseEdges() || !SortByDepth() || !Assign()) return Cancelled();
    for (const auto& [holder, fan] : fans_) {
      if (!Reachable(holder)) continue;
      MaskedPath& row = rows_[path_of_[holder]];
      row.fan = std::max(row.fan, fan);
      ++row.holders;
    }
    SumUp();
    Keep();
    return Collect(sampled);
  }

 private:
  // How a row was reached, for folding.
  struct Key {
    uint64_t hop = 0;
    uint64_t object = 0;
    uint16_t depth = 0;
  };
  struct ChildKey {
    uint32_t path;
    uint64_t hop;
    uint64_t object;
    bool operator==(const ChildKey& other) const {
      return path == other.path && hop == other.hop && object == other.object;
    }
    template <typename H>
    friend H AbslHashValue(H h, const ChildKey& key) {
      return H::combine(std::move(h), key.path, key.hop, key.object);
    }
  };

  bool Reachable(ObjectId id) const {
    return analysis_.tier[id] != Analysis::kUnreachable;
  }

  // For each object the edge by which its parent holds it, and how many
  // elements each collection holds.
  bool ChooseEdges() {
    const EdgeRows& edges = heap_.edges;
    edge_of_.resize(size_t{heap_.last_id()} + 1);
    constexpr uint32_t kAhead = 24;
    for (ObjectId src = 1; src <= heap_.object_count; ++src) {
      if (stop_.RequestedAt(src)) return false;
      if (!Reachable(src)) continue;
      const bool list = masks_.HasElements(src);
      uint32_t elements = 0;
      uint32_t keys = 0;
      const uint32_t end = edges.begin[src + 1];
      for (uint32_t e = edges.begin[src]; e < end; ++e) {
        if (e + kAhead < edges.count) {
          __builtin_prefetch(&analysis_.parent[edges.dst[e + kAhead]]);
        }
        const ObjectId dst = edges.dst[e];
        if (analysis_.parent[dst] != src || dst == src || !Reachable(dst)) {
          continue;
        }
        uint32_t& chosen = edge_of_[dst];
        if (chosen == 0) {
          chosen = e + 1;
          if (list) ++(edges.kind[e] == EdgeKind::kHashKey ? keys : elements);
        } else if (Preference(edges.kind[e]) <
                   Preference(edges.kind[chosen - 1])) {
          chosen = e + 1;
        }
      }
      const uint32_t fan = std::max(elements, keys);
      if (fan >= MaskedPaths::kManyElements) fans_.emplace_back(src, fan);
    }
    for (size_t i = 0; i < heap_.roots.size(); ++i) {
      const RootEntry& root = heap_.roots[i];
      if (root.weak || !Reachable(root.dst) ||
          analysis_.parent[root.dst] != 0) {
        continue;
      }
      const auto [known, is_new] = root_of_.emplace(root.dst, i);
      if (!is_new && BetterRoot(root, heap_.roots[known->second])) {
        known->second = i;
      }
    }
    return true;
  }

  static bool BetterRoot(const RootEntry& a, const RootEntry& b) {
    const auto rank = [](const RootEntry& root) {
      const bool machine = root.category == "machine_context" ||
                           root.category == "stack_and_registers";
      return machine ? 0 : root.name.empty() ? 1 : 2;
    };
    return rank(a) > rank(b);
  }

  bool SortByDepth() {
    uint32_t deepest = 0;
    size_t count = 0;
    for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
      if (!Reachable(id)) continue;
      deepest = std::max(deepest, analysis_.depth[id]);
      ++count;
    }
    Column<uint32_t> at(size_t{deepest} + 2);
    for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
      if (Reachable(id)) ++at[analysis_.depth[id] + 1];
    }
    for (size_t i = 1; i < at.size(); ++i) at[i] += at[i - 1];
    order_.resize_for_overwrite(count);
    for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
      if (stop_.RequestedAt(id)) return false;
      if (Reachable(id)) order_[at[analysis_.depth[id]]++] = id;
    }
    return true;
  }

  bool Assign() {
    path_of_.resize(size_t{heap_.last_id()} + 1);
    for (size_t i = 0; i < order_.size(); ++i) {
      if (stop_.RequestedAt(i)) return false;
      constexpr size_t kAhead = 16;
      if (i + kAhead < order_.size()) {
        const ObjectId next = order_[i + kAhead];
        __builtin_prefetch(&analysis_.parent[next]);
        __builtin_prefetch(&edge_of_[next]);
        __builtin_prefetch(&heap_.class_of[next]);
        __builtin_prefetch(&heap_.kind[next]);
        __builtin_prefetch(&heap_.size[next]);
      }
      Assign(order_[i]);
    }
    return true;
  }

  void Assign(ObjectId id) {
    const ObjectId parent = analysis_.parent[id];
    uint32_t from = path_of_[parent];
    const ObjectMask object = masks_.OfObject(id);
    HopMask hop;
    if (object.what == MaskedObject::kClass) {
      hop.hop = MaskedHop::kNamed;
      from = 0;
    } else if (parent == 0) {
      const auto root = root_of_.find(id);
      if (root != root_of_.end())
        hop = masks_.OfRoot(heap_.roots[root->second]);
    } else {
      hop = masks_.OfEdge(parent, int64_t{edge_of_[id]} - 1, id);
      // Nameless references of a collection are its elements.
      if (hop.edge == EdgeKind::kRef && hop.hop == MaskedHop::kEdge &&
          heap_.type[parent] != ObjectType::kData &&
          masks_.HasElements(parent)) {
        hop = {MaskedHop::kElement, EdgeKind::kIndex, 0};
      }
    }
    const uint32_t path = Child(from, hop, object, id);
    path_of_[id] = path;
    MaskedPath& row = rows_[path];
    ++row.count;
    const uint64_t size = masks_.SizeOf(id);
    row.own += size;
    row.tier = std::min(row.tier, analysis_.tier[id]);
    const uint32_t depth = analysis_.depth[id];
    row.greatest_depth = std::max(row.greatest_depth, depth);
    if (!Inside(parent, path)) ++row.entries;
    if (from != 0) {
      if (hop.hop == MaskedHop::kKey) {
        ++rows_[path_of_[parent]].keys;
      } else if (hop.hop == MaskedHop::kElement ||
                 (hop.edge == EdgeKind::kHashValue) ||
                 (hop.hop == MaskedHop::kEdge && hop.edge == EdgeKind::kRef)) {
        ++rows_[path_of_[parent]].elements;
      }
    }
    counted_ += size;
    if (!masks_.IsCode(id)) data_ += size;
  }

  // Whether an object of the same path holds it, over at most six hops.
  bool Inside(ObjectId holder, uint32_t path) const {
    if (rows_[path].count <= 1) return false;
    for (int n = 0; n < kFoldedHops && holder != 0; ++n) {
      if (path_of_[holder] == path) return true;
      holder = analysis_.parent[holder];
    }
    return false;
  }

  uint32_t Child(uint32_t from, const HopMask& hop, const ObjectMask& object,
                 ObjectId id) {
    const ChildKey key{from, hop.Packed(), object.Packed()};
    const auto found = children_.find(key);
    if (found != children_.end()) return found->second;
    uint32_t path = Folded(key, object);
    if (path == 0 && from != 0 &&
        (rows_.size() >= kMaxPaths || keys_[from].depth >= kDeepestPath)) {
      path = from;
    }
    if (path == 0) path = Add(key, hop, object, id);
    children_.emplace(key, path);
    return path;
  }

  // The path of one of the last ancestors, if that was reached in the same
  // way; 0: none.
  uint32_t Folded(const ChildKey& key, const ObjectMask& object) const {
    if (IsCollection(object)) {
      uint32_t at = key.path;
      int same = 0;
      while (at != 0 && keys_[at].object == key.object) {
        ++same;
        at = rows_[at].parent;
      }
      if (same < kNestedCollections) return 0;
    }
    uint32_t at = key.path;
    for (int n = 0; n < kFoldedHops && at != 0; ++n) {
      if (keys_[at].hop == key.hop && keys_[at].object == key.object) return at;
      at = rows_[at].parent;
    }
    return 0;
  }

  bool IsCollection(const ObjectMask& object) const {
    return (object.type == ObjectType::kArray ||
            object.type == ObjectType::kHash) &&
           (object.what == MaskedObject::kHidden ||
            object.what == MaskedObject::kInstance);
  }

  uint32_t Add(const ChildKey& key, const HopMask& hop,
               const ObjectMask& object, ObjectId id) {
    const auto path = static_cast<uint32_t>(rows_.size());
    MaskedPath row;
    row.parent = key.path;
    row.hop = hop.hop;
    row.edge = hop.edge;
    row.label = hop.label;
    row.what = object.what;
    row.type = heap_.type[id];
    if (object.what == MaskedObject::kProc) {
      row.iseq = object.value;
      row.name = masks_.texts().Intern(heap_.names.Text(heap_.kind[id]));
    } else {
      row.name = object.value;
    }
    row.klass = masks_.IsClassLike(id) ? id : heap_.class_of[id];
    row.first = id;
    row.tier = Analysis::kUnreachable;
    row.least_depth = analysis_.depth[id];
    rows_.push_back(row);
    Key kept;
    kept.hop = key.hop;
    kept.object = key.object;
    kept.depth =
        static_cast<uint16_t>(key.path == 0 ? 1 : keys_[key.path].depth + 1);
    keys_.push_back(kept);
    return path;
  }

  // A row's parent has a smaller number.
  void SumUp() {
    for (MaskedPath& row : rows_) row.bytes = row.own;
    for (size_t i = rows_.size(); i-- > 1;) {
      if (rows_[i].parent != 0) rows_[rows_[i].parent].bytes += rows_[i].bytes;
    }
  }

  void Keep() {
    const uint64_t least =
        std::max(counted_ / kShareOfRow, std::min(kMinBytes, counted_ / 100));
    std::vector<uint32_t> large;
    for (uint32_t i = 1; i < rows_.size(); ++i) {
      if (rows_[i].bytes >= least) large.push_back(i);
    }
    if (large.size() > kMaxRows) {
      const auto end = large.begin() + kMaxRows;
      std::nth_element(large.begin(), end, large.end(),
                       [this](uint32_t a, uint32_t b) {
                         return rows_[a].bytes != rows_[b].bytes
                                    ? rows_[a].bytes > rows_[b].bytes
                                    : a < b;
                       });
      large.erase(end, large.end());
    }
    for (uint32_t i : large) {
      for (; i != 0 && !rows_[i].kept; i = rows_[i].parent) {
        rows_[i].kept = true;
      }
    }
  }

  MaskedPaths Collect(const std::vector<ObjectId>& sampled) {
    MaskedPaths out;
    out.counted_size = counted_;
    out.data_size = data_;
    std::vector<uint32_t> number(rows_.size());
    out.rows.emplace_back();
    for (uint32_t i = 1; i < rows_.size(); ++i) {
      if (!rows_[i].kept) continue;
      number[i] = static_cast<uint32_t>(out.rows.size());
      out.rows.push_back(rows_[i]);
      out.rows.back().parent = number[rows_[i].parent];
    }
    // Samples are spread evenly over a path's objects, by address.
    out.samples.resize(out.rows.size());
    std::vector<uint64_t> seen(out.rows.size());
    for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
      const uint32_t row = number[path_of_[id]];
      if (row == 0) continue;
      std::vector<ObjectId>& samples = out.samples[row];
      const uint64_t count = out.rows[row].count;
      if (seen[row]++ * MaskedPaths::kSamples >= samples.size() * count) {
        samples.push_back(id);
      }
    }
    for (const ObjectId id : sampled) {
      uint32_t row = path_of_[id];
      while (row != 0 && number[row] == 0) row = rows_[row].parent;
      out.sampled.push_back(number[row]);
    }
    out.texts = std::move(masks_.texts());
    return out;
  }

  const Heap& heap_;
  const Analysis& analysis_;
  const Cancellation& stop_;
  PathMasks masks_;
  Column<uint32_t> edge_of_;  // by object: edge of its parent and 1; 0: class
  Column<ObjectId> order_;    // reachable objects, by depth
  Column<uint32_t> path_of_;  // by object: a row
  std::vector<std::pair<ObjectId, uint32_t>> fans_;
  absl::flat_hash_map<ObjectId, size_t> root_of_;
  absl::flat_hash_map<ChildKey, uint32_t> children_;
  std::vector<MaskedPath> rows_;  // [0]: the roots
  std::vector<Key> keys_;         // by row
  uint64_t counted_ = 0;
  uint64_t data_ = 0;
};

}  // namespace

absl::StatusOr<MaskedPaths> FoldPaths(const Heap& heap,
                                      const Analysis& analysis,
                                      const ClassTable& classes,
                                      const std::vector<ObjectId>& sampled,
                                      const Cancellation& stop) {
  return PathFolder(heap, analysis, classes, stop).Run(sampled);
}

}  // namespace heapq

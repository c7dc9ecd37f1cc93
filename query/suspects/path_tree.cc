#include "query/suspects/path_tree.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {

absl::StatusOr<PathTree> PathTree::Read(HeapDb* db) {
  PathTree tree;
  tree.nodes_.emplace_back();
  ASSIGN_OR_RETURN(
      Statement * row,
      db->Cached("SELECT id, parent, hop, kind, label, what, type, name, "
                 "class, iseq, first, tier, count, size, bytes, elements, "
                 "keys, entries, fan, holders, depth FROM paths ORDER BY id"));
  while (true) {
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) break;
    const auto id = static_cast<size_t>(row->Int(0));
    const auto parent = static_cast<uint32_t>(row->Int(1));
    if (id != tree.nodes_.size() || parent >= id) {
      return absl::DataLossError(absl::StrCat(
          db->path(), ": damaged (table paths); load the dump again"));
    }
    PathNode node;
    node.parent = parent;
    node.hop = static_cast<MaskedHop>(row->Int(2));
    node.kind = static_cast<EdgeKind>(row->Int(3));
    node.label = std::string(row->Text(4));
    node.what = static_cast<MaskedObject>(row->Int(5));
    node.type = static_cast<ObjectType>(row->Int(6));
    node.name = std::string(row->Text(7));
    node.klass = static_cast<uint32_t>(row->Int(8));
    node.iseq = static_cast<uint32_t>(row->Int(9));
    node.first = static_cast<uint32_t>(row->Int(10));
    node.tier = static_cast<uint8_t>(row->Int(11));
    node.count = static_cast<uint64_t>(row->Int(12));
    node.size = static_cast<uint64_t>(row->Int(13));
    node.bytes = static_cast<uint64_t>(row->Int(14));
    node.elements = static_cast<uint64_t>(row->Int(15));
    node.keys = static_cast<uint64_t>(row->Int(16));
    node.entries = static_cast<uint32_t>(row->Int(17));
    node.fan = static_cast<uint32_t>(row->Int(18));
    node.holders = static_cast<uint32_t>(row->Int(19));
    node.depth = static_cast<uint32_t>(row->Int(20));
    tree.nodes_.push_back(std::move(node));
    tree.nodes_[parent].kids.push_back(static_cast<uint32_t>(id));
  }
  return tree;
}

std::vector<uint32_t> PathTree::PathTo(uint32_t node) const {
  std::vector<uint32_t> path;
  for (; node != 0; node = nodes_[node].parent) path.push_back(node);
  std::reverse(path.begin(), path.end());
  return path;
}

bool PathTree::IsAbove(uint32_t above, uint32_t node) const {
  while (node > above) node = nodes_[node].parent;
  return node == above;
}

absl::StatusOr<std::vector<uint32_t>> PathSamples(HeapDb* db, uint32_t node) {
  std::vector<uint32_t> ids;
  ASSIGN_OR_RETURN(
      Statement * row,
      db->Cached("SELECT id FROM path_objects WHERE path = ?1 ORDER BY n"));
  row->Bind(1, int64_t{node});
  while (true) {
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return ids;
    ids.push_back(static_cast<uint32_t>(row->Int(0)));
  }
}

}  // namespace heapq

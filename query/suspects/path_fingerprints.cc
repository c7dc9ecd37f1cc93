#include "query/suspects/path_fingerprints.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/suspects/fingerprint.h"
#include "query/suspects/path_text.h"

namespace heapq {
namespace {

void Add(const PathNode& node, PathFingerprints::Amount* amount) {
  amount->count += node.count;
  amount->size += node.size;
  amount->bytes += node.bytes;
}

// The accumulations whose members lie on different paths: entries of a
// registry, anonymous classes, closures of one piece of code. Empty: the node
// belongs to none of them.
std::string_view GroupOf(const PathNode& node) {
  if (node.hop == MaskedHop::kRoot && IsRegistry(node.label)) return node.label;
  if (node.what == MaskedObject::kAnonymous) return "anonymous";
  if (node.what == MaskedObject::kProc && node.name == "proc") {
    return "closures";
  }
  return {};
}

uint64_t HashOf(std::initializer_list<std::string_view> texts) {
  FingerprintHash hash;
  for (const std::string_view text : texts) hash.Add(text);
  return hash.value();
}

}  // namespace

std::string_view HeldClass(const PathNode& node) {
  return node.what == MaskedObject::kProc ? "Proc"
                                          : std::string_view(node.name);
}

uint32_t HeldNode(const PathTree& tree, const Candidate& candidate) {
  for (const uint32_t element : candidate.elements) {
    if (tree[element].hop != MaskedHop::kKey) return element;
  }
  return candidate.elements.empty() ? candidate.node
                                    : candidate.elements.front();
}

absl::StatusOr<PathFingerprints> PathFingerprints::Read(const PathTree& tree,
                                                        CodeOwners* owners) {
  PathFingerprints all;
  all.tree_ = &tree;
  const std::vector<PathNode>& nodes = tree.nodes();
  all.of_node_.resize(nodes.size());
  all.of_group_.resize(nodes.size());
  all.of_caches_ = HashOf({"caches"});
  std::vector<FingerprintHash> paths(nodes.size());
  all.largest_unknown_ = nodes.size() > 1 ? UINT64_MAX : 0;
  for (uint32_t i = 1; i < nodes.size(); ++i) {
    const PathNode& node = nodes[i];
    ASSIGN_OR_RETURN(const std::string text, MaskedText(node, owners));
    paths[i] = paths[node.parent];
    paths[i].Add(absl::StrCat(HopText(node), " ", text));
    FingerprintHash hash = paths[i];
    hash.Add(HeldClass(node));
    all.of_node_[i] = hash.value();
    Add(node, &all.amounts_[hash.value()]);
    all.largest_unknown_ = std::min(all.largest_unknown_, node.bytes);
    const std::string_view group = GroupOf(node);
    if (!group.empty()) {
      all.of_group_[i] = HashOf({group, text});
      Add(node, &all.amounts_[all.of_group_[i]]);
    }
    if (node.tier >= 2 && nodes[node.parent].tier < 2) {
      Add(node, &all.amounts_[all.of_caches_]);
    }
  }
  return all;
}

uint64_t PathFingerprints::Of(const Candidate& candidate) const {
  if (candidate.kind == Candidate::kCaches) return of_caches_;
  const uint32_t held = HeldNode(*tree_, candidate);
  const bool group = candidate.kind == Candidate::kRegistry ||
                     candidate.kind == Candidate::kAnonymous ||
                     candidate.kind == Candidate::kClosures;
  return group ? of_group_[held] : of_node_[held];
}

const PathFingerprints::Amount* PathFingerprints::Find(
    uint64_t fingerprint) const {
  const auto found = amounts_.find(fingerprint);
  return found == amounts_.end() ? nullptr : &found->second;
}

}  // namespace heapq

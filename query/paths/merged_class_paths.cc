#include "query/paths/merged_class_paths.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "indexer/base/status_macros.h"
#include "query/db/class_instances.h"
#include "query/db/did_you_mean.h"
#include "query/db/edges.h"
#include "query/graph/scanned_graph.h"
#include "query/labels/edge_label.h"
#include "query/labels/path_root.h"

namespace heapq {
namespace {

// Labels of these differ from entry to entry.
bool IsEntry(EdgeKind kind) {
  return kind == EdgeKind::kIndex || kind == EdgeKind::kHashKey ||
         kind == EdgeKind::kHashValue || kind == EdgeKind::kHashValueOf;
}

class ClassPathReader {
 public:
  explicit ClassPathReader(HeapDb* db)
      : db_(*db), describe_(db), labels_(db, &describe_), graph_(db) {}

  absl::StatusOr<MergedClassPaths> Read(std::string_view class_name,
                                        double min_share) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> targets,
                     InstancesOfClass(&db_, class_name));
    if (targets.empty()) return NoInstances(class_name);
    ASSIGN_OR_RETURN(MergedClassPaths paths, Merge(targets, min_share));
    paths.class_name = class_name;
    return paths;
  }

  absl::StatusOr<MergedClassPaths> Merge(const std::vector<uint32_t>& targets,
                                         double min_share) {
    MergedClassPaths paths;
    MergeOptions options;
    options.least_targets = std::max(
        options.least_targets,
        static_cast<uint64_t>(
            std::ceil(min_share * static_cast<double>(targets.size()))));
    // A look-up of an object and its edge takes as long as reading some thirty
    // in a row.
    if (targets.size() > db_.last_id() / 30) RETURN_IF_ERROR(graph_.Scan());
    ASSIGN_OR_RETURN(paths.merged, MergePaths(
                                       &graph_, targets,
                                       [this](uint32_t holder, uint32_t id) {
                                         return Look(holder, id);
                                       },
                                       options));
    for (const MergedHop& merged : paths.merged.hops) {
      ClassPathHop hop;
      hop.merged = merged;
      RETURN_IF_ERROR(Describe(&hop));
      paths.hops.push_back(std::move(hop));
    }
    paths.merged.hops.clear();
    return paths;
  }

 private:
  absl::Status NoInstances(std::string_view class_name) {
    DidYouMean nearest(class_name);
    std::vector<std::string> names;
    ASSIGN_OR_RETURN(Statement * rows,
                     db_.Cached("SELECT name FROM classes WHERE count > 0 AND "
                                "name IS NOT NULL ORDER BY name"));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) break;
      names.emplace_back(rows->Text(0));
    }
    for (const std::string& name : names) nearest.Try(name);
    const std::string wanted(class_name);
    const std::string near(nearest.name());
    return absl::NotFoundError(absl::StrCat(
        "no instances of ", wanted, " in ", db_.path(),
        near.empty() ? "; `heapq top-types` lists classes"
                     : absl::StrCat("; did you mean ", near, "?")));
  }

  absl::StatusOr<RootRow> Root(uint32_t id) {
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
    ASSIGN_OR_RETURN(const std::optional<RootRow> root, PathRoot(&db_, object));
    if (root.has_value()) return *root;
    return absl::DataLossError(absl::StrCat(db_.path(), ": no root holds #", id,
                                            "; load the dump again"));
  }

  absl::StatusOr<HopSignature> Look(uint32_t holder, uint32_t id) {
    size_t label = 0;
    uint64_t entry = 0;
    if (holder == 0) {
      ASSIGN_OR_RETURN(const RootRow root, Root(id));
      label = absl::HashOf(absl::string_view(root.category),
                           absl::string_view(root.name));
    } else {
      ASSIGN_OR_RETURN(const EdgeRow edge, graph_.BestHop(holder, id));
      label = absl::HashOf(static_cast<int>(edge.kind),
                           IsEntry(edge.kind) ? 0 : edge.label);
      entry = static_cast<uint64_t>(edge.label);
    }
    ASSIGN_OR_RETURN(const GraphView::Node node, graph_.At(id));
    switch (node.type) {
      case ObjectType::kClass:
      case ObjectType::kModule:
      case ObjectType::kIclass:
        return HopSignature(id, entry);
      default:
        return HopSignature(absl::HashOf(label, static_cast<int>(node.type),
                                         node.kind, node.class_id),
                            entry);
    }
  }

  absl::Status Describe(ClassPathHop* hop) {
    const MergedHop& merged = hop->merged;
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(merged.sample));
    ASSIGN_OR_RETURN(hop->class_name, describe_.ClassName(object));
    if (hop->class_name.empty()) {
      hop->class_name = absl::StrCat(
          "(",
          object.kind.empty() ? std::string(ObjectTypeName(object.type))
                              : object.kind,
          ")");
    }
    if (merged.objects == 1) {
      ASSIGN_OR_RETURN(hop->object, describe_.Summary(object));
    }
    if (merged.holder == 0) {
      ASSIGN_OR_RETURN(const RootRow root, Root(merged.sample));
      hop->edge = EdgeLabels::OfRoot(root);
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const EdgeRow edge,
                     graph_.BestHop(merged.holder, merged.sample));
    // An index says nothing, even one that all share.
    const bool same = merged.one_label && edge.kind != EdgeKind::kIndex &&
                      edge.kind != EdgeKind::kHashKey;
    if (merged.objects > 1 && IsEntry(edge.kind) && !same) {
      hop->edge = edge.kind == EdgeKind::kHashKey ? "key" : "[*]";
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(hop->edge, labels_.Of(edge));
    return absl::OkStatus();
  }

  HeapDb& db_;
  ObjectLabeler describe_;
  EdgeLabels labels_;
  ScannedGraph graph_;
};

}  // namespace

absl::StatusOr<MergedClassPaths> ReadClassPaths(HeapDb* db,
                                                std::string_view class_name,
                                                double min_share) {
  return ClassPathReader(db).Read(class_name, min_share);
}

absl::StatusOr<MergedClassPaths> ReadMergedPaths(
    HeapDb* db, const std::vector<uint32_t>& ids, double min_share) {
  return ClassPathReader(db).Merge(ids, min_share);
}

}  // namespace heapq

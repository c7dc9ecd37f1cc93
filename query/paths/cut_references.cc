#include "query/paths/cut_references.h"

#include <algorithm>
#include <utility>

#include "indexer/base/status_macros.h"
#include "query/db/edges.h"
#include "query/graph/db_graph.h"
#include "query/graph/removal.h"
#include "query/labels/edge_label.h"

namespace heapq {
namespace {

class CutReader {
 public:
  explicit CutReader(HeapDb* db)
      : db_(*db),
        describe_(db),
        labels_(db, &describe_),
        edges_(db),
        graph_(db) {}

  absl::StatusOr<CutReferences> Read(uint32_t id, const CutOptions& options) {
    CutReferences answer;
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
    ASSIGN_OR_RETURN(answer.object, describe_.Summary(object));
    answer.reachable = object.reachable;
    if (!object.reachable) return answer;
    ASSIGN_OR_RETURN(const Cut cut, FindCut(&graph_, id, options));
    answer.outcome = cut.outcome;
    if (cut.outcome == Cut::kFixed) {
      uint32_t holder = 0;
      for (const uint32_t held : cut.path) {
        RETURN_IF_ERROR(AddBetween(holder, held, Hold::kFixed, &answer));
        holder = held;
      }
    }
    if (cut.outcome != Cut::kFound) return answer;
    Removal drop;
    for (const References& references : cut.references) {
      RETURN_IF_ERROR(AddBetween(references.holder, references.held,
                                 Hold::kCuttable, &answer));
      ASSIGN_OR_RETURN(const GraphView::Arc arc,
                       graph_.Between(references.holder, references.held));
      drop.references.push_back(
          {references.holder, references.held, arc.count()});
    }
    ASSIGN_OR_RETURN(RemovalEffect freed, FindRemovalEffect(&graph_, drop));
    answer.passing_left =
        !std::binary_search(freed.ids.begin(), freed.ids.end(), id);
    if (answer.passing_left) {
      drop.objects.push_back(id);
      ASSIGN_OR_RETURN(freed, FindRemovalEffect(&graph_, drop));
    }
    answer.freed_objects = freed.objects;
    answer.freed_size = freed.size;
    return answer;
  }

 private:
  // The references between two objects that are of one sort; of fixed ones
  // the first is enough.
  absl::Status AddBetween(uint32_t holder, uint32_t held, Hold hold,
                          CutReferences* answer) {
    if (holder == 0) {
      ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges_.Roots(held));
      for (const RootRow& root : roots) {
        if (root.weak || RootHold(root.category, !root.name.empty()) != hold) {
          continue;
        }
        NamedReference& reference = answer->references.emplace_back();
        reference.kind = "root";
        reference.label = EdgeLabels::OfRoot(root);
        ASSIGN_OR_RETURN(reference.held, describe_.Summary(held));
        if (hold == Hold::kFixed) break;
      }
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const std::vector<EdgeRow> all,
                     edges_.Between(holder, held));
    for (const EdgeRow& edge : all) {
      ASSIGN_OR_RETURN(const Hold found, graph_.HoldOf(edge));
      if (found != hold) continue;
      NamedReference& reference = answer->references.emplace_back();
      reference.kind = EdgeKindName(edge.kind);
      ASSIGN_OR_RETURN(reference.label, labels_.Of(edge));
      ASSIGN_OR_RETURN(reference.holder, describe_.Summary(holder));
      ASSIGN_OR_RETURN(reference.held, describe_.Summary(held));
      if (hold == Hold::kFixed) break;
    }
    return absl::OkStatus();
  }

  HeapDb& db_;
  ObjectLabeler describe_;
  EdgeLabels labels_;
  Edges edges_;
  DbGraph graph_;
};

}  // namespace

absl::StatusOr<CutReferences> ReadReferencesToCut(HeapDb* db, uint32_t id,
                                                  const CutOptions& options) {
  return CutReader(db).Read(id, options);
}

}  // namespace heapq

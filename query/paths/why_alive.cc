#include "query/paths/why_alive.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "indexer/base/status_macros.h"
#include "query/db/frame_values.h"
#include "query/db/no_roots.h"
#include "query/labels/path_root.h"
#include "query/paths/excluding_search.h"
#include "query/paths/path_exclusion.h"

namespace heapq {
namespace {

absl::Status NoEdge(const HeapDb& db, uint32_t from, uint32_t to) {
  return absl::DataLossError(absl::StrCat(db.path(), ": the edge from object #",
                                          from, " to #", to,
                                          " is missing; load the dump again"));
}

std::string Count(uint64_t n, std::string_view noun) {
  return absl::StrCat(n, " ", absl::string_view(noun.data(), noun.size()),
                      n == 1 ? "" : "s");
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAlive:
      return "alive";
    case Verdict::kWeakOnly:
      return "weak_only";
    case Verdict::kUnreachable:
      return "unreachable";
  }
  return "";
}

absl::StatusOr<PathStep> Retention::Step(
    const ObjectPath::Hop& hop, const ObjectRow& from, const ObjectRow& to,
    const std::optional<IseqName>& closure) {
  PathStep step;
  std::optional<EdgeRow> edge;
  if (hop.weak) {
    ASSIGN_OR_RETURN(const std::vector<EdgeRow> rows,
                     edges_.WeakIn(to.id, 100000));
    for (const EdgeRow& row : rows) {
      if (row.src == from.id) {
        edge = row;
        break;
      }
    }
  } else {
    ASSIGN_OR_RETURN(edge, edges_.Best(from, to.id));
  }
  if (!edge.has_value()) return NoEdge(db_, from.id, to.id);
  step.edge = *edge;
  step.edge_kind = EdgeKindName(edge->kind);

  if (LabelTypeOf(edge->kind) == LabelType::kFrameValue) {
    ASSIGN_OR_RETURN(FrameValueRow value,
                     ReadFrameValue(&db_, edge->src, edge->label));
    step.edge_name = std::move(value.name);
    step.frame = {std::move(value.file), value.line};
  } else {
    ASSIGN_OR_RETURN(step.edge_name, LabelName(&db_, edge->kind, edge->label));
  }
  // The proc that leads to an env names the code of its locals; that code also
  // names the envs around it.
  if (IsProc(from) && IsEnv(to)) {
    ASSIGN_OR_RETURN(step.closure, describe_.IseqOf(from.id));
  } else if (IsEnv(from)) {
    step.closure = closure;
  }
  ASSIGN_OR_RETURN(
      step.edge_label,
      labels_.Of(*edge, step.closure.has_value() ? &*step.closure : nullptr));
  ASSIGN_OR_RETURN(step.object, describe_.Summary(to));
  return step;
}

absl::StatusOr<RetentionPath> Retention::Resolve(const ObjectPath& trail) {
  RetentionPath path;
  path.length = trail.length;
  path.tier = trail.tier;
  const ObjectPath::Hop& first = trail.hops.front();
  ASSIGN_OR_RETURN(ObjectRow from, db_.Object(first.id));
  std::optional<RootRow> root;
  if (first.weak) {
    ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges_.Roots(first.id));
    const auto weak = std::find_if(roots.begin(), roots.end(),
                                   [](const RootRow& row) { return row.weak; });
    if (weak != roots.end()) root = *weak;
  } else {
    ASSIGN_OR_RETURN(root, PathRoot(&db_, from));
  }
  if (!root.has_value()) return NoEdge(db_, 0, first.id);
  path.root = *root;
  path.root_label = EdgeLabels::OfRoot(*root);

  PathStep step;
  step.edge.dst = first.id;
  step.edge.weak = first.weak;
  step.edge_kind = "root";
  step.edge_label = path.root_label;
  ASSIGN_OR_RETURN(step.object, describe_.Summary(from));
  path.steps.push_back(std::move(step));

  for (size_t i = 1; i < trail.hops.size(); ++i) {
    const ObjectPath::Hop& hop = trail.hops[i];
    ASSIGN_OR_RETURN(ObjectRow to, db_.Object(hop.id));
    std::optional<IseqName> closure = path.steps.back().closure;
    if (hop.gap_before != 0) {
      // The holder is not on show; the parent chain names it.
      if (to.parent == 0) return NoEdge(db_, 0, to.id);
      ASSIGN_OR_RETURN(from, db_.Object(to.parent));
      closure.reset();
    }
    ASSIGN_OR_RETURN(PathStep next, Step(hop, from, to, closure));
    next.omitted_before = hop.gap_before;
    path.steps.push_back(std::move(next));
    from = std::move(to);
  }
  return path;
}

absl::Status Retention::ExplainUnreachable(const ObjectRow& object,
                                           const WhyAliveOptions& options,
                                           WhyAlive* why) {
  ASSIGN_OR_RETURN(const PathFinder::Search search,
                   trails_.Weak(object.id, options.most_visited));
  if (!search.trail.empty()) {
    why->verdict = Verdict::kWeakOnly;
    ASSIGN_OR_RETURN(RetentionPath path, Resolve(search.trail));
    why->paths.push_back(std::move(path));
    why->notes.push_back(
        "only weak references lead to it: the next GC may take it");
    return absl::OkStatus();
  }
  if (!search.whole) {
    why->notes.push_back(absl::StrCat("weak holders were searched for among ",
                                      options.most_visited,
                                      " objects, then given up"));
  }
  const uint64_t others = search.visited - 1;
  why->notes.push_back(
      others == 0
          ? std::string("nothing refers to it: the next GC takes it")
          : absl::StrCat(Count(others, "object"),
                         others == 1 ? " leads" : " lead",
                         " to it, none of them reachable either: the next GC "
                         "takes them all"));
  return absl::OkStatus();
}

absl::Status Retention::FindWithout(const ObjectRow& object,
                                    const WhyAliveOptions& options,
                                    WhyAlive* why) {
  ASSIGN_OR_RETURN(PathExclusion exclusion,
                   PathExclusion::Parse(&db_, options.exclude));
  ExcludingSearch search(&db_, &edges_, &trails_, &exclusion);
  ASSIGN_OR_RETURN(const ExcludingSearch::Result found,
                   search.Find(object, options.paths, options.most_visited));
  for (const ObjectPath& trail : found.paths) {
    ASSIGN_OR_RETURN(RetentionPath path, Resolve(trail));
    why->paths.push_back(std::move(path));
  }
  const std::string excluded = absl::StrJoin(options.exclude, ", ");
  if (!found.paths.empty()) {
    why->notes.push_back("paths without " + excluded);
  } else if (found.whole) {
    why->notes.push_back("no path leads to it without " + excluded);
  } else {
    why->notes.push_back(absl::StrCat("no path was found without ", excluded,
                                      ", but not all holders were looked at"));
  }
  return absl::OkStatus();
}

absl::StatusOr<WhyAlive> Retention::Why(uint32_t id,
                                        const WhyAliveOptions& options) {
  WhyAlive why;
  ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
  ASSIGN_OR_RETURN(why.object, describe_.Summary(object));
  ASSIGN_OR_RETURN(const bool has_roots, HasRoots(&db_));
  if (!has_roots) {
    why.notes.emplace_back(kNoRoots);
    return why;
  }
  if (!object.reachable) {
    RETURN_IF_ERROR(ExplainUnreachable(object, options, &why));
    return why;
  }
  why.verdict = Verdict::kAlive;
  if (!options.exclude.empty()) {
    RETURN_IF_ERROR(FindWithout(object, options, &why));
    return why;
  }
  ObjectPath best;
  if (options.raw) {
    ASSIGN_OR_RETURN(PathFinder::Search search,
                     trails_.Shortest(id, options.most_visited));
    why.notes.push_back(absl::StrCat(
        "raw: the fewest hops over all strong references, found "
        "backwards from the object past ",
        Count(search.visited, "object"),
        search.whole ? "" : ", not all holders of which were seen"));
    best = std::move(search.trail);
    best.tier = object.tier;
    if (best.empty()) {
      why.notes.back() =
          "raw: the search was given up; this is the best path instead";
    }
  }
  if (best.empty()) {
    ASSIGN_OR_RETURN(best, trails_.Best(object, options.all_hops));
  }
  ASSIGN_OR_RETURN(RetentionPath path, Resolve(best));
  why.paths.push_back(std::move(path));
  if (best.tier == 2) {
    why.notes.push_back(
        "only the machine stack or a cache holds it: it may be gone soon");
  }
  if (options.paths > 1 && !options.raw) {
    ASSIGN_OR_RETURN(const std::vector<ObjectPath> others,
                     trails_.Others(best, options.paths - 1, options.all_hops));
    for (const ObjectPath& trail : others) {
      ASSIGN_OR_RETURN(RetentionPath other, Resolve(trail));
      why.paths.push_back(std::move(other));
    }
  }
  return why;
}

}  // namespace heapq

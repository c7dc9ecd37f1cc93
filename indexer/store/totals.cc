#include "indexer/store/totals.h"

#include <utility>
#include <vector>

#include "indexer/graph/dominator_walk.h"
#include "indexer/graph/retained_sums.h"

namespace heapq {
namespace {

std::map<std::string, UnreachableRow> SumUpUnreachable(
    const Heap& heap, const Analysis& analysis, const ClassTable& classes) {
  Column<UnreachableRow> of_class(classes.rows().size());
  std::map<ObjectType, UnreachableRow> of_type;
  for (ObjectId id = 1; id <= heap.object_count; ++id) {
    if (analysis.tier[id] != Analysis::kUnreachable) continue;
    const int64_t real = classes.RealRowOf(id);
    UnreachableRow& row =
        real >= 0 && !classes.rows()[static_cast<size_t>(real)].name.empty()
            ? of_class[static_cast<size_t>(real)]
            : of_type[heap.type[id]];
    ++row.count;
    row.size += heap.size[id];
  }
  std::map<std::string, UnreachableRow> rows;
  for (const auto& [type, row] : of_type) {
    rows["(" + std::string(ObjectTypeName(type)) + ")"] = row;
  }
  // Classes may share a name.
  for (size_t i = 0; i < of_class.size(); ++i) {
    if (of_class[i].count == 0) continue;
    UnreachableRow& row = rows[std::string(classes.rows()[i].name)];
    row.count += of_class[i].count;
    row.size += of_class[i].size;
  }
  return rows;
}

}  // namespace

absl::StatusOr<Totals> SumUp(const Heap& heap, const Analysis& analysis,
                             const IseqTable& iseqs, const Cancellation& stop) {
  ClassTable classes(heap);
  if (stop.requested()) return Cancelled();
  NamespaceTable namespaces(classes);
  FileTable code(heap, iseqs);
  RetainedSums by_class(classes.rows().size());
  RetainedSums by_namespace(namespaces.rows.size());
  RetainedSums by_file(code.files.size());
  RetainedSums by_gem(code.gems.size());
  RetainedSums by_site(code.sites.size());
  const bool traced = !heap.site.empty();
  // Calls `take` with the sums of each group that `id` belongs to.
  const auto each = [&](ObjectId id, const auto& take) {
    const int64_t real = classes.RealRowOf(id);
    if (real >= 0) {
      const auto row = static_cast<size_t>(real);
      take(by_class, row);
      for (const uint32_t space : namespaces.of_class[row]) {
        take(by_namespace, space);
      }
    }
    if (traced) take(by_site, heap.site[id]);
    const uint32_t file = code.file_of[id];
    if (file == 0) return;
    take(by_file, file);
    take(by_gem, code.gem_of[file]);
  };
  const bool walked = WalkDominatorTree(
      heap, analysis, stop,
      [&](ObjectId id) {
        const uint64_t retained = analysis.retained[id];
        each(id, [retained](RetainedSums& sums, size_t group) {
          sums.Enter(group, retained);
        });
      },
      [&](ObjectId id) {
        each(id, [](RetainedSums& sums, size_t group) { sums.Leave(group); });
      },
      [&](ObjectId id) {
        const uint64_t retained = analysis.retained[id];
        each(id, [retained](RetainedSums& sums, size_t group) {
          sums.Pass(group, retained);
        });
      });
  if (!walked) return Cancelled();
  for (size_t i = 0; i < classes.rows().size(); ++i) {
    classes.SetRetained(i, by_class[i]);
  }
  for (size_t i = 0; i < namespaces.rows.size(); ++i) {
    namespaces.rows[i].retained = by_namespace[i];
  }
  for (size_t i = 0; i < code.files.size(); ++i) {
    code.files[i].retained = by_file[i];
  }
  for (size_t i = 0; i < code.gems.size(); ++i) {
    code.gems[i].retained = by_gem[i];
  }
  for (size_t i = 0; i < code.sites.size(); ++i) {
    code.sites[i].retained = by_site[i];
  }
  std::map<std::string, UnreachableRow> unreachable =
      SumUpUnreachable(heap, analysis, classes);
  return Totals{std::move(classes), std::move(namespaces), std::move(code),
                std::move(unreachable)};
}

}  // namespace heapq

#include "indexer/store/totals.h"

#include <utility>
#include <vector>

#include "indexer/graph/dominator_walk.h"
#include "indexer/graph/retained_sums.h"

namespace heapq {
namespace {

std::map<std::string, UnreachableRow> SumUpUnreachable(
    const Heap& heap, const Analysis& analysis, const ClassTable& classes) {
  std::vector<UnreachableRow> of_class(classes.rows().size());
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
    UnreachableRow& row = rows[classes.rows()[i].name];
    row.count += of_class[i].count;
    row.size += of_class[i].size;
  }
  return rows;
}

}  // namespace

Totals SumUp(const Heap& heap, const Analysis& analysis,
             const IseqTable& iseqs) {
  ClassTable classes(heap);
  NamespaceTable namespaces(classes);
  FileTable code(heap, iseqs);
  RetainedSums by_class(classes.rows().size());
  RetainedSums by_namespace(namespaces.rows.size());
  RetainedSums by_file(code.files.size());
  RetainedSums by_gem(code.gems.size());
  RetainedSums by_site(code.sites.size());
  const bool traced = !heap.site.empty();
  WalkDominatorTree(
      heap, analysis,
      [&](ObjectId id) {
        const uint64_t retained = analysis.retained[id];
        const int64_t real = classes.RealRowOf(id);
        if (real >= 0) {
          const auto row = static_cast<size_t>(real);
          by_class.Enter(row, retained);
          for (const uint32_t space : namespaces.of_class[row]) {
            by_namespace.Enter(space, retained);
          }
        }
        if (traced) by_site.Enter(heap.site[id], retained);
        const uint32_t file = code.file_of[id];
        if (file == 0) return;
        by_file.Enter(file, retained);
        by_gem.Enter(code.gem_of[file], retained);
      },
      [&](ObjectId id) {
        const int64_t real = classes.RealRowOf(id);
        if (real >= 0) {
          const auto row = static_cast<size_t>(real);
          by_class.Leave(row);
          for (const uint32_t space : namespaces.of_class[row]) {
            by_namespace.Leave(space);
          }
        }
        if (traced) by_site.Leave(heap.site[id]);
        const uint32_t file = code.file_of[id];
        if (file == 0) return;
        by_file.Leave(file);
        by_gem.Leave(code.gem_of[file]);
      });
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
  return {std::move(classes), std::move(namespaces), std::move(code),
          std::move(unreachable)};
}

}  // namespace heapq

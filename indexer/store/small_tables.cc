#include "indexer/store/small_tables.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/model/object_kind.h"
#include "indexer/sqlite/inserter.h"
#include "indexer/store/parts.h"
#include "indexer/store/schema.h"

namespace heapq {
namespace {

constexpr size_t kTopRetainers = 10000;

std::string_view LabelIsName(LabelType label) {
  switch (label) {
    case LabelType::kNone:
      return "none";
    case LabelType::kName:
      return "name";
    case LabelType::kIndex:
      return "index";
    case LabelType::kObject:
      return "object";
    case LabelType::kFrameValue:
      return "frame_value";
  }
  return "none";
}

// As Inserter, for a table with a row number whose rows come in its order.
class RowWriter {
 public:
  static absl::StatusOr<RowWriter> Make(const MakeTableWriter& make,
                                        const std::string& table, int columns) {
    ASSIGN_OR_RETURN(auto writer,
                     make(BTreeWriter::Kind::kTable, table, columns));
    return RowWriter(std::move(writer));
  }

  RowWriter& Row(int64_t rowid) {
    rowid_ = rowid;
    cells_.clear();
    return *this;
  }
  RowWriter& Int(int64_t value) {
    cells_.emplace_back(value);
    return *this;
  }
  RowWriter& IntOrNull(int64_t value) {
    if (value != 0) return Int(value);
    cells_.emplace_back();
    return *this;
  }
  // `text` must live until Run.
  RowWriter& Text(std::string_view text) {
    cells_.emplace_back(text);
    return *this;
  }
  RowWriter& TextOrNull(std::string_view text) {
    if (!text.empty()) return Text(text);
    cells_.emplace_back();
    return *this;
  }
  absl::Status Run() { return writer_->Add(rowid_, cells_); }
  absl::Status Finish() { return writer_->Finish(); }

 private:
  explicit RowWriter(std::unique_ptr<SortedTableWriter> writer)
      : writer_(std::move(writer)) {}
  std::unique_ptr<SortedTableWriter> writer_;
  int64_t rowid_ = 0;
  std::vector<Cell> cells_;
};

absl::Status WriteNames(const MakeTableWriter& make, const Heap& heap) {
  ASSIGN_OR_RETURN(RowWriter names, RowWriter::Make(make, "names", 2));
  for (uint32_t i = 0; i < heap.names.size(); ++i) {
    RETURN_IF_ERROR(names.Row(i).Text(heap.names.Text(i)).Run());
  }
  return names.Finish();
}

absl::Status WriteSites(const MakeTableWriter& make, const Heap& heap,
                        const FileTable& code) {
  ASSIGN_OR_RETURN(RowWriter sites, RowWriter::Make(make, "sites", 7));
  for (size_t i = 1; i < heap.sites.size(); ++i) {
    const Site& site = heap.sites[i];
    RETURN_IF_ERROR(sites.Row(static_cast<int64_t>(i))
                        .IntOrNull(site.file)
                        .IntOrNull(site.line)
                        .IntOrNull(site.method)
                        .Int(static_cast<int64_t>(code.sites[i].count))
                        .Int(static_cast<int64_t>(code.sites[i].size))
                        .Int(static_cast<int64_t>(code.sites[i].retained))
                        .Run());
  }
  return sites.Finish();
}

absl::Status WriteEdgeKinds(Connection* db) {
  ASSIGN_OR_RETURN(Inserter kinds, Inserter::Make(db, "edge_kinds", 3));
  for (int i = 0; i <= static_cast<int>(EdgeKind::kProperty); ++i) {
    const auto kind = static_cast<EdgeKind>(i);
    if (TraitsOf(kind).kind != kind) continue;
    RETURN_IF_ERROR(kinds.Int(i)
                        .Text(EdgeKindName(kind))
                        .Text(LabelIsName(LabelTypeOf(kind)))
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status WriteTypes(Connection* db, const Heap& heap) {
  struct Total {
    int64_t count = 0;
    int64_t size = 0;
  };
  std::vector<Total> totals(256);  // by type
  for (ObjectId id = 1; id <= heap.last_id(); ++id) {
    Total& total = totals[static_cast<uint8_t>(heap.type[id])];
    ++total.count;
    total.size += static_cast<int64_t>(heap.size[id]);
  }
  ASSIGN_OR_RETURN(Inserter types, Inserter::Make(db, "types", 4));
  for (size_t type = 0; type < totals.size(); ++type) {
    const Total& total = totals[type];
    if (total.count == 0) continue;
    RETURN_IF_ERROR(types.Int(static_cast<int64_t>(type))
                        .Text(ObjectTypeName(static_cast<ObjectType>(type)))
                        .Int(total.count)
                        .Int(total.size)
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status WriteRoots(const MakeTableWriter& make, const Heap& heap) {
  ASSIGN_OR_RETURN(RowWriter roots, RowWriter::Make(make, "roots", 5));
  int64_t n = 0;
  for (const RootEntry& root : heap.roots) {
    RETURN_IF_ERROR(roots.Row(++n)
                        .Text(root.category)
                        .TextOrNull(root.name)
                        .Int(root.dst)
                        .Int(root.weak ? 1 : 0)
                        .Run());
  }
  return roots.Finish();
}

absl::Status WriteClasses(const MakeTableWriter& make,
                          const ClassTable& classes) {
  ASSIGN_OR_RETURN(RowWriter class_rows, RowWriter::Make(make, "classes", 8));
  for (const ClassRow& row : classes.rows()) {
    RETURN_IF_ERROR(class_rows.Row(row.id)
                        .TextOrNull(row.name)
                        .IntOrNull(row.superclass)
                        .IntOrNull(row.real)
                        .Int(static_cast<int64_t>(row.count))
                        .Int(static_cast<int64_t>(row.size))
                        .Int(static_cast<int64_t>(row.retained))
                        .Int(static_cast<int64_t>(row.instances))
                        .Run());
  }
  return class_rows.Finish();
}

absl::Status WriteIseqs(const MakeTableWriter& make, const IseqTable& iseqs) {
  ASSIGN_OR_RETURN(RowWriter iseq_rows, RowWriter::Make(make, "iseqs", 6));
  for (const IseqRow& row : iseqs.rows()) {
    RETURN_IF_ERROR(iseq_rows.Row(row.id)
                        .TextOrNull(row.label)
                        .TextOrNull(row.file)
                        .IntOrNull(row.line)
                        .TextOrNull(row.type)
                        .IntOrNull(row.parent)
                        .Run());
  }
  RETURN_IF_ERROR(iseq_rows.Finish());
  ASSIGN_OR_RETURN(RowWriter envs, RowWriter::Make(make, "envs", 2));
  for (const auto& [env, iseq] : iseqs.envs()) {
    RETURN_IF_ERROR(envs.Row(env).Int(iseq).Run());
  }
  return envs.Finish();
}

absl::Status WriteThreads(Connection* db, const Heap& heap) {
  ASSIGN_OR_RETURN(Inserter threads, Inserter::Make(db, "threads", 2));
  const std::vector<ObjectKind> kinds = KindsByName(heap.names);
  for (ObjectId id = 1; id <= heap.object_count; ++id) {
    const ObjectKind kind = kinds[heap.kind[id]];
    if (heap.type[id] != ObjectType::kData || !IsThreadOrFiber(kind)) continue;
    RETURN_IF_ERROR(
        threads.Int(id).Int(kind == ObjectKind::kFiber ? 1 : 0).Run());
  }
  ASSIGN_OR_RETURN(Inserter frames, Inserter::Make(db, "frames", 6));
  for (const FrameEntry& frame : heap.frames) {
    RETURN_IF_ERROR(frames.Int(frame.thread)
                        .Int(frame.n)
                        .TextOrNull(frame.label)
                        .TextOrNull(frame.file)
                        .IntOrNull(frame.line)
                        .IntOrNull(frame.iseq)
                        .Run());
  }
  ASSIGN_OR_RETURN(Inserter values, Inserter::Make(db, "frame_values", 3));
  for (size_t i = 1; i < heap.frame_values.size(); ++i) {
    const FrameValueEntry& value = heap.frame_values[i];
    RETURN_IF_ERROR(
        values.Int(static_cast<int64_t>(i)).Int(value.n).Int(value.name).Run());
  }
  return absl::OkStatus();
}

absl::Status WriteNamespaces(Connection* db, const NamespaceTable& namespaces) {
  ASSIGN_OR_RETURN(Inserter rows, Inserter::Make(db, "namespaces", 4));
  for (const NamespaceRow& row : namespaces.rows) {
    RETURN_IF_ERROR(rows.Text(row.name)
                        .Int(static_cast<int64_t>(row.count))
                        .Int(static_cast<int64_t>(row.size))
                        .Int(static_cast<int64_t>(row.retained))
                        .Run());
  }
  return absl::OkStatus();
}

// Writes the files that have objects. Row 0 stands for an unknown file, and a
// site may have lost its objects.
absl::Status WriteFiles(Connection* db, const FileTable& code) {
  ASSIGN_OR_RETURN(Inserter files, Inserter::Make(db, "files", 5));
  for (size_t i = 1; i < code.files.size(); ++i) {
    const CodeRow& row = code.files[i];
    if (row.count == 0) continue;
    RETURN_IF_ERROR(files.Text(row.name)
                        .Text(row.gem)
                        .Int(static_cast<int64_t>(row.count))
                        .Int(static_cast<int64_t>(row.size))
                        .Int(static_cast<int64_t>(row.retained))
                        .Run());
  }
  ASSIGN_OR_RETURN(Inserter gems, Inserter::Make(db, "gems", 4));
  for (size_t i = 1; i < code.gems.size(); ++i) {
    const CodeRow& row = code.gems[i];
    if (row.count == 0) continue;
    RETURN_IF_ERROR(gems.Text(row.name)
                        .Int(static_cast<int64_t>(row.count))
                        .Int(static_cast<int64_t>(row.size))
                        .Int(static_cast<int64_t>(row.retained))
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status WriteUnreachable(
    Connection* db, const std::map<std::string, UnreachableRow>& unreachable) {
  ASSIGN_OR_RETURN(Inserter rows, Inserter::Make(db, "unreachable", 3));
  for (const auto& [name, row] : unreachable) {
    RETURN_IF_ERROR(rows.Text(name)
                        .Int(static_cast<int64_t>(row.count))
                        .Int(static_cast<int64_t>(row.size))
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status WriteTopRetainers(const MakeTableWriter& make, const Heap& heap,
                               const Analysis& analysis) {
  using Entry = std::pair<uint64_t, ObjectId>;  // retained, id
  std::vector<Entry> top;
  const auto better = [](const Entry& a, const Entry& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  };
  for (ObjectId id = 1; id <= heap.object_count; ++id) {
    if (analysis.tier[id] == Analysis::kUnreachable) continue;
    const Entry entry(analysis.retained[id], id);
    if (top.size() == kTopRetainers) {
      if (!better(entry, top.front())) continue;
      std::pop_heap(top.begin(), top.end(), better);
      top.pop_back();
    }
    top.push_back(entry);
    std::push_heap(top.begin(), top.end(), better);
  }
  std::sort(top.begin(), top.end(), better);
  ASSIGN_OR_RETURN(RowWriter rows, RowWriter::Make(make, "top_retainers", 3));
  int64_t rank = 0;
  for (const Entry& entry : top) {
    RETURN_IF_ERROR(rows.Row(++rank)
                        .Int(entry.second)
                        .Int(static_cast<int64_t>(entry.first))
                        .Run());
  }
  return rows.Finish();
}

absl::Status WritePaths(const MakeTableWriter& make, const MaskedPaths& paths) {
  ASSIGN_OR_RETURN(RowWriter rows, RowWriter::Make(make, "paths", 21));
  for (size_t i = 1; i < paths.rows.size(); ++i) {
    const MaskedPath& row = paths.rows[i];
    RETURN_IF_ERROR(rows.Row(static_cast<int64_t>(i))
                        .Int(row.parent)
                        .Int(static_cast<int64_t>(row.hop))
                        .Int(static_cast<int64_t>(row.edge))
                        .TextOrNull(paths.texts.Text(row.label))
                        .Int(static_cast<int64_t>(row.what))
                        .Int(static_cast<int64_t>(row.type))
                        .TextOrNull(paths.texts.Text(row.name))
                        .IntOrNull(row.klass)
                        .IntOrNull(row.iseq)
                        .Int(row.first)
                        .Int(row.tier)
                        .Int(static_cast<int64_t>(row.count))
                        .Int(static_cast<int64_t>(row.own))
                        .Int(static_cast<int64_t>(row.bytes))
                        .Int(static_cast<int64_t>(row.elements))
                        .Int(static_cast<int64_t>(row.keys))
                        .Int(row.entries)
                        .Int(row.fan)
                        .Int(row.holders)
                        .Int(row.greatest_depth - row.least_depth)
                        .Run());
  }
  RETURN_IF_ERROR(rows.Finish());
  ASSIGN_OR_RETURN(const std::unique_ptr<SortedTableWriter> objects,
                   make(BTreeWriter::Kind::kIndex, "path_objects", 3));
  for (size_t i = 1; i < paths.samples.size(); ++i) {
    for (size_t n = 0; n < paths.samples[i].size(); ++n) {
      RETURN_IF_ERROR(objects->Add(
          0, {Cell(static_cast<int64_t>(i)), Cell(static_cast<int64_t>(n)),
              Cell(int64_t{paths.samples[i][n]})}));
    }
  }
  return objects->Finish();
}

absl::Status WriteMeta(Connection* db, const StoreContent& content,
                       const StoreAnswers& answers) {
  const Analysis& analysis = answers.analysis;
  const Heap& heap = *content.heap;
  uint64_t size = 0;
  int64_t class_edges = 0;
  for (ObjectId id = 1; id <= heap.object_count; ++id) {
    size += heap.size[id];
    if (heap.class_of[id] != 0) ++class_edges;
  }
  std::map<std::string, int64_t> numbers(content.numbers.begin(),
                                         content.numbers.end());
  numbers["schema_version"] = kSchemaVersion;
  numbers["objects"] = heap.object_count;
  numbers["ghosts"] = heap.ghost_count;
  numbers["class_edges"] = class_edges;
  numbers["edges"] = static_cast<int64_t>(heap.edges.count) + class_edges;
  numbers["weak_edges"] = static_cast<int64_t>(heap.weak_edges.count);
  numbers["roots"] = static_cast<int64_t>(heap.roots.size());
  numbers["has_roots"] =
      std::any_of(heap.roots.begin(), heap.roots.end(),
                  [](const RootEntry& root) { return !root.weak; })
          ? 1
          : 0;
  numbers["size"] = static_cast<int64_t>(size);
  numbers["reachable"] = static_cast<int64_t>(analysis.reachable_count);
  numbers["reachable_size"] = static_cast<int64_t>(analysis.reachable_size);
  numbers["counted_size"] = static_cast<int64_t>(answers.paths.counted_size);
  numbers["data_size"] = static_cast<int64_t>(answers.paths.data_size);
  for (const auto& [reason, count] : content.drops->totals()) {
    numbers["dropped_" + reason] = static_cast<int64_t>(count);
  }
  ASSIGN_OR_RETURN(Inserter meta, Inserter::Make(db, "meta", 2));
  for (const auto& [key, value] : numbers) {
    RETURN_IF_ERROR(meta.Text(key).Int(value).Run());
  }
  for (const auto& [key, value] : content.texts) {
    RETURN_IF_ERROR(meta.Text(key).Text(value).Run());
  }
  ASSIGN_OR_RETURN(Inserter drops, Inserter::Make(db, "drops", 5));
  int64_t n = 0;
  for (const Drop& drop : content.drops->first()) {
    RETURN_IF_ERROR(drops.Int(++n)
                        .Text(drop.reason)
                        .Int(static_cast<int64_t>(drop.line))
                        .Int(static_cast<int64_t>(drop.byte))
                        .Text(drop.detail)
                        .Run());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteMiddlingTables(const MakeTableWriter& make, const Heap& heap,
                                 const StoreAnswers& answers) {
  RETURN_IF_ERROR(WriteNames(make, heap));
  RETURN_IF_ERROR(WriteSites(make, heap, answers.totals.code));
  RETURN_IF_ERROR(WriteRoots(make, heap));
  RETURN_IF_ERROR(WriteClasses(make, answers.totals.classes));
  RETURN_IF_ERROR(WriteIseqs(make, answers.iseqs));
  RETURN_IF_ERROR(WritePaths(make, answers.paths));
  return WriteTopRetainers(make, heap, answers.analysis);
}

absl::Status WriteSmallTables(Connection* connection,
                              const StoreContent& content,
                              const StoreAnswers& answers) {
  const Heap& heap = *content.heap;
  const Totals& totals = answers.totals;
  RETURN_IF_ERROR(WriteEdgeKinds(connection));
  RETURN_IF_ERROR(WriteTypes(connection, heap));
  RETURN_IF_ERROR(WriteThreads(connection, heap));
  RETURN_IF_ERROR(WriteNamespaces(connection, totals.namespaces));
  RETURN_IF_ERROR(WriteFiles(connection, totals.code));
  RETURN_IF_ERROR(WriteUnreachable(connection, totals.unreachable));
  return WriteMeta(connection, content, answers);
}

}  // namespace heapq

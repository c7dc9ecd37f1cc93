#include "indexer/store/bulk_tables.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "indexer/base/cancellation.h"
#include "indexer/base/column.h"
#include "indexer/base/status_macros.h"
#include "indexer/heap/address_table.h"

namespace heapq {
namespace {

// Edges that are turned round at a time, and in how many passes at most.
constexpr uint64_t kSortedEdges = 1 << 19;
constexpr uint64_t kMaxPasses = 6;

// Columns of `objects`, without the id.
constexpr int kNullIfZero[] = {2, 3, 6, 7, 8};  // kind … generation
constexpr int kJump = 12;
constexpr uint32_t kAnswers = 0x7e00;  // tier … retained: NULL if unreachable

constexpr int kDominatedColumns = 7;

int64_t Number(EdgeKind kind) { return static_cast<int64_t>(kind); }

}  // namespace

BulkTables::BulkTables(const Heap& heap, MakeTableWriter make,
                       StoreOptions options)
    : heap_(heap),
      make_(std::move(make)),
      progress_(std::move(options.progress)),
      cancellation_(std::move(options.cancellation)),
      sorted_edges_(
          options.sorted_edges != 0
              ? options.sorted_edges
              : std::max(kSortedEdges, heap.edges.count / kMaxPasses)),
      total_(3 * uint64_t{heap.last_id()} + 2 * heap.edges.count +
             heap.weak_edges.count) {}

absl::Status BulkTables::WriteGraph(HeapText* text, IseqTable* iseqs) {
  RETURN_IF_ERROR(WriteEdges(heap_.edges, "edges"));
  RETURN_IF_ERROR(WriteEdges(heap_.weak_edges, "weak_edges"));
  RETURN_IF_ERROR(WriteStrings(text));
  RETURN_IF_ERROR(WriteFields(text, iseqs));
  RETURN_IF_ERROR(WriteInstances());
  return WriteReferrers();
}

absl::Status BulkTables::WriteAnswers(const Analysis& analysis) {
  RETURN_IF_ERROR(WriteObjects(analysis));
  return WriteDominated(analysis);
}

absl::Status BulkTables::CheckCancelled() {
  if (progress_) progress_(std::min(rows_, total_), total_);
  return cancellation_.Check();
}

absl::Status BulkTables::CountRow() { return CheckCancelledAt(++rows_); }

absl::Status BulkTables::CheckCancelledAt(uint64_t step) {
  return step % kCancellationInterval == 0 ? CheckCancelled()
                                           : absl::OkStatus();
}

absl::Status BulkTables::WriteObjects(const Analysis& analysis) {
  ASSIGN_OR_RETURN(const auto table,
                   make_(BTreeWriter::Kind::kTable, "objects", 16));
  const bool traced = !heap_.site.empty();
  RETURN_IF_ERROR(heap_.addresses->ForEach(
      [&](ObjectId id, uint64_t address) -> absl::Status {
        RETURN_IF_ERROR(CountRow());
        const bool deep = analysis.depth[id] >= Analysis::kDepthWithJump;
        const int64_t row[] = {static_cast<int64_t>(address),
                               static_cast<int64_t>(heap_.type[id]),
                               heap_.kind[id],
                               heap_.class_of[id],
                               static_cast<int64_t>(heap_.size[id]),
                               heap_.flags[id],
                               heap_.name[id],
                               traced ? heap_.site[id] : 0,
                               traced ? heap_.generation[id] : 0,
                               analysis.tier[id],
                               analysis.parent[id],
                               analysis.depth[id],
                               deep ? analysis.jump[id] : 0,
                               analysis.idom[id],
                               static_cast<int64_t>(analysis.retained[id])};
        uint32_t nulls = 0;
        for (const int column : kNullIfZero) {
          nulls |= (row[column] == 0 ? 1U : 0U) << column;
        }
        if (!deep) nulls |= 1U << kJump;
        if (analysis.tier[id] == Analysis::kUnreachable) nulls |= kAnswers;
        return table->AddInts(id, row, static_cast<int>(std::size(row)), nulls);
      }));
  return table->Finish();
}

// The index objects_class: a counting sort by class.
absl::Status BulkTables::WriteInstances() {
  ASSIGN_OR_RETURN(const auto index,
                   make_(BTreeWriter::Kind::kIndex, "objects_class", 0));
  if (index == nullptr) return absl::OkStatus();
  const uint32_t last = heap_.last_id();
  Column<uint32_t> end(size_t{last} + 1);
  for (ObjectId id = 1; id <= last; ++id) {
    RETURN_IF_ERROR(CheckCancelledAt(id));
    ++end[heap_.class_of[id]];
  }
  end[0] = 0;  // those without a class are in no index
  uint32_t sum = 0;
  for (uint32_t& count : end) sum += std::exchange(count, sum);
  Column<ObjectId> instances;
  instances.resize_for_overwrite(sum);
  for (ObjectId id = 1; id <= last; ++id) {
    RETURN_IF_ERROR(CheckCancelledAt(id));
    const ObjectId klass = heap_.class_of[id];
    if (klass != 0) instances[end[klass]++] = id;
  }
  uint32_t at = 0;
  for (ObjectId klass = 1; klass <= last; ++klass) {
    for (; at < end[klass]; ++at) {
      RETURN_IF_ERROR(CountRow());
      const int64_t row[] = {klass, instances[at]};
      RETURN_IF_ERROR(index->AddInts(0, row, 2, 0));
    }
  }
  return index->Finish();
}

// The dominator tree downwards, the children of each object sorted.
absl::Status BulkTables::WriteDominated(const Analysis& analysis) {
  const size_t size = size_t{heap_.last_id()} + 2;
  Column<uint32_t> begin(size);
  for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
    RETURN_IF_ERROR(CheckCancelledAt(id));
    if (analysis.tier[id] == Analysis::kUnreachable) continue;
    ++begin[analysis.idom[id]];
  }
  uint32_t sum = 0;
  for (uint32_t& count : begin) sum += std::exchange(count, sum);
  Column<ObjectId> children;
  children.resize_for_overwrite(sum);
  for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
    RETURN_IF_ERROR(CheckCancelledAt(id));
    if (analysis.tier[id] == Analysis::kUnreachable) continue;
    children[begin[analysis.idom[id]]++] = id;
  }
  ASSIGN_OR_RETURN(const auto table, make_(BTreeWriter::Kind::kIndex,
                                           "dominated", kDominatedColumns));
  constexpr uint32_t kAhead = 12;
  uint32_t at = 0;
  for (ObjectId idom = 0; idom <= heap_.last_id(); ++idom) {
    const uint32_t end = begin[idom];  // begin[idom] is the end by now
    std::sort(children.data() + at, children.data() + end,
              [&analysis](ObjectId a, ObjectId b) {
                return analysis.retained[a] != analysis.retained[b]
                           ? analysis.retained[a] > analysis.retained[b]
                           : a < b;
              });
    for (; at < end; ++at) {
      RETURN_IF_ERROR(CountRow());
      if (at + kAhead < children.size()) {
        const ObjectId next = children[at + kAhead];
        __builtin_prefetch(&analysis.retained[next]);
        __builtin_prefetch(&heap_.type[next]);
        __builtin_prefetch(&heap_.class_of[next]);
        __builtin_prefetch(&heap_.size[next]);
        __builtin_prefetch(&begin[next]);
      }
      const ObjectId id = children[at];
      const int64_t row[kDominatedColumns] = {
          idom,
          static_cast<int64_t>(analysis.retained[id]),
          id,
          static_cast<int64_t>(heap_.type[id]),
          heap_.kind[id],
          heap_.class_of[id],
          static_cast<int64_t>(heap_.size[id])};
      const bool dominates = begin[id] != begin[id - 1];
      uint32_t nulls = dominates ? 0 : 1U << 6;  // size
      if (row[4] == 0) nulls |= 1U << 4;         // kind
      if (row[5] == 0) nulls |= 1U << 5;         // class
      RETURN_IF_ERROR(table->AddInts(0, row, kDominatedColumns, nulls));
    }
  }
  return table->Finish();
}

absl::Status BulkTables::WriteEdges(const EdgeRows& rows,
                                    const std::string& name) {
  ASSIGN_OR_RETURN(const auto table, make_(BTreeWriter::Kind::kIndex, name, 5));
  for (ObjectId id = 1; id <= heap_.object_count; ++id) {
    for (uint32_t e = rows.begin[id]; e < rows.begin[id + 1]; ++e) {
      RETURN_IF_ERROR(CountRow());
      const int64_t row[] = {id, e - rows.begin[id], rows.dst[e],
                             Number(rows.kind[e]), rows.label[e]};
      RETURN_IF_ERROR(table->AddInts(0, row, 5, 0));
    }
  }
  return table->Finish();
}

// The edges by target: counting sorts that keep the holders' order, each over a
// range of targets so small that its edges fit into a bounded array.
absl::Status BulkTables::WriteReferrers() {
  const EdgeRows& rows = heap_.edges;
  Column<uint32_t> count(size_t{heap_.last_id()} + 1);
  constexpr uint64_t kAhead = 32;
  for (uint64_t e = 0; e < rows.count; ++e) {
    RETURN_IF_ERROR(CheckCancelledAt(e));
    if (e + kAhead < rows.count) {
      __builtin_prefetch(&count[rows.dst[e + kAhead]], 1);
    }
    ++count[rows.dst[e]];
  }
  ASSIGN_OR_RETURN(const auto table,
                   make_(BTreeWriter::Kind::kIndex, "referrers", 3));
  struct Holder {
    ObjectId src;
    uint32_t n;
  };
  Column<Holder> holders;
  for (ObjectId first = 1; first <= heap_.last_id();) {
    // Targets [first, end); `count` becomes where a target's holders begin.
    uint64_t sum = 0;
    ObjectId end = first;
    while (end <= heap_.last_id() &&
           (end == first || sum + count[end] <= sorted_edges_)) {
      sum += std::exchange(count[end], static_cast<uint32_t>(sum));
      ++end;
    }
    holders.resize(sum);
    for (ObjectId id = 1; id <= heap_.object_count; ++id) {
      RETURN_IF_ERROR(CheckCancelledAt(id));
      for (uint32_t e = rows.begin[id]; e < rows.begin[id + 1]; ++e) {
        if (e + kAhead < rows.count) {
          __builtin_prefetch(&count[rows.dst[e + kAhead]], 1);
        }
        const ObjectId dst = rows.dst[e];
        if (dst < first || dst >= end) continue;
        holders[count[dst]++] = {id, e - rows.begin[id]};
      }
    }
    uint32_t at = 0;
    for (ObjectId dst = first; dst < end; ++dst) {
      for (; at < count[dst]; ++at) {  // where its holders end, by now
        RETURN_IF_ERROR(CountRow());
        const int64_t row[] = {dst, holders[at].src, holders[at].n};
        RETURN_IF_ERROR(table->AddInts(0, row, 3, 0));
      }
    }
    first = end;
  }
  return table->Finish();
}

absl::Status BulkTables::WriteStrings(HeapText* text) {
  ASSIGN_OR_RETURN(const auto table,
                   make_(BTreeWriter::Kind::kTable, "strings", 2));
  RETURN_IF_ERROR(text->ForEachString(
      [&](ObjectId id, std::string_view value) -> absl::Status {
        RETURN_IF_ERROR(CountRow());
        return table->Add(id, {value});
      }));
  return table->Finish();
}

absl::Status BulkTables::WriteFields(HeapText* text, IseqTable* iseqs) {
  ASSIGN_OR_RETURN(const auto table,
                   make_(BTreeWriter::Kind::kIndex, "fields", 6));
  RETURN_IF_ERROR(
      text->ForEachField([&](const HeapText::Field& field) -> absl::Status {
        RETURN_IF_ERROR(CountRow());
        iseqs->Take(field);
        return table->Add(
            0, {int64_t{field.src}, int64_t{field.n}, int64_t{field.at},
                Number(field.kind), int64_t{field.label}, field.text});
      }));
  return table->Finish();
}

}  // namespace heapq

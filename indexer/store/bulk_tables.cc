#include "indexer/store/bulk_tables.h"

#include <algorithm>
#include <utility>

#include "indexer/base/column.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// Skip pointers pay only on long paths.
constexpr uint32_t kDepthWithJump = 64;
constexpr uint32_t kRowsPerQuestion = 1 << 16;

Cell OrNull(int64_t value) { return value == 0 ? Cell() : Cell(value); }
int64_t Number(EdgeKind kind) { return static_cast<int64_t>(kind); }

class BulkTables {
 public:
  BulkTables(const StoreContent& content, const MakeTableWriter& make,
             const std::function<bool()>& go_on)
      : heap_(*content.heap),
        text_(*content.text),
        analysis_(*content.analysis),
        make_(make),
        go_on_(go_on) {}

  absl::Status WriteObjects() {
    ASSIGN_OR_RETURN(const auto table,
                     make_(BTreeWriter::Kind::kTable, "objects", 16));
    for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
      RETURN_IF_ERROR(Ask());
      const bool reached = analysis_.tier[id] != Analysis::kUnreachable;
      const Cell none;
      RETURN_IF_ERROR(table->Add(
          id, {static_cast<int64_t>(heap_.address[id]),
               static_cast<int64_t>(heap_.type[id]), OrNull(heap_.kind[id]),
               OrNull(heap_.class_of[id]), static_cast<int64_t>(heap_.size[id]),
               int64_t{heap_.flags[id]}, OrNull(heap_.name[id]),
               heap_.site.empty() ? none : OrNull(heap_.site[id]),
               heap_.generation.empty() ? none : OrNull(heap_.generation[id]),
               reached ? Cell(int64_t{analysis_.tier[id]}) : none,
               reached ? Cell(int64_t{analysis_.parent[id]}) : none,
               reached ? Cell(int64_t{analysis_.depth[id]}) : none,
               reached && analysis_.depth[id] >= kDepthWithJump
                   ? Cell(int64_t{analysis_.jump[id]})
                   : none,
               reached ? Cell(int64_t{analysis_.idom[id]}) : none,
               reached ? Cell(static_cast<int64_t>(analysis_.retained[id]))
                       : none}));
    }
    return table->Finish();
  }

  // The dominator tree downwards, the children of each object sorted.
  absl::Status WriteDominated() {
    const size_t size = size_t{heap_.last_id()} + 2;
    Column<uint32_t> begin(size);
    for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
      if (analysis_.tier[id] == Analysis::kUnreachable) continue;
      ++begin[analysis_.idom[id]];
    }
    uint32_t sum = 0;
    for (uint32_t& count : begin) sum += std::exchange(count, sum);
    Column<ObjectId> children(sum);
    for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
      if (analysis_.tier[id] == Analysis::kUnreachable) continue;
      children[begin[analysis_.idom[id]]++] = id;
    }
    ASSIGN_OR_RETURN(const auto table,
                     make_(BTreeWriter::Kind::kIndex, "dominated", 3));
    uint32_t at = 0;
    for (ObjectId idom = 0; idom <= heap_.last_id(); ++idom) {
      const uint32_t end = begin[idom];  // begin[idom] is the end by now
      std::sort(children.data() + at, children.data() + end,
                [this](ObjectId a, ObjectId b) {
                  return analysis_.retained[a] != analysis_.retained[b]
                             ? analysis_.retained[a] > analysis_.retained[b]
                             : a < b;
                });
      for (const uint32_t first = at; at < end; ++at) {
        RETURN_IF_ERROR(Ask());
        RETURN_IF_ERROR(table->Add(
            0, {int64_t{idom}, int64_t{at - first}, int64_t{children[at]}}));
      }
    }
    return table->Finish();
  }

  absl::Status WriteEdges(const EdgeRows& rows, const std::string& name) {
    ASSIGN_OR_RETURN(const auto table,
                     make_(BTreeWriter::Kind::kIndex, name, 5));
    for (ObjectId id = 1; id <= heap_.object_count; ++id) {
      for (uint32_t e = rows.begin[id]; e < rows.end[id]; ++e) {
        RETURN_IF_ERROR(Ask());
        RETURN_IF_ERROR(table->Add(
            0, {int64_t{id}, int64_t{e - rows.begin[id]}, int64_t{rows.dst[e]},
                Number(rows.kind[e]), int64_t{rows.label[e]}}));
      }
    }
    return table->Finish();
  }

  // The edges by target: a counting sort that keeps the holders' order.
  absl::Status WriteReferrers() {
    const EdgeRows& rows = heap_.edges;
    Column<uint32_t> begin(size_t{heap_.last_id()} + 2);
    for (ObjectId id = 1; id <= heap_.object_count; ++id) {
      for (uint32_t e = rows.begin[id]; e < rows.end[id]; ++e) {
        ++begin[rows.dst[e]];
      }
    }
    uint32_t sum = 0;
    for (uint32_t& count : begin) sum += std::exchange(count, sum);
    Column<ObjectId> src(sum);
    Column<uint32_t> n(sum);
    for (ObjectId id = 1; id <= heap_.object_count; ++id) {
      for (uint32_t e = rows.begin[id]; e < rows.end[id]; ++e) {
        const uint32_t at = begin[rows.dst[e]]++;
        src[at] = id;
        n[at] = e - rows.begin[id];
      }
    }
    ASSIGN_OR_RETURN(const auto table,
                     make_(BTreeWriter::Kind::kIndex, "referrers", 3));
    uint32_t at = 0;
    for (ObjectId dst = 1; dst <= heap_.last_id(); ++dst) {
      for (; at < begin[dst]; ++at) {  // begin[dst] is the end by now
        RETURN_IF_ERROR(Ask());
        RETURN_IF_ERROR(
            table->Add(0, {int64_t{dst}, int64_t{src[at]}, int64_t{n[at]}}));
      }
    }
    return table->Finish();
  }

  absl::Status WriteStrings() {
    ASSIGN_OR_RETURN(const auto table,
                     make_(BTreeWriter::Kind::kTable, "strings", 2));
    RETURN_IF_ERROR(text_.ForEachString(
        [&](ObjectId id, std::string_view value) -> absl::Status {
          RETURN_IF_ERROR(Ask());
          return table->Add(id, {value});
        }));
    return table->Finish();
  }

  absl::Status WriteFields(IseqTable* iseqs) {
    ASSIGN_OR_RETURN(const auto table,
                     make_(BTreeWriter::Kind::kIndex, "fields", 6));
    RETURN_IF_ERROR(
        text_.ForEachField([&](const HeapText::Field& field) -> absl::Status {
          RETURN_IF_ERROR(Ask());
          iseqs->Take(field);
          return table->Add(
              0, {int64_t{field.src}, int64_t{field.n}, int64_t{field.at},
                  Number(field.kind), int64_t{field.label}, field.text});
        }));
    return table->Finish();
  }

 private:
  // Every so many rows: does the caller still want this?
  absl::Status Ask() {
    if (++rows_ % kRowsPerQuestion != 0 || !go_on_ || go_on_()) {
      return absl::OkStatus();
    }
    return absl::CancelledError("cancelled");
  }

  const Heap& heap_;
  HeapText& text_;
  const Analysis& analysis_;
  const MakeTableWriter& make_;
  const std::function<bool()>& go_on_;
  uint32_t rows_ = 0;
};

}  // namespace

absl::Status WriteBulkTables(const StoreContent& content,
                             const MakeTableWriter& make,
                             const std::function<bool()>& go_on,
                             IseqTable* iseqs) {
  BulkTables tables(content, make, go_on);
  RETURN_IF_ERROR(tables.WriteObjects());
  RETURN_IF_ERROR(tables.WriteDominated());
  RETURN_IF_ERROR(tables.WriteEdges(content.heap->edges, "edges"));
  RETURN_IF_ERROR(tables.WriteReferrers());
  RETURN_IF_ERROR(tables.WriteEdges(content.heap->weak_edges, "weak_edges"));
  RETURN_IF_ERROR(tables.WriteStrings());
  return tables.WriteFields(iseqs);
}

}  // namespace heapq

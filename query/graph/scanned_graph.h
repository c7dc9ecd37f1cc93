#ifndef HEAPQ_QUERY_GRAPH_SCANNED_GRAPH_H_
#define HEAPQ_QUERY_GRAPH_SCANNED_GRAPH_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/db/edge_lookup.h"
#include "query/db/edges.h"
#include "query/graph/db_graph.h"

namespace heapq {

// A DbGraph for questions that look at many objects: after Scan it answers At
// and BestHop from memory. 43 bytes an object.
class ScannedGraph : public DbGraph {
 public:
  // `db` must outlive it.
  explicit ScannedGraph(HeapDb* db)
      : DbGraph(db), db_(*db), classes_(db), hops_(db) {}

  // Reads all objects and the edges of the best paths, from end to end.
  absl::Status Scan();

  absl::StatusOr<Node> At(uint32_t id) override;
  // The edge from `holder`, which holds `id` on its best path. Where the graph
  // was scanned, only `src`, `dst`, `kind` and `label` are set. kDataLoss:
  // there is none.
  absl::StatusOr<EdgeRow> BestHop(uint32_t holder, uint32_t id);

 private:
  static constexpr uint8_t kNoEdge = 255;

  absl::Status ScanObjects();
  absl::Status ScanEdges();

  HeapDb& db_;
  ClassResolver classes_;
  EdgeLookup hops_;
  // By id; empty until the scan.
  std::vector<uint8_t> type_;
  std::vector<uint32_t> kind_;
  std::vector<uint32_t> class_;  // as obj.class answers
  std::vector<uint64_t> size_;
  std::vector<uint8_t> tier_;
  std::vector<uint32_t> parent_;
  std::vector<uint32_t> idom_;
  std::vector<uint64_t> retained_;
  std::vector<uint8_t> edge_kind_;  // of the best edge from the parent
  std::vector<int64_t> edge_label_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_GRAPH_SCANNED_GRAPH_H_

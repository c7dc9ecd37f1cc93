#ifndef HEAPQ_QUERY_PATHS_WHY_ALIVE_H_
#define HEAPQ_QUERY_PATHS_WHY_ALIVE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/edges.h"
#include "query/db/heap_db.h"
#include "query/labels/edge_label.h"
#include "query/labels/object_label.h"
#include "query/paths/path_finder.h"

namespace heapq {

// One hop of a retention path: an edge and the object that it leads to.
struct PathStep {
  EdgeRow edge;            // src 0: a root
  std::string edge_kind;   // as EdgeKindName has it; "root" for the first hop
  std::string edge_label;  // as a person would say it
  ObjectSummary object;
  uint64_t omitted_before = 0;  // hops that are left out in front of this one
  std::string edge_name;        // the name alone: "request"; empty: it has none
  // The code whose locals the edge is one of.
  std::optional<IseqName> closure;
  Place frame;  // of an edge from a frame: where it stands
};

struct RetentionPath {
  RootRow root;
  std::string root_label;
  std::vector<PathStep> steps;  // the last one's object is the asked one
  uint64_t length = 0;          // steps and the hops that are left out
  int tier = 0;                 // as objects.tier: the worst of its edges
};

enum class Verdict { kAlive, kWeakOnly, kUnreachable };
// "alive", "weak_only", "unreachable".
std::string_view VerdictName(Verdict verdict);

struct WhyAlive {
  ObjectSummary object;
  Verdict verdict = Verdict::kUnreachable;
  std::vector<RetentionPath> paths;  // best first; empty: nothing holds it
  std::vector<std::string> notes;    // what a reader should know about them
};

struct WhyAliveOptions {
  size_t paths = 1;
  bool raw = false;       // the fewest hops, through whatever Ruby keeps
  bool all_hops = false;  // leave nothing out of long paths
  // What the paths must not use, see PathExclusion; not with `raw`.
  std::vector<std::string> exclude;
  // Objects that a search may look at: a raw one, and one for weak holders.
  uint64_t most_visited = 1000000;
};

// Answers why an object is still in memory.
class Retention {
 public:
  // `db` must outlive it.
  explicit Retention(HeapDb* db)
      : db_(*db),
        describe_(db),
        labels_(db, &describe_),
        edges_(db),
        trails_(db, &edges_) {}

  absl::StatusOr<WhyAlive> Why(uint32_t id, const WhyAliveOptions& options);

 private:
  absl::StatusOr<RetentionPath> Resolve(const ObjectPath& trail);
  absl::StatusOr<PathStep> Step(const ObjectPath::Hop& hop,
                                const ObjectRow& from, const ObjectRow& to,
                                const std::optional<IseqName>& closure);
  absl::Status ExplainUnreachable(const ObjectRow& object,
                                  const WhyAliveOptions& options,
                                  WhyAlive* why);
  absl::Status FindWithout(const ObjectRow& object,
                           const WhyAliveOptions& options, WhyAlive* why);

  HeapDb& db_;
  ObjectLabeler describe_;
  EdgeLabels labels_;
  Edges edges_;
  PathFinder trails_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_WHY_ALIVE_H_

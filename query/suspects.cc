#include "query/suspects.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/dominated.h"
#include "query/edges.h"
#include "query/suspects/fingerprint.h"

namespace heapq {
namespace {

// Eclipse MAT's rule for where a leak accumulates.
constexpr double kBiggestChild = 0.7;
constexpr uint64_t kMostChildren = 50000;
// So many of one class in one another are a list, a tree, nested arrays.
constexpr uint32_t kRecursive = 16;
constexpr uint64_t kMostKeys = 3;

// What objspace notes of every traced object is the price of looking, not a
// leak, and may be half of the heap.
constexpr char kTracer[] = "ObjectTracing/allocation_info_tracer";

constexpr char kEnv[] = "VM/env";

class SuspectFinder {
 public:
  explicit SuspectFinder(HeapDb* db)
      : db_(*db), describe_(db), dominated_(db), edges_(db), retention_(db) {}

  absl::StatusOr<std::vector<Suspect>> Find(double share) {
    ASSIGN_OR_RETURN(const int64_t size, db_.MetaNumber("reachable_size"));
    total_ = static_cast<uint64_t>(size);
    ASSIGN_OR_RETURN(tracer_, NumberOf(kTracer));
    ASSIGN_OR_RETURN(env_, NumberOf(kEnv));
    ASSIGN_OR_RETURN(const uint64_t tracer, SizeOfTracer());
    if (tracer < total_) total_ -= tracer;
    least_ = static_cast<uint64_t>(share * static_cast<double>(total_));
    if (least_ == 0) least_ = 1;
    std::vector<uint32_t> furniture = {0};  // to look through; 0: the roots
    absl::flat_hash_set<uint32_t> seen;     // a damaged file may have a ring
    while (!furniture.empty()) {
      const uint32_t id = furniture.back();
      furniture.pop_back();
      ASSIGN_OR_RETURN(const std::vector<Dominated> children,
                       dominated_.Children(id, kMostChildren));
      for (const Dominated& child : children) {
        if (child.kind == tracer_) continue;
        if (IsFurniture(child)) {
          // Small ones as well: together they may hide a group.
          if (child.retained >= least_ / 8 && seen.insert(child.id).second) {
            furniture.push_back(child.id);
          }
        } else if (child.retained >= least_) {
          RETURN_IF_ERROR(AddObject(child));
        } else {
          AddToGroup(child);
        }
      }
    }
    RETURN_IF_ERROR(AddGroups());
    std::sort(suspects_.begin(), suspects_.end(),
              [](const Suspect& a, const Suspect& b) {
                return a.retained != b.retained ? a.retained > b.retained
                                                : a.object.id < b.object.id;
              });
    return std::move(suspects_);
  }

 private:
  struct Seen {
    uint32_t count = 0;
    Dominated first;
  };
  struct Group {
    uint64_t count = 0;
    uint64_t retained = 0;
    Dominated biggest;
  };

  // Of a name; -1: nothing is called so.
  absl::StatusOr<int64_t> NumberOf(std::string_view name) {
    ASSIGN_OR_RETURN(Statement * row,
                     db_.Cached("SELECT max(id) FROM names WHERE text = ?1"));
    row->Bind(1, name);
    ASSIGN_OR_RETURN(const bool found, row->Step());
    return found && !row->is_null(0) ? row->Int(0) : -1;
  }

  // Ruby's own furniture: nobody's leak, but what stands on it may be.
  bool IsFurniture(const Dominated& object) const {
    switch (object.type) {
      case ObjectType::kClass:
      case ObjectType::kModule:
      case ObjectType::kIclass:
        return true;
      case ObjectType::kImemo:
        return object.kind != env_;
      default:  // tables that Ruby hides from programs have no class
        return object.class_id == 0 && object.type != ObjectType::kImemo;
    }
  }

  // What an object retains besides its own stack: some Rubies count a thread's
  // or fiber's, a megabyte, as its size.
  absl::StatusOr<uint64_t> RetainedBesidesStack(const Dominated& object) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT o.size FROM threads t JOIN objects o ON o.id = t.id "
                   "WHERE t.id = ?1"));
    row->Bind(1, int64_t{object.id});
    ASSIGN_OR_RETURN(const bool is_thread, row->Step());
    const uint64_t stack = is_thread ? static_cast<uint64_t>(row->Int(0)) : 0;
    return object.retained - std::min(object.retained, stack);
  }

  absl::StatusOr<uint64_t> SizeOfTracer() {
    // It is among the largest, if it is there.
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT sum(o.size) FROM top_retainers t JOIN objects o ON "
                   "o.id = t.id WHERE t.rank <= 1000 AND o.type = 12 AND "
                   "o.kind = ?1"));
    row->Bind(1, tracer_);
    ASSIGN_OR_RETURN(const bool found, row->Step());
    return found ? static_cast<uint64_t>(row->Int(0)) : 0;
  }

  // Down from an object to where what it keeps spreads out.
  absl::Status AddObject(Dominated object) {
    Dominated at = object;
    std::map<uint32_t, Seen> seen;  // by class, on the way down
    // A damaged file could lead round in a circle.
    for (uint64_t step = 0; step < kMostChildren; ++step) {
      if (!IsFurniture(at)) {
        object = at;
        Seen& same = seen[at.class_id];
        if (same.count++ == 0) same.first = at;
        // A list or the like: what holds its head is to blame.
        if (at.class_id != 0 && same.count == kRecursive) {
          return AddList(same.first);
        }
      }
      ASSIGN_OR_RETURN(const std::vector<Dominated> biggest,
                       dominated_.Children(at.id, 1));
      ASSIGN_OR_RETURN(const uint64_t retained, RetainedBesidesStack(at));
      if (biggest.empty() ||
          static_cast<double>(biggest[0].retained) <
              kBiggestChild * static_cast<double>(retained)) {
        break;
      }
      at = biggest[0];
    }
    ASSIGN_OR_RETURN(const uint64_t besides_stack,
                     RetainedBesidesStack(object));
    if (besides_stack < least_) return absl::OkStatus();  // nobody's leak
    Suspect suspect;
    suspect.retained = object.retained;
    return Complete(object.id, at.id, std::move(suspect));
  }

  absl::Status AddList(const Dominated& head) {
    Suspect suspect;
    suspect.retained = head.retained;
    ASSIGN_OR_RETURN(suspect.filling.class_name,
                     describe_.ClassPath(head.class_id));
    uint32_t id = head.id;
    while (suspect.filling.count < kMostChildren) {
      ASSIGN_OR_RETURN(const std::vector<Dominated> next,
                       dominated_.Children(id, 1));
      if (id == head.id) suspect.filling.count = 1;
      if (next.empty()) break;
      id = next[0].id;
      if (next[0].class_id == head.class_id) ++suspect.filling.count;
      if (++suspect.filling.total > 4 * kMostChildren) break;
    }
    suspect.filling.total = suspect.filling.count;
    return Complete(head.id, 0, std::move(suspect));
  }

  void AddToGroup(const Dominated& object) {
    Group& group = groups_[object.class_id];
    if (group.count++ == 0 || object.retained > group.biggest.retained) {
      group.biggest = object;
    }
    group.retained += object.retained;
  }

  absl::Status AddGroups() {
    for (const auto& [class_id, group] : groups_) {
      if (group.retained < least_ || group.count < 2) continue;
      Suspect suspect;
      ASSIGN_OR_RETURN(suspect.class_name, describe_.ClassPath(class_id));
      suspect.count = group.count;
      suspect.retained = group.retained;
      RETURN_IF_ERROR(
          Complete(group.biggest.id, group.biggest.id, std::move(suspect)));
    }
    return absl::OkStatus();
  }

  // `full`: where the bytes spread, the object itself or a hidden table of its;
  // 0: its filling is known.
  absl::Status Complete(uint32_t id, uint32_t full, Suspect suspect) {
    ASSIGN_OR_RETURN(WhyAlive why, retention_.Why(id, WhyAliveOptions()));
    suspect.object = std::move(why.object);
    if (!why.paths.empty()) suspect.path = std::move(why.paths.front());
    suspect.share = total_ == 0 ? 0
                                : static_cast<double>(suspect.retained) /
                                      static_cast<double>(total_);
    if (full != 0) RETURN_IF_ERROR(Fill(full, &suspect));
    suspect.fingerprint = suspect.class_name.empty()
                              ? FingerprintOf(suspect.path)
                              : Fingerprint({"group"}, suspect.class_name);
    suspects_.push_back(std::move(suspect));
    return absl::OkStatus();
  }

  absl::Status Fill(uint32_t full, Suspect* suspect) {
    Filling& filling = suspect->filling;
    ASSIGN_OR_RETURN(const std::vector<Dominated> children,
                     dominated_.Children(full, kMostChildren));
    std::map<uint32_t, uint64_t> counts;
    for (const Dominated& child : children) {
      if (child.class_id != 0) ++counts[child.class_id];
    }
    filling.total = children.size();
    uint32_t most = 0;
    for (const auto& [class_id, count] : counts) {
      if (count > filling.count) {
        filling.count = count;
        most = class_id;
      }
    }
    if (most != 0) {
      ASSIGN_OR_RETURN(filling.class_name, describe_.ClassPath(most));
    }
    if (suspect->object.type != ObjectType::kHash) return absl::OkStatus();
    ASSIGN_OR_RETURN(const ObjectRow row, db_.Object(suspect->object.id));
    Page page;
    page.count = 4 * kMostKeys;
    ASSIGN_OR_RETURN(const Paged<EdgeRow> out, edges_.Out(row, page));
    for (const EdgeRow& edge : out.rows) {
      if (filling.keys.size() == kMostKeys) break;
      if (edge.kind == EdgeKind::kHashKey) {
        ASSIGN_OR_RETURN(std::string key, describe_.KeyText(edge.dst));
        filling.keys.push_back(std::move(key));
      } else if (edge.kind == EdgeKind::kHashValue) {
        ASSIGN_OR_RETURN(std::string key, db_.Name(edge.label));
        filling.keys.push_back(std::move(key));
      }
    }
    return absl::OkStatus();
  }

  HeapDb& db_;
  Describer describe_;
  DominatedReader dominated_;
  Edges edges_;
  Retention retention_;
  int64_t tracer_ = -1, env_ = -1;  // numbers of the kinds' names
  uint64_t total_ = 0;
  uint64_t least_ = 0;
  std::map<uint32_t, Group> groups_;  // by class
  std::vector<Suspect> suspects_;
};

// One hop without what differs from run to run.
std::string Masked(const PathStep& step) {
  switch (step.edge.kind) {
    case EdgeKind::kIndex:
      return "[*]";
    case EdgeKind::kHashValue:  // a symbol stands in the code, other keys not
      return !step.edge_name.empty() && step.edge_name[0] == ':'
                 ? "[" + step.edge_name + "]"
                 : "[*]";
    case EdgeKind::kHashValueOf:
      return "[*]";
    case EdgeKind::kHashKey:
      return "key";
    default:
      return step.closure ? absl::StrCat(step.edge_kind, " ", step.edge_name,
                                         " ", step.closure->label)
                          : absl::StrCat(step.edge_kind, " ", step.edge_name);
  }
}

}  // namespace

std::string FingerprintOf(const RetentionPath& path) {
  std::vector<std::string> hops = {
      absl::StrCat(path.root.category, " ", path.root.name)};
  for (const PathStep& step : path.steps) {
    std::string hop =
        absl::StrCat(Masked(step), " ", step.object.class_name, " ",
                     std::string(ObjectTypeName(step.object.type)));
    // Lists are of any length: a repeated hop counts once.
    if (hop != hops.back()) hops.push_back(std::move(hop));
  }
  return Fingerprint(hops, "");
}

absl::StatusOr<std::vector<Suspect>> FindSuspects(HeapDb* db, double share) {
  return SuspectFinder(db).Find(share);
}

}  // namespace heapq

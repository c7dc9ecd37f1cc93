#include "query/growth_points.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/suspects.h"

namespace heapq {
namespace {

class GrowthPointFinder {
 public:
  explicit GrowthPointFinder(HeapDb* db) : db_(*db), retention_(db) {}

  absl::StatusOr<std::vector<GrowthPoint>> Find(
      const std::vector<uint32_t>& added, size_t limit) {
    for (const uint32_t id : added) RETURN_IF_ERROR(Read(id));
    for (const uint32_t id : added) {
      const auto found = objects_.find(id);
      if (found != objects_.end()) Count(id, found->second);
    }
    std::vector<std::pair<Key, Group>> groups(groups_.begin(), groups_.end());
    std::stable_sort(groups.begin(), groups.end(),
                     [](const auto& a, const auto& b) {
                       return std::tie(a.second.size, a.second.objects) >
                              std::tie(b.second.size, b.second.objects);
                     });
    if (groups.size() > limit) groups.resize(limit);
    std::vector<GrowthPoint> points;
    for (const auto& [key, group] : groups) {
      ASSIGN_OR_RETURN(GrowthPoint point, Describe(group));
      points.push_back(std::move(point));
    }
    return points;
  }

 private:
  struct Object {
    uint32_t parent = 0;
    int64_t class_id = 0;  // as obj.class answers; minus the type: none
    uint64_t size = 0;
    uint32_t top = 0;  // the topmost new object on its path; 0: not yet known
  };
  using Key = std::pair<uint32_t, int64_t>;  // holder, class
  struct Group {
    uint32_t first = 0;
    uint64_t count = 0;
    uint64_t objects = 0;
    uint64_t size = 0;
  };

  absl::Status Read(uint32_t id) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT o.parent, coalesce(c.\"real\", o.class, -o.type), "
                   "o.size FROM objects o LEFT JOIN classes c ON c.id = "
                   "o.class WHERE o.id = ?1 AND o.tier IS NOT NULL"));
    row->Bind(1, int64_t{id});
    ASSIGN_OR_RETURN(const bool reachable, row->Step());
    if (!reachable) return absl::OkStatus();
    Object& object = objects_[id];
    object.parent = static_cast<uint32_t>(row->Int(0));
    object.class_id = row->Int(1);
    object.size = static_cast<uint64_t>(row->Int(2));
    return absl::OkStatus();
  }

  // Without recursion: a new list may be a million objects long.
  uint32_t TopOf(uint32_t id) {
    std::vector<uint32_t> walked;
    uint32_t top = id;
    while (true) {
      const Object& object = objects_.at(id);
      if (object.top != 0) {
        top = object.top;
        break;
      }
      walked.push_back(id);
      top = id;
      // A damaged file could have a ring of parents.
      if (objects_.count(object.parent) == 0 ||
          walked.size() > objects_.size()) {
        break;
      }
      id = object.parent;
    }
    for (const uint32_t below : walked) objects_.at(below).top = top;
    return top;
  }

  void Count(uint32_t id, const Object& object) {
    const uint32_t top = TopOf(id);
    const Object& held = objects_.at(top);
    Group& group = groups_[{held.parent, held.class_id}];
    if (top == id) {
      if (group.count++ == 0) group.first = top;
    }
    ++group.objects;
    group.size += object.size;
  }

  absl::StatusOr<GrowthPoint> Describe(const Group& group) {
    GrowthPoint point;
    point.count = group.count;
    point.objects = group.objects;
    point.size = group.size;
    ASSIGN_OR_RETURN(WhyAlive why, retention_.Why(group.first, {}));
    point.class_name = why.object.class_name;
    if (point.class_name.empty()) {
      point.class_name =
          absl::StrCat("(", std::string(ObjectTypeName(why.object.type)), ")");
    }
    if (why.paths.empty()) return point;
    point.path = std::move(why.paths.front());
    point.fingerprint = FingerprintOf(point.path);
    return point;
  }

  HeapDb& db_;
  Retention retention_;
  absl::flat_hash_map<uint32_t, Object> objects_;
  std::map<Key, Group> groups_;
};

}  // namespace

absl::StatusOr<std::vector<GrowthPoint>> FindGrowthPoints(
    HeapDb* db, const std::vector<uint32_t>& added, size_t limit) {
  return GrowthPointFinder(db).Find(added, limit);
}

}  // namespace heapq

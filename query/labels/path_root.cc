#include "query/labels/path_root.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// Whether a class or module is among the constants that the indexer found in a
// dump whose references have no names.
absl::StatusOr<bool> IsConstant(HeapDb* db, const ObjectRow& object) {
  if (db->has_fields() || object.name.empty() ||
      (object.type != ObjectType::kClass &&
       object.type != ObjectType::kModule)) {
    return false;
  }
  if (object.name == "Object") return true;
  // Its namespace mostly has the constant. To look there first is faster: a
  // class may be the self of very many procs.
  const size_t outer = object.name.rfind("::");
  ASSIGN_OR_RETURN(
      Statement * near,
      db->Cached("SELECT EXISTS(SELECT 1 FROM classes c CROSS JOIN edges e ON "
                 "e.src = c.id WHERE c.name = ?2 AND e.dst = ?1 AND e.kind = "
                 "$const)"));
  near->Bind(1, int64_t{object.id});
  near->Bind(2, outer == std::string::npos
                    ? std::string_view("Object")
                    : std::string_view(object.name).substr(0, outer));
  ASSIGN_OR_RETURN(const bool any, near->Step());
  if (any && near->Int(0) != 0) return true;
  ASSIGN_OR_RETURN(
      Statement * row,
      db->Cached("SELECT EXISTS(SELECT 1 FROM referrers r JOIN edges e ON "
                 "e.src = r.src AND e.n = r.n WHERE r.dst = ?1 AND e.kind = "
                 "$const)"));
  row->Bind(1, int64_t{object.id});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  return found && row->Int(0) != 0;
}

}  // namespace

absl::StatusOr<std::optional<RootRow>> PathRoot(HeapDb* db,
                                                const ObjectRow& object) {
  ASSIGN_OR_RETURN(const bool is_constant, IsConstant(db, object));
  if (is_constant) {
    RootRow root;
    root.category = kConstantRoot;
    root.name = object.name;
    root.dst = object.id;
    return std::optional<RootRow>(std::move(root));
  }
  Edges edges(db);
  ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges.Roots(object.id));
  for (const RootRow& root : roots) {
    if (!root.weak) return std::optional<RootRow>(root);
  }
  return std::optional<RootRow>();
}

}  // namespace heapq

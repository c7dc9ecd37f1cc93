#include "query/objects/closure.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr uint64_t kMaxLocals = 10000;

// The env of a proc, in ObjectSpace.dump_all a reference without a name.
absl::StatusOr<uint32_t> EnvOf(HeapDb* db, ObjectLabeler* describe,
                               const ObjectRow& proc) {
  ASSIGN_OR_RETURN(const uint32_t part, describe->Part(proc.id, "env"));
  if (part != 0) return part;
  Edges edges(db);
  ASSIGN_OR_RETURN(const Paged<EdgeRow> out, edges.Out(proc, {0, 100}));
  for (const EdgeRow& edge : out.rows) {
    ASSIGN_OR_RETURN(const ObjectRow target, db->Object(edge.dst));
    if (IsEnv(target)) return target.id;
  }
  return 0u;
}

// The code of a proc that has captured `env`.
absl::StatusOr<std::optional<IseqName>> CapturedBy(HeapDb* db,
                                                   ObjectLabeler* describe,
                                                   uint32_t env) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db->Cached("SELECT r.src FROM referrers r JOIN objects o ON o.id = r.src "
                 "JOIN names k ON k.id = o.kind WHERE r.dst = ?1 AND k.text = "
                 "'proc' ORDER BY r.src LIMIT 1"));
  rows->Bind(1, int64_t{env});
  ASSIGN_OR_RETURN(const bool found, rows->Step());
  if (!found) return std::optional<IseqName>();
  return describe->IseqOf(static_cast<uint32_t>(rows->Int(0)));
}

absl::StatusOr<EnvView> ViewOf(HeapDb* db, ObjectLabeler* describe,
                               ObjectViews* views, uint32_t env) {
  EnvView view;
  ASSIGN_OR_RETURN(view.owner, describe->IseqOf(env));
  if (!view.owner.has_value()) {
    ASSIGN_OR_RETURN(view.captured_by, CapturedBy(db, describe, env));
  }
  ASSIGN_OR_RETURN(ObjectView object, views->Show(env, kMaxLocals));
  view.env = std::move(object.object);
  for (FieldView& field : object.fields) {
    if (field.kind == "local" || field.kind == "ref") {
      view.locals.push_back(std::move(field));
    }
  }
  return view;
}

absl::Status AddOwned(HeapDb* db, ObjectLabeler* describe, uint32_t iseq,
                      Page page, ClosureOwner* answer) {
  std::vector<uint32_t> envs;
  {
    ASSIGN_OR_RETURN(Statement * rows,
                     db->Cached("SELECT id FROM envs WHERE iseq=?1 ORDER BY id "
                                "LIMIT ?2 OFFSET ?3"));
    rows->Bind(1, int64_t{iseq});
    rows->Bind(2, static_cast<int64_t>(page.count));
    rows->Bind(3, static_cast<int64_t>(page.first));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) break;
      envs.push_back(static_cast<uint32_t>(rows->Int(0)));
    }
    ASSIGN_OR_RETURN(Statement * total,
                     db->Cached("SELECT count(*) FROM envs WHERE iseq=?1"));
    total->Bind(1, int64_t{iseq});
    ASSIGN_OR_RETURN(const bool found, total->Step());
    if (found) answer->owned_envs.total = static_cast<uint64_t>(total->Int(0));
  }
  for (const uint32_t env : envs) {
    ASSIGN_OR_RETURN(ObjectSummary summary, describe->Summary(env));
    answer->owned_envs.rows.push_back(std::move(summary));
  }
  // The procs among the objects that refer to the iseq.
  ASSIGN_OR_RETURN(
      Statement * rows,
      db->Cached("SELECT DISTINCT o.id FROM referrers r JOIN objects o ON o.id "
                 "= r.src JOIN names k ON k.id = o.kind WHERE r.dst = ?1 AND "
                 "k.text = 'proc' ORDER BY o.id"));
  rows->Bind(1, int64_t{iseq});
  std::vector<uint32_t> procs;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) break;
    const uint64_t n = answer->procs.total++;
    if (n >= page.first && n - page.first < page.count) {
      procs.push_back(static_cast<uint32_t>(rows->Int(0)));
    }
  }
  for (const uint32_t proc : procs) {
    ASSIGN_OR_RETURN(ObjectSummary summary, describe->Summary(proc));
    answer->procs.rows.push_back(std::move(summary));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClosureOwner> FindOwner(HeapDb* db, uint32_t id, Page page) {
  ObjectLabeler describe(db);
  ObjectViews views(db);
  ClosureOwner answer;
  ASSIGN_OR_RETURN(const ObjectRow object, db->Object(id));
  ASSIGN_OR_RETURN(answer.object, describe.Summary(object));
  uint32_t env = 0;
  if (IsIseq(object)) {
    answer.is_iseq = true;
    ASSIGN_OR_RETURN(answer.code, describe.Iseq(id));
    RETURN_IF_ERROR(AddOwned(db, &describe, id, page, &answer));
  } else if (IsProc(object)) {
    ASSIGN_OR_RETURN(answer.code, describe.IseqOf(id));
    ASSIGN_OR_RETURN(env, EnvOf(db, &describe, object));
  } else if (IsEnv(object)) {
    env = id;
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat(AddressText(object.address), " is ", answer.object.label,
                     ", not a proc, env or iseq; `heapq referrers ",
                     AddressText(object.address), "` shows what holds it"));
  }
  // Damaged dumps may go round in a circle.
  std::set<uint32_t> seen;
  while (env != 0 && seen.insert(env).second) {
    ASSIGN_OR_RETURN(EnvView view, ViewOf(db, &describe, &views, env));
    answer.envs.push_back(std::move(view));
    ASSIGN_OR_RETURN(env, describe.Part(env, "prev"));
  }
  return answer;
}

}  // namespace heapq

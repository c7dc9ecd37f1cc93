// What the methods of a class do, by the call caches of their code.
#include <string>
#include <vector>

#include "indexer/base/status_macros.h"
#include "query/suspects/code_owner.h"
#include "query/suspects/method_name.h"

namespace heapq {
namespace {

constexpr int64_t kMaxMethods = 60;
constexpr size_t kMaxBlocks = 30;

}  // namespace

absl::StatusOr<bool> CodeOwners::IsOwnMethod(uint32_t class_id,
                                             uint32_t method) {
  if (!db_.has_fields()) return true;
  // A class also refers to inherited methods that were called on it.
  ASSIGN_OR_RETURN(
      Statement * row,
      db_.Cached("SELECT 1 FROM edges WHERE src = ?1 AND dst = ?2 AND kind = "
                 "$method LIMIT 1"));
  row->Bind(1, int64_t{class_id});
  row->Bind(2, int64_t{method});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  row->Reset();
  return found;
}

absl::StatusOr<bool> CodeOwners::WasCalled(uint32_t method) {
  RETURN_IF_ERROR(ReadKinds());
  ASSIGN_OR_RETURN(
      Statement * row,
      db_.Cached("SELECT 1 FROM referrers r CROSS JOIN objects o ON o.id = "
                 "r.src WHERE r.dst = ?1 AND o.kind = ?2 LIMIT 1"));
  row->Bind(1, int64_t{method});
  row->Bind(2, kinds_->callcache);
  ASSIGN_OR_RETURN(const bool found, row->Step());
  row->Reset();
  return found;
}

absl::StatusOr<std::vector<uint32_t>> CodeOwners::WithBlocks(uint32_t iseq) {
  std::vector<uint32_t> all = {iseq};
  for (size_t i = 0; i < all.size() && all.size() < kMaxBlocks; ++i) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT i.id FROM edges e CROSS JOIN iseqs i ON i.id = "
                   "e.dst WHERE e.src = ?1 AND i.parent = ?1"));
    row->Bind(1, int64_t{all[i]});
    while (true) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      all.push_back(static_cast<uint32_t>(row->Int(0)));
    }
  }
  return all;
}

absl::StatusOr<bool> CodeOwners::Removes(uint32_t iseq) {
  RETURN_IF_ERROR(ReadKinds());
  ASSIGN_OR_RETURN(const std::vector<uint32_t> all, WithBlocks(iseq));
  for (const uint32_t one : all) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT n.text FROM edges e CROSS JOIN objects c ON c.id = "
                   "e.dst AND c.kind = ?2 CROSS JOIN edges m ON m.src = c.id "
                   "CROSS JOIN objects o ON o.id = m.dst AND o.kind = ?3 CROSS "
                   "JOIN names n ON n.id = o.name WHERE e.src = ?1"));
    row->Bind(1, int64_t{one});
    row->Bind(2, kinds_->callcache);
    row->Bind(3, kinds_->ment);
    while (true) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      if (RemovesByName(row->Text(0))) {
        row->Reset();
        return true;
      }
    }
  }
  return false;
}

absl::StatusOr<bool> CodeOwners::RefersTo(uint32_t iseq, uint32_t class_id) {
  if (class_id == 0) return false;
  RETURN_IF_ERROR(ReadKinds());
  ASSIGN_OR_RETURN(const std::vector<uint32_t> all, WithBlocks(iseq));
  for (const uint32_t one : all) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT 1 FROM edges e CROSS JOIN objects c ON c.id = e.dst "
                   "AND c.kind = ?2 CROSS JOIN edges v ON v.src = c.id AND "
                   "v.dst = ?3 WHERE e.src = ?1 LIMIT 1"));
    row->Bind(1, int64_t{one});
    row->Bind(2, kinds_->constcache);
    row->Bind(3, int64_t{class_id});
    ASSIGN_OR_RETURN(const bool found, row->Step());
    row->Reset();
    if (found) return true;
  }
  return false;
}

absl::StatusOr<ClassActions> CodeOwners::ActionsOf(const std::string& name,
                                                   uint32_t held) {
  ClassActions actions;
  ASSIGN_OR_RETURN(const std::vector<uint32_t> classes, ClassesOf(name));
  int best = 0;
  for (const uint32_t id : classes) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> methods,
                     Methods(id, kMaxMethods));
    for (const uint32_t method : methods) {
      ASSIGN_OR_RETURN(const bool own, IsOwnMethod(id, method));
      if (!own) continue;
      ASSIGN_OR_RETURN(const uint32_t iseq, IseqOf(method));
      if (iseq == 0) {
        actions.exposes = true;
        continue;
      }
      ASSIGN_OR_RETURN(const bool called, WasCalled(method));
      if (!called) continue;
      actions.known = true;
      ASSIGN_OR_RETURN(const IseqName code, Iseq(iseq));
      const std::string_view method_name = NameInLabel(code.label);
      if (RunsAtLoad(method_name) ||
          OwnerOfFile(code.place.file) == CodeOwner::kGem) {
        continue;
      }
      ASSIGN_OR_RETURN(const bool removes, Removes(iseq));
      actions.removes = actions.removes || removes;
      ASSIGN_OR_RETURN(const bool makes, RefersTo(iseq, held));
      const int fitness =
          1 + (makes ? 4 : 0) + (AddsByName(method_name) ? 2 : 0);
      if (fitness <= best) continue;
      best = fitness;
      actions.acts = true;
      actions.label = code.label;
      actions.place = code.place;
    }
  }
  return actions;
}

absl::StatusOr<bool> CodeOwners::HasRun(const std::string& class_name,
                                        const std::string& label) {
  const std::string_view wanted = NameInLabel(label);
  ASSIGN_OR_RETURN(const std::vector<uint32_t> classes, ClassesOf(class_name));
  for (const uint32_t id : classes) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> methods,
                     Methods(id, kMaxMethods));
    for (const uint32_t method : methods) {
      ASSIGN_OR_RETURN(const uint32_t iseq, IseqOf(method));
      if (iseq == 0) continue;
      ASSIGN_OR_RETURN(const IseqName code, Iseq(iseq));
      if (NameInLabel(code.label) != wanted) continue;
      ASSIGN_OR_RETURN(const bool called, WasCalled(method));
      if (called) return true;
    }
  }
  return false;
}

absl::StatusOr<uint32_t> CodeOwners::BlockOf(const PathNode& node,
                                             uint32_t path) {
  std::vector<uint32_t> threads = {node.first};
  ASSIGN_OR_RETURN(const std::vector<uint32_t> samples,
                   PathSamples(&db_, path));
  threads.insert(threads.end(), samples.begin(), samples.end());
  uint32_t first = 0;
  for (const uint32_t thread : threads) {
    ASSIGN_OR_RETURN(const uint32_t iseq, IseqOf(thread));
    if (iseq == 0) continue;
    ASSIGN_OR_RETURN(const IseqName code, Iseq(iseq));
    if (OwnerOfFile(code.place.file) == CodeOwner::kApplication) return iseq;
    if (first == 0 && code.place.known()) first = iseq;
  }
  return first;
}

}  // namespace heapq

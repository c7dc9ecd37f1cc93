// What the methods of a class do, by the call caches of their code.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/base/status_macros.h"
#include "query/suspects/code_owner.h"
#include "query/suspects/method_name.h"

namespace heapq {
namespace {

constexpr size_t kMaxBlocks = 30;
constexpr int64_t kMaxCallers = 40;
// Of a method entry, so many are looked at: the envs of its blocks are some.
constexpr int64_t kMaxReferrers = 1000;

// Ruby's collections, which have methods that remove.
bool IsCollection(std::string_view class_name) {
  return class_name == "Hash" || class_name == "Array" || class_name == "Set";
}

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
      db_.Cached("SELECT max(o.kind = ?2), count(*) FROM (SELECT src FROM "
                 "referrers WHERE dst = ?1 LIMIT ?3) r CROSS JOIN objects o ON "
                 "o.id = r.src"));
  row->Bind(1, int64_t{method});
  row->Bind(2, kinds_->callcache);
  row->Bind(3, kMaxReferrers);
  ASSIGN_OR_RETURN(const bool found, row->Step());
  // The envs of its blocks refer to a method, too.
  const bool called =
      found && (row->Int(0) != 0 || row->Int(1) == kMaxReferrers);
  row->Reset();
  return called;
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

absl::StatusOr<CodeOwners::Removal> CodeOwners::Removes(uint32_t iseq) {
  RETURN_IF_ERROR(ReadKinds());
  ASSIGN_OR_RETURN(const std::vector<uint32_t> all, WithBlocks(iseq));
  Removal removal = Removal::kNone;
  for (const uint32_t one : all) {
    // A method entry without a name and without Ruby code is a method of C: of
    // the class that it refers to.
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT n.text, (SELECT min(k.name) FROM edges x CROSS JOIN "
                   "classes k ON k.id = x.dst WHERE x.src = o.id) FROM edges e "
                   "CROSS JOIN objects c ON c.id = e.dst AND c.kind = ?2 CROSS "
                   "JOIN edges m ON m.src = c.id CROSS JOIN objects o ON o.id "
                   "= m.dst AND o.kind = ?3 LEFT JOIN names n ON n.id = o.name "
                   "WHERE e.src = ?1"));
    row->Bind(1, int64_t{one});
    row->Bind(2, kinds_->callcache);
    row->Bind(3, kinds_->ment);
    while (true) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      const std::string_view name = row->Text(0);
      if (RemovesByName(name)) {
        row->Reset();
        return Removal::kCalled;
      }
      if (name.empty() && IsCollection(row->Text(1))) {
        removal = Removal::kUnknown;
      }
    }
  }
  return removal;
}

absl::StatusOr<bool> CodeOwners::RefersTo(
    uint32_t iseq, const std::vector<uint32_t>& classes) {
  if (classes.empty()) return false;
  RETURN_IF_ERROR(ReadKinds());
  ASSIGN_OR_RETURN(const std::vector<uint32_t> all, WithBlocks(iseq));
  for (const uint32_t one : all) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT v.dst FROM edges e CROSS JOIN objects c ON c.id = "
                   "e.dst AND c.kind = ?2 CROSS JOIN edges v ON v.src = c.id "
                   "WHERE e.src = ?1"));
    row->Bind(1, int64_t{one});
    row->Bind(2, kinds_->constcache);
    while (true) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      const auto value = static_cast<uint32_t>(row->Int(0));
      if (std::find(classes.begin(), classes.end(), value) != classes.end()) {
        row->Reset();
        return true;
      }
    }
  }
  return false;
}

absl::StatusOr<bool> CodeOwners::IsCalledOnlyAtBoot(uint32_t method) {
  RETURN_IF_ERROR(ReadKinds());
  std::vector<uint32_t> callers;
  ASSIGN_OR_RETURN(
      Statement * row,
      db_.Cached("SELECT i.id FROM (SELECT src FROM referrers WHERE dst = ?1 "
                 "LIMIT ?5) r CROSS JOIN objects c ON c.id = r.src AND c.kind "
                 "= ?2 CROSS JOIN referrers q ON q.dst = c.id CROSS JOIN "
                 "objects i ON i.id = q.src AND i.kind = ?3 LIMIT ?4"));
  row->Bind(1, int64_t{method});
  row->Bind(2, kinds_->callcache);
  row->Bind(3, kinds_->iseq);
  row->Bind(4, kMaxCallers);
  row->Bind(5, kMaxReferrers);
  while (true) {
    ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) break;
    callers.push_back(static_cast<uint32_t>(row->Int(0)));
  }
  for (const uint32_t caller : callers) {
    ASSIGN_OR_RETURN(const IseqName code, Iseq(caller));
    if (!RunsAtBoot(code.label)) return false;
  }
  return !callers.empty();
}

absl::StatusOr<ClassActions> CodeOwners::ActionsOf(
    const std::string& name, const std::vector<uint32_t>& held) {
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
      if (OwnerOfFile(code.place.file) == CodeOwner::kGem) continue;
      ASSIGN_OR_RETURN(const bool makes, RefersTo(iseq, held));
      bool at_load = RunsAtLoad(method_name);
      if (!at_load) {
        ASSIGN_OR_RETURN(at_load, IsCalledOnlyAtBoot(method));
      }
      if (at_load) {
        actions.makes_at_load = actions.makes_at_load || makes;
        continue;
      }
      ASSIGN_OR_RETURN(const Removal removal, Removes(iseq));
      if (removal == Removal::kCalled && !actions.removes) {
        actions.removes = true;
        actions.removal = code.label;
      }
      actions.may_remove = actions.may_remove || removal == Removal::kUnknown;
      const int fitness =
          1 + (makes ? 4 : 0) + (AddsByName(method_name) ? 2 : 0);
      actions.adds = actions.adds || fitness > 1;
      if (fitness <= best) continue;
      best = fitness;
      actions.acts = true;
      actions.label = code.label;
      actions.place = code.place;
    }
  }
  if (best > 4) actions.makes_at_load = false;
  return actions;
}

absl::StatusOr<std::vector<uint32_t>> CodeOwners::MethodsNamed(
    const std::string& class_name, const std::string& label) {
  std::vector<uint32_t> named;
  const std::string_view wanted = NameInLabel(label);
  ASSIGN_OR_RETURN(const std::vector<uint32_t> classes, ClassesOf(class_name));
  for (const uint32_t id : classes) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> methods,
                     Methods(id, kMaxMethods));
    for (const uint32_t method : methods) {
      ASSIGN_OR_RETURN(const uint32_t iseq, IseqOf(method));
      if (iseq == 0) continue;
      ASSIGN_OR_RETURN(const IseqName code, Iseq(iseq));
      if (NameInLabel(code.label) == wanted) named.push_back(method);
    }
  }
  return named;
}

absl::StatusOr<bool> CodeOwners::HasRun(const std::string& class_name,
                                        const std::string& label) {
  ASSIGN_OR_RETURN(const std::vector<uint32_t> methods,
                   MethodsNamed(class_name, label));
  for (const uint32_t method : methods) {
    ASSIGN_OR_RETURN(const bool called, WasCalled(method));
    if (called) return true;
  }
  return false;
}

absl::StatusOr<bool> CodeOwners::RunsOnlyAtLoad(const std::string& class_name,
                                                const std::string& label) {
  ASSIGN_OR_RETURN(const std::vector<uint32_t> methods,
                   MethodsNamed(class_name, label));
  bool at_load = false;
  for (const uint32_t method : methods) {
    ASSIGN_OR_RETURN(const bool called, WasCalled(method));
    if (!called) continue;
    ASSIGN_OR_RETURN(at_load, IsCalledOnlyAtBoot(method));
    if (!at_load) return false;
  }
  return at_load;
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

#include "query/suspects/candidate.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "indexer/base/status_macros.h"
#include "indexer/model/digits.h"
#include "query/suspects/path_text.h"

namespace heapq {
namespace {

constexpr uint64_t kMinElements = 40;
// Fewer elements are enough where they keep a large part of the data.
constexpr uint64_t kFewElements = 16;
constexpr double kShareOfFew = 0.02;
// Threads of one program that wait for work are fewer.
constexpr uint64_t kManyThreads = 30;
constexpr uint32_t kMinFan = 16;
constexpr uint64_t kMinCopies = 6;
constexpr uint64_t kMinEntries = 20;
constexpr double kMinShare = 0.004;
constexpr double kMinShareOfOne = 0.02;
constexpr uint64_t kMinBytes = 8000;
constexpr uint64_t kMinBytesOfOne = 100000;

// Lists of Ruby's own that grow with the code, not with data.
bool IsListOfCode(const std::string& label) {
  static const auto* const kLists = new std::set<std::string>{
      "literals",  "callcaches",    "constcaches",    "method_entries",
      "iseqs",     "callinfos",     "constant_files", "cached_classes",
      "overloads", "machine_stack", "stack"};
  return kLists->count(label) != 0;
}

bool HoldsReferencesAsElements(const PathNode& node) {
  if (node.what == MaskedObject::kHidden) return true;
  if (node.what != MaskedObject::kInstance &&
      node.what != MaskedObject::kSubInstance) {
    return false;
  }
  return node.name != "Thread" && node.name != "Ractor" &&
         node.name != "Proc" && node.name != "Method" && node.name != "Fiber";
}

bool IsNumberedVariable(const PathNode& node) {
  return (node.IsEdge(EdgeKind::kIvar) || node.IsEdge(EdgeKind::kFiberLocal) ||
          node.IsEdge(EdgeKind::kThreadVariable)) &&
         node.HasNumberedLabel();
}

using Wanted = std::function<bool(const Candidate&)>;

// The lower limits of a candidate.
struct Limits {
  uint64_t elements = kMinElements;
  uint32_t fan = kMinFan;
  uint64_t chain = kMinChain;
  uint64_t copies = kMinCopies;
  uint64_t entries = kMinEntries;
};

class CandidateFinder {
 public:
  CandidateFinder(HeapDb* db, const PathTree& tree, CodeOwners* owners,
                  const Wanted& wanted)
      : db_(*db),
        tree_(tree),
        owners_(*owners),
        limits_{1, 0, 1, 1, 1},
        wanted_(&wanted) {}
  CandidateFinder(HeapDb* db, const PathTree& tree, const HeapSizes& sizes,
                  CodeOwners* owners)
      : db_(*db), tree_(tree), owners_(*owners) {
    least_ = std::max(
        kMinBytes,
        static_cast<uint64_t>(kMinShare * static_cast<double>(sizes.data)));
    least_of_few_ =
        static_cast<uint64_t>(kShareOfFew * static_cast<double>(sizes.data));
    least_of_one_ = std::max(
        kMinBytesOfOne, static_cast<uint64_t>(kMinShareOfOne *
                                              static_cast<double>(sizes.data)));
  }

  absl::StatusOr<std::vector<Candidate>> Find() {
    least_of_point_ = std::max<uint64_t>(least_of_point_, 1);
    for (uint32_t i = 1; i < tree_.nodes().size(); ++i) {
      if (IsLeftOut(i)) continue;
      AddContainers(i);
      AddThreads(i);
      AddChain(i);
      RETURN_IF_ERROR(AddMethods(i));
      AddOne(i);
      AddPoint(i);
    }
    AddRegistries();
    AddClasses();
    AddClosures();
    AddCaches();
    return std::move(found_);
  }

 private:
  // The thread of the gem's own hook, and all below it.
  bool IsLeftOut(uint32_t node) const {
    for (; node != 0; node = tree_[node].parent) {
      if (tree_[node].what == MaskedObject::kOwnThread) return true;
    }
    return false;
  }

  // With a filter: whether an accumulation with these elements is wanted.
  bool IsWanted(Candidate::Kind kind, uint32_t node, uint32_t element) const {
    if (wanted_ == nullptr) return true;
    Candidate candidate;
    candidate.kind = kind;
    candidate.node = node;
    candidate.elements = {element};
    return (*wanted_)(candidate);
  }

  void Add(Candidate candidate) {
    if (candidate.bytes < least_) return;
    std::sort(candidate.elements.begin(), candidate.elements.end(),
              [this](uint32_t a, uint32_t b) {
                return tree_[a].bytes != tree_[b].bytes
                           ? tree_[a].bytes > tree_[b].bytes
                           : a < b;
              });
    if (wanted_ != nullptr && !(*wanted_)(candidate)) return;
    found_.push_back(std::move(candidate));
  }

  // Variables of one object whose names differ only in digits: "@row_#".
  void AddNumberedVariables(uint32_t i) {
    for (const uint32_t kid : tree_[i].kids) {
      const PathNode& held = tree_[kid];
      if (!IsNumberedVariable(held)) continue;
      Candidate variables;
      variables.node = i;
      variables.elements = {kid};
      variables.count = held.count;
      variables.bytes = held.bytes;
      variables.numbered = true;
      if (IsMany(variables)) Add(std::move(variables));
    }
  }

  void AddContainers(uint32_t i) {
    const PathNode& node = tree_[i];
    AddNumberedVariables(i);
    if (node.fan < limits_.fan) return;
    const bool references = HoldsReferencesAsElements(node);
    Candidate all;
    std::map<std::string, Candidate> lists;
    for (const uint32_t kid : node.kids) {
      const PathNode& held = tree_[kid];
      if (held.IsElement() || (references && held.IsEdge(EdgeKind::kRef))) {
        all.elements.push_back(kid);
      } else if (held.IsEdge(EdgeKind::kItem) && !IsListOfCode(held.label)) {
        Candidate& list = lists[held.label];
        list.elements.push_back(kid);
        list.count += held.count;
        list.bytes += held.bytes;
      }
    }
    all.count = std::max(node.elements, node.keys);
    all.bytes = node.bytes;
    if (!all.elements.empty() && IsMany(all)) {
      all.node = i;
      Add(std::move(all));
    }
    for (auto& [label, list] : lists) {
      if (!IsMany(list)) continue;
      list.node = i;
      Add(std::move(list));
    }
  }

  bool IsMany(const Candidate& candidate) const {
    return candidate.count >= limits_.elements ||
           (wanted_ == nullptr && candidate.count >= kFewElements &&
            candidate.bytes >= least_of_few_);
  }

  // The threads of a Ractor. A dump whose references have names has them as a
  // list.
  void AddThreads(uint32_t i) {
    if (!tree_[i].IsInstance("Ractor")) return;
    for (const uint32_t kid : tree_[i].kids) {
      const PathNode& held = tree_[kid];
      if (!held.IsEdge(EdgeKind::kRef) || !held.IsInstance("Thread") ||
          held.count < (wanted_ == nullptr ? kManyThreads : 1)) {
        continue;
      }
      Candidate threads;
      threads.node = i;
      threads.elements = {kid};
      threads.count = held.count;
      threads.bytes = held.bytes;
      Add(std::move(threads));
    }
  }

  void AddChain(uint32_t i) {
    const PathNode& node = tree_[i];
    if (node.depth < limits_.chain || node.entries == 0 ||
        node.count < limits_.chain * node.entries ||
        node.what == MaskedObject::kIseq || node.what == MaskedObject::kImemo ||
        node.IsClass() || node.what == MaskedObject::kIclass) {
      return;
    }
    Candidate chain;
    chain.kind = Candidate::kChain;
    chain.node = i;
    chain.elements = {i};
    chain.count = node.count;
    chain.bytes = node.bytes;
    Add(std::move(chain));
  }

  // Methods of a class that share their name but for digits, or their line,
  // or their label and file but for digits.
  absl::Status AddMethods(uint32_t i) {
    if (!tree_[i].IsClass()) return absl::OkStatus();
    for (const uint32_t kid : tree_[i].kids) {
      const PathNode& held = tree_[kid];
      if (held.count < limits_.elements || held.bytes < least_) continue;
      if (!IsWanted(Candidate::kMethods, i, kid)) continue;
      const bool by_name = held.IsEdge(EdgeKind::kMethod);
      if (!by_name &&
          (held.what != MaskedObject::kImemo || held.name != "ment")) {
        continue;
      }
      ASSIGN_OR_RETURN(const std::vector<uint32_t> samples,
                       PathSamples(&db_, kid));
      std::map<std::pair<std::string, std::string>, int> patterns;
      std::map<uint32_t, int> iseqs;
      uint32_t some = 0;
      for (const uint32_t sample : samples) {
        ASSIGN_OR_RETURN(const uint32_t iseq, owners_.IseqOf(sample));
        if (iseq == 0) continue;
        ++iseqs[iseq];
        ASSIGN_OR_RETURN(const IseqName code, owners_.Iseq(iseq));
        if (!code.place.known()) continue;
        std::string label = code.label;
        const size_t owner = label.rfind('#');
        if (owner != std::string::npos) label = label.substr(owner + 1);
        const int same =
            ++patterns[{WithoutDigits(code.place.file), WithoutDigits(label)}];
        if (some == 0 || same > 1) some = iseq;
      }
      int most = 0;
      for (const auto& [pattern, count] : patterns)
        most = std::max(most, count);
      for (const auto& [iseq, count] : iseqs) most = std::max(most, count);
      if (samples.empty() || 10 * most < 6 * static_cast<int>(samples.size())) {
        continue;
      }
      Candidate methods;
      methods.kind = Candidate::kMethods;
      methods.node = i;
      methods.elements = {kid};
      methods.count = held.count * static_cast<uint64_t>(most) / samples.size();
      methods.bytes = held.bytes;
      methods.iseq = some;
      Add(std::move(methods));
    }
    return absl::OkStatus();
  }

  void AddOne(uint32_t i) {
    const PathNode& node = tree_[i];
    if (node.count == 0 || node.size / node.count < least_of_one_) return;
    switch (node.type) {
      case ObjectType::kString:
      case ObjectType::kArray:
      case ObjectType::kHash:
      case ObjectType::kObject:
      case ObjectType::kStruct:
      case ObjectType::kBignum:
      case ObjectType::kData:
        break;
      default:
        return;
    }
    Candidate one;
    one.kind = Candidate::kOne;
    one.node = i;
    one.elements = {i};
    one.count = node.count;
    one.bytes = node.bytes;
    Add(std::move(one));
  }

  // Where many bytes end up, whatever it is: so that the largest part of a heap
  // has an answer.
  void AddPoint(uint32_t i) {
    const PathNode& node = tree_[i];
    if (node.bytes < least_of_point_ || node.IsClass() ||
        node.what > MaskedObject::kProc || node.what == MaskedObject::kHidden) {
      return;
    }
    for (const uint32_t kid : node.kids) {
      if (10 * tree_[kid].bytes >= 7 * node.bytes &&
          tree_[kid].what != MaskedObject::kHidden) {
        return;
      }
    }
    Candidate point;
    point.kind = Candidate::kOne;
    point.node = i;
    point.elements = {i};
    point.count = node.count;
    point.bytes = node.bytes;
    if (wanted_ != nullptr && !(*wanted_)(point)) return;
    found_.push_back(std::move(point));
  }

  void AddRegistries() {
    std::map<std::tuple<std::string, std::string, int>, Candidate> registries;
    for (const uint32_t kid : tree_[0].kids) {
      const PathNode& node = tree_[kid];
      if (node.hop != MaskedHop::kRoot) continue;
      if (!IsRegistry(node.label)) continue;
      Candidate& registry =
          registries[{node.label, node.name, static_cast<int>(node.iseq)}];
      registry.kind = Candidate::kRegistry;
      registry.registry = node.label;
      registry.elements.push_back(kid);
      registry.count += node.count;
      registry.bytes += node.bytes;
    }
    for (auto& [key, registry] : registries) {
      if (registry.count < limits_.entries) continue;
      registry.node = registry.elements.front();
      Add(std::move(registry));
    }
  }

  void AddClasses() {
    std::map<std::pair<std::string, ObjectType>, Candidate> anonymous;
    for (uint32_t i = 1; i < tree_.nodes().size(); ++i) {
      const PathNode& node = tree_[i];
      if (IsLeftOut(i)) continue;
      if (node.what == MaskedObject::kClass && node.count >= limits_.copies) {
        Candidate copies;
        copies.kind = Candidate::kCopies;
        copies.node = i;
        copies.elements = {i};
        copies.count = node.count;
        copies.bytes = node.bytes;
        Add(std::move(copies));
      }
      if (node.what != MaskedObject::kAnonymous) continue;
      Candidate& group = anonymous[{node.name, node.type}];
      group.kind = Candidate::kAnonymous;
      group.elements.push_back(i);
      group.count += node.count;
      group.bytes += node.bytes;
    }
    for (auto& [key, group] : anonymous) {
      if (!IsMany(group)) continue;
      group.node = Largest(group.elements);
      Add(std::move(group));
    }
  }

  void AddClosures() {
    std::map<uint32_t, Candidate> closures;
    for (uint32_t i = 1; i < tree_.nodes().size(); ++i) {
      const PathNode& node = tree_[i];
      if (node.what != MaskedObject::kProc || node.name != "proc" ||
          IsLeftOut(i)) {
        continue;
      }
      Candidate& group = closures[node.iseq];
      group.kind = Candidate::kClosures;
      group.iseq = node.iseq;
      group.elements.push_back(i);
      group.count += node.count;
      group.bytes += node.bytes;
    }
    for (auto& [iseq, group] : closures) {
      if (group.count < limits_.elements) continue;
      group.node = Largest(group.elements);
      Add(std::move(group));
    }
  }

  // What is held by nothing but caches and words of the machine stack.
  void AddCaches() {
    Candidate caches;
    caches.kind = Candidate::kCaches;
    for (uint32_t i = 1; i < tree_.nodes().size(); ++i) {
      const PathNode& node = tree_[i];
      if (node.tier < 2 || tree_[node.parent].tier >= 2) continue;
      caches.elements.push_back(i);
      caches.count += node.count;
      caches.bytes += node.bytes;
    }
    if (caches.elements.empty()) return;
    caches.node = Largest(caches.elements);
    Add(std::move(caches));
  }

  uint32_t Largest(const std::vector<uint32_t>& nodes) const {
    return *std::max_element(nodes.begin(), nodes.end(),
                             [this](uint32_t a, uint32_t b) {
                               return tree_[a].bytes < tree_[b].bytes;
                             });
  }

  HeapDb& db_;
  const PathTree& tree_;
  CodeOwners& owners_;
  const Limits limits_;
  const Wanted* const wanted_ = nullptr;  // null: all that are large enough
  uint64_t least_ = 0;
  uint64_t least_of_few_ = 0;
  uint64_t least_of_one_ = 0;
  uint64_t least_of_point_ = 0;
  std::vector<Candidate> found_;
};

}  // namespace

absl::StatusOr<std::vector<Candidate>> FindCandidates(HeapDb* db,
                                                      const PathTree& tree,
                                                      const HeapSizes& sizes,
                                                      CodeOwners* owners) {
  return CandidateFinder(db, tree, sizes, owners).Find();
}

absl::StatusOr<std::vector<Candidate>> FindCandidatesOfAnySize(
    HeapDb* db, const PathTree& tree, CodeOwners* owners,
    const std::function<bool(const Candidate&)>& wanted) {
  return CandidateFinder(db, tree, owners, wanted).Find();
}

}  // namespace heapq

#include "query/suspects/wording.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "indexer/base/status_macros.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

constexpr size_t kKeyLength = 30;

std::string RegistryText(const std::string& category) {
  if (category == "finalizers") return "finalizers";
  if (category == "end_proc") return "at_exit blocks";
  return "handlers of signals";
}

// "3,000 Request".
absl::StatusOr<std::string> Counted(uint64_t count, const PathNode& node,
                                    CodeOwners* owners) {
  ASSIGN_OR_RETURN(const std::string text, ObjectText(node, owners));
  return absl::StrCat(CountText(count), " × ", text);
}

std::string Share(const ScoredCandidate& scored) {
  return absl::StrFormat("%s (%.1f%% of the heap)",
                         BytesText(scored.candidate.bytes), 100 * scored.share);
}

// The place of a class of the application, nearest first: above `node`.
absl::StatusOr<LeakPoint> PlaceAbove(const PathTree& tree, uint32_t node,
                                     bool any_owner, CodeOwners* owners) {
  for (; node != 0; node = tree[node].parent) {
    const PathNode& at = tree[node];
    if (at.what == MaskedObject::kProc) {
      ASSIGN_OR_RETURN(const IseqName code, owners->Iseq(at.iseq));
      const CodeOwner owner = OwnerOfFile(code.place.file);
      if (owner == CodeOwner::kApplication ||
          (any_owner && code.place.known())) {
        return LeakPoint{code.label, code.place};
      }
      continue;
    }
    if (at.IsInstance("Thread") || at.IsInstance("Fiber")) {
      ASSIGN_OR_RETURN(const uint32_t iseq, owners->BlockOf(at, node));
      if (iseq == 0) continue;
      ASSIGN_OR_RETURN(const IseqName code, owners->Iseq(iseq));
      const CodeOwner owner = OwnerOfFile(code.place.file);
      if (owner == CodeOwner::kApplication ||
          (any_owner && code.place.known())) {
        return LeakPoint{code.label, code.place};
      }
      continue;
    }
    if (at.name.empty() || IsCoreClass(at.name) ||
        at.what > MaskedObject::kSingleton) {
      continue;
    }
    ASSIGN_OR_RETURN(const ClassCode code, owners->OfClass(at.name));
    if (!code.place.known()) continue;
    if (any_owner || code.owner == CodeOwner::kApplication) {
      return LeakPoint{absl::StrCat("class ", at.name), code.place};
    }
  }
  return LeakPoint();
}

// The same below the elements.
absl::StatusOr<LeakPoint> PlaceBelow(const PathTree& tree,
                                     const std::vector<uint32_t>& elements,
                                     CodeOwners* owners) {
  constexpr int kLevels = 4;
  constexpr size_t kMaxNodes = 100;
  std::vector<uint32_t> level = elements;
  for (int n = 0; n < kLevels; ++n) {
    std::vector<uint32_t> next;
    for (const uint32_t at : level) {
      const PathNode& node = tree[at];
      if (node.what == MaskedObject::kProc) {
        ASSIGN_OR_RETURN(const IseqName code, owners->Iseq(node.iseq));
        if (OwnerOfFile(code.place.file) == CodeOwner::kApplication) {
          return LeakPoint{code.label, code.place};
        }
      } else if (!node.name.empty() && !IsCoreClass(node.name) &&
                 node.what <= MaskedObject::kSingleton) {
        ASSIGN_OR_RETURN(const ClassCode code, owners->OfClass(node.name));
        if (code.owner == CodeOwner::kApplication && code.place.known()) {
          return LeakPoint{absl::StrCat("class ", node.name), code.place};
        }
      }
      next.insert(next.end(), node.kids.begin(), node.kids.end());
    }
    if (next.size() > kMaxNodes) next.resize(kMaxNodes);
    level = std::move(next);
  }
  return LeakPoint();
}

}  // namespace

std::string BytesText(uint64_t bytes) {
  if (bytes < 1000) return absl::StrCat(bytes, " bytes");
  static constexpr const char* kUnits[] = {"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.95 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kUnits[unit]);
}

std::string CountText(uint64_t count) {
  std::string digits = absl::StrCat(count);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

absl::StatusOr<std::string> HeldText(const PathTree& tree,
                                     const ScoredCandidate& scored,
                                     CodeOwners* owners) {
  const Candidate& candidate = scored.candidate;
  std::vector<std::string> parts;
  const double least = 0.2 * static_cast<double>(candidate.count);
  for (const uint32_t at : candidate.elements) {
    const PathNode& node = tree[at];
    if (!parts.empty() && static_cast<double>(node.count) < least) continue;
    ASSIGN_OR_RETURN(std::string text, Counted(node.count, node, owners));
    if (node.hop == MaskedHop::kKey) text += " as keys";
    parts.push_back(std::move(text));
    if (parts.size() == 3) break;
  }
  std::string text = absl::StrJoin(parts, ", ");
  // What carries the bytes below plain containers.
  if (candidate.elements.empty()) return text;
  std::vector<std::string> deeper;
  uint32_t at = candidate.elements.front();
  for (int n = 0; n < 3; ++n) {
    uint32_t next = 0;
    for (const uint32_t kid : tree[at].kids) {
      if (next == 0 || tree[kid].bytes > tree[next].bytes) next = kid;
    }
    if (next == 0 || 4 * tree[next].bytes < tree[at].bytes) break;
    at = next;
    const PathNode& node = tree[at];
    if (node.what > MaskedObject::kSingleton &&
        node.what != MaskedObject::kProc) {
      continue;
    }
    ASSIGN_OR_RETURN(std::string name, ObjectText(node, owners));
    deeper.push_back(std::move(name));
  }
  if (!deeper.empty()) {
    absl::StrAppend(&text, " (with ", absl::StrJoin(deeper, ", "), ")");
  }
  return text;
}

absl::StatusOr<std::string> SentenceFor(const PathTree& tree,
                                        const ScoredCandidate& scored,
                                        CodeOwners* owners) {
  const Candidate& candidate = scored.candidate;
  const std::string& holder = scored.holder.text;
  const std::string bytes = Share(scored);
  ASSIGN_OR_RETURN(const std::string held, HeldText(tree, scored, owners));
  const std::string count = CountText(candidate.count);
  ASSIGN_OR_RETURN(const std::string node,
                   ObjectText(tree[candidate.node], owners));
  std::string text;
  switch (candidate.kind) {
    case Candidate::kContainer:
      text = absl::StrCat(holder, " keeps ", bytes, " in ", count,
                          " entries: ", held);
      break;
    case Candidate::kChain:
      text = absl::StrCat(holder, " keeps ", bytes, " in a chain of ", count,
                          " × ", node);
      break;
    case Candidate::kMethods: {
      ASSIGN_OR_RETURN(const IseqName code, owners->Iseq(candidate.iseq));
      text = absl::StrCat(node, " has ", count, " methods of one pattern",
                          code.label.empty() ? "" : ", such as ", code.label,
                          ", which keep ", bytes);
      break;
    }
    case Candidate::kCopies:
      text = tree[candidate.node].HasNumberedName()
                 ? absl::StrCat(count, " classes called like ", node, " keep ",
                                bytes)
                 : absl::StrCat(count, " copies of ", node, " keep ", bytes,
                                "; a program needs one");
      break;
    case Candidate::kAnonymous:
      text = absl::StrCat(count, " × ", node, " keep ", bytes, "; ", holder,
                          " holds most of them");
      break;
    case Candidate::kRegistry:
      text = absl::StrCat(count, " ", RegistryText(candidate.registry),
                          " keep ", bytes, ": ", held);
      break;
    case Candidate::kClosures:
      text = absl::StrCat(count, " procs made at one line keep ", bytes, ": ",
                          node, ", held by ", holder);
      break;
    case Candidate::kOne:
      text = candidate.count == 1
                 ? absl::StrCat("One ", node, " keeps ", bytes, "; ", holder,
                                " holds it")
                 : absl::StrCat(count, " × ", node, " keep ", bytes, "; ",
                                holder, " holds them");
      break;
    case Candidate::kCaches:
      text = absl::StrCat(bytes, " in ", held,
                          " held only by call caches and words of the "
                          "machine stack; they may go by themselves");
      break;
  }
  if (!scored.keys.empty()) {
    std::vector<std::string> keys;
    keys.reserve(scored.keys.size());
    for (const std::string& key : scored.keys) {
      keys.push_back(RubyString(key, kKeyLength, false, false));
    }
    absl::StrAppend(&text, "; its keys look like ", absl::StrJoin(keys, ", "));
  }
  if (!scored.known_leak.empty()) {
    absl::StrAppend(&text, "; ", scored.known_leak);
  }
  return text;
}

// LookAt; `evaluated`: also code that was made from a text without a file.
static absl::StatusOr<LeakPoint> FindPlace(const PathTree& tree,
                                           const ScoredCandidate& scored,
                                           bool evaluated, CodeOwners* owners) {
  const auto usable = [evaluated](const Place& place) {
    return place.known() && (evaluated || !IsEvalFile(place.file));
  };
  const Candidate& candidate = scored.candidate;
  uint32_t iseq = candidate.iseq;
  if (scored.closure != 0) iseq = tree[scored.closure].iseq;
  if (iseq != 0) {
    ASSIGN_OR_RETURN(const IseqName code, owners->Iseq(iseq));
    if (usable(code.place)) return LeakPoint{code.label, code.place};
  }
  for (const uint32_t at : candidate.elements) {
    const PathNode& node = tree[at];
    if (node.what != MaskedObject::kProc) continue;
    ASSIGN_OR_RETURN(const IseqName code, owners->Iseq(node.iseq));
    if (usable(code.place)) return LeakPoint{code.label, code.place};
  }
  if (candidate.kind == Candidate::kAnonymous &&
      !scored.holder.class_name.empty()) {
    ASSIGN_OR_RETURN(const ClassCode code,
                     owners->OfClass(scored.holder.class_name));
    const SourceLine line = owners->source().FindText(
        code.place.file, scored.holder.class_name,
        {"Class.new", "Module.new", "Struct.new", "Data.define", "extend",
         "define_singleton_method", "class <<"});
    if (line.known()) return LeakPoint{line.label, line.place};
  }
  // The block that threads or fibers run.
  for (const uint32_t at : candidate.elements) {
    const PathNode& node = tree[at];
    if (!node.IsInstance("Thread") && !node.IsInstance("Fiber")) continue;
    ASSIGN_OR_RETURN(const uint32_t block, owners->BlockOf(node, at));
    if (block == 0) continue;
    ASSIGN_OR_RETURN(const IseqName code, owners->Iseq(block));
    if (OwnerOfFile(code.place.file) == CodeOwner::kApplication) {
      return LeakPoint{code.label, code.place};
    }
  }
  const VariableCode& source = scored.code;
  for (const SourceLine* line : {&source.add, &source.add_at_load}) {
    if (line->known()) return LeakPoint{line->label, line->place};
  }
  if (candidate.kind == Candidate::kCopies) {
    ASSIGN_OR_RETURN(const ClassCode code,
                     owners->OfClass(tree[candidate.node].name));
    if (usable(code.place)) {
      const std::string& name = tree[candidate.node].name;
      const size_t outer = name.rfind("::");
      // Classes with numbers in their names have no "class" line.
      if (tree[candidate.node].HasNumberedName() &&
          outer != std::string::npos) {
        const SourceLine line = owners->source().FindText(
            code.place.file, name.substr(0, outer),
            {"const_set", "Class.new", "Module.new", "Struct.new"});
        if (line.known()) return LeakPoint{line.label, line.place};
      }
      return LeakPoint{absl::StrCat("class ", name), code.place};
    }
  }
  if (usable(scored.actions.place)) {
    return LeakPoint{scored.actions.label, scored.actions.place};
  }
  if (!scored.holder.class_name.empty()) {
    ASSIGN_OR_RETURN(const ClassCode code,
                     owners->OfClass(scored.holder.class_name));
    if (code.owner == CodeOwner::kApplication && usable(code.place)) {
      return LeakPoint{absl::StrCat("class ", scored.holder.class_name),
                       code.place};
    }
  }
  ASSIGN_OR_RETURN(LeakPoint above,
                   PlaceAbove(tree, candidate.node, false, owners));
  if (usable(above.place)) return above;
  ASSIGN_OR_RETURN(LeakPoint below,
                   PlaceBelow(tree, candidate.elements, owners));
  if (usable(below.place)) return below;
  return PlaceAbove(tree, candidate.node, true, owners);
}

absl::StatusOr<LeakPoint> LookAt(const PathTree& tree,
                                 const ScoredCandidate& scored,
                                 CodeOwners* owners) {
  ASSIGN_OR_RETURN(LeakPoint point, FindPlace(tree, scored, false, owners));
  if (point.place.known() && !IsEvalFile(point.place.file)) return point;
  return FindPlace(tree, scored, true, owners);
}

}  // namespace heapq

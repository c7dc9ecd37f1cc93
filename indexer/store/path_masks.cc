#include "indexer/store/path_masks.h"

#include <algorithm>
#include <utility>

#include "indexer/model/digits.h"
#include "indexer/model/frame_text.h"
#include "indexer/store/parts.h"

namespace heapq {
namespace {

// A hash with more entries is filled by data, not by code.
constexpr uint32_t kMaxNamedEntries = 16;
// Rubies up to 3.1 count the stack of a thread or fiber as its size.
constexpr uint64_t kStack = 20000;
constexpr uint64_t kThreadWithoutStack = 1000;
constexpr int kMaxChain = 100;
// Names that differ only in digits are made from data if there are this many:
// of variables in one object, of classes in the heap.
constexpr uint32_t kManyVariables = 16;
constexpr int kManyClasses = 40;

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

// A name that a program gave, not "#<Class:0x…>".
bool IsName(std::string_view name) {
  return !name.empty() && name.front() != '#';
}

}  // namespace

PathMasks::PathMasks(const Heap& heap, const ClassTable& classes)
    : heap_(heap),
      classes_(classes),
      kind_flags_(heap.names.size()),
      plain_(heap.names.size()),
      masked_(heap.names.size()),
      own_thread_(FindName(heap.names, "heap_dump")) {
  const std::vector<ObjectKind> kinds = KindsByName(heap.names);
  for (uint32_t i = 1; i < kind_flags_.size(); ++i) {
    kind_flags_[i] = StartsWith(heap.names.Text(i), "ObjectTracing")
                         ? kTracer | kNoList
                         : FlagsOf(kinds[i]);
  }
  FindNumberedClasses();
}

void PathMasks::FindNumberedClasses() {
  absl::flat_hash_set<std::string_view> names;
  absl::flat_hash_map<std::string, int> counts;
  for (const ClassRow& row : classes_.rows()) {
    if (!IsName(row.name) || !HasDigit(row.name)) continue;
    if (names.insert(row.name).second) ++counts[WithoutDigits(row.name)];
  }
  for (const auto& [name, count] : counts) {
    if (count >= kManyClasses) numbered_classes_.insert(name);
  }
}

uint32_t PathMasks::TextOfClass(std::string_view name) {
  if (!numbered_classes_.empty() && HasDigit(name)) {
    const std::string masked = WithoutDigits(name);
    if (numbered_classes_.contains(masked)) return texts_.Intern(masked);
  }
  return texts_.Intern(name);
}

bool PathMasks::IsNumbered(ObjectId src, uint32_t e) {
  const EdgeRows& edges = heap_.edges;
  const uint32_t label = edges.label[e];
  if (edges.begin[src + 1] - edges.begin[src] < kManyVariables || label == 0 ||
      !HasDigit(heap_.names.Text(label))) {
    return false;
  }
  if (numbered_.empty()) numbered_.resize(heap_.names.size());
  if (!numbered_[label]) FindNumbered(src, edges.kind[e]);
  return numbered_[label];
}

// Once for an object and a kind of reference: there may be many names of which
// no two are alike.
void PathMasks::FindNumbered(ObjectId src, EdgeKind kind) {
  if (searched_ == std::make_pair(src, kind)) return;
  searched_ = {src, kind};
  const EdgeRows& edges = heap_.edges;
  absl::flat_hash_map<std::string, std::vector<uint32_t>> alike;
  for (uint32_t i = edges.begin[src]; i < edges.begin[src + 1]; ++i) {
    if (edges.kind[i] != kind) continue;
    const std::string_view text = heap_.names.Text(edges.label[i]);
    if (HasDigit(text)) {
      alike[WithoutDigits(text)].push_back(edges.label[i]);
    }
  }
  for (const auto& [masked, labels] : alike) {
    if (labels.size() < kManyVariables) continue;
    for (const uint32_t label : labels) numbered_[label] = true;
  }
}

uint8_t PathMasks::FlagsOf(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kThread:
    case ObjectKind::kFiber:
      return kThread | kNoList;
    case ObjectKind::kProc:
    case ObjectKind::kMethod:
      return kProcLike | kNoList;
    case ObjectKind::kEnv:
      return kEnvLike | kNoList;
    case ObjectKind::kIseq:
      return kIseqLike | kCodeLike | kNoList;
    case ObjectKind::kMethodEntry:
    case ObjectKind::kCallCache:
    case ObjectKind::kCallInfo:
    case ObjectKind::kConstCache:
    case ObjectKind::kCref:
      return kCodeLike | kNoList;
    case ObjectKind::kVm:
    case ObjectKind::kBinding:
    case ObjectKind::kRactor:
      return kNoList;
    case ObjectKind::kIfunc:
    case ObjectKind::kSvar:
    case ObjectKind::kUnboundMethod:
    case ObjectKind::kOther:
      break;
  }
  return 0;
}

bool PathMasks::IsNamedClass(ObjectId id) const {
  if (!IsClassLike(id) || (heap_.flags[id] & kSingleton) != 0) return false;
  const ClassRow* const row = classes_.Find(id);
  return row != nullptr && IsName(row->name);
}

bool PathMasks::HasElements(ObjectId id) const {
  switch (heap_.type[id]) {
    case ObjectType::kArray:
    case ObjectType::kHash:
    case ObjectType::kStruct:
      return true;
    case ObjectType::kData:
      return !KindIs(id, kNoList);
    default:
      return false;
  }
}

uint64_t PathMasks::SizeOf(ObjectId id) const {
  const uint64_t size = heap_.size[id];
  if (heap_.kind[id] == 0) return size;
  if (KindIs(id, kTracer)) return 0;
  if (size > kStack && heap_.type[id] == ObjectType::kData &&
      KindIs(id, kThread)) {
    return kThreadWithoutStack;
  }
  return size;
}

bool PathMasks::IsCode(ObjectId id) const {
  switch (heap_.type[id]) {
    case ObjectType::kClass:
    case ObjectType::kModule:
    case ObjectType::kIclass:
      return true;
    case ObjectType::kImemo:
      return KindIs(id, kCodeLike);
    default:
      return false;
  }
}

ObjectId PathMasks::IseqAmong(ObjectId id) const {
  const EdgeRows& edges = heap_.edges;
  for (uint32_t e = edges.begin[id]; e < edges.begin[id + 1]; ++e) {
    const ObjectId dst = edges.dst[e];
    if (heap_.type[dst] == ObjectType::kImemo && KindIs(dst, kIseqLike)) {
      return dst;
    }
  }
  return 0;
}

ObjectId PathMasks::CodeOf(ObjectId id) const {
  if (heap_.kind[id] == 0 || !KindIs(id, kProcLike | kEnvLike)) return 0;
  const ObjectId iseq = IseqAmong(id);
  if (iseq != 0 || KindIs(id, kEnvLike)) return iseq;
  const EdgeRows& edges = heap_.edges;
  for (uint32_t e = edges.begin[id]; e < edges.begin[id + 1]; ++e) {
    const ObjectId dst = edges.dst[e];
    if (heap_.kind[dst] == 0 || !KindIs(dst, kEnvLike)) continue;
    const ObjectId of_env = IseqAmong(dst);
    if (of_env != 0) return of_env;
  }
  return 0;
}

uint32_t PathMasks::TextOf(uint32_t name, bool masked) {
  if (name == 0) return 0;
  uint32_t& known = masked ? masked_[name] : plain_[name];
  if (known == 0) {
    const std::string_view text = heap_.names.Text(name);
    known = masked && HasDigit(text) ? texts_.Intern(WithoutDigits(text))
                                     : texts_.Intern(text);
  }
  return known;
}

// "request in Session#start (app.rb:42)": calls of the same code share a path.
uint32_t PathMasks::TextOfFrameValue(ObjectId thread,
                                     const FrameValueEntry& value) {
  const auto frame =
      std::lower_bound(heap_.frames.begin(), heap_.frames.end(), value.n,
                       [thread](const FrameEntry& entry, uint32_t n) {
                         return std::make_pair(entry.thread, entry.n) <
                                std::make_pair(thread, n);
                       });
  const bool known = frame != heap_.frames.end() && frame->thread == thread &&
                     frame->n == value.n;
  std::string text(heap_.names.Text(value.name));
  text.append(" in ").append(
      known ? FrameText(frame->label, frame->file, frame->line)
            : FrameText({}, {}, 0));
  return texts_.Intern(text);
}

// The class itself, or the nearest superclass that has a name.
PathMasks::ClassMask PathMasks::MaskOfClass(ObjectId id) {
  const auto known = class_masks_.find(id);
  if (known != class_masks_.end()) return known->second;
  ClassMask mask;
  const ClassRow* row = classes_.Find(id);
  for (int n = 0; n < kMaxChain && row != nullptr; ++n) {
    if (IsName(row->name) && (heap_.flags[row->id] & kSingleton) == 0) {
      mask.name = TextOfClass(row->name);
      break;
    }
    mask.below = true;
    row = row->superclass == row->id ? nullptr : classes_.Find(row->superclass);
  }
  class_masks_.emplace(id, mask);
  return mask;
}

ObjectMask PathMasks::OfObject(ObjectId id) {
  ObjectMask mask;
  const ObjectType type = heap_.type[id];
  switch (type) {
    case ObjectType::kClass:
    case ObjectType::kModule: {
      if (IsNamedClass(id)) {
        mask.what = MaskedObject::kClass;
        mask.value = TextOfClass(classes_.Find(id)->name);
        return mask;
      }
      mask.type = type;
      if ((heap_.flags[id] & kSingleton) != 0) {
        mask.what = MaskedObject::kSingleton;
        const ClassRow* const row = classes_.Find(id);
        if (row != nullptr && StartsWith(row->name, "#<Class:") &&
            !StartsWith(row->name, "#<Class:0x")) {
          mask.value = texts_.Intern(row->name.substr(8, row->name.size() - 9));
          return mask;
        }
      } else {
        mask.what = MaskedObject::kAnonymous;
      }
      mask.value = MaskOfClass(id).name;
      return mask;
    }
    case ObjectType::kIclass:
      mask.what = MaskedObject::kIclass;
      return mask;
    default:
      break;
  }
  if (heap_.kind[id] != 0) {
    if (const ObjectId code = CodeOf(id); code != 0) {
      mask.what = MaskedObject::kProc;
      mask.type = type;
      mask.value = code;
      return mask;
    }
    if (own_thread_ != 0 && heap_.name[id] == own_thread_ &&
        KindIs(id, kThread)) {
      mask.what = MaskedObject::kOwnThread;
      return mask;
    }
  }
  if (type == ObjectType::kImemo) {
    mask.what =
        KindIs(id, kIseqLike) ? MaskedObject::kIseq : MaskedObject::kImemo;
    mask.value = TextOf(heap_.kind[id], false);
    return mask;
  }
  mask.type = type;
  if (heap_.class_of[id] == 0) {
    mask.what = MaskedObject::kHidden;
    mask.value = TextOf(heap_.kind[id], false);
    return mask;
  }
  const int64_t real = classes_.RealRowOf(id);
  const ClassMask of_class =
      MaskOfClass(real < 0 ? heap_.class_of[id]
                           : classes_.rows()[static_cast<size_t>(real)].id);
  mask.what =
      of_class.below ? MaskedObject::kSubInstance : MaskedObject::kInstance;
  mask.value = of_class.name;
  return mask;
}

HopMask PathMasks::OfEdge(ObjectId src, int64_t edge, ObjectId dst) {
  HopMask mask;
  if (edge < 0) {
    mask.edge = EdgeKind::kClass;
    if (IsClassLike(src) && IsClassLike(dst)) mask.hop = MaskedHop::kSingleton;
    return mask;
  }
  const auto e = static_cast<uint32_t>(edge);
  const EdgeKind kind = heap_.edges.kind[e];
  const uint32_t label = heap_.edges.label[e];
  mask.edge = kind;
  switch (kind) {
    case EdgeKind::kIndex:
    case EdgeKind::kHashValueOf:
      return {MaskedHop::kElement, EdgeKind::kIndex, 0};
    case EdgeKind::kHashKey:
      return {MaskedHop::kKey, kind, 0};
    case EdgeKind::kHashValue: {
      const uint32_t entries =
          heap_.edges.begin[src + 1] - heap_.edges.begin[src];
      const std::string_view key = heap_.names.Text(label);
      if (entries > kMaxNamedEntries || HasDigit(key) || key.empty() ||
          key.front() != ':') {
        return {MaskedHop::kElement, EdgeKind::kIndex, 0};
      }
      mask.label = TextOf(label, false);
      return mask;
    }
    case EdgeKind::kMethod:
    case EdgeKind::kConst:
      mask.label = TextOf(label, true);
      return mask;
    case EdgeKind::kFrameLocal:
    case EdgeKind::kFramePart:
      mask.label = TextOfFrameValue(src, heap_.frame_values[label]);
      return mask;
    case EdgeKind::kIvar:
    case EdgeKind::kFiberLocal:
    case EdgeKind::kThreadVariable:
      mask.label = TextOf(label, IsNumbered(src, e));
      return mask;
    default:
      if (LabelTypeOf(kind) == LabelType::kName)
        mask.label = TextOf(label, false);
      return mask;
  }
}

HopMask PathMasks::OfRoot(const RootEntry& root) {
  HopMask mask;
  mask.hop = MaskedHop::kRoot;
  mask.label = texts_.Intern(!root.name.empty() && root.name.front() == '$'
                                 ? std::string_view(root.name)
                                 : std::string_view(root.category));
  return mask;
}

}  // namespace heapq

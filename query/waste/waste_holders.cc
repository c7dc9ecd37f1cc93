#include "query/waste/waste_holders.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/db/frame_values.h"

namespace heapq {
namespace {

// Objects deeper in nameless containers are attributed to the last of these.
constexpr int kMaxHops = 6;

bool IsContainer(ObjectType type) {
  return type == ObjectType::kArray || type == ObjectType::kHash ||
         type == ObjectType::kString || type == ObjectType::kStruct;
}

// The edge has a name that a program chose.
bool IsNamed(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::kIvar:
    case EdgeKind::kMember:
    case EdgeKind::kCvar:
    case EdgeKind::kConst:
    case EdgeKind::kLocal:
    case EdgeKind::kFrameLocal:
    case EdgeKind::kFramePart:
      return true;
    default:
      return false;
  }
}

// The label distinguishes owners of the same holder.
bool LabelMatters(EdgeKind kind) {
  const LabelType type = LabelTypeOf(kind);
  return (type == LabelType::kName || type == LabelType::kFrameValue) &&
         kind != EdgeKind::kHashValue && kind != EdgeKind::kItem;
}

}  // namespace

absl::StatusOr<std::string> WasteHolders::FindName(uint32_t holder_id,
                                                   EdgeKind kind,
                                                   uint32_t label_number) {
  ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(holder_id));
  std::string label;
  if (LabelMatters(kind)) {
    ASSIGN_OR_RETURN(label, LabelName(&db_, kind, label_number));
  }
  const bool is_class =
      holder.type == ObjectType::kClass || holder.type == ObjectType::kModule;
  std::string class_name;
  if (is_class) {
    ASSIGN_OR_RETURN(class_name, describe_.ClassPath(holder.id));
  } else {
    ASSIGN_OR_RETURN(class_name, describe_.ClassName(holder));
  }
  switch (kind) {
    case EdgeKind::kIvar:
    case EdgeKind::kMember:
      return absl::StrCat(class_name, is_class ? "." : "#", label);
    case EdgeKind::kCvar:
      return absl::StrCat(class_name, ".", label);
    case EdgeKind::kConst:
      return absl::StrCat(class_name, "::", label);
    case EdgeKind::kLocal: {
      ASSIGN_OR_RETURN(const std::optional<IseqName> iseq,
                       describe_.IseqOf(holder.id));
      return iseq ? absl::StrCat("local ", label, " of ", iseq->Text())
                  : absl::StrCat("local ", label);
    }
    case EdgeKind::kFrameLocal:
    case EdgeKind::kFramePart:
      return absl::StrCat("local ", label);
    default:
      break;
  }
  if (IsIseq(holder)) {
    ASSIGN_OR_RETURN(const std::optional<IseqName> iseq,
                     describe_.Iseq(holder.id));
    return absl::StrCat(
        "code of ", iseq && iseq->place.known() ? iseq->place.file : "(eval)");
  }
  if (holder.type == ObjectType::kImemo) return std::string("(code)");
  if (class_name.empty() || IsContainer(holder.type)) return std::string();
  return class_name;
}

uint32_t WasteHolders::Number(const std::string& name) {
  const auto [known, added] =
      numbers_.try_emplace(name, static_cast<uint32_t>(names_.size()));
  if (added) names_.push_back(&known->first);
  return known->second;
}

absl::StatusOr<uint32_t> WasteHolders::NameOfHolder(uint32_t id) {
  const uint32_t holder = heap_.parent[id];
  const auto type = static_cast<ObjectType>(heap_.type[holder]);
  const EdgeKind kind = heap_.kind[id] == HolderColumns::kNoEdge
                            ? EdgeKind::kClass
                            : static_cast<EdgeKind>(heap_.kind[id]);
  // There may be as many of these as objects.
  if (type == ObjectType::kImemo && !heap_.is_iseq[holder] && !IsNamed(kind)) {
    return Number("(code)");
  }
  const bool by_holder = type == ObjectType::kClass ||
                         type == ObjectType::kModule ||
                         type == ObjectType::kImemo || heap_.klass[holder] == 0;
  const uint32_t label = LabelMatters(kind) ? heap_.label[id] : 0;
  const auto [known, added] = known_.try_emplace(
      std::make_tuple(by_holder, by_holder ? holder : heap_.klass[holder],
                      static_cast<uint8_t>(kind), label),
      kNameless);
  if (added) {
    ASSIGN_OR_RETURN(std::string name, FindName(holder, kind, label));
    if (!name.empty()) known->second = Number(name);
  }
  return known->second;
}

absl::StatusOr<uint32_t> WasteHolders::NameOfContainer(uint32_t id) {
  const auto [known, added] = containers_.try_emplace(
      std::make_pair(heap_.klass[id], heap_.type[id]), kNameless);
  if (added) {
    ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(id));
    ASSIGN_OR_RETURN(std::string name, describe_.ClassName(holder));
    if (name.empty()) name = ObjectTypeName(holder.type);
    known->second = Number(name);
  }
  return known->second;
}

absl::StatusOr<uint32_t> WasteHolders::OwnerOf(uint32_t id) {
  uint32_t last = 0;  // the last nameless container
  for (int hop = 0; hop < kMaxHops && heap_.parent[id] != 0; ++hop) {
    ASSIGN_OR_RETURN(const uint32_t name, NameOfHolder(id));
    if (name != kNameless) return name;
    id = last = heap_.parent[id];
  }
  return last == 0 ? Number("(a root)") : NameOfContainer(last);
}

}  // namespace heapq

#include "query/suspects/path_text.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

std::string HiddenText(const PathNode& node) {
  switch (node.type) {
    case ObjectType::kArray:
      return "Ruby's own array";
    case ObjectType::kHash:
      return "Ruby's own hash";
    default:
      return node.name.empty() ? "an object of Ruby's own" : node.name;
  }
}

absl::StatusOr<std::string> CodeText(const PathNode& node, bool with_line,
                                     CodeOwners* owners) {
  const char* word = node.name == "proc"                      ? "Proc"
                     : absl::StrContains(node.name, "method") ? "Method"
                                                              : "closure";
  ASSIGN_OR_RETURN(const IseqName code, owners->Iseq(node.iseq));
  if (code.label.empty() && !code.place.known()) return std::string(word);
  std::string text = absl::StrCat(word, " ", code.label);
  if (code.place.known()) {
    absl::StrAppend(
        &text, " (",
        with_line && code.place.line != 0 ? code.place.Text() : code.place.file,
        ")");
  }
  return text;
}

absl::StatusOr<std::string> TextOf(const PathNode& node, bool with_line,
                                   CodeOwners* owners) {
  switch (node.what) {
    case MaskedObject::kInstance:
    case MaskedObject::kClass:
      return node.name.empty() ? std::string("an object") : node.name;
    case MaskedObject::kSubInstance:
      return absl::StrCat("an instance of an anonymous class below ",
                          node.name);
    case MaskedObject::kAnonymous:
      if (node.type == ObjectType::kModule) {
        return std::string("an anonymous module");
      }
      return absl::StrCat("an anonymous class below ",
                          node.name.empty() ? "Object" : node.name);
    case MaskedObject::kSingleton:
      return absl::StrCat("the singleton class of ", node.name);
    case MaskedObject::kProc:
      return CodeText(node, with_line, owners);
    case MaskedObject::kHidden:
      return HiddenText(node);
    case MaskedObject::kIseq:
      return std::string("code");
    case MaskedObject::kIclass:
      return std::string("an included module");
    case MaskedObject::kOwnThread:
      return std::string("the thread of heap_dump");
    case MaskedObject::kImemo:
      break;
  }
  return node.name.empty() ? std::string("an object of Ruby's own") : node.name;
}

// One step of the search: the nearest named reference at or above `node`.
absl::StatusOr<Holder> NearestHolder(const PathTree& tree, uint32_t node,
                                     CodeOwners* owners) {
  Holder holder;
  for (uint32_t at = node; at != 0; at = tree[at].parent) {
    const PathNode& hop = tree[at];
    const PathNode& up = tree[hop.parent];
    holder.node = at;
    if (hop.hop == MaskedHop::kRoot) {
      holder.text = hop.label;
      if (!hop.label.empty() && hop.label[0] == '$') {
        holder.kind = Holder::kGlobal;
        holder.owner = CodeOwner::kApplication;
        holder.variable = hop.label;
      } else if (IsRegistry(hop.label)) {
        holder.kind = Holder::kRegistry;
      } else if (absl::StrContains(hop.label, "global")) {
        holder.kind = Holder::kGlobal;
        holder.text = "a global variable";
        holder.variable = "$";
      } else {
        holder.kind = Holder::kRuby;
        holder.owner = CodeOwner::kRuby;
      }
      return holder;
    }
    if (hop.hop == MaskedHop::kNamed) {
      holder.kind = Holder::kClass;
      holder.text = hop.name;
      holder.class_name = hop.name;
      ASSIGN_OR_RETURN(holder.owner, owners->Of(hop));
      return holder;
    }
    if (hop.hop != MaskedHop::kEdge) continue;
    // The object that has the variable: since Ruby 4.0 an object of Ruby's own
    // may hold it for that. A singleton class has its object's.
    const PathNode* owner = &up;
    if (owner->what == MaskedObject::kImemo && owner->name == "fields" &&
        owner->parent != 0) {
      owner = &tree[owner->parent];
    }
    while (owner->what == MaskedObject::kSingleton && owner->parent != 0 &&
           tree[owner->parent].what == MaskedObject::kClass) {
      owner = &tree[owner->parent];
    }
    switch (hop.kind) {
      case EdgeKind::kIvar:
      case EdgeKind::kCvar:
      case EdgeKind::kConst: {
        holder.kind = Holder::kVariable;
        holder.is_constant = hop.kind == EdgeKind::kConst;
        holder.variable = hop.label;
        holder.class_name = owner->name;
        ASSIGN_OR_RETURN(const std::string text, ObjectText(*owner, owners));
        const bool top =
            owner->what == MaskedObject::kClass && owner->name == "Object";
        holder.text = top && holder.is_constant
                          ? hop.label
                          : absl::StrCat(text, holder.is_constant ? "::" : " ",
                                         hop.label);
        if (top) {
          holder.owner = CodeOwner::kApplication;
        } else {
          ASSIGN_OR_RETURN(holder.owner, owners->Of(*owner));
        }
        return holder;
      }
      case EdgeKind::kHashValue:
        if (up.IsEdge(EdgeKind::kPart) && up.label == "variables") {
          holder.kind = Holder::kThreadLocal;
          holder.variable = hop.label;
          holder.text =
              absl::StrCat("Thread#thread_variable_get(", hop.label, ")");
          return holder;
        }
        break;
      case EdgeKind::kFiberLocal:
      case EdgeKind::kThreadVariable:
        holder.kind = Holder::kThreadLocal;
        holder.variable = ":" + hop.label;
        holder.text =
            hop.kind == EdgeKind::kFiberLocal
                ? absl::StrCat("Thread#[:", hop.label, "]")
                : absl::StrCat("Thread#thread_variable_get(:", hop.label, ")");
        return holder;
      case EdgeKind::kFrameLocal:
      case EdgeKind::kFramePart:
        holder.kind = Holder::kFrame;
        holder.text = hop.label;
        return holder;
      case EdgeKind::kItem:
        if (hop.label == "machine_stack" || hop.label == "stack") {
          holder.kind = Holder::kFrame;
          holder.text = "the machine stack";
          return holder;
        }
        break;
      case EdgeKind::kLocal: {
        holder.kind = Holder::kCaptured;
        ASSIGN_OR_RETURN(const std::string text, ObjectText(up, owners));
        holder.text = absl::StrCat("local ", hop.label, " of ", text);
        ASSIGN_OR_RETURN(holder.owner, owners->Of(up));
        return holder;
      }
      case EdgeKind::kRef: {
        if (up.IsInstance("Thread") || up.IsInstance("Fiber")) {
          holder.kind = Holder::kFrame;
          holder.text = up.name;
          return holder;
        }
        const bool instance = (up.what == MaskedObject::kInstance ||
                               up.what == MaskedObject::kSubInstance) &&
                              up.name != "Array" && up.name != "Hash" &&
                              up.name != "Set" && up.name != "Ractor" &&
                              up.name != "Proc";
        if (instance || up.IsClass() || up.what == MaskedObject::kProc) {
          holder.kind = Holder::kOther;
          holder.class_name = owner->name;
          ASSIGN_OR_RETURN(const std::string text, ObjectText(*owner, owners));
          const bool top =
              owner->what == MaskedObject::kClass && owner->name == "Object";
          holder.text = top ? "a constant"
                        : up.IsClass()
                            ? absl::StrCat("a constant or variable of ", text)
                            : absl::StrCat("a variable of ", text);
          holder.is_constant = up.IsClass();
          if (top) {
            holder.owner = CodeOwner::kApplication;
          } else {
            ASSIGN_OR_RETURN(holder.owner, owners->Of(*owner));
          }
          return holder;
        }
        break;
      }
      default:
        break;
    }
  }
  holder.kind = Holder::kNone;
  holder.node = node;
  holder.text = "the roots";
  return holder;
}

bool StopsClimb(const Holder& holder) {
  return holder.kind == Holder::kFrame || holder.kind == Holder::kRegistry ||
         holder.kind == Holder::kThreadLocal;
}

}  // namespace

bool IsRegistry(std::string_view category) {
  return category == "finalizers" || category == "end_proc" ||
         category == "trap" || category == "trap_list";
}

absl::StatusOr<std::string> ObjectText(const PathNode& node,
                                       CodeOwners* owners) {
  return TextOf(node, true, owners);
}

std::string HopText(const PathNode& node) {
  switch (node.hop) {
    case MaskedHop::kRoot:
      return node.label;
    case MaskedHop::kNamed:
      return "";
    case MaskedHop::kElement:
      return "[*]";
    case MaskedHop::kKey:
      return "key";
    case MaskedHop::kSingleton:
      return "";
    case MaskedHop::kEdge:
      break;
  }
  switch (node.kind) {
    case EdgeKind::kIvar:
    case EdgeKind::kCvar:
      return node.label;
    case EdgeKind::kConst:
      return absl::StrCat("::", node.label);
    case EdgeKind::kHashValue:
      return absl::StrCat("[", node.label, "]");
    case EdgeKind::kFiberLocal:
      return absl::StrCat("[:", node.label, "]");
    case EdgeKind::kThreadVariable:
      return absl::StrCat("thread_variable_get(:", node.label, ")");
    case EdgeKind::kRef:
      return "a reference";
    case EdgeKind::kClass:
      return "class";
    case EdgeKind::kSuper:
      return "superclass";
    case EdgeKind::kFrameLocal:
    case EdgeKind::kLocal:
      return absl::StrCat("local ", node.label);
    case EdgeKind::kMethod:
      return absl::StrCat("method ", node.label);
    default:
      return node.label.empty() ? std::string(EdgeKindName(node.kind))
                                : node.label;
  }
}

absl::StatusOr<std::vector<std::string>> PathTexts(const PathTree& tree,
                                                   uint32_t node,
                                                   CodeOwners* owners,
                                                   bool with_counts) {
  std::vector<std::string> texts;
  for (const uint32_t at : tree.PathTo(node)) {
    const PathNode& hop = tree[at];
    ASSIGN_OR_RETURN(std::string text, ObjectText(hop, owners));
    const std::string reference = HopText(hop);
    const PathNode& up = tree[hop.parent];
    if (hop.IsEdge(EdgeKind::kConst) && up.hop == MaskedHop::kNamed) {
      // "EventBus::INSTANCE" is one thought.
      texts.pop_back();
      text = absl::StrCat(up.name == "Object" ? hop.label : up.name + reference,
                          " ", text);
    } else if (!reference.empty()) {
      text = absl::StrCat(reference, " ", text);
    }
    if (with_counts && hop.count > 1) absl::StrAppend(&text, " ×", hop.count);
    texts.push_back(std::move(text));
  }
  return texts;
}

absl::StatusOr<std::string> MaskedText(const PathNode& node,
                                       CodeOwners* owners) {
  return TextOf(node, false, owners);
}

absl::StatusOr<Holder> FindHolder(const PathTree& tree, uint32_t node,
                                  CodeOwners* owners) {
  ASSIGN_OR_RETURN(Holder nearest, NearestHolder(tree, node, owners));
  if (nearest.OfApplication() || StopsClimb(nearest)) return nearest;
  const uint64_t most = std::max<uint64_t>(8, 2 * tree[node].count);
  uint32_t at = tree[nearest.node].parent;
  while (at != 0 && tree[at].count <= most) {
    ASSIGN_OR_RETURN(Holder above, NearestHolder(tree, at, owners));
    if (above.OfApplication()) {
      if (nearest.kind != Holder::kRuby) {
        above.text = absl::StrCat(above.text, " … ", nearest.text);
        above.through_gem = nearest.owner == CodeOwner::kGem;
      }
      return above;
    }
    if (StopsClimb(above) || tree[above.node].parent == 0) break;
    at = tree[above.node].parent;
  }
  return nearest;
}

}  // namespace heapq

#include "query/labels/edge_label.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/model/object_kind.h"
#include "query/db/frame_values.h"
#include "query/labels/path_root.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

// "free_list" reads "free list".
std::string Words(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// An env of a format that has no names of locals: dump_all's, and that of the
// first gem, which writes envs as T_DATA.
bool LocalsAreNameless(const HeapDb& db, const ObjectRow& holder) {
  return IsEnv(holder) &&
         (!db.has_fields() || holder.type == ObjectType::kData);
}

}  // namespace

std::string EdgeLabels::OfRoot(const RootRow& root) {
  const std::string& category = root.category;
  const std::string& name = root.name;
  if (category == "machine_context" || category == "stack_and_registers") {
    return "the machine stack (maybe)";
  }
  if (category == kConstantRoot) return name;
  if (category == "globals" || category == "global_tbl") {
    return name.empty() ? "a global variable" : name;
  }
  if (category == "finalizers") {
    return name.empty() ? "a finalizer" : "finalizer of " + name;
  }
  if (category == "end_proc" || category == "at_exit")
    return "an at_exit block";
  if (category == "traps" || category == "trap") {
    return name.empty() ? "a signal handler" : "trap of signal " + name;
  }
  if (category == "global_symbols" || category == "symbols") {
    return "the symbol table";
  }
  if (category == "vm") {
    return name.empty() ? "Ruby itself (vm)" : "Ruby itself (" + name + ")";
  }
  const std::string words = "root " + Words(category);
  return name.empty() ? words : words + " " + name;
}

absl::StatusOr<std::string> EdgeLabels::Constant(uint32_t src,
                                                 const std::string& name) {
  ASSIGN_OR_RETURN(const std::string path, describe_.ClassPath(src));
  if (path.empty() || path == "Object") return name;
  return absl::StrCat(path, "::", name);
}

absl::StatusOr<std::string> EdgeLabels::Local(uint32_t env,
                                              const std::string& name,
                                              const IseqName* closure) {
  if (closure != nullptr) {
    return absl::StrCat("local ", name, " captured by ", closure->Text());
  }
  ASSIGN_OR_RETURN(const std::optional<IseqName> owner, describe_.IseqOf(env));
  if (!owner.has_value()) return absl::StrCat("local ", name);
  return absl::StrCat("local ", name, " of ", owner->Text());
}

// "job in frame Worker#run (worker.rb:10) of #<Thread:0x… worker>".
absl::StatusOr<std::string> EdgeLabels::InFrame(const EdgeRow& edge) {
  ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(edge.src));
  ASSIGN_OR_RETURN(const std::string of, describe_.Label(object));
  ASSIGN_OR_RETURN(const FrameValueRow value,
                   ReadFrameValue(&db_, edge.src, edge.label));
  return absl::StrCat(value.name, " in ", value.frame.empty() ? "" : "frame ",
                      value.Where(), " of ", of);
}

absl::StatusOr<std::string> EdgeLabels::Method(uint32_t src,
                                               const std::string& name) {
  ASSIGN_OR_RETURN(std::string owner, describe_.ClassPath(src));
  constexpr std::string_view kSingleton = "#<Class:";
  if (owner.compare(0, kSingleton.size(), kSingleton.data()) == 0 &&
      owner.find("0x") == std::string::npos) {
    owner = owner.substr(kSingleton.size());
    owner.pop_back();
    return absl::StrCat("method ", owner, ".", name);
  }
  return absl::StrCat("method ", owner, owner.empty() ? "" : "#", name);
}

absl::StatusOr<std::string> EdgeLabels::NamedPart(const EdgeRow& edge,
                                                  const std::string& name,
                                                  const IseqName* closure) {
  ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(edge.src));
  if (name == "default" && holder.type == ObjectType::kHash) {
    if (edge.dst == 0) return std::string("default value");
    ASSIGN_OR_RETURN(const ObjectRow value, db_.Object(edge.dst));
    return std::string(IsProc(value) ? "default proc" : "default value");
  }
  if (IsEnv(holder) || IsProc(holder)) {
    if (name == "env") return std::string("captured variables");
    if (name == "prev") return std::string("variables of the outer block");
    std::optional<IseqName> code;
    if (closure != nullptr) {
      code = *closure;
    } else {
      ASSIGN_OR_RETURN(code, describe_.IseqOf(edge.src));
    }
    if (name == "self") {
      return code.has_value() ? absl::StrCat("self of ", code->Text())
                              : std::string("self");
    }
  }
  if (name == "iseq") return std::string("code");
  if (name == "receiver") {
    const ObjectKind kind = KindOf(holder.kind);
    if (kind == ObjectKind::kMethod)
      return std::string("receiver of method object");
    if (kind == ObjectKind::kBinding) return std::string("receiver of binding");
  }
  if (name == "attached") return std::string("object of this singleton class");
  const size_t dot = name.find('.');
  if (dot != std::string::npos) {
    return absl::StrCat(Words(name.substr(0, dot)), " ", name.substr(dot + 1));
  }
  return Words(name);
}

// "literals" of an iseq and the like: one of several.
absl::StatusOr<std::string> EdgeLabels::Item(uint32_t src,
                                             const std::string& name) {
  ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(src));
  std::string words = Words(name);
  if (IsIseq(holder)) {
    ASSIGN_OR_RETURN(const std::optional<IseqName> iseq, describe_.Iseq(src));
    if (words == "literals") words = "a literal";
    if (iseq.has_value()) return absl::StrCat(words, " in ", iseq->Text());
    return words;
  }
  return absl::StrCat("one of its ", words);
}

// ObjectSpace.dump_all has no names; the label is made of the holder's type.
absl::StatusOr<std::string> EdgeLabels::Nameless(const EdgeRow& edge) {
  if (edge.weak) return std::string("a weak reference");
  ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(edge.src));
  if (LocalsAreNameless(db_, holder)) {
    ASSIGN_OR_RETURN(const std::optional<IseqName> owner,
                     describe_.IseqOf(holder.id));
    if (!owner.has_value()) return std::string("a captured variable");
    return absl::StrCat("a local of ", owner->Text());
  }
  if (db_.has_fields() || edge.dst == 0) return std::string("a reference");
  ASSIGN_OR_RETURN(const ObjectRow target, db_.Object(edge.dst));
  if (IsIseq(holder)) {
    const bool literal = target.type != ObjectType::kImemo &&
                         target.type != ObjectType::kIclass &&
                         target.type != ObjectType::kClass &&
                         target.type != ObjectType::kModule;
    ASSIGN_OR_RETURN(const std::optional<IseqName> iseq,
                     describe_.Iseq(holder.id));
    return absl::StrCat(literal ? "a literal" : "a reference",
                        iseq.has_value() ? " in " + iseq->Text() : "");
  }
  if (IsEnv(target)) return std::string("captured variables");
  const bool internal =
      target.type == ObjectType::kImemo || target.type == ObjectType::kIclass;
  if (holder.type == ObjectType::kClass || holder.type == ObjectType::kModule) {
    ASSIGN_OR_RETURN(const std::string path, describe_.ClassPath(holder.id));
    const char* const what = KindOf(target.kind) == ObjectKind::kMethodEntry
                                 ? "a method of "
                             : internal ? "a reference of "
                                        : "a constant or variable of ";
    return absl::StrCat(what, path);
  }
  if (internal) return std::string("a reference");
  ASSIGN_OR_RETURN(const std::string class_name, describe_.ClassName(holder));
  const std::string of =
      class_name.empty() ? class_name : absl::StrCat(" of ", class_name);
  switch (holder.type) {
    case ObjectType::kObject:
      return absl::StrCat("an instance variable", of);
    case ObjectType::kArray:
      return std::string("an element");
    case ObjectType::kHash:
      return std::string("an entry");
    case ObjectType::kStruct:
      return absl::StrCat("a member", of);
    case ObjectType::kData:
    case ObjectType::kFile:
      return absl::StrCat("a reference", of);
    default:
      return std::string("a reference");
  }
}

absl::StatusOr<std::string> EdgeLabels::OfField(uint32_t src, EdgeKind kind,
                                                int64_t label) {
  EdgeRow edge;
  edge.src = src;
  edge.kind = kind;
  edge.label = label;
  return Of(edge);
}

absl::StatusOr<std::string> EdgeLabels::Of(const EdgeRow& edge,
                                           const IseqName* closure) {
  ASSIGN_OR_RETURN(const std::string name,
                   LabelName(&db_, edge.kind, edge.label));
  switch (edge.kind) {
    case EdgeKind::kRef:
      if (closure != nullptr && !edge.weak) {
        ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(edge.src));
        if (LocalsAreNameless(db_, holder)) {
          return absl::StrCat("a local captured by ", closure->Text());
        }
      }
      return Nameless(edge);
    case EdgeKind::kClass: {
      ASSIGN_OR_RETURN(const std::string path, describe_.ClassPath(edge.dst));
      return absl::StrCat("instance of ", path, " (class)");
    }
    case EdgeKind::kSuper: {
      ASSIGN_OR_RETURN(const std::string path, describe_.ClassPath(edge.src));
      return absl::StrCat("superclass of ", path);
    }
    case EdgeKind::kConst:
      return Constant(edge.src, name);
    case EdgeKind::kIndex:
      return absl::StrCat("[", edge.label, "]");
    case EdgeKind::kHashKey:
      return absl::StrCat("hash key (pair ", edge.label, ")");
    case EdgeKind::kHashValue:
      return absl::StrCat("[", name, "]");
    case EdgeKind::kHashValueOf: {
      ASSIGN_OR_RETURN(const std::string key,
                       describe_.KeyText(static_cast<uint32_t>(edge.label)));
      return absl::StrCat("[", key, "]");
    }
    case EdgeKind::kMember:
      return absl::StrCat(".", name);
    case EdgeKind::kLocal:
      return Local(edge.src, name, closure);
    case EdgeKind::kFrameLocal: {
      ASSIGN_OR_RETURN(const std::string text, InFrame(edge));
      return absl::StrCat("local ", text);
    }
    case EdgeKind::kFramePart:
      return InFrame(edge);
    case EdgeKind::kMethod:
      return Method(edge.src, name);
    case EdgeKind::kFiberLocal:
      return absl::StrCat("Thread#[", RubySymbol(name), "]");
    case EdgeKind::kThreadVariable:
      return absl::StrCat("Thread#thread_variable_get(", RubySymbol(name), ")");
    case EdgeKind::kPart:
      return NamedPart(edge, name, closure);
    case EdgeKind::kItem:
      return Item(edge.src, name);
    default:
      return name;
  }
}

}  // namespace heapq

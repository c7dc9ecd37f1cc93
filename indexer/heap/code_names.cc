#include "indexer/heap/code_names.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "indexer/base/column.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/text_blocks.h"
#include "indexer/model/object_kind.h"

namespace heapq {
namespace {

// A label or path is never longer; a literal may be.
constexpr size_t kMaxTextLength = 1 << 14;

bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         text.substr(text.size() - suffix.size()) == suffix;
}

// The role of an object for code. Small, so that millions can be looked up
// quickly.
enum class Role : uint8_t {
  kOther,
  kString,
  kArray,
  kClass,  // or module, or iclass
  kProc,
  kIseq,
  kEnv,
  kMethodEntry,
  kCref,
  kSvar,
  kOtherImemo,
};

class CodeNamer {
 public:
  CodeNamer(HeapText* text, Heap* heap) : text_(*text), heap_(*heap) {}

  absl::Status Run() {
    if (heap_.names.Find("iseq") == 0) return absl::OkStatus();
    FindRoles();
    FindCandidates();
    RETURN_IF_ERROR(ReadTexts());
    NameIseqs();
    LabelReferences();
    return absl::OkStatus();
  }

 private:
  // Three references of an iseq, one after the other, that may be its label,
  // its base label and its path.
  struct Candidate {
    ObjectId iseq;
    uint32_t edge;  // number of the label's
    ObjectId path;  // the string
  };
  struct Code {
    ObjectId iseq = 0;
    uint32_t path_edge = 0;
    uint32_t base_label = 0;  // names
    bool is_method = false;   // or a file, a class body: it is its own base
  };
  struct Text {
    std::string_view text;
    uint32_t name = 0;  // names; 0: not interned yet
  };

  Role RoleOf(ObjectId id, const std::vector<Role>& of_imemo,
              uint32_t proc) const {
    switch (heap_.type[id]) {
      case ObjectType::kString:
        return Role::kString;
      case ObjectType::kArray:
        return Role::kArray;
      case ObjectType::kClass:
      case ObjectType::kModule:
      case ObjectType::kIclass:
        return Role::kClass;
      case ObjectType::kData:
        return proc != 0 && heap_.kind[id] == proc ? Role::kProc : Role::kOther;
      case ObjectType::kImemo:
        return of_imemo[heap_.kind[id]];
      default:
        return Role::kOther;
    }
  }

  void FindRoles() {
    std::vector<Role> of_imemo(heap_.names.size(), Role::kOtherImemo);
    for (const auto& [kind, role] :
         {std::pair(ObjectKind::kIseq, Role::kIseq),
          {ObjectKind::kEnv, Role::kEnv},
          {ObjectKind::kMethodEntry, Role::kMethodEntry},
          {ObjectKind::kCref, Role::kCref},
          {ObjectKind::kSvar, Role::kSvar}}) {
      of_imemo[heap_.names.Find(KindName(kind))] = role;
    }
    of_imemo[0] = Role::kOtherImemo;
    const uint32_t proc = heap_.names.Find(KindName(ObjectKind::kProc));
    role_.resize_for_overwrite(size_t{heap_.last_id()} + 1);
    role_[0] = Role::kOther;
    for (ObjectId id = 1; id <= heap_.last_id(); ++id) {
      role_[id] = RoleOf(id, of_imemo, proc);
    }
  }

  bool Is(ObjectId id, Role role) const { return role_[id] == role; }
  uint32_t BeginOf(ObjectId id) const { return heap_.edges.begin[id]; }
  uint32_t EndOf(ObjectId id) const { return heap_.edges.begin[id + 1]; }

  // The string in a path object: a string, or an array of the path and, where
  // there is one, the real path. 0: this is not a path object.
  ObjectId PathIn(ObjectId id) const {
    if (Is(id, Role::kString)) return id;
    if (!Is(id, Role::kArray)) return 0;
    const uint32_t count = EndOf(id) - BeginOf(id);
    if (count == 0 || count > 2) return 0;
    const ObjectId path = heap_.edges.dst[BeginOf(id)];
    return Is(path, Role::kString) ? path : 0;
  }

  // A path object is followed by internal objects, the end, or in Ruby 2.4 and
  // older the real path.
  bool MayFollowPath(ObjectId iseq, uint32_t edge) const {
    for (uint32_t e = edge; e < EndOf(iseq) && e < edge + 2; ++e) {
      const ObjectId id = heap_.edges.dst[e];
      if (role_[id] >= Role::kIseq) return true;
      if (e > edge || !Is(id, Role::kString)) return false;
    }
    return true;
  }

  void FindCandidates() {
    wanted_.resize(size_t{heap_.last_id()} + 1);
    for (ObjectId id = 1; id <= heap_.object_count; ++id) {
      if (!Is(id, Role::kIseq)) continue;
      for (uint32_t e = BeginOf(id); e + 2 < EndOf(id); ++e) {
        const ObjectId* const dst = &heap_.edges.dst[e];
        if (!Is(dst[0], Role::kString) || !Is(dst[1], Role::kString)) continue;
        const ObjectId path = PathIn(dst[2]);
        if (path == 0 || !MayFollowPath(id, e + 3)) continue;
        candidates_.push_back({id, e, path});
        wanted_[dst[0]] = wanted_[dst[1]] = wanted_[path] = true;
      }
    }
  }

  absl::Status ReadTexts() {
    return text_.ForSomeStrings(
        [this](ObjectId id) { return bool{wanted_[id]}; },
        [this](ObjectId id, std::string_view text) {
          if (text.size() <= kMaxTextLength) {
            texts_.try_emplace(id, Text{kept_.Keep(text)});
          }
          return absl::OkStatus();
        });
  }

  // Null: it has no text, or an empty one.
  Text* TextOf(ObjectId id) {
    const auto found = texts_.find(id);
    return found == texts_.end() || found->second.text.empty() ? nullptr
                                                               : &found->second;
  }
  uint32_t NameOf(Text* text) {
    if (text->name == 0) text->name = heap_.names.Intern(text->text);
    return text->name;
  }

  // Defaults of keyword arguments may stand behind the path, literals in front
  // of the label: the last candidate that fits is it.
  void NameIseqs() {
    for (const Candidate& candidate : candidates_) {
      const ObjectId* const dst = &heap_.edges.dst[candidate.edge];
      Text* const label = TextOf(dst[0]);
      Text* const base = dst[0] == dst[1] ? label : TextOf(dst[1]);
      Text* const path = TextOf(candidate.path);
      if (label == nullptr || base == nullptr || path == nullptr ||
          !EndsWith(label->text, base->text)) {
        continue;
      }
      if (codes_.empty() || codes_.back().iseq != candidate.iseq) {
        codes_.emplace_back();
        heap_.code_places.emplace_back();
      }
      Code& code = codes_.back();
      code.iseq = candidate.iseq;
      code.path_edge = candidate.edge + 2;
      code.base_label = NameOf(base);
      heap_.name[candidate.iseq] = NameOf(label);
      code.is_method = heap_.name[candidate.iseq] == code.base_label;
      heap_.code_places.back() = {candidate.iseq, NameOf(path), 0};
    }
  }

  // Null: the iseq has no name.
  const Code* CodeOf(ObjectId iseq) const {
    const auto found = std::lower_bound(
        codes_.begin(), codes_.end(), iseq,
        [](const Code& code, ObjectId id) { return code.iseq < id; });
    return found == codes_.end() || found->iseq != iseq ? nullptr : &*found;
  }

  uint32_t Number(std::string_view name) { return heap_.names.Intern(name); }

  void Part(uint32_t edge, uint32_t name) {
    if (heap_.edges.kind[edge] != EdgeKind::kRef) return;
    heap_.edges.kind[edge] = EdgeKind::kPart;
    heap_.edges.label[edge] = name;
  }

  void LabelReferences() {
    iseq_ = Number("iseq");
    env_ = Number("env");
    self_ = Number("self");
    prev_ = Number("prev");
    ment_ = Number("ment");
    cref_ = Number("cref");
    svar_ = Number("svar");
    owner_ = Number("owner");
    defined_class_ = Number("defined_class");
    proc_ = Number("proc");
    path_ = Number("path");
    parent_ = Number("parent");
    for (const Code& code : codes_) {
      Part(code.path_edge, path_);
      LabelParent(code);
    }
    for (ObjectId id = 1; id <= heap_.object_count; ++id) {
      switch (role_[id]) {
        case Role::kProc:
          LabelProc(id);
          break;
        case Role::kEnv:
          LabelEnv(id);
          break;
        case Role::kMethodEntry:
          LabelMethodEntry(id);
          break;
        default:
          break;
      }
    }
  }

  // self, iseq, env.
  void LabelProc(ObjectId id) {
    for (uint32_t e = BeginOf(id); e < EndOf(id); ++e) {
      const ObjectId dst = heap_.edges.dst[e];
      if (Is(dst, Role::kIseq)) {
        Part(e, iseq_);
        if (e == BeginOf(id) + 1) Part(e - 1, self_);
        TakeLine(id, dst);
      } else if (Is(dst, Role::kEnv)) {
        Part(e, env_);
      }
    }
  }

  // Captured values, what the frame was called by, the env itself, the one
  // round it, and the iseq.
  void LabelEnv(ObjectId id) {
    for (uint32_t e = BeginOf(id); e < EndOf(id); ++e) {
      const ObjectId dst = heap_.edges.dst[e];
      switch (role_[dst]) {
        case Role::kIseq:
          Part(e, iseq_);
          break;
        case Role::kEnv:
          Part(e, dst == id ? env_ : prev_);
          break;
        case Role::kMethodEntry:
          Part(e, ment_);
          break;
        case Role::kCref:
          Part(e, cref_);
          break;
        case Role::kSvar:
          Part(e, svar_);
          break;
        default:
          break;
      }
    }
  }

  // The owner, then the class that it is defined for, then the definition. An
  // address that dump_all wrote as the entry's class stands at the end, and
  // stands for both if they are the same.
  void LabelMethodEntry(ObjectId id) {
    const uint32_t begin = BeginOf(id);
    const uint32_t end = EndOf(id);
    uint32_t e = begin;
    if (e < end && heap_.edges.kind[e] == EdgeKind::kRef &&
        Is(heap_.edges.dst[e], Role::kClass)) {
      Part(e++, owner_);
      if (e < end && Is(heap_.edges.dst[e], Role::kClass)) {
        Part(e++, defined_class_);
      }
    } else if (end > begin && heap_.edges.kind[end - 1] == EdgeKind::kPart &&
               heap_.edges.label[end - 1] == defined_class_) {
      heap_.edges.label[end - 1] = owner_;
    }
    for (; e < end; ++e) {
      const ObjectId dst = heap_.edges.dst[e];
      switch (role_[dst]) {
        case Role::kIseq:
          Part(e, iseq_);
          if (const Code* const code = TakeLine(id, dst);
              heap_.name[id] == 0 && code != nullptr && code->is_method) {
            heap_.name[id] = code->base_label;
          }
          break;
        case Role::kCref:
          Part(e, cref_);
          break;
        case Role::kProc:
          Part(e, proc_);
          break;
        default:
          break;
      }
    }
  }

  // Behind the path stand, depending on the Ruby version, the iseq of the
  // method, the parent, and one for calls without optional arguments. The
  // parent is the one that refers to this iseq as part of its code.
  void LabelParent(const Code& code) {
    for (uint32_t e = code.path_edge + 1; e < EndOf(code.iseq); ++e) {
      const ObjectId dst = heap_.edges.dst[e];
      if (!Is(dst, Role::kIseq)) return;
      if (dst == code.iseq) continue;
      const Code* const outer = CodeOf(dst);
      const ObjectId* const targets = heap_.edges.dst.data();
      const ObjectId* const end =
          targets + (outer == nullptr ? EndOf(dst) : outer->path_edge);
      if (std::find(targets + BeginOf(dst), end, code.iseq) != end) {
        Part(e, parent_);
        return;
      }
    }
  }

  // Takes the line of an iseq from where a proc or method entry of it was
  // allocated. A proc may be made in the method that takes the block, and a
  // method entry where a method is called for the first time: neither has the
  // line. Returns the iseq's names; null: it has none.
  const Code* TakeLine(ObjectId id, ObjectId iseq) {
    const Code* const code = CodeOf(iseq);
    if (code == nullptr || heap_.site.empty() || heap_.site[id] == 0) {
      return code;
    }
    const Site& site = heap_.sites[heap_.site[id]];
    CodePlace& place =
        heap_.code_places[static_cast<size_t>(code - codes_.data())];
    if (site.file != place.file || site.line == 0) return code;
    const bool is_proc = Is(id, Role::kProc);
    if (site.method == 0) {
      if (is_proc && heap_.names.Text(code->base_label)[0] != '<') return code;
    } else if (!is_proc || site.method != code->base_label) {
      return code;
    }
    if (place.line == 0 || site.line < place.line) place.line = site.line;
    return code;
  }

  HeapText& text_;
  Heap& heap_;
  Column<Role> role_;  // by id
  // Names of parts.
  uint32_t iseq_ = 0, env_ = 0, self_ = 0, prev_ = 0, ment_ = 0, cref_ = 0,
           svar_ = 0, owner_ = 0, defined_class_ = 0, proc_ = 0, path_ = 0,
           parent_ = 0;

  std::vector<Candidate> candidates_;  // by iseq, then edge
  std::vector<bool> wanted_;           // strings, by id
  TextBlocks kept_;
  absl::flat_hash_map<ObjectId, Text> texts_;  // of strings
  std::vector<Code> codes_;                    // by iseq; as heap_.code_places
};

}  // namespace

absl::Status NameCode(HeapText* text, Heap* heap) {
  return CodeNamer(text, heap).Run();
}

}  // namespace heapq

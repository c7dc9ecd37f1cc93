#ifndef HEAPQ_INDEXER_MODEL_OBJECT_KIND_H_
#define HEAPQ_INDEXER_MODEL_OBJECT_KIND_H_

#include <cstdint>
#include <string_view>
#include <vector>

// The kinds of T_DATA and T_IMEMO objects that heapq treats in a special way,
// by the names that dumps give them. To add a kind: an enumerator here, a row
// of the table in object_kind.cc.
namespace heapq {

// The role of an object on a path. docs/reference/paths.md lists them.
enum class PathRole : uint8_t {
  kContainer,  // objects, arrays, hashes, structs: what programs consist of
  kData,       // procs, methods, queues, …, objects of C extensions
  kThread,     // threads and fibers
  kEnv,        // captured locals
  kClasses,    // class, module
  kIclass,
  kCode,       // iseq, method entry, cref
  kCallCache,  // call and constant caches
  kInternal,   // other imemos; Ruby's hidden tables
};

enum class ObjectKind : uint8_t {
  kOther,  // any other T_DATA or imemo, and objects of other types
  kBinding,
  kCallCache,
  kCallInfo,
  kConstCache,
  kCref,
  kEnv,
  kFiber,
  kIfunc,
  kIseq,
  kMethod,
  kMethodEntry,
  kProc,
  kRactor,
  kSvar,
  kThread,
  kUnboundMethod,
  kVm,
};

struct ObjectKindTraits {
  std::string_view name;  // T_DATA type name or imemo kind
  ObjectKind kind;
  // The role of an object with this name, by its type. The first gem writes
  // code and closures as T_DATA.
  PathRole as_imemo;
  PathRole as_data;
};

// The row of `name`; a row without a name, of kOther, for any other name.
const ObjectKindTraits& TraitsOfKind(std::string_view name);
inline ObjectKind KindOf(std::string_view name) {
  return TraitsOfKind(name).kind;
}
// The first name of a kind; "" for kOther.
std::string_view KindName(ObjectKind kind);

// All names of the table, in its order. Several may have the same kind.
const std::vector<std::string_view>& ObjectKindNames();

// The kind of each name of a dictionary, by the name's number. `Names` has
// Find(text), which returns 0 for a text that it does not have, and size().
template <typename Names>
std::vector<ObjectKind> KindsByName(const Names& names) {
  std::vector<ObjectKind> kinds(names.size(), ObjectKind::kOther);
  for (const std::string_view name : ObjectKindNames()) {
    const auto number = names.Find(name);
    if (number != 0) kinds[number] = KindOf(name);
  }
  return kinds;
}

inline bool IsThreadOrFiber(ObjectKind kind) {
  return kind == ObjectKind::kThread || kind == ObjectKind::kFiber;
}

}  // namespace heapq

#endif  // HEAPQ_INDEXER_MODEL_OBJECT_KIND_H_

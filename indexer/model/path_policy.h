#ifndef HEAPQ_INDEXER_MODEL_PATH_POLICY_H_
#define HEAPQ_INDEXER_MODEL_PATH_POLICY_H_

#include <cstdint>
#include <string_view>

#include "indexer/model/edge_kind.h"
#include "indexer/model/object_kind.h"
#include "indexer/model/object_type.h"

// The meaning of a reference for the question why an object is alive.
// docs/reference/paths.md has the tables and the reasons for them.
namespace heapq {

// How good an edge or a root is in a retention path.
enum Tier : uint8_t {
  kWritten = 0,    // by the program: a variable, an entry of a collection, …
  kStructure = 1,  // Ruby's own structure: classes, methods, code
  kCache = 2,      // caches, back references, the machine stack
};
inline constexpr uint8_t kTierCount = 3;

// How a reference can be removed.
enum class Hold : uint8_t {
  kCuttable,  // one statement: x.a = nil, h.delete(k), remove_const, …
  kFixed,     // only with its holder, as an object's reference to its class
  kPassing,   // it goes by itself, as a call cache or what a register holds
};

// `kind`: type name of a T_DATA, imemo kind; else empty. `hidden_root`: see
// IsHiddenRoot.
PathRole RoleOf(ObjectType type, std::string_view kind, bool hidden_root);
// Ruby's own tables (of symbols, of what extensions registered) are arrays,
// hashes and data without a class that a root holds directly.
bool IsHiddenRoot(ObjectType type, bool has_class, bool held_by_root);

// The name of the list (EdgeKind::kItem) of what a thread's machine stack
// seems to refer to.
inline constexpr std::string_view kMachineStack = "machine_stack";

// `kind` may be kClass. `on_stack`: an item of kMachineStack.
Tier EdgeTier(PathRole from, EdgeKind kind, PathRole to, bool on_stack);
Hold EdgeHold(PathRole from, EdgeKind kind, PathRole to, bool on_stack);

Tier RootTier(std::string_view category);
Hold RootHold(std::string_view category, bool has_name);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_MODEL_PATH_POLICY_H_

#include "indexer/model/object_kind.h"

#include <algorithm>
#include <iterator>

namespace heapq {
namespace {

using K = ObjectKind;
using R = PathRole;

// Where a kind has several names, the first is the one that heap_dump writes.
constexpr ObjectKindTraits kTraits[] = {
    {"binding", K::kBinding, R::kInternal, R::kData},
    {"callcache", K::kCallCache, R::kCallCache, R::kData},
    {"callinfo", K::kCallInfo, R::kCallCache, R::kData},
    {"constcache", K::kConstCache, R::kCallCache, R::kData},
    {"cref", K::kCref, R::kCode, R::kData},
    {"VM/env", K::kEnv, R::kEnv, R::kEnv},
    {"fiber", K::kFiber, R::kInternal, R::kThread},
    {"ifunc", K::kIfunc, R::kData, R::kData},
    {"iseq", K::kIseq, R::kCode, R::kCode},
    {"method", K::kMethod, R::kInternal, R::kData},
    {"ment", K::kMethodEntry, R::kCode, R::kData},
    {"proc", K::kProc, R::kInternal, R::kData},
    {"ractor", K::kRactor, R::kInternal, R::kData},
    {"svar", K::kSvar, R::kInternal, R::kData},
    {"thread", K::kThread, R::kInternal, R::kThread},
    {"VM/thread", K::kThread, R::kInternal, R::kThread},
    {"unbound_method", K::kUnboundMethod, R::kInternal, R::kData},
    {"VM", K::kVm, R::kInternal, R::kData},
};
constexpr ObjectKindTraits kOther = {{}, K::kOther, R::kInternal, R::kData};

}  // namespace

const ObjectKindTraits& TraitsOfKind(std::string_view name) {
  const auto* const row = std::find_if(
      std::begin(kTraits), std::end(kTraits),
      [name](const ObjectKindTraits& traits) { return traits.name == name; });
  return row == std::end(kTraits) ? kOther : *row;
}

std::string_view KindName(ObjectKind kind) {
  const auto* const row = std::find_if(
      std::begin(kTraits), std::end(kTraits),
      [kind](const ObjectKindTraits& traits) { return traits.kind == kind; });
  return row == std::end(kTraits) ? std::string_view() : row->name;
}

const std::vector<std::string_view>& ObjectKindNames() {
  static const auto* const kNames = [] {
    auto* const names = new std::vector<std::string_view>;
    for (const ObjectKindTraits& row : kTraits) names->push_back(row.name);
    return names;
  }();
  return *kNames;
}

}  // namespace heapq

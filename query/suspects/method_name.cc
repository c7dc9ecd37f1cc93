#include "query/suspects/method_name.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace heapq {
namespace {

constexpr std::string_view kRemovals[] = {
    "delete",   "delete?", "delete_if", "delete_at", "delete_pair",
    "shift",    "pop",     "deq",       "clear",     "reject!",
    "keep_if",  "select!", "filter!",   "slice!",    "truncate",
    "compact!", "uniq!",   "subtract",  "evict",     "unsubscribe"};

// A script that makes more objects in a loop works rather than declares.
constexpr uint64_t kMostInScript = 1000;

template <size_t kCount>
bool StartsWithOne(std::string_view text,
                   const std::string_view (&starts)[kCount]) {
  return std::any_of(std::begin(starts), std::end(starts),
                     [text](std::string_view start) {
                       return text.substr(0, start.size()) == start;
                     });
}

template <size_t kCount>
bool IsOne(std::string_view text, const std::string_view (&names)[kCount]) {
  return std::find(std::begin(names), std::end(names), text) != std::end(names);
}

}  // namespace

bool RunsAtLoad(std::string_view method) {
  static constexpr std::string_view kStarts[] = {
      "initialize", "load", "boot", "setup", "build", "parse", "read"};
  if (method.substr(0, 5) == "self.") method.remove_prefix(5);
  return StartsWithOne(method, kStarts);
}

bool RunsAtBoot(std::string_view label) {
  static constexpr std::string_view kNames[] = {
      "load",    "load_all",  "load_data", "boot",    "bootstrap", "setup",
      "install", "configure", "preload",   "init",    "seed",      "load!",
      "boot!",   "setup!",    "install!",  "preload!"};
  if (IsTopLevel(label)) {
    return label.find("<main>") == std::string_view::npos;
  }
  std::string_view name = NameInLabel(label);
  const size_t in = name.rfind(" in ");  // "block in load"
  if (in != std::string_view::npos) name.remove_prefix(in + 4);
  return IsOne(name, kNames);
}

bool RemovesByName(std::string_view method) { return IsOne(method, kRemovals); }

bool CallsRemoval(std::string_view code) {
  for (size_t at = code.find('.'); at != std::string_view::npos;
       at = code.find('.', at + 1)) {
    if (StartsWithOne(code.substr(at + 1), kRemovals)) return true;
  }
  return false;
}

bool AddsByName(std::string_view method) {
  static constexpr std::string_view kStarts[] = {
      "add",     "push",     "append", "register", "subscribe", "put",
      "store",   "set",      "record", "track",    "log",       "enqueue",
      "save",    "remember", "cache",  "capture",  "note",      "watch",
      "write",   "on",       "keep",   "<<",       "[]=",       "fetch",
      "memoize", "report",   "insert", "create",   "enable",    "open",
      "wrap",    "join",     "attach", "connect",  "touch",     "mark",
      "collect", "observe"};
  return StartsWithOne(method, kStarts);
}

bool IsTopLevel(std::string_view label) {
  static constexpr std::string_view kNames[] = {"<main>", "<top (required)>",
                                                "<class:", "<module:"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [label](std::string_view name) {
                       return label.find(name) != std::string_view::npos;
                     });
}

bool IsDeclaration(std::string_view label, uint64_t count) {
  if (!IsTopLevel(label)) return false;
  return count < kMostInScript ||
         label.find("<main>") == std::string_view::npos;
}

std::string_view NameInLabel(std::string_view label) {
  const size_t mark = label.find_last_of("#.");
  return mark == std::string_view::npos || mark + 1 == label.size()
             ? label
             : label.substr(mark + 1);
}

}  // namespace heapq

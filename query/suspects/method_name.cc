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
      "add",   "push",    "append", "register", "subscribe", "put",  "store",
      "set",   "record",  "track",  "log",      "enqueue",   "save", "remember",
      "cache", "capture", "note",   "watch",    "write",     "on",   "keep",
      "<<",    "[]=",     "fetch",  "memoize",  "report"};
  return StartsWithOne(method, kStarts);
}

std::string_view NameInLabel(std::string_view label) {
  const size_t mark = label.find_last_of("#.");
  return mark == std::string_view::npos || mark + 1 == label.size()
             ? label
             : label.substr(mark + 1);
}

}  // namespace heapq

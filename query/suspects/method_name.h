#ifndef HEAPQ_QUERY_SUSPECTS_METHOD_NAME_H_
#define HEAPQ_QUERY_SUSPECTS_METHOD_NAME_H_

#include <string_view>

namespace heapq {

// Whether a method of this name runs while a program loads: a constructor, or
// "load", "setup" and the like. "self." at the start is skipped.
bool RunsAtLoad(std::string_view method);
// Whether a method of this name removes elements from a collection of Ruby's:
// "delete", "shift", "clear" and the like.
bool RemovesByName(std::string_view method);
// Whether Ruby code calls one of these, or a method whose name begins so:
// "@list.delete(key)".
bool CallsRemoval(std::string_view code);
// Whether a method of this name stores what it is given: "add", "subscribe" and
// the like.
bool AddsByName(std::string_view method);

// The name in the label of a method's code: "on" of "Bus#on" and "Bus.on".
std::string_view NameInLabel(std::string_view label);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_METHOD_NAME_H_

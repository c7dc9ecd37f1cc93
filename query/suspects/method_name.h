#ifndef HEAPQ_QUERY_SUSPECTS_METHOD_NAME_H_
#define HEAPQ_QUERY_SUSPECTS_METHOD_NAME_H_

#include <cstdint>
#include <string_view>

namespace heapq {

// Whether a method of this name runs while a program loads: a constructor, or
// "load", "setup" and the like. "self." at the start is skipped.
bool RunsAtLoad(std::string_view method);
// Whether code with this label runs only while a program starts: outside of
// methods in a file that is required, or in a method "boot", "load!", "install"
// and the like.
bool RunsAtBoot(std::string_view label);
// Whether a method of this name removes elements from a collection of Ruby's:
// "delete", "shift", "clear" and the like.
bool RemovesByName(std::string_view method);
// Whether Ruby code calls one of these, or a method whose name begins so:
// "@list.delete(key)".
bool CallsRemoval(std::string_view code);
// Whether a method of this name stores what it is given: "add", "subscribe" and
// the like.
bool AddsByName(std::string_view method);

// Whether code with this label stands outside of methods: in a class body or at
// the top level of a file. "block in <main>", "<class:Bus>".
bool IsTopLevel(std::string_view label);
// Whether `count` objects that code with this label makes are declarations: the
// code is at the top level of a file. A script may also work in loops there,
// but then it makes more.
bool IsDeclaration(std::string_view label, uint64_t count);

// The name in the label of a method's code: "on" of "Bus#on" and "Bus.on".
std::string_view NameInLabel(std::string_view label);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_METHOD_NAME_H_

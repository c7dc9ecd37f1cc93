#ifndef HEAPQ_CLI_EXPORT_NODE_NAME_H_
#define HEAPQ_CLI_EXPORT_NODE_NAME_H_

#include <string>

#include "query/db/heap_rows.h"

namespace heapq {

// Returns the name by which other tools group an object: its class, "class Foo"
// for a class itself, "(iseq) Foo#bar" for code, "(T_HASH)" where there is
// nothing better.
std::string NodeName(const NodeRow& node);

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPORT_NODE_NAME_H_

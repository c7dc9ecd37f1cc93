#ifndef HEAPQ_QUERY_RULES_BUILT_IN_RULES_H_
#define HEAPQ_QUERY_RULES_BUILT_IN_RULES_H_

namespace heapq {

// The text of rules.toml.
extern const char kBuiltInRules[];

}  // namespace heapq

#endif  // HEAPQ_QUERY_RULES_BUILT_IN_RULES_H_

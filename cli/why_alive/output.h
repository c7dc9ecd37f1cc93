#ifndef HEAPQ_CLI_WHY_ALIVE_OUTPUT_H_
#define HEAPQ_CLI_WHY_ALIVE_OUTPUT_H_

#include <vector>

#include "cli/app/session.h"
#include "query/paths/leak_status.h"
#include "query/paths/path_rows.h"
#include "query/paths/why_alive.h"

namespace heapq {

// The answer of `why-alive` for one object.
struct WhyAliveAnswer {
  WhyAlive why;
  std::vector<PathLeakStatus> judged;  // one for each path
  bool has_roots = false;              // of the dump
};

// Print the answer in the session's format: as JSON or CSV, or as text for
// people, where `hops` says how much of a path a line stands for.
void PrintWhyAliveRows(const WhyAliveAnswer& answer, Session& session);
void PrintWhyAliveText(const WhyAliveAnswer& answer, Hops hops,
                       Session& session);

}  // namespace heapq

#endif  // HEAPQ_CLI_WHY_ALIVE_OUTPUT_H_

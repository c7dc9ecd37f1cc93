#ifndef HEAPQ_CLI_OUTPUT_SUSPECT_TEXT_H_
#define HEAPQ_CLI_OUTPUT_SUSPECT_TEXT_H_

#include <string>

#include "query/paths/why_alive.h"
#include "query/suspects/suspects.h"

namespace heapq {

// Describes a suspect in one sentence, without a full stop.
std::string SentenceOf(const Suspect& suspect);

// The masked path in one line.
std::string MaskedPathOf(const Suspect& suspect);

// "$bus → @handlers → [:request]".
std::string WhereOf(const RetentionPath& path);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_SUSPECT_TEXT_H_

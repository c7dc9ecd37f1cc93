#ifndef HEAPQ_CLI_OUTPUT_SUSPECT_JSON_H_
#define HEAPQ_CLI_OUTPUT_SUSPECT_JSON_H_

#include <cstddef>

#include "cli/output/json_writer.h"
#include "query/suspects/suspects.h"

namespace heapq {

// Writes the members of a suspect's object; the caller opens and closes it.
void WriteSuspectFields(const Suspect& suspect, size_t rank, JsonWriter* json);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_SUSPECT_JSON_H_

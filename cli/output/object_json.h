#ifndef HEAPQ_CLI_OUTPUT_OBJECT_JSON_H_
#define HEAPQ_CLI_OUTPUT_OBJECT_JSON_H_

#include "cli/output/json_writer.h"
#include "query/labels/object_label.h"

namespace heapq {

// The members of ObjectSummary that every list of objects shows, in JSON's
// order: id, address, type, class, label, file, line, size, retained.
void WriteSummary(const ObjectSummary& object, JsonWriter* json);

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_OBJECT_JSON_H_

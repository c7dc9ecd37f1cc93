#ifndef HEAPQ_CLI_MCP_SERVER_H_
#define HEAPQ_CLI_MCP_SERVER_H_

#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "indexer/base/cancellation.h"

namespace heapq {

// Answers the Model Context Protocol (2024-11-05, 2025-03-26, 2025-06-18) as a
// server of tools and of the pages that explain their answers: JSON-RPC 2.0, a
// message a line. A line that is not a message gets an error, and the next line
// is read. Tools run one after the other on a thread of their own, so that a
// ping is answered and a call can be cancelled while one runs.
class McpServer {
 public:
  struct Outcome {
    bool ok = false;
    std::string text;  // what was printed, or what went wrong
    std::string json;  // the same answer in JSON; empty if it was not asked for
  };
  // Runs one of heapq's commands, given by its words, on any thread. Must
  // return soon after `cancellation` is requested.
  using Runner = std::function<Outcome(const std::vector<std::string>& words,
                                       const Cancellation& cancellation)>;

  // `structured`: tools have an output schema, and answers structured content.
  McpServer(std::string version, bool structured, Runner run)
      : version_(std::move(version)),
        structured_(structured),
        run_(std::move(run)) {}

  // Until `in` ends.
  void Serve(std::istream* in, std::ostream* out);

 private:
  const std::string version_;
  const bool structured_;
  const Runner run_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_MCP_SERVER_H_

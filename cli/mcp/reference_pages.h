#ifndef HEAPQ_CLI_MCP_REFERENCE_PAGES_H_
#define HEAPQ_CLI_MCP_REFERENCE_PAGES_H_

#include <string>
#include <vector>

namespace heapq {

// A page of docs/reference, which is part of the program.
struct ReferencePage {
  std::string uri;  // "heapq://schema"
  std::string name;
  std::string description;
  std::string text;  // Markdown
};

const std::vector<ReferencePage>& ReferencePages();

}  // namespace heapq

#endif  // HEAPQ_CLI_MCP_REFERENCE_PAGES_H_

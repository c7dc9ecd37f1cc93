#ifndef HEAPQ_CLI_MCP_TOOLS_H_
#define HEAPQ_CLI_MCP_TOOLS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heapq {

// Stands in a tool's words for the path of the heap.db that is served.
inline constexpr char kServedDb[] = "{db}";

// An argument of a tool, and the option or positional of the command that it
// stands for.
struct ToolParameter {
  enum Type { kString, kInteger, kBoolean };
  std::string name;
  Type type = kString;
  std::string option;  // "--paths"; empty: a positional
  std::string description;
  bool required = false;
  std::vector<std::string> choices;  // of a string; empty: any
  int64_t least = 1;                 // of an integer
  int64_t most = 1000;
};

// A question that a client of the Model Context Protocol may ask: one of
// heapq's own commands, which only reads.
struct Tool {
  std::string name;
  std::string description;
  std::vector<std::string> command;       // its words that are always the same
  std::vector<ToolParameter> parameters;  // positionals in their order
  std::vector<std::string> end;           // more words, behind the arguments
};

const std::vector<Tool>& Tools();
const Tool* FindTool(const std::string& name);

// A command that an answer suggests next ("heapq why-alive 0x7f… --paths
// 3", words at spaces) as a call of a tool: `why_alive {"id":"0x7f…",
// "paths":3}`. nullopt: no tool does that.
std::optional<std::string> AsToolCall(const std::string& command);

// Shortens a command's output for the client: a bounded number of lines of
// bounded length, the commands behind "Next:" as calls of tools.
std::string ToolText(const std::string& printed);

}  // namespace heapq

#endif  // HEAPQ_CLI_MCP_TOOLS_H_

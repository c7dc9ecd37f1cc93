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
// heapq's own commands. All but `load` only read.
struct Tool {
  std::string name;
  std::string description;
  std::vector<std::string> command;       // its words that are always the same
  std::vector<ToolParameter> parameters;  // positionals in their order
  std::vector<std::string> end;           // more words, behind the arguments
  // The keys of its answer in JSON: "rows[]" for a list of objects, "object{}"
  // for an object, "verdict" for any value.
  std::vector<std::string> answer = {"rows[]"};
  bool writes = false;  // the served heap.db
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

// The command's answer in JSON as structured content, in one line: texts safe
// for a terminal and of bounded length, and lists cut so far that the whole has
// at most some 48 kB; "left_out" then counts their entries. `printed` that is
// not JSON gives an object that has only "schema_version".
std::string ToolContent(const std::string& printed);

}  // namespace heapq

#endif  // HEAPQ_CLI_MCP_TOOLS_H_

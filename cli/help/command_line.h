#ifndef HEAPQ_CLI_HELP_COMMAND_LINE_H_
#define HEAPQ_CLI_HELP_COMMAND_LINE_H_

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace heapq {

// How a shell completes an argument.
enum class ArgumentKind {
  kNone,     // a flag: takes no argument
  kText,     // anything: a number, SQL
  kFile,     // a path
  kChoice,   // one of `choices`
  kObject,   // an id of an object
  kClass,    // the name of a class
  kCommand,  // one of heapq's own commands
};

// An option, or a positional argument (which has no `names`).
struct ArgumentHelp {
  std::vector<std::string> names;  // "-n", "--db"
  std::string value;               // "FILE", "count|size"; empty: a flag
  std::string text;                // what it is, in a phrase
  std::string standard;            // the value if it is not given; empty: none
  std::string environment;         // the variable that sets it; empty: none
  ArgumentKind kind = ArgumentKind::kNone;
  std::vector<std::string> choices;
  bool required = false;
  bool repeats = false;  // any number of values
};

struct CommandHelp {
  std::string name;
  std::string text;
  std::string group;  // heading in `heapq --help`
  std::vector<ArgumentHelp> options;
  std::vector<ArgumentHelp> positionals;
};

// A command line as its own parser knows it, so that completions and the
// manual page cannot differ.
struct CommandLineHelp {
  std::string name;
  std::string text;
  std::vector<ArgumentHelp> options;  // good before and after a command
  std::vector<CommandHelp> commands;  // in the order of declaration
};

// Hidden commands (of an empty group) are left out.
CommandLineHelp ReadCommandLine(const CLI::App& app);

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_COMMAND_LINE_H_

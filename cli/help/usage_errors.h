#ifndef HEAPQ_CLI_HELP_USAGE_ERRORS_H_
#define HEAPQ_CLI_HELP_USAGE_ERRORS_H_

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace heapq {

// What to tell somebody who typed a command that there is not.
std::string UnknownCommand(const CLI::App& app, const std::string& word);

// What is wrong with the command line, and what to do. One line.
std::string ExplainMistake(const CLI::App& app, const CLI::ParseError& error,
                           int argc, const char* const* argv);

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_USAGE_ERRORS_H_

#ifndef HEAPQ_CLI_HELP_USAGE_ERRORS_H_
#define HEAPQ_CLI_HELP_USAGE_ERRORS_H_

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace heapq {

// Describes an unknown command and suggests the nearest one.
std::string UnknownCommand(const CLI::App& app, const std::string& word);

// Describes a fault of the command line and its remedy, in one line.
std::string ExplainMistake(const CLI::App& app, const CLI::ParseError& error,
                           int argc, const char* const* argv);

}  // namespace heapq

#endif  // HEAPQ_CLI_HELP_USAGE_ERRORS_H_

#ifndef HEAPQ_CLI_APP_COMMAND_BUILDER_H_
#define HEAPQ_CLI_APP_COMMAND_BUILDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace heapq {

// Refines one option or positional argument. Each function returns the option
// itself, so calls can be chained.
class OptionBuilder {
 public:
  explicit OptionBuilder(CLI::Option* option) : option_(option) {}

  OptionBuilder* Required();
  // Names the value in --help: "FILE".
  OptionBuilder* ValueName(const std::string& name);
  // Shows the variable's current value as the default in --help.
  OptionBuilder* ShowDefault();
  // Leaves the option out of --help and completions.
  OptionBuilder* Hidden();
  // Reads the value from an environment variable if the option is absent.
  OptionBuilder* FromEnvironment(const std::string& variable);
  OptionBuilder* OneOf(const std::vector<std::string>& values);
  OptionBuilder* Between(uint64_t least, uint64_t most);
  // Each use of the option takes one value; a list may be given by several.
  OptionBuilder* OneEachTime();
  OptionBuilder* Positive();
  // Takes between `least` and `most` values.
  OptionBuilder* Count(int least, int most);
  // Refuses a command line that has both this and `other`.
  OptionBuilder* Excludes(OptionBuilder* other);
  // Refuses a command line that has this without `other`.
  OptionBuilder* Needs(OptionBuilder* other);

 private:
  CLI::Option* option_;
};

// Declares a command and its options. A thin layer over CLI11, whose header
// takes seconds to compile: only command_builder.cc and the few files that
// read a parsed command line include it.
//
// Variables are written when the command line is parsed and must outlive that.
// A name without a dash ("id") declares a positional argument. An empty help
// text is allowed.
class CommandBuilder {
 public:
  explicit CommandBuilder(CLI::App* app);
  ~CommandBuilder();
  CommandBuilder(const CommandBuilder&) = delete;
  CommandBuilder& operator=(const CommandBuilder&) = delete;

  CommandBuilder* AddCommand(const std::string& name, const std::string& help);

  OptionBuilder* AddOption(const std::string& name, std::string* value,
                           const std::string& help);
  OptionBuilder* AddOption(const std::string& name, uint16_t* value,
                           const std::string& help);
  OptionBuilder* AddOption(const std::string& name, uint32_t* value,
                           const std::string& help);
  OptionBuilder* AddOption(const std::string& name, uint64_t* value,
                           const std::string& help);
  OptionBuilder* AddOption(const std::string& name, double* value,
                           const std::string& help);
  OptionBuilder* AddOption(const std::string& name,
                           std::optional<uint64_t>* value,
                           const std::string& help);
  OptionBuilder* AddOption(const std::string& name,
                           std::vector<std::string>* value,
                           const std::string& help);
  // Accepts a number of bytes with an optional binary suffix: "512M", "4G".
  OptionBuilder* AddSize(const std::string& name,
                         std::optional<uint64_t>* bytes,
                         const std::string& help);
  OptionBuilder* AddFlag(const std::string& name, bool* value,
                         const std::string& help);

  // Calls `action` when the command line that was parsed has this command.
  void WhenGiven(std::function<void()> action);

  // The parser behind it, for what reads a whole command line.
  CLI::App* parser() const { return app_; }

 private:
  OptionBuilder* Keep(CLI::Option* option);
  template <typename Value>
  OptionBuilder* Add(const std::string& name, Value* value,
                     const std::string& help);

  CLI::App* app_;
  std::vector<std::unique_ptr<CommandBuilder>> commands_;
  std::vector<std::unique_ptr<OptionBuilder>> options_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_APP_COMMAND_BUILDER_H_

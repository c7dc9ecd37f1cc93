#include "cli/app/command_builder.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace heapq {

OptionBuilder* OptionBuilder::Required() {
  option_->required();
  return this;
}

OptionBuilder* OptionBuilder::ValueName(const std::string& name) {
  option_->type_name(name);
  return this;
}

OptionBuilder* OptionBuilder::ShowDefault() {
  option_->capture_default_str();
  return this;
}

OptionBuilder* OptionBuilder::Hidden() {
  option_->group("");
  return this;
}

OptionBuilder* OptionBuilder::FromEnvironment(const std::string& variable) {
  option_->envname(variable);
  return this;
}

OptionBuilder* OptionBuilder::OneOf(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return this;
}

OptionBuilder* OptionBuilder::Between(uint64_t least, uint64_t most) {
  option_->check(CLI::Range(least, most));
  return this;
}

OptionBuilder* OptionBuilder::OneEachTime() {
  option_->allow_extra_args(false);
  return this;
}

OptionBuilder* OptionBuilder::Positive() {
  option_->check(CLI::PositiveNumber);
  return this;
}

OptionBuilder* OptionBuilder::Count(int least, int most) {
  option_->expected(least, most);
  return this;
}

OptionBuilder* OptionBuilder::Excludes(OptionBuilder* other) {
  option_->excludes(other->option_);
  return this;
}

OptionBuilder* OptionBuilder::Needs(OptionBuilder* other) {
  option_->needs(other->option_);
  return this;
}

CommandBuilder::CommandBuilder(CLI::App* app) : app_(app) {}

CommandBuilder::~CommandBuilder() = default;

CommandBuilder* CommandBuilder::AddCommand(const std::string& name,
                                           const std::string& help) {
  commands_.push_back(
      std::make_unique<CommandBuilder>(app_->add_subcommand(name, help)));
  return commands_.back().get();
}

OptionBuilder* CommandBuilder::Keep(CLI::Option* option) {
  options_.push_back(std::make_unique<OptionBuilder>(option));
  return options_.back().get();
}

template <typename Value>
OptionBuilder* CommandBuilder::Add(const std::string& name, Value* value,
                                   const std::string& help) {
  return Keep(app_->add_option(name, *value, help));
}

OptionBuilder* CommandBuilder::AddOption(const std::string& name,
                                         std::string* value,
                                         const std::string& help) {
  return Add(name, value, help);
}

OptionBuilder* CommandBuilder::AddOption(const std::string& name,
                                         uint16_t* value,
                                         const std::string& help) {
  return Add(name, value, help);
}

OptionBuilder* CommandBuilder::AddOption(const std::string& name,
                                         uint32_t* value,
                                         const std::string& help) {
  return Add(name, value, help);
}

OptionBuilder* CommandBuilder::AddOption(const std::string& name,
                                         uint64_t* value,
                                         const std::string& help) {
  return Add(name, value, help);
}

OptionBuilder* CommandBuilder::AddOption(const std::string& name, double* value,
                                         const std::string& help) {
  return Add(name, value, help);
}

OptionBuilder* CommandBuilder::AddOption(const std::string& name,
                                         std::optional<uint64_t>* value,
                                         const std::string& help) {
  return Add(name, value, help);
}

OptionBuilder* CommandBuilder::AddOption(const std::string& name,
                                         std::vector<std::string>* value,
                                         const std::string& help) {
  return Add(name, value, help);
}

OptionBuilder* CommandBuilder::AddSize(const std::string& name,
                                       std::optional<uint64_t>* bytes,
                                       const std::string& help) {
  return Keep(
      app_->add_option_function<uint64_t>(
              name, [bytes](const uint64_t& value) { *bytes = value; }, help)
          ->transform(CLI::AsSizeValue(false))
          // Runs before the one above, which would accept "-1".
          ->transform([name](std::string text) {
            if (text.substr(0, 1) != "-") return text;
            throw CLI::ValidationError(name, text + " is not a size");
          }));
}

OptionBuilder* CommandBuilder::AddFlag(const std::string& name, bool* value,
                                       const std::string& help) {
  return Keep(app_->add_flag(name, *value, help));
}

void CommandBuilder::WhenGiven(std::function<void()> action) {
  app_->callback(std::move(action));
}

}  // namespace heapq

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/help/completions.h"
#include "cli/help/quoting.h"

namespace heapq {
namespace {

constexpr char kFrame[] = R"sh(
# The command on the line so far, without options and what these take.
function __heapq_command
    set -l words (commandline -opc)
    set -e words[1]
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if contains -- $word $__heapq_taking
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
            return
        end
    end
end

function __heapq_is
    test "$(__heapq_command)" = "$argv[1]"
end

function __heapq_list
    set -l words (commandline -opc)
    set -l db
    if set -l at (contains -i -- --db $words)
        set db --db $words[(math $at + 1)]
    end
    $words[1] completions --list $argv[1] $db 2>/dev/null
end

complete -c heapq -f
)sh";

// As one word of fish.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", Escaped(text, "'\\"), "'");
}

// The option by which `complete` learns what an argument can be.
std::string Candidates(const ArgumentHelp& argument) {
  switch (argument.kind) {
    case ArgumentKind::kNone:
      return "";
    case ArgumentKind::kFile:
      return " -r -F";
    case ArgumentKind::kChoice:
      return absl::StrCat(" -x -a ",
                          Quoted(absl::StrJoin(argument.choices, " ")));
    case ArgumentKind::kObject:
      return " -x -k -a '(__heapq_list object)'";
    case ArgumentKind::kClass:
      return " -x -k -a '(__heapq_list class)'";
    case ArgumentKind::kCommand:
      return " -x -a \"$__heapq_commands\"";
    case ArgumentKind::kText:
      return " -x";
  }
  return "";
}

void AddOptions(const std::string& when,
                const std::vector<ArgumentHelp>& options, std::string* script) {
  for (const ArgumentHelp& option : options) {
    absl::StrAppend(script, "complete -c heapq", when);
    for (const std::string& name : option.names) {
      const bool is_long = name.compare(0, 2, "--") == 0;
      absl::StrAppend(script, is_long ? " -l " : " -s ",
                      name.substr(is_long ? 2 : 1));
    }
    absl::StrAppend(script, Candidates(option), " -d ", Quoted(option.text),
                    "\n");
  }
}

}  // namespace

std::string FishCompletion(const CommandLineHelp& help) {
  std::vector<std::string> commands;
  for (const CommandHelp& command : help.commands) {
    commands.push_back(command.name);
  }
  std::vector<std::string> taking;
  for (const ArgumentHelp& option : help.options) {
    if (option.kind == ArgumentKind::kNone) continue;
    taking.insert(taking.end(), option.names.begin(), option.names.end());
  }
  std::string script = absl::StrCat(
      "# fish completion of heapq, made by `heapq completions fish`\n\n"
      "set -g __heapq_commands ",
      absl::StrJoin(commands, " "), "\nset -g __heapq_taking ",
      absl::StrJoin(taking, " "), "\n", kFrame);
  AddOptions("", help.options, &script);
  for (const CommandHelp& command : help.commands) {
    absl::StrAppend(&script, "complete -c heapq -n \"__heapq_is ''\" -a ",
                    command.name, " -d ", Quoted(command.text), "\n");
  }
  for (const CommandHelp& command : help.commands) {
    const std::string when =
        absl::StrCat(" -n '__heapq_is ", command.name, "'");
    AddOptions(when, command.options, &script);
    for (const ArgumentHelp& positional : command.positionals) {
      const std::string candidates = Candidates(positional);
      absl::StrAppend(&script, "complete -c heapq", when,
                      candidates == " -r -F" ? " -F" : candidates, "\n");
    }
  }
  return script;
}

}  // namespace heapq

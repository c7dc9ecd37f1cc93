#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/help/completions.h"
#include "cli/help/quoting.h"

namespace heapq {
namespace {

constexpr char kHead[] = R"sh(#compdef heapq
# zsh completion of heapq, made by `heapq completions zsh`

_heapq_list() {
  local candidate
  local -a found
  for candidate in ${(f)"$($heapq_program completions --list $1 $heapq_db 2>/dev/null)"}; do
    found+=("${${candidate%%$'\t'*}//:/\\:}:${candidate#*$'\t'}")
  done
  _describe -V $1 found
}
)sh";

constexpr char kBody[] = R"sh(
  local heapq_program=${(Q)words[1]}
  local -a heapq_db
  local -i at=${words[(I)--db]}
  (( at == 0 || at >= $#words )) || heapq_db=(--db ${(Q)words[at + 1]})

  local context state state_descr line
  typeset -A opt_args
  _arguments -C $global '1: :->command' '*:: :->arguments'
  case $state in
    command) _heapq_commands ;;
    arguments)
      case $line[1] in
)sh";

std::string Action(const ArgumentHelp& argument) {
  switch (argument.kind) {
    case ArgumentKind::kFile:
      return "_files";
    case ArgumentKind::kChoice:
      return absl::StrCat("(", absl::StrJoin(argument.choices, " "), ")");
    // With a space in front, _arguments leaves the words as they are.
    case ArgumentKind::kObject:
      return " _heapq_list object";
    case ArgumentKind::kClass:
      return " _heapq_list class";
    case ArgumentKind::kCommand:
      return "_heapq_commands";
    default:
      return "";
  }
}

std::string Value(const ArgumentHelp& argument) {
  if (argument.kind == ArgumentKind::kNone) return "";
  return absl::StrCat(":", Escaped(argument.value, ":\\"), ":",
                      Action(argument));
}

// Specifications for _arguments, each a quoted word.
std::vector<std::string> Options(const std::vector<ArgumentHelp>& options) {
  std::vector<std::string> specifications;
  for (const ArgumentHelp& option : options) {
    const std::string text =
        absl::StrCat("[", Escaped(option.text, "[]:\\"), "]", Value(option));
    for (const std::string& name : option.names) {
      specifications.push_back(ShellQuoted(absl::StrCat(
          option.repeats ? "*" : "",
          option.names.size() > 1 && !option.repeats
              ? absl::StrCat("(", absl::StrJoin(option.names, " "), ")")
              : "",
          name, text)));
    }
  }
  return specifications;
}

}  // namespace

std::string ZshCompletion(const CommandLineHelp& help) {
  std::string script = kHead;
  absl::StrAppend(&script,
                  "\n_heapq_commands() {\n  local -a commands=(\n    ");
  std::vector<std::string> commands;
  for (const CommandHelp& command : help.commands) {
    commands.push_back(ShellQuoted(absl::StrCat(Escaped(command.name, ":"), ":",
                                                Escaped(command.text, ":\\"))));
  }
  absl::StrAppend(&script, absl::StrJoin(commands, "\n    "),
                  "\n  )\n  _describe -V command commands\n}\n\n_heapq() {\n"
                  "  local -a global=(\n    ",
                  absl::StrJoin(Options(help.options), "\n    "), "\n  )",
                  kBody);
  for (const CommandHelp& command : help.commands) {
    std::vector<std::string> words = Options(command.options);
    for (const ArgumentHelp& positional : command.positionals) {
      words.push_back(ShellQuoted(
          absl::StrCat(positional.repeats ? "*" : "", Value(positional))));
    }
    absl::StrAppend(&script, "        ", command.name,
                    ")\n          _arguments $global");
    for (const std::string& word : words) {
      absl::StrAppend(&script, " \\\n            ", word);
    }
    absl::StrAppend(&script, "\n          ;;\n");
  }
  absl::StrAppend(&script,
                  "      esac\n      ;;\n  esac\n}\n\n"
                  "if [[ $funcstack[1] = _heapq ]]; then\n  _heapq \"$@\"\n"
                  "else\n  compdef _heapq heapq\nfi\n");
  return script;
}

}  // namespace heapq

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/help/completions.h"
#include "cli/help/quoting.h"

namespace heapq {
namespace {

// The part that does not depend on the commands. Splits the line itself: bash
// would take class paths apart at their colons.
constexpr char kFrame[] = R"sh(
_heapq() {
  local line="${COMP_LINE:0:COMP_POINT}" cur='' command='' db='' argument='' cut=''
  local kind choices options word separator
  local -a words=() positionals=()
  read -r -a words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=('')
  cur="${words[-1]}"
  for word in "${words[@]:1:${#words[@]}-2}"; do
    if [[ -n $argument ]]; then
      [[ $argument != --db ]] || db="$word"
      argument=''
    elif [[ $word == --db=* ]]; then
      db="${word#*=}"
    elif [[ $word == -* ]]; then
      _heapq_argument "$command" "$word"
      [[ $kind == none ]] || argument="$word"
    elif [[ -z $command ]]; then
      command="$word"
    else
      positionals+=("$word")
    fi
  done

  COMPREPLY=()
  _heapq_options "$command"
  if [[ -n $argument ]]; then
    _heapq_argument "$command" "$argument"
  elif [[ $cur == --*=* ]]; then
    _heapq_argument "$command" "${cur%%=*}"
    cut="${cur%%=*}="
    cur="${cur#*=}"
  elif [[ $cur == -* ]]; then
    kind=choice choices="$options"
  else
    _heapq_positional "$command" "${#positionals[@]}"
  fi

  case "$kind" in
    choice) mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur") ;;
    file)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    object | class)
      choices="$("${words[0]/#\~/$HOME}" completions --list "$kind" ${db:+--db "$db"} 2>/dev/null |
        cut -f 1)"
      mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
      ;;
  esac
  # Bash replaces only what stands behind the last of its separators.
  for separator in : =; do
    if [[ $COMP_WORDBREAKS == *"$separator"* && $cur == *"$separator"* ]]; then
      COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*"$separator"}"}"}")
    fi
  done
  [[ -z $cut || $COMP_WORDBREAKS == *=* ]] || COMPREPLY=("${COMPREPLY[@]/#/$cut}")
}

complete -F _heapq heapq
)sh";

std::string Kind(const ArgumentHelp& argument) {
  switch (argument.kind) {
    case ArgumentKind::kNone:
      return "kind=none";
    case ArgumentKind::kText:
      return "kind=text";
    case ArgumentKind::kFile:
      return "kind=file";
    case ArgumentKind::kChoice:
      return absl::StrCat("kind=choice choices=",
                          ShellQuoted(absl::StrJoin(argument.choices, " ")));
    case ArgumentKind::kObject:
      return "kind=object";
    case ArgumentKind::kClass:
      return "kind=class";
    case ArgumentKind::kCommand:
      return "kind=choice choices=\"$_heapq_commands\"";
  }
  return "kind=text";
}

std::string Names(const std::vector<ArgumentHelp>& options) {
  std::vector<std::string> names;
  for (const ArgumentHelp& option : options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return absl::StrJoin(names, " ");
}

void AddArguments(const std::string& command,
                  const std::vector<ArgumentHelp>& options,
                  std::string* script) {
  for (const ArgumentHelp& option : options) {
    if (option.kind == ArgumentKind::kNone) continue;
    for (const std::string& name : option.names) {
      absl::StrAppend(script, "    ", command, name, "') ", Kind(option),
                      " ;;\n");
    }
  }
}

}  // namespace

std::string BashCompletion(const CommandLineHelp& help) {
  std::vector<std::string> commands;
  for (const CommandHelp& command : help.commands) {
    commands.push_back(command.name);
  }
  std::string script = absl::StrCat(
      "# bash completion of heapq, made by `heapq completions bash`\n\n"
      "_heapq_commands=",
      ShellQuoted(absl::StrJoin(commands, " ")), "\n");

  // Completes the value of an option.
  absl::StrAppend(&script,
                  "\n_heapq_argument() {\n  kind=none choices=\n"
                  "  case \"$1 $2\" in\n");
  for (const CommandHelp& command : help.commands) {
    AddArguments(absl::StrCat("'", command.name, " "), command.options,
                 &script);
  }
  AddArguments("*' ", help.options, &script);
  absl::StrAppend(&script, "  esac\n}\n");

  absl::StrAppend(&script, "\n_heapq_options() {\n  options=",
                  ShellQuoted(Names(help.options)), "\n  case \"$1\" in\n");
  for (const CommandHelp& command : help.commands) {
    absl::StrAppend(&script, "    ", command.name,
                    ") options+=", ShellQuoted(" " + Names(command.options)),
                    " ;;\n");
  }
  absl::StrAppend(&script, "  esac\n}\n");

  // Completes a positional argument, counted from 0.
  absl::StrAppend(&script,
                  "\n_heapq_positional() {\n  kind=none choices=\n"
                  "  case \"$1 $2\" in\n"
                  "    ' 0') kind=choice choices=\"$_heapq_commands\" ;;\n");
  for (const CommandHelp& command : help.commands) {
    for (size_t i = 0; i < command.positionals.size(); ++i) {
      const ArgumentHelp& positional = command.positionals[i];
      absl::StrAppend(&script, "    '", command.name, " ",
                      positional.repeats ? "'*" : absl::StrCat(i, "'"), ") ",
                      Kind(positional), " ;;\n");
    }
  }
  absl::StrAppend(&script, "  esac\n}\n", kFrame);
  return script;
}

}  // namespace heapq

#include "cli/help/man_page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace heapq {
namespace {

// When what follows was last written by hand; man(7) wants a date.
constexpr char kWritten[] = "2026-11-26";

constexpr char kDescription[] = R"(.SH DESCRIPTION
.B heapq
reads a dump of the heap of a Ruby process into a file,
.IR heap.db ,
and answers from it why an object is still in memory, down to the line of code.
Dumps are made by the gem
.B heap_dump
or by Ruby's own
.IR ObjectSpace.dump_all ;
they may be packed with gzip or zstd.
.PP
An object is named by its address, hexadecimal
.RI ( 0x7f\|... )
or decimal, or by its number in the file
.RI ( #17 ,
quoted for the shell), or by name:
.IR Foo::BAR ,
.IR $x ,
.IR Foo.@bar ,
.IR Foo[:key] ,
.I Session
(its instances),
.IR thread:1 ,
.IR suspect:1 .
.PP
Answers go to standard output, everything else to standard error. In a table,
the last lines name the commands to try next.
)";

constexpr char kEnd[] = R"(.SH FILES
.TP
.I heap.db
An SQLite file that
.BR sqlite3 (1)
opens as well. Its tables are described in
.IR docs/reference/schema.md .
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed, nothing was found, or a budget is broken.
.TP
.B 2
Wrong usage.
.TP
.B 3
The dump is damaged, under
.BR "load \-\-strict" .
.TP
.B 130
Interrupted.
.SH EXAMPLES
What keeps most of the heap, and why it is still there:
.PP
.nf
.RS
heapq load dump.json
heapq suspects
heapq why\-alive 0x7fc31d57c2d0
.RE
.fi
.PP
What grew from one dump of a process to the next:
.PP
.nf
.RS
heapq load first.json \-\-db first.db
heapq load second.json \-\-db second.db
heapq diff first.db second.db
.RE
.fi
.SH SEE ALSO
.BR ruby (1),
.BR sqlite3 (1)
)";

// `text` as roff prints it; for any place on a line.
std::string Roff(std::string_view text) {
  std::string roff;
  for (const char c : text) {
    if (c == '\\') {
      roff += "\\e";
    } else if (c == '-') {
      roff += "\\-";
    } else if (c == '\'') {
      roff += "\\(aq";
    } else if (c == '`') {
      roff += "\\(ga";
    } else if (c == '.' && roff.empty()) {
      roff += "\\&.";
    } else {
      roff += c;
    }
  }
  return roff;
}

std::string Bold(std::string_view text) {
  return absl::StrCat("\\fB", Roff(text), "\\fR");
}

std::string Italic(std::string_view text) {
  return absl::StrCat("\\fI", Roff(text), "\\fR");
}

std::string Sentence(const ArgumentHelp& argument) {
  std::string text = Roff(argument.text);
  if (!argument.standard.empty()) {
    absl::StrAppend(&text, " (default: ", Bold(argument.standard), ")");
  }
  return text + ".";
}

void AddArgument(const ArgumentHelp& argument, std::string* page) {
  std::vector<std::string> names;
  for (const std::string& name : argument.names) names.push_back(Bold(name));
  std::string head = absl::StrJoin(names, ", ");
  if (!argument.value.empty()) {
    absl::StrAppend(&head, head.empty() ? "" : " ", Italic(argument.value));
  }
  absl::StrAppend(page, ".TP\n", head, "\n", Sentence(argument), "\n");
}

std::string Usage(const CommandHelp& command) {
  std::string usage = Bold("heapq " + command.name);
  if (!command.options.empty()) absl::StrAppend(&usage, " [options]");
  for (const ArgumentHelp& positional : command.positionals) {
    const std::string value = Italic(positional.value);
    absl::StrAppend(&usage, " ",
                    positional.required ? value : "[" + value + "]",
                    positional.repeats ? " ..." : "");
  }
  return usage;
}

void AddCommand(const CommandHelp& command, std::string* page) {
  absl::StrAppend(page, ".TP\n", Usage(command), "\n", Roff(command.text),
                  ".\n");
  if (command.options.empty() && command.positionals.empty()) return;
  absl::StrAppend(page, ".RS\n");
  for (const ArgumentHelp& positional : command.positionals) {
    AddArgument(positional, page);
  }
  for (const ArgumentHelp& option : command.options) {
    AddArgument(option, page);
  }
  absl::StrAppend(page, ".RE\n");
}

}  // namespace

std::string ManPage(const CommandLineHelp& help, std::string_view version) {
  std::string page = absl::StrCat(
      ".TH HEAPQ 1 ", kWritten, " \"heapq ",
      absl::string_view(version.data(), version.size()),
      "\" \"User Commands\"\n.SH NAME\nheapq \\- explains why a Ruby object is "
      "still in memory\n.SH SYNOPSIS\n.B heapq\n.RI [ options ]\n.I command\n"
      ".RI [ options ]\n.RI [ arguments ]\n",
      kDescription,
      ".SH OPTIONS\nThey may stand before the command or "
      "behind it.\n");
  for (const ArgumentHelp& option : help.options) AddArgument(option, &page);
  absl::StrAppend(&page, ".SH COMMANDS\n");
  std::string group;
  for (const CommandHelp& command : help.commands) {
    if (command.group != group) {
      group = command.group;
      absl::StrAppend(&page, ".SS ", Roff(group), "\n");
    }
    AddCommand(command, &page);
  }
  absl::StrAppend(&page, ".SH ENVIRONMENT\n");
  for (const ArgumentHelp& option : help.options) {
    if (option.environment.empty()) continue;
    absl::StrAppend(&page, ".TP\n", Bold(option.environment), "\nStands for ",
                    Bold(option.names.back()), " where that is not given.\n");
  }
  absl::StrAppend(&page,
                  ".TP\n.B NO_COLOR\nIf it is set to anything, output has no "
                  "colors.\n",
                  kEnd);
  return page;
}

}  // namespace heapq

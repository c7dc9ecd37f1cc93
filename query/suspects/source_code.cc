#include "query/suspects/source_code.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "query/suspects/method_name.h"

namespace heapq {
namespace {

constexpr off_t kMaxBytesOfFile = 1 << 20;
constexpr size_t kMaxBytes = 32 << 20;
constexpr size_t kMaxFiles = 1000;

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool IsWord(char c) { return absl::ascii_isalnum(c) != 0 || c == '_'; }

bool IsRubyFile(std::string_view file) {
  for (const char* const end : {".rb", ".ru", ".rake", ".erb", ".builder"}) {
    if (absl::EndsWith(View(file), end)) return true;
  }
  return false;
}

// A regular file's content; empty if it is none, or too large.
std::string ReadSource(const std::string& file) {
  if (file.empty() || file.front() != '/' || !IsRubyFile(file)) return "";
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return "";
  std::string text;
  struct stat about = {};
  if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
      about.st_size <= kMaxBytesOfFile) {
    text.resize(static_cast<size_t>(about.st_size));
    size_t at = 0;
    while (at < text.size()) {
      const ssize_t got = read(fd, text.data() + at, text.size() - at);
      if (got <= 0) break;
      at += static_cast<size_t>(got);
    }
    text.resize(at);
  }
  close(fd);
  return text;
}

size_t Indentation(const std::string& line) {
  const size_t at = line.find_first_not_of(" \t");
  return at == std::string::npos ? line.size() : at;
}

std::string_view Stripped(const std::string& line) {
  const absl::string_view text = absl::StripAsciiWhitespace(line);
  return {text.data(), text.size()};
}

// The first word after `keyword`: "Bus" of "class Bus < Base"; empty: another
// line.
std::string_view NameAfter(std::string_view line, std::string_view keyword) {
  if (!StartsWith(line, keyword)) return "";
  std::string_view rest = line.substr(keyword.size());
  size_t length = 0;
  while (length < rest.size() &&
         (IsWord(rest[length]) || rest[length] == ':' || rest[length] == '.' ||
          rest[length] == '?' || rest[length] == '!' || rest[length] == '=' ||
          rest[length] == '<' || rest[length] == '[' || rest[length] == ']')) {
    ++length;
  }
  return rest.substr(0, length);
}

// "on" of "def self.on(event)", "private def on", "def on = 1".
std::string_view MethodOf(std::string_view line) {
  for (const std::string_view before :
       {"private_class_method ", "private ", "protected ", "public ",
        "module_function ", "memoize "}) {
    if (StartsWith(line, before)) line.remove_prefix(before.size());
  }
  return NameAfter(line, "def ");
}

// A block of an iterator runs when the code around it does.
bool IsIterator(std::string_view line) {
  static constexpr std::string_view kCalls[] = {
      "each", ".times",  ".map",        ".upto",  ".step", ".tap",
      "loop", "while ",  ".to_h",       "until ", ".then", "Array.new",
      "if ",  "unless ", "synchronize", "begin",  "case ", "for "};
  return std::any_of(std::begin(kCalls), std::end(kCalls),
                     [line](std::string_view call) { return Has(line, call); });
}

bool OpensBlock(std::string_view line) {
  if (absl::EndsWith(View(line), " do")) return true;
  const size_t bar = line.rfind(" do |");
  if (bar != std::string_view::npos && line.back() == '|') return true;
  return !line.empty() &&
         (line.back() == '{' || (line.back() == '|' && Has(line, "{ |")));
}

// The effect of a line on a variable that it mentions at its start.
struct Operation {
  bool adds = false;
  bool defaults = false;  // adds by "||="
  bool assigns = false;
  bool removes = false;
};

constexpr std::string_view kAdds[] = {"<<",
                                      ".push",
                                      ".append",
                                      ".add(",
                                      ".add?",
                                      ".add ",
                                      ".store",
                                      ".concat",
                                      ".unshift",
                                      ".prepend",
                                      ".insert",
                                      ".enq",
                                      ".merge!",
                                      ".update(",
                                      ".compute",
                                      ".put_if_absent",
                                      ".fetch_or_store",
                                      ".put(",
                                      ".register",
                                      ".subscribe",
                                      ".write",
                                      ".puts",
                                      ".replace"};

// A line that gives other code a variable, or methods of its value.
bool HandsOut(std::string_view line) {
  return Has(line, "attr_") || Has(line, "def_delegator") ||
         Has(line, "instance_delegate") || StartsWith(line, "delegate ");
}

// Whether it hands out a method that adds to a collection.
bool DelegatesAdding(std::string_view line) {
  static constexpr std::string_view kMethods[] = {
      ":<<",  ":push",    ":[]=",    ":append",  ":add",
      ":enq", ":store",   ":concat", ":unshift", ":merge!",
      ":put", ":update,", ":insert"};
  return std::any_of(
      std::begin(kMethods), std::end(kMethods),
      [line](std::string_view method) { return Has(line, method); });
}

// What follows the parentheses of "(@list ||= {})[key] = value", given what
// follows the variable; other texts as they are.
std::string_view AfterDefault(std::string_view rest) {
  std::string_view value = rest;
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (!StartsWith(value, "||=")) return rest;
  size_t end = value.find(')');
  if (end == std::string_view::npos) return rest;
  while (end < value.size() && value[end] == ')') ++end;
  return value.substr(end);
}

Operation OperationOf(std::string_view rest, bool is_array) {
  Operation operation;
  rest = AfterDefault(rest);
  for (const std::string_view add : kAdds) {
    if (Has(rest, add)) operation.adds = true;
  }
  operation.removes = CallsRemoval(rest);
  if (Has(rest, "+=") && !Has(rest, "+= 1")) operation.adds = true;
  // "[key] = value", "[key] ||= value".
  if (!rest.empty() && rest.front() == '[') {
    for (size_t at = rest.find(']'); at != std::string_view::npos;
         at = rest.find(']', at + 1)) {
      std::string_view after = rest.substr(at + 1);
      while (!after.empty() && after.front() == ' ') after.remove_prefix(1);
      const bool defaults = StartsWith(after, "||=");
      if (defaults || StartsWith(after, "&&=") ||
          (StartsWith(after, "=") && !StartsWith(after, "==") &&
           !StartsWith(after, "=~") && !StartsWith(after, "=>"))) {
        operation.defaults = !operation.adds && defaults;
        operation.adds = operation.adds || !is_array;
      }
    }
    return operation;
  }
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  operation.assigns = StartsWith(rest, "=") && !StartsWith(rest, "==") &&
                      !StartsWith(rest, "=~") && !StartsWith(rest, "=>");
  return operation;
}

// Where `name` stands alone in a line, from `from` on.
size_t FindName(std::string_view line, std::string_view name, size_t from) {
  for (size_t at = line.find(name, from); at != std::string_view::npos;
       at = line.find(name, at + 1)) {
    const bool starts =
        at == 0 || name.front() == '.' ||
        (!IsWord(line[at - 1]) && line[at - 1] != '@' && line[at - 1] != '$');
    const size_t end = at + name.size();
    if (starts && (end == line.size() || !IsWord(line[end]))) return at;
  }
  return std::string_view::npos;
}

// Whether the value of an assignment to `name` holds the old value:
// "@head = Node.new(value, @head)", "@head = [value, @head]".
bool Links(std::string_view value, std::string_view name) {
  if (!Has(value, ".new(") && !Has(value, "[")) return false;
  const size_t at = FindName(value, name, 0);
  if (at == std::string_view::npos) return false;
  const size_t end = at + name.size();
  return end < value.size() &&
         (value[end] == ')' || value[end] == ',' || value[end] == ']');
}

// Variables of any name: "@list", "@@list", "LIST", or "$list" alone.
size_t FindAnyVariable(std::string_view line, bool global, size_t from,
                       size_t* length) {
  for (size_t at = from; at < line.size(); ++at) {
    if (at > 0 && (IsWord(line[at - 1]) || line[at - 1] == '@' ||
                   line[at - 1] == ':' || line[at - 1] == '"')) {
      continue;
    }
    size_t end = at;
    if (global ? line[at] == '$' : line[at] == '@') {
      while (end < line.size() && (line[end] == '@' || line[end] == '$')) ++end;
      if (end == line.size() || !IsWord(line[end])) continue;
    } else if (global || absl::ascii_isupper(line[at]) == 0) {
      continue;
    }
    bool upper = true;
    while (end < line.size() && IsWord(line[end])) {
      upper = upper && absl::ascii_islower(line[end]) == 0;
      ++end;
    }
    if (!global && line[at] != '@' && (!upper || end - at < 2)) continue;
    *length = end - at;
    return at;
  }
  return std::string_view::npos;
}

// The lines of a class's body; the whole file if it is not found.
std::pair<size_t, size_t> BodyOf(const std::vector<std::string>& lines,
                                 const std::string& class_name) {
  const std::pair<size_t, size_t> all{0, lines.size()};
  if (class_name.empty()) return all;
  const size_t outer = class_name.rfind("::");
  const std::string last =
      outer == std::string::npos ? class_name : class_name.substr(outer + 2);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = Stripped(lines[i]);
    std::string_view name = NameAfter(line, "class ");
    if (name.empty()) name = NameAfter(line, "module ");
    const bool assigned = StartsWith(line, last + " = ");
    if (name != last && name != class_name &&
        !absl::EndsWith(View(name), "::" + last) && !assigned) {
      continue;
    }
    const size_t indentation = Indentation(lines[i]);
    for (size_t end = i + 1; end < lines.size(); ++end) {
      if (Indentation(lines[end]) == indentation &&
          StartsWith(Stripped(lines[end]), "end")) {
        return {i, end + 1};
      }
    }
    return {i, lines.size()};
  }
  return all;
}

// The method around a line, and whether the line runs after loading.
struct Around {
  std::string method;  // "on", "self.on"; empty: none
  size_t first = 0;    // line of its def
  bool singleton = false;
  bool runs_later = false;
};

// "rescue", "else" and the like, which stand as far left as the line that
// begins their body.
bool ContinuesBody(std::string_view line) {
  static constexpr std::string_view kWords[] = {"rescue", "ensure", "else",
                                                "elsif ", "when ",  "in "};
  return std::any_of(
      std::begin(kWords), std::end(kWords),
      [line](std::string_view word) { return StartsWith(line, word); });
}

Around AroundOf(const std::vector<std::string>& lines, size_t at) {
  Around around;
  size_t indentation = Indentation(lines[at]) + 1;
  bool callback = false;
  for (size_t i = at + 1; i-- > 0;) {
    if (Indentation(lines[i]) >= indentation) continue;
    const std::string_view line = Stripped(lines[i]);
    if (line.empty() || line.front() == '#' || ContinuesBody(line)) continue;
    indentation = Indentation(lines[i]);
    if (around.method.empty()) {
      const std::string_view method = MethodOf(line);
      if (!method.empty()) {
        around.method = std::string(method);
        around.first = i;
        around.singleton = StartsWith(method, "self.");
        around.runs_later = !RunsAtLoad(method);
        continue;
      }
      if (i != at && OpensBlock(line) && !IsIterator(line)) callback = true;
    }
    if (StartsWith(line, "class <<")) around.singleton = true;
    if (StartsWith(line, "class ") || StartsWith(line, "module ")) break;
  }
  if (around.method.empty()) {
    around.first = at;
    around.runs_later = callback;
  }
  return around;
}

// Whether a line is inside of a method or a block, or is one block with its
// call: "100.times { |i| define(i) }".
bool IsInBlock(const std::vector<std::string>& lines, size_t at) {
  const std::string_view own = Stripped(lines[at]);
  const size_t brace = own.find('{');
  if (brace != std::string_view::npos && IsIterator(own.substr(0, brace))) {
    return true;
  }
  size_t indentation = Indentation(lines[at]);
  for (size_t i = at; i-- > 0 && indentation > 0;) {
    if (Indentation(lines[i]) >= indentation) continue;
    const std::string_view line = Stripped(lines[i]);
    if (line.empty() || line.front() == '#' || ContinuesBody(line)) continue;
    indentation = Indentation(lines[i]);
    if (!StartsWith(line, "class ") && !StartsWith(line, "module ")) {
      return true;
    }
  }
  return false;
}

// The first line of a method that begins a block; its own if none does.
size_t BlockFrom(const std::vector<std::string>& lines, size_t def,
                 size_t last) {
  for (size_t i = def; i < last; ++i) {
    const std::string_view line = Stripped(lines[i]);
    if (i > def && !MethodOf(line).empty()) break;
    for (const std::string_view text :
         {"->", "lambda", "proc {", "proc do", " { ", " do |", " {|"}) {
      if (Has(line, text)) return i;
    }
    if (OpensBlock(line)) return i;
  }
  return def;
}

std::string LabelOf(const std::string& class_name, const Around& around) {
  if (around.method.empty()) return class_name;
  const bool own = StartsWith(around.method, "self.");
  std::string method = own ? around.method.substr(5) : around.method;
  if (class_name.empty()) return method;
  return absl::StrCat(class_name, around.singleton || own ? "." : "#", method);
}

}  // namespace

const std::vector<std::string>& SourceCode::Lines(const std::string& file) {
  const auto known = files_.find(file);
  if (known != files_.end()) return known->second;
  std::vector<std::string>& lines = files_[file];
  if (files_.size() > kMaxFiles || bytes_ > kMaxBytes) return lines;
  const std::string text = ReadSource(file);
  bytes_ += text.size();
  if (!text.empty()) lines = absl::StrSplit(text, '\n');
  return lines;
}

VariableCode SourceCode::FindVariable(const std::vector<std::string>& files,
                                      const std::string& class_name,
                                      const std::string& variable,
                                      bool is_array) {
  VariableCode code;
  bool only_defaults = true;
  const bool any = variable.empty() || variable == "$";
  // "attr_reader :list" lets other code change "@list".
  const size_t named = variable.find_first_not_of("@$");
  const std::string symbol =
      named == std::string::npos ? "" : ":" + variable.substr(named);
  const std::string delegated = ":" + variable;
  std::set<std::string> adding;    // methods that add
  std::set<std::string> removing;  // methods that remove
  std::vector<std::pair<std::string, std::string>> calls;  // of adding methods
  for (const std::string& file : files) {
    const std::vector<std::string>& lines = Lines(file);
    const auto [first, last] = BodyOf(lines, class_name);
    bool fills_itself = false;  // Hash.new { |hash, key| hash[key] = … }
    for (size_t i = first; i < last; ++i) {
      const std::string_view line = Stripped(lines[i]);
      if (line.empty() || line.front() == '#') continue;
      if (!any && HandsOut(line) &&
          (FindName(line, symbol, 0) != std::string_view::npos ||
           FindName(line, delegated, 0) != std::string_view::npos)) {
        code.exposed = true;
        // "def_delegators :@list, :<<" lets all code add to it.
        if (!code.add.known() && DelegatesAdding(line)) {
          code.found = true;
          code.add = {{file, static_cast<uint32_t>(i + 1)}, class_name};
        }
      }
      size_t length = variable.size();
      size_t from = 0;
      while (true) {
        const size_t at =
            any ? FindAnyVariable(line, !variable.empty(), from, &length)
                : FindName(line, variable, from);
        if (at == std::string_view::npos) break;
        from = at + std::max<size_t>(length, 1);
        code.found = true;
        const std::string_view rest = line.substr(at + length);
        Operation operation = OperationOf(rest, is_array);
        if (operation.assigns &&
            (Has(rest, "Hash.new {") || Has(rest, "Hash.new do")) &&
            (Has(rest, "] =") || Has(rest, "]=") || Has(rest, "]||="))) {
          fills_itself = true;
        }
        if (fills_itself && StartsWith(rest, "[")) operation.adds = true;
        if (operation.assigns && Links(rest, line.substr(at, length))) {
          operation.adds = true;
        }
        const bool replaces =  // "@step = ->(x) { @step… }", "@head = node"
            operation.assigns && !any && !Has(rest, "[]") && !Has(rest, "{}") &&
            !Has(rest, "nil") && !Has(rest, ".new");
        if (!operation.adds && !operation.removes && !replaces) continue;
        Around around = AroundOf(lines, i);
        // Each new object adds itself to what all objects share.
        if (around.method == "initialize" &&
            (line[at] != '@' || StartsWith(line.substr(at), "@@"))) {
          around.runs_later = true;
        }
        const std::string method =
            around.method.empty() ? absl::StrCat(file, ":", i) : around.method;
        const auto line_number = static_cast<uint32_t>(i + 1);
        SourceLine here{{file, line_number}, LabelOf(class_name, around)};
        if (operation.removes) {
          removing.insert(method);
          if (!code.removal.known()) code.removal = here;
        }
        if (!operation.adds && !replaces) continue;
        if (!around.runs_later) {
          if (operation.adds && !code.add_at_load.known()) {
            code.add_at_load = here;
          }
          continue;
        }
        // An addition says more than an assignment.
        if (operation.adds && adding.empty()) code.add = here;
        if (!code.add.known()) code.add = here;
        if (!operation.adds) continue;
        only_defaults = only_defaults && operation.defaults;
        adding.insert(method);
        for (size_t body = around.first;
             body < last && body < around.first + 60; ++body) {
          if (body > around.first && !MethodOf(Stripped(lines[body])).empty()) {
            break;
          }
          calls.emplace_back(method, lines[body]);
        }
      }
    }
  }
  code.memo = !adding.empty() && only_defaults;
  for (const std::string& method : removing) {
    if (adding.count(method) != 0) code.removes_as_it_adds = true;
    const std::string name =
        StartsWith(method, "self.") ? method.substr(5) : method;
    for (const auto& [adder, text] : calls) {
      if (adder != method && FindName(text, name, 0) != std::string::npos) {
        code.removes_as_it_adds = true;
      }
    }
  }
  return code;
}

SourceLine SourceCode::FindText(const std::string& file,
                                const std::string& class_name,
                                const std::vector<std::string>& texts) {
  const std::vector<std::string>& lines = Lines(file);
  const auto [first, last] = BodyOf(lines, class_name);
  for (size_t i = first; i < last; ++i) {
    const std::string_view line = Stripped(lines[i]);
    if (line.empty() || line.front() == '#') continue;
    for (const std::string& text : texts) {
      if (!Has(line, text)) continue;
      const Around around = AroundOf(lines, i);
      if (!around.runs_later) continue;
      return {{file, static_cast<uint32_t>(i + 1)},
              LabelOf(class_name, around)};
    }
  }
  return {};
}

bool SourceCode::IsCalledAtLoad(const std::vector<std::string>& files,
                                const std::string& label) {
  constexpr int kManyCalls = 10;
  const std::string_view name = NameInLabel(label);
  if (name.empty() || !IsWord(name.front())) return false;
  int calls = 0;
  for (const std::string& file : files) {
    const std::vector<std::string>& lines = Lines(file);
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string_view line = Stripped(lines[i]);
      const size_t at = FindName(line, name, 0);
      // After a space it may be a local or a word of a text.
      const bool calls_it =
          at == 0 || (at != std::string_view::npos && line[at - 1] == '.');
      if (!calls_it || line.front() == '#' || !MethodOf(line).empty()) continue;
      if (IsInBlock(lines, i)) return false;
      ++calls;
    }
  }
  return calls >= kManyCalls;
}

uint32_t SourceCode::LineOf(const std::string& file, const std::string& label) {
  const std::vector<std::string>& lines = Lines(file);
  if (lines.empty()) return 0;
  std::string name = label;
  const bool is_block = StartsWith(label, "block");
  const size_t in = name.rfind(" in ");
  if (in != std::string::npos) name = name.substr(in + 4);
  std::string class_name;
  bool is_class = false;
  for (const std::string_view start : {"class ", "<class:", "<module:"}) {
    if (!StartsWith(name, start)) continue;
    is_class = true;
    class_name = name.substr(start.size());
    if (!class_name.empty() && class_name.back() == '>') class_name.pop_back();
  }
  if (!is_class) {
    const size_t mark = name.find_last_of("#.");
    if (mark != std::string::npos) {
      class_name = name.substr(0, mark);
      name = name.substr(mark + 1);
    }
  }
  const auto [first, last] = BodyOf(lines, class_name);
  if (is_class) return last == lines.size() && first == 0 ? 0 : first + 1;
  if (name.empty() || name.front() == '<') return 0;
  for (size_t i = first; i < last; ++i) {
    const std::string_view line = Stripped(lines[i]);
    std::string_view method = MethodOf(line);
    if (StartsWith(method, "self.")) method.remove_prefix(5);
    if (method == name || (Has(line, "define_method") &&
                           FindName(line, name, 0) != std::string_view::npos)) {
      return static_cast<uint32_t>((is_block ? BlockFrom(lines, i, last) : i) +
                                   1);
    }
  }
  return 0;
}

}  // namespace heapq

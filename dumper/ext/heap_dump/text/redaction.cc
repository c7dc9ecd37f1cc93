#include "text/redaction.h"

#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "text/code_words.h"

namespace heap_dump {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool Equals(TextView text, const char* other) {
  return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

bool StartsWith(TextView text, const char* start) {
  const size_t size = strlen(start);
  return text.size >= size && memcmp(text.data, start, size) == 0;
}

bool EndsWith(TextView text, const char* end) {
  const size_t size = strlen(end);
  return text.size >= size &&
         memcmp(text.data + text.size - size, end, size) == 0;
}

TextView Part(TextView text, size_t from, size_t size) {
  return {text.data + from, size};
}

TextView From(TextView text, size_t from) {
  return Part(text, from, text.size - from);
}

void Append(TextView text, ArenaVector<char>* to) {
  Append(text.data, text.size, to);
}

// "$!", "$-w", "$1": only the parser makes them.
bool IsSpecialGlobal(TextView name) {
  return name.size > 1 && name.size <= 3 && name.data[0] == '$';
}

// Bytes of "block (2 levels) in " and the like that the label begins with.
size_t LabelPrefix(TextView label) {
  for (const char* each :
       {"block in ", "rescue in ", "ensure in ", "defined guard in "}) {
    if (StartsWith(label, each)) return strlen(each);
  }
  constexpr char kBlock[] = "block (";
  constexpr char kLevels[] = " levels) in ";
  if (!StartsWith(label, kBlock)) return 0;
  size_t at = strlen(kBlock);
  while (at < label.size && IsDigit(label.data[at])) ++at;
  return StartsWith(From(label, at), kLevels) ? at + strlen(kLevels) : 0;
}

// Labels that no name of the program is part of.
bool IsFixedLabel(TextView label) {
  for (const char* each :
       {"<main>", "<top (required)>", "<compiled>", "<eval>", "<internal>",
        "singleton class", "block", "rescue", "ensure"}) {
    if (Equals(label, each)) return true;
  }
  return false;
}

// Bytes of the "#<Class:0x…>" that paths of what is in an anonymous class
// begin with.
size_t AnonymousPrefix(TextView path) {
  for (const char* head : {"#<Class:0x", "#<Module:0x"}) {
    if (!StartsWith(path, head)) continue;
    size_t size = strlen(head);
    while (size < path.size && IsHexDigit(path.data[size])) ++size;
    if (size < path.size && path.data[size] == '>') return size + 1;
  }
  return 0;
}

// Calls take(component) for each name between "::"; false if it is not a path
// of names.
template <typename Take>
bool ForEachComponent(TextView path, Take take) {
  while (true) {
    size_t size = 0;
    while (size < path.size && path.data[size] != ':') ++size;
    const TextView component = Part(path, 0, size);
    if (!IsIdentifier(component)) return false;
    take(component);
    if (size == path.size) return true;
    if (!StartsWith(From(path, size), "::")) return false;
    path = From(path, size + 2);
  }
}

}  // namespace

void Redaction::AppendHidden(const char* kind, TextView text,
                             ArenaVector<char>* to) const {
  heap_dump::Append("(", to);
  heap_dump::Append(kind, to);
  if (key_ != nullptr) {
    char hash[24];
    snprintf(
        hash, sizeof(hash), " %016llx",
        static_cast<unsigned long long>(KeyedHash(key_, text.data, text.size)));
    heap_dump::Append(hash, to);
  }
  heap_dump::Append(")", to);
}

bool Redaction::ShowsName(TextView name) const {
  return IsOperatorName(name) || IsSpecialGlobal(name) || words_->Has(name);
}

void Redaction::AppendName(TextView name, ArenaVector<char>* to) const {
  if (ShowsName(name)) return heap_dump::AppendName(name.data, name.size, to);
  const NameParts word = SplitName(name);
  Append(word.sigil, to);
  AppendHidden("redacted", word.base, to);
  Append(word.suffix, to);
}

void Redaction::AppendSymbol(TextView name, ArenaVector<char>* to) const {
  if (ShowsName(name)) return heap_dump::AppendSymbol(name, to);
  to->Push(':');
  // A String of the same text has the same hash.
  AppendHidden("redacted", name, to);
}

void Redaction::AppendLabel(TextView label, ArenaVector<char>* to) const {
  while (const size_t size = LabelPrefix(label)) {
    Append(Part(label, 0, size), to);
    label = From(label, size);
  }
  if (label.size == 0) return;
  if (IsFixedLabel(label)) return Append(label, to);
  for (const char* head : {"<class:", "<module:"}) {
    if (!StartsWith(label, head) || !EndsWith(label, ">")) continue;
    const size_t size = strlen(head);
    heap_dump::Append(head, to);
    AppendName(Part(label, size, label.size - size - 1), to);
    return heap_dump::Append(">", to);
  }
  AppendName(label, to);
}

bool Redaction::AppendClassPath(TextView path, ArenaVector<char>* to) const {
  const size_t prefix = AnonymousPrefix(path);
  TextView names = From(path, prefix);
  if (prefix > 0 && names.size > 0) {
    if (!StartsWith(names, "::")) return false;
    names = From(names, 2);
  }
  const bool only_prefix = prefix > 0 && prefix == path.size;
  if (!only_prefix && !ForEachComponent(names, [](TextView) {})) return false;
  Append(Part(path, 0, prefix), to);
  if (only_prefix) return true;
  bool first = prefix == 0;
  return ForEachComponent(names, [&](TextView name) {
    if (!first) heap_dump::Append("::", to);
    first = false;
    AppendName(name, to);
  });
}

void Redaction::AppendFile(TextView path, ArenaVector<char>* to) const {
  for (const char* each : {"-e", "-", "(eval)", "(irb)", "<main>"}) {
    if (Equals(path, each)) return Append(path, to);
  }
  constexpr char kInternal[] = "<internal:";
  if (StartsWith(path, kInternal) && EndsWith(path, ">")) {
    const size_t size = strlen(kInternal);
    const TextView inside = Part(path, size, path.size - size - 1);
    if (words_->Has(inside) || words_->HasFile(inside)) {
      return Append(path, to);
    }
  }
  // "(eval at app.rb:12)", from Ruby 3.3 on.
  constexpr char kEval[] = "(eval at ";
  if (StartsWith(path, kEval) && EndsWith(path, ")")) {
    const size_t start = strlen(kEval);
    size_t end = path.size - 1;
    while (end > start && IsDigit(path.data[end - 1])) --end;
    if (end > start && path.data[end - 1] == ':') {
      heap_dump::Append(kEval, to);
      AppendFile(Part(path, start, end - 1 - start), to);
      return Append(From(path, end - 1), to);
    }
  }
  if (words_->HasFile(path)) {
    return heap_dump::AppendName(path.data, path.size, to);
  }
  AppendHidden("redacted", path, to);
}

void Redaction::AppendInteger(int64_t number, ArenaVector<char>* to) const {
  if (Shows(number)) return heap_dump::AppendInteger(number, to);
  ArenaVector<char> digits(to->arena());
  heap_dump::AppendInteger(number, &digits);
  AppendHidden("Integer", {digits.begin(), digits.size()}, to);
}

void Redaction::AppendFloat(double number, ArenaVector<char>* to) const {
  ArenaVector<char> digits(to->arena());
  heap_dump::AppendFloat(number, &digits);
  AppendHidden("Float", {digits.begin(), digits.size()}, to);
}

}  // namespace heap_dump

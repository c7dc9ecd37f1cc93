// Kinds of imemo: their numbers change between versions.
#include <cstring>

#include "layout/layout.h"
#include "layout/layout_table.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

using layout::Imemo;

constexpr int kNumbers = 16;

// By layout::Imemo.
constexpr const char* kNames[] = {"env",        "cref",           "svar",
                                  "throw_data", "ifunc",          "memo",
                                  "ment",       "iseq",           "tmpbuf",
                                  "ast",        "parser_strterm", "callinfo",
                                  "callcache",  "constcache",     "cvar_entry",
                                  "fields",     "subclasses",     "cdhash"};
static_assert(sizeof(kNames) / sizeof(kNames[0]) == layout::kUnknownImemo,
              "a name for each kind");

// For Rubies without rb_imemo_name: 2.7, and 4.1, which no longer exports it.
Imemo KindByVersion(int number) {
  if (number <= layout::kTmpbuf) return static_cast<Imemo>(number);
  constexpr Imemo kOf27[] = {layout::kAst, layout::kParserStrterm};
  constexpr Imemo kOf41[] = {layout::kCvarEntry,   layout::kCallinfo,
                             layout::kCallcache,   layout::kConstcache,
                             layout::kImemoFields, layout::kSubclasses,
                             layout::kCdhash};
  const int version = RunningVersion();
  const unsigned i = number - layout::kAst;
  if (version < 300) return i < 2 ? kOf27[i] : layout::kUnknownImemo;
  if (version == 401) return i < 7 ? kOf41[i] : layout::kUnknownImemo;
  return layout::kUnknownImemo;
}

Imemo KindByName(const char* name) {
  for (int i = 0; i < layout::kUnknownImemo; ++i) {
    if (strcmp(kNames[i], name) == 0) return static_cast<Imemo>(i);
  }
  return layout::kUnknownImemo;
}

// By number; kUnset until one of that number was seen.
constexpr int kUnset = -1;
int g_kinds[kNumbers] = {kUnset, kUnset, kUnset, kUnset, kUnset, kUnset,
                         kUnset, kUnset, kUnset, kUnset, kUnset, kUnset,
                         kUnset, kUnset, kUnset, kUnset};

}  // namespace

Imemo ImemoType(VALUE imemo) {
  const int number = ImemoNumber(imemo);
  // Ruby 4.0 aborts the process when it is asked for a number that it does not
  // use, so it is asked only for those that objects have.
  if (g_kinds[number] == kUnset) {
    g_kinds[number] = rb_imemo_name == nullptr
                          ? KindByVersion(number)
                          : KindByName(rb_imemo_name(number));
  }
  return static_cast<Imemo>(g_kinds[number]);
}

const char* ImemoName(VALUE imemo) {
  const Imemo kind = ImemoType(imemo);
  if (kind == layout::kEnv) return "VM/env";
  if (kind != layout::kUnknownImemo) return kNames[kind];
  return rb_imemo_name == nullptr ? "unknown"
                                  : rb_imemo_name(ImemoNumber(imemo));
}

}  // namespace heap_dump

#include "heap/code_of_program.h"

#include <cstring>

#include "heap/globals.h"
#include "layout/layout.h"
#include "ruby/ruby_private.h"
#include "text/ruby_text.h"

namespace heap_dump {
namespace {

constexpr char kInternal[] = "<internal:";

bool StartsWith(TextView text, const char* start) {
  const size_t size = strlen(start);
  return text.size >= size && memcmp(text.data, start, size) == 0;
}

bool IsOneOf(TextView text, const char* const* list, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (strlen(list[i]) == text.size &&
        memcmp(list[i], text.data, text.size) == 0) {
      return true;
    }
  }
  return false;
}

// "<internal:gc>" and "(eval)" are not files.
bool MayBeFile(TextView path) {
  constexpr const char* kOthers[] = {"-e", "-", "(eval)", "(irb)", "<main>"};
  constexpr char kEval[] = "(eval at ";
  return path.size > 0 && !IsOneOf(path, kOthers, 5) &&
         !StartsWith(path, kEval) && !StartsWith(path, kInternal);
}

void AddPath(VALUE path, VALUE real_path, CodeWords* words) {
  const TextView shown = BytesOf(path);
  if (!MayBeFile(shown)) return;
  const TextView real = BytesOf(real_path);
  words->AddFile(real.size > 0 ? real : shown, shown);
}

void AddIseq(VALUE object, CodeWords* words) {
  const void* const iseq = reinterpret_cast<void*>(object);
  const char* const body = IseqBody(iseq);
  // An iseq that is being compiled has no path yet.
  const VALUE path = body ? ReadAt<VALUE>(body, layout::kBodyPathobj) : 0;
  if (path == 0 || SPECIAL_CONST_P(path)) return;
  const TextView shown = BytesOf(rb_iseq_path(iseq));
  if (StartsWith(shown, kInternal)) {
    // Ruby's own code, compiled into its library: its names are not constants
    // there.
    words->AddSource(BytesOf(rb_iseq_label(iseq)));
    return;
  }
  AddPath(rb_iseq_path(iseq), rb_iseq_realpath(iseq), words);
}

int AddFileOfConstant(st_data_t, st_data_t entry, st_data_t data) {
  const auto& constant = *reinterpret_cast<const layout::ConstantEntry*>(entry);
  auto* const words = reinterpret_cast<CodeWords*>(data);
  if (constant.file != 0) AddPath(constant.file, Qnil, words);
  return ST_CONTINUE;
}

// Code that only ran once leaves no iseq behind.
void AddFeatures(CodeWords* words) {
  const layout::IdTable* const table = GlobalVariables();
  if (table == nullptr) return;
  for (int i = 0; i < table->capacity; ++i) {
    if (table->items[i].key == 0) continue;
    const auto& entry =
        *reinterpret_cast<const layout::GlobalEntry*>(table->items[i].value);
    constexpr const char* kNames[] = {"$\""};
    if (!IsOneOf(NameOf(entry.id), kNames, 1)) continue;
    // Ruby's own getter only reads a field.
    const VALUE features =
        entry.variable->getter(entry.id, entry.variable->data);
    if (SPECIAL_CONST_P(features) || BUILTIN_TYPE(features) != T_ARRAY) return;
    for (long j = 0; j < RARRAY_LEN(features); ++j) {
      const VALUE path = ElementsOf(features)[j];
      const TextView text = BytesOf(path);
      constexpr char kRuby[] = ".rb";
      const size_t size = sizeof(kRuby) - 1;
      if (text.size > size &&
          memcmp(text.data + text.size - size, kRuby, size) == 0) {
        AddPath(path, Qnil, words);
      }
    }
    return;
  }
}

}  // namespace

void AddCodeOfProgram(const DumpedObjects& objects, st_table* constants,
                      CodeWords* words) {
  words->AddLibraries();
  if (CurrentLayout() == nullptr) return;
  objects.ForEach([&](VALUE object, size_t) {
    if (May(kIseqs) && IsImemo(object, layout::kIseq)) {
      AddIseq(object, words);
    } else if (May(kConstants) && (BUILTIN_TYPE(object) == T_CLASS ||
                                   BUILTIN_TYPE(object) == T_MODULE)) {
      st_clear(constants);
      rb_mod_const_at(object, constants);
      st_foreach(constants, AddFileOfConstant,
                 reinterpret_cast<st_data_t>(words));
    }
    return true;
  });
  AddFeatures(words);
}

}  // namespace heap_dump

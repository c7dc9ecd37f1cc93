// Tables whose entries do not keep what they refer to.
#include <ruby.h>
#include <ruby/st.h>

#include "layout/layout.h"
#include "objects/data_objects.h"
#include "ruby/heap_pages.h"

namespace heap_dump {
namespace {

struct Entries {
  const Context* context;
  bool indirect;
};

void NoteWeak(const Entries& entries, st_data_t word, const char* name) {
  if (entries.indirect) {
    if (word == 0) return;
    word = *reinterpret_cast<const VALUE*>(word);
  }
  const VALUE object = static_cast<VALUE>(word);
  if (!SPECIAL_CONST_P(object) && HeapPages::IsObject(object)) {
    entries.context->record->WeakReference(object, name);
  }
}

int TakeWeakPair(st_data_t key, st_data_t value, st_data_t data) {
  const auto& entries = *reinterpret_cast<const Entries*>(data);
  NoteWeak(entries, key, "keys");
  NoteWeak(entries, value, "values");
  return ST_CONTINUE;
}

int TakeWeakKey(st_data_t key, st_data_t, st_data_t data) {
  NoteWeak(*reinterpret_cast<const Entries*>(data), key, "keys");
  return ST_CONTINUE;
}

}  // namespace

void WriteWeakMap(const Context& context, const void* data) {
  // Called when the key or value of an entry is collected.
  context.record->One(
      "finalizer", [](VALUE target) { return BUILTIN_TYPE(target) == T_DATA; });
  if (!May(kWeakMaps)) return;
  const Layout& at = *CurrentLayout();
  auto* const table = ReadAt<st_table*>(data, OffsetOf(at.weak_map));
  if (table == nullptr) return;
  const Entries entries = {&context, IsVariant(at.weak_map)};
  st_foreach(table, TakeWeakPair, reinterpret_cast<st_data_t>(&entries));
}

void WriteWeakKeyMap(const Context& context, const void* data) {
  if (May(kWeakKeyMaps)) {
    const int place = CurrentLayout()->weak_key_map;
    auto* const table = ReadAt<st_table*>(data, OffsetOf(place));
    const Entries entries = {&context, IsVariant(place)};
    if (table != nullptr) {
      st_foreach(table, TakeWeakKey, reinterpret_cast<st_data_t>(&entries));
    }
  }
  context.record->Group("values", [](VALUE) { return true; });
}

}  // namespace heap_dump

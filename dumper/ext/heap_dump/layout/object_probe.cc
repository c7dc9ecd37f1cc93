// Where a hash has its default, and weak maps their tables.
#include <ruby.h>
#include <ruby/st.h>

#include <initializer_list>

#include "layout/memory.h"
#include "layout/probes.h"
#include "ruby/ruby_private.h"
#include "util/safe_read.h"

namespace heap_dump {
namespace {

// The smallest slot, in bytes.
constexpr size_t kSlotBytes = 40;
constexpr size_t kWeakMapBytes = 32;

VALUE NewText(const char* text) { return rb_str_new_cstr(text); }

bool WordIs(st_data_t address, VALUE value) {
  VALUE found;
  return IsAddress(address) &&
         SafeRead(reinterpret_cast<void*>(address), &found, sizeof(found)) &&
         found == value;
}

// Whether the table at this address has the pair: 0 no, 1 yes, 2 yes, by the
// addresses of both (of the key, if `only_key`).
int TableHas(uintptr_t address, VALUE key, VALUE value, bool only_key) {
  constexpr st_index_t kMost = 64;
  st_table table;
  if (!IsAddress(address) ||
      !SafeRead(reinterpret_cast<void*>(address), &table, sizeof(table)) ||
      table.num_entries == 0 || table.num_entries > kMost ||
      table.entries_bound > kMost ||
      table.entries_start > table.entries_bound) {
    return 0;
  }
  const auto* const entries =
      reinterpret_cast<const TableEntry*>(table.entries);
  for (st_index_t i = table.entries_start; i < table.entries_bound; ++i) {
    TableEntry entry;
    if (!SafeRead(entries + i, &entry, sizeof(entry))) return 0;
    if (entry.hash == ~st_index_t{0}) continue;
    if (entry.key == key && entry.value == value) return 1;
    if (WordIs(entry.key, key) &&
        (only_key ? entry.value == value : WordIs(entry.value, value))) {
      return 2;
    }
  }
  return 0;
}

void ProbeWeak(const char* class_path, bool only_key, Finding* finding) {
  for (int i = 0; i < 2; ++i) {
    VALUE map = rb_funcall(rb_path2class(class_path), rb_intern("new"), 0);
    VALUE key = rb_obj_alloc(rb_cObject);
    VALUE value = rb_obj_alloc(rb_cObject);
    rb_funcall(map, rb_intern("[]="), 2, key, value);
    const Memory data(DataOf(map), kWeakMapBytes);
    Candidates found;
    found.Clear();
    for (size_t at = 0; at + sizeof(VALUE) <= data.size();
         at += sizeof(VALUE)) {
      const int form = TableHas(data.At<uintptr_t>(at), key, value, only_key);
      if (form == 1) found.Add(static_cast<int>(at));
      if (form == 2) found.Add(static_cast<int>(at) + kVariant);
    }
    finding->Keep(found);
    RB_GC_GUARD(map);
    RB_GC_GUARD(key);
    RB_GC_GUARD(value);
  }
}

}  // namespace

void ProbeHashDefaults(Findings* findings) {
  for (const char* text : {"heap_dump 1", "heap_dump 2", "heap_dump 3"}) {
    VALUE value = NewText(text);
    VALUE hash = rb_funcall(rb_cHash, rb_intern("new"), 1, value);
    const Memory slot(reinterpret_cast<void*>(hash), kSlotBytes);
    findings->of[kHashDefault].Keep(slot.WhereWordIs(value));
    RB_GC_GUARD(hash);
    RB_GC_GUARD(value);
  }
}

void ProbeWeakMaps(Findings* findings) {
  ProbeWeak("ObjectSpace::WeakMap", false, &findings->of[kWeakMap]);
  findings->has_weak_key_map = RTEST(
      rb_funcall(rb_path2class("ObjectSpace"), rb_intern("const_defined?"), 1,
                 ID2SYM(rb_intern("WeakKeyMap"))));
  if (findings->has_weak_key_map) {
    ProbeWeak("ObjectSpace::WeakKeyMap", true, &findings->of[kWeakKeyMap]);
  }
}

}  // namespace heap_dump

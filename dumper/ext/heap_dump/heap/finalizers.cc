#include "heap/finalizers.h"

#include <ruby.h>

#include <cstring>

#include "layout/layout.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

// More than the structs have in any version of the layout table.
constexpr size_t kVmWords = 2048;
constexpr size_t kCollectorWords = 1536;
// Words read at once: a struct may end just before an unmapped page.
constexpr size_t kPieceWords = 64;

// An object whose finalizers are due has lost its flag, not yet its entry.
bool HasFinalizers(VALUE flags) {
  return (flags & FL_FINALIZE) != 0 ||
         static_cast<int>(flags & RUBY_T_MASK) == RUBY_T_ZOMBIE;
}

bool IsEntry(st_data_t key, st_data_t value) {
  struct Head {
    VALUE flags;
    VALUE klass;
  } object, procs;
  return key % sizeof(VALUE) == 0 && value % sizeof(VALUE) == 0 &&
         SafeRead(reinterpret_cast<void*>(key), &object, sizeof(object)) &&
         SafeRead(reinterpret_cast<void*>(value), &procs, sizeof(procs)) &&
         HasFinalizers(object.flags) &&
         (procs.flags & RUBY_T_MASK) == RUBY_T_ARRAY && procs.klass == 0;
}

// Every word that leads anywhere is tried, so this one may lead to memory that
// was a table once, or never: it is read with care, not by Ruby's functions.
bool IsFinalizerTable(uintptr_t address, const st_table* numbers) {
  constexpr st_index_t kMost = 100u << 20;
  constexpr int kMostPower = 40;
  st_table table;
  if (!SafeRead(reinterpret_cast<void*>(address), &table, sizeof(table)) ||
      table.type != numbers->type || table.num_entries == 0 ||
      table.entries_bound > kMost || table.entry_power > kMostPower ||
      table.entries_bound > st_index_t{1} << table.entry_power ||
      table.entries_start > table.entries_bound ||
      table.num_entries > table.entries_bound - table.entries_start ||
      table.entries == nullptr) {
    return false;
  }
  const auto* const entries =
      reinterpret_cast<const TableEntry*>(table.entries);
  st_index_t found = 0;
  for (st_index_t i = table.entries_start; i < table.entries_bound; ++i) {
    TableEntry entry;
    if (!SafeRead(entries + i, &entry, sizeof(entry))) return false;
    if (entry.hash == ~st_index_t{0}) continue;
    if (!IsEntry(entry.key, entry.value)) return false;
    ++found;
  }
  return found == table.num_entries;
}

template <typename Take>
bool AnyWord(const void* base, size_t words, Take take) {
  uintptr_t piece[kPieceWords];
  for (size_t at = 0; at < words; at += kPieceWords) {
    if (!SafeRead(static_cast<const uintptr_t*>(base) + at, piece,
                  sizeof(piece))) {
      return false;
    }
    for (uintptr_t word : piece) {
      if (word > 4096 && word % 8 == 0 && take(word)) return true;
    }
  }
  return false;
}

const st_table* Search(const st_table* numbers) {
  const st_table* found = nullptr;
  const auto take = [&](uintptr_t word) {
    if (!IsFinalizerTable(word, numbers)) return false;
    found = reinterpret_cast<const st_table*>(word);
    return true;
  };
  const void* const vm = ReadAt<const void*>(DataOf(rb_thread_current()),
                                             CurrentLayout()->thread_vm);
  AnyWord(vm, kVmWords, [&](uintptr_t word) {
    return AnyWord(reinterpret_cast<void*>(word), kCollectorWords, take);
  });
  return found;
}

}  // namespace

const st_table* FindFinalizerTable(const st_table* numbers) {
  static const st_table* found = nullptr;
  if (found == nullptr && May(kFinalizers)) found = Search(numbers);
  return found;
}

}  // namespace heap_dump

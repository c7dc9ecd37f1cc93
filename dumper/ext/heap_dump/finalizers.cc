#include "finalizers.h"

#include <ruby.h>

#include <cstring>

#include "heap_pages.h"
#include "layout.h"

namespace heap_dump {
namespace {

// More than the structs have in any version of the layout table.
constexpr size_t kVmWords = 2048;
constexpr size_t kCollectorWords = 1536;
// What is read at once: a struct may end before a page that is not there.
constexpr size_t kPieceWords = 64;

bool IsEntry(st_data_t key, st_data_t value) {
  struct Head {
    VALUE flags;
    VALUE klass;
  } object, procs;
  return key % sizeof(VALUE) == 0 && value % sizeof(VALUE) == 0 &&
         SafeRead(reinterpret_cast<void*>(key), &object, sizeof(object)) &&
         SafeRead(reinterpret_cast<void*>(value), &procs, sizeof(procs)) &&
         (object.flags & FL_FINALIZE) != 0 &&
         (procs.flags & RUBY_T_MASK) == RUBY_T_ARRAY && procs.klass == 0;
}

int CheckEntry(st_data_t key, st_data_t value, st_data_t good) {
  *reinterpret_cast<bool*>(good) = IsEntry(key, value);
  return *reinterpret_cast<bool*>(good) ? ST_CONTINUE : ST_STOP;
}

bool IsFinalizerTable(uintptr_t address, const st_table* numbers) {
  constexpr st_index_t kMost = 100u << 20;
  st_table table;
  if (address % 8 != 0 || address < 4096 ||
      !SafeRead(reinterpret_cast<void*>(address), &table, sizeof(table)) ||
      table.type != numbers->type || table.num_entries == 0 ||
      table.num_entries > kMost || table.entries_bound > kMost) {
    return false;
  }
  bool good = false;
  st_foreach(reinterpret_cast<st_table*>(address), CheckEntry,
             reinterpret_cast<st_data_t>(&good));
  return good;
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

const st_table* FinalizerTable(const st_table* numbers) {
  static const st_table* found = nullptr;
  if (found == nullptr && May(kFinalizers)) found = Search(numbers);
  return found;
}

}  // namespace heap_dump

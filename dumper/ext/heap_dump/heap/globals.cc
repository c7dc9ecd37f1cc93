#include "heap/globals.h"

#include <ruby.h>
#include <ruby/encoding.h>

#include <cstring>

#include "ruby/ruby_private.h"
#include "text/ruby_text.h"
#include "util/arena.h"
#include "util/memory_maps.h"

namespace heap_dump {
namespace {

using layout::GlobalEntry;
using layout::IdTable;

// Ruby itself has about forty.
constexpr int kFewestVariables = 16;
constexpr int kLargestTable = 1 << 20;

bool IsGlobalName(ID id) {
  const TextView name = NameOf(id);
  return name.size > 1 && name.data[0] == '$';
}

bool IsTable(uintptr_t address, ID known) {
  IdTable table;
  if (address < 4096 || address % 8 != 0 ||
      !SafeRead(reinterpret_cast<void*>(address), &table, sizeof(table))) {
    return false;
  }
  if (table.capacity < kFewestVariables || table.capacity > kLargestTable ||
      table.count < kFewestVariables || table.count > table.capacity ||
      table.used < table.count || table.used > table.capacity ||
      table.items == nullptr ||
      reinterpret_cast<uintptr_t>(table.items) % 8 != 0) {
    return false;
  }
  bool has_known = false;
  for (int i = 0; i < table.capacity; ++i) {
    IdTable::Item item;
    if (!SafeRead(table.items + i, &item, sizeof(item))) return false;
    if (item.key == 0) continue;
    GlobalEntry entry;
    layout::GlobalVariable variable;
    if (item.value % 8 != 0 ||
        !SafeRead(reinterpret_cast<void*>(item.value), &entry, sizeof(entry)) ||
        !SafeRead(entry.variable, &variable, sizeof(variable)) ||
        !IsGlobalName(entry.id)) {
      return false;
    }
    if (entry.id == known) has_known = true;
  }
  return has_known;
}

const IdTable* SearchRange(uintptr_t begin, uintptr_t end, ID known) {
  uintptr_t words[512];
  for (uintptr_t at = begin; at < end; at += sizeof(words)) {
    const size_t size = end - at < sizeof(words) ? end - at : sizeof(words);
    if (!SafeRead(reinterpret_cast<void*>(at), words, size)) continue;
    for (size_t i = 0; i < size / sizeof(uintptr_t); ++i) {
      if (IsTable(words[i], known)) {
        return reinterpret_cast<const IdTable*>(words[i]);
      }
    }
  }
  return nullptr;
}

// Where the file that this function of Ruby is from was mapped.
uint64_t InodeOfRuby() {
  const auto inside = reinterpret_cast<uintptr_t>(&rb_gc_count);
  MemoryMaps maps;
  MemoryMaps::Mapping mapping;
  while (maps.Next(&mapping)) {
    if (inside >= mapping.begin && inside < mapping.end) return mapping.inode;
  }
  return 0;
}

const IdTable* Search() {
  constexpr char kKnown[] = "$stdout";
  const ID known =
      rb_check_id_cstr(kKnown, sizeof(kKnown) - 1, rb_usascii_encoding());
  const uint64_t inode = InodeOfRuby();
  if (known == 0 || inode == 0) return nullptr;
  MemoryMaps maps;
  MemoryMaps::Mapping mapping;
  bool after_ruby = false;
  while (maps.Next(&mapping)) {
    // .bss has no file, but follows the library's last mapping.
    const bool ours =
        mapping.inode == inode || (mapping.inode == 0 && after_ruby);
    after_ruby = mapping.inode == inode;
    if (!ours || !mapping.writable) continue;
    const IdTable* const table = SearchRange(mapping.begin, mapping.end, known);
    if (table != nullptr) return table;
  }
  return nullptr;
}

}  // namespace

const IdTable* GlobalVariables() {
  static const IdTable* found = nullptr;
  if (found == nullptr && May(kGlobals)) {
    found = Search();
    if (found == nullptr) Forbid(kGlobals, "the table was not found");
  }
  return found;
}

}  // namespace heap_dump

#include "globals.h"

#include <fcntl.h>
#include <ruby.h>
#include <ruby/encoding.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "arena.h"
#include "ruby_private.h"
#include "text.h"

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

// Reads /proc/self/maps: dl_iterate_phdr would take a lock, which in a cloned
// process nobody may ever give back.
class Maps {
 public:
  struct Mapping {
    uintptr_t begin;
    uintptr_t end;
    bool writable;
    uint64_t inode;
  };

  Maps() : fd_(open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
  ~Maps() {
    if (fd_ >= 0) close(fd_);
  }
  Maps(const Maps&) = delete;
  Maps& operator=(const Maps&) = delete;

  bool Next(Mapping* mapping) {
    char line[512];
    if (!Line(line, sizeof(line))) return false;
    char permissions[8];
    return sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*x %*s %" SCNu64,
                  &mapping->begin, &mapping->end, permissions,
                  &mapping->inode) == 4 &&
           (mapping->writable = permissions[1] == 'w', true);
  }

 private:
  bool Line(char* line, size_t size) {
    size_t used = 0;
    while (true) {
      if (at_ == filled_) {
        const ssize_t got = fd_ < 0 ? 0 : read(fd_, buffer_, sizeof(buffer_));
        if (got <= 0) return false;
        filled_ = got;
        at_ = 0;
      }
      const char c = buffer_[at_++];
      if (c == '\n') break;
      if (used + 1 < size) line[used++] = c;
    }
    line[used] = 0;
    return true;
  }

  const int fd_;
  char buffer_[4096];
  ssize_t filled_ = 0;
  ssize_t at_ = 0;
};

// Where the file that this function of Ruby is from was mapped.
uint64_t InodeOfRuby() {
  const auto inside = reinterpret_cast<uintptr_t>(&rb_gc_count);
  Maps maps;
  Maps::Mapping mapping;
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
  Maps maps;
  Maps::Mapping mapping;
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

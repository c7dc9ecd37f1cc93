#include "capture/ruby_free.h"

#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

using FreeFunction = void (*)(void*);

constexpr int kMostSlots = 16;

// Initialized at compile time: it is filled before other initializers run.
struct Slots {
  bool overflow = false;
  int count = 0;
  FreeFunction* at[kMostSlots] = {};
};
Slots g_slots;

void FreeNothing(void*) {}

// The relocations of a loaded object, from its dynamic section.
struct Dynamic {
  const ElfW(Sym) * symbols = nullptr;
  const char* names = nullptr;
  uintptr_t jump = 0, rela = 0, rel = 0;  // tables
  size_t jump_size = 0, rela_size = 0, rel_size = 0;
  bool jump_is_rela = false;
};

// glibc relocates these addresses when it loads an object; musl and some
// architectures leave them relative.
uintptr_t Absolute(const dl_phdr_info& object, uintptr_t address) {
  return address < object.dlpi_addr ? object.dlpi_addr + address : address;
}

Dynamic ReadDynamic(const dl_phdr_info& object, const ElfW(Dyn) * entry) {
  Dynamic found;
  for (; entry->d_tag != DT_NULL; ++entry) {
    const uintptr_t address = Absolute(object, entry->d_un.d_ptr);
    switch (entry->d_tag) {
      case DT_SYMTAB:
        found.symbols = reinterpret_cast<const ElfW(Sym)*>(address);
        break;
      case DT_STRTAB:
        found.names = reinterpret_cast<const char*>(address);
        break;
      case DT_JMPREL:
        found.jump = address;
        break;
      case DT_PLTRELSZ:
        found.jump_size = entry->d_un.d_val;
        break;
      case DT_PLTREL:
        found.jump_is_rela = entry->d_un.d_val == DT_RELA;
        break;
      case DT_RELA:
        found.rela = address;
        break;
      case DT_RELASZ:
        found.rela_size = entry->d_un.d_val;
        break;
      case DT_REL:
        found.rel = address;
        break;
      case DT_RELSZ:
        found.rel_size = entry->d_un.d_val;
        break;
      default:
        break;
    }
  }
  return found;
}

size_t SymbolOf(uintptr_t info) {
  return sizeof(void*) == 8 ? static_cast<uint64_t>(info) >> 32 : info >> 8;
}

// `any`: whatever the slot holds; a slot that is bound late does not hold the
// function's address yet.
template <typename Relocation>
void AddSlots(const dl_phdr_info& object, const Dynamic& dynamic,
              uintptr_t table, size_t size, bool any) {
  if (table == 0) return;
  const auto* const all = reinterpret_cast<const Relocation*>(table);
  for (size_t i = 0; i < size / sizeof(Relocation); ++i) {
    const size_t symbol = SymbolOf(all[i].r_info);
    if (symbol == 0) continue;
    const char* const name = dynamic.names + dynamic.symbols[symbol].st_name;
    if (strcmp(name, "free") != 0) continue;
    auto* const slot =
        reinterpret_cast<FreeFunction*>(object.dlpi_addr + all[i].r_offset);
    if (!any && *slot != &free) continue;
    if (g_slots.count == kMostSlots) {
      g_slots.overflow = true;
      return;
    }
    g_slots.at[g_slots.count++] = slot;
  }
}

bool Contains(const dl_phdr_info& object, uintptr_t address) {
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = object.dlpi_phdr[i];
    const uintptr_t begin = object.dlpi_addr + part.p_vaddr;
    if (part.p_type == PT_LOAD && address >= begin &&
        address < begin + part.p_memsz) {
      return true;
    }
  }
  return false;
}

int LookAt(dl_phdr_info* object, size_t, void* ruby) {
  if (!Contains(*object, reinterpret_cast<uintptr_t>(ruby))) return 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = object->dlpi_phdr[i];
    if (part.p_type != PT_DYNAMIC) continue;
    const Dynamic dynamic = ReadDynamic(
        *object,
        reinterpret_cast<const ElfW(Dyn)*>(object->dlpi_addr + part.p_vaddr));
    if (dynamic.symbols == nullptr || dynamic.names == nullptr) continue;
    if (dynamic.jump_is_rela) {
      AddSlots<ElfW(Rela)>(*object, dynamic, dynamic.jump, dynamic.jump_size,
                           true);
    } else {
      AddSlots<ElfW(Rel)>(*object, dynamic, dynamic.jump, dynamic.jump_size,
                          true);
    }
    AddSlots<ElfW(Rela)>(*object, dynamic, dynamic.rela, dynamic.rela_size,
                         false);
    AddSlots<ElfW(Rel)>(*object, dynamic, dynamic.rel, dynamic.rel_size, false);
  }
  return 1;
}

// Runs when the extension is loaded, by Ruby or by gdb: later, gdb may have
// stopped a thread that holds the dynamic linker's lock.
__attribute__((constructor)) void FindRubyFree() {
  // Any function of Ruby's that marks.
  dl_iterate_phdr(LookAt,
                  reinterpret_cast<void*>(&rb_objspace_reachable_objects_from));
}

}  // namespace

bool DisableRubyFree() {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  bool all = g_slots.count > 0 && !g_slots.overflow;
  for (int i = 0; i < g_slots.count; ++i) {
    FreeFunction* const slot = g_slots.at[i];
    const uintptr_t begin = reinterpret_cast<uintptr_t>(slot) & ~(page - 1);
    // Often read-only since the program was linked.
    if (mprotect(reinterpret_cast<void*>(begin), page,
                 PROT_READ | PROT_WRITE) != 0) {
      all = false;
      continue;
    }
    *slot = FreeNothing;
  }
  return all;
}

}  // namespace heap_dump

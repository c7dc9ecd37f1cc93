#include "objects/allocation_sites.h"

#include <dlfcn.h>
#include <link.h>

#include <cstring>

namespace heap_dump {
namespace {

// The record that objspace keeps of an object; the same from Ruby 2.2 to 4.0.
// HACK: the function is exported, but no header of Ruby's declares it.
struct AllocationInfo {
  int living;
  VALUE flags;
  VALUE klass;
  const char* path;
  unsigned long line;
  const char* class_path;
  VALUE method;  // a symbol, or nil
  size_t generation;
};
using LookUp = const AllocationInfo* (*)(VALUE object);

constexpr char kFunction[] = "objspace_lookup_allocation_info";

LookUp g_look_up = nullptr;

int TakeIfObjspace(dl_phdr_info* info, size_t, void* path) {
  constexpr char kName[] = "/objspace.so";
  constexpr size_t kNameSize = sizeof(kName) - 1;
  const size_t size = info->dlpi_name ? strlen(info->dlpi_name) : 0;
  if (size < kNameSize ||
      strcmp(info->dlpi_name + size - kNameSize, kName) != 0) {
    return 0;
  }
  *static_cast<const char**>(path) = info->dlpi_name;
  return 1;
}

}  // namespace

void FindAllocationSites() {
  if (g_look_up != nullptr) return;
  const char* path = nullptr;
  dl_iterate_phdr(TakeIfObjspace, &path);
  if (path == nullptr) return;
  void* const library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
  if (library == nullptr) return;
  g_look_up = reinterpret_cast<LookUp>(dlsym(library, kFunction));
  dlclose(library);  // Ruby keeps it
}

void WriteAllocationSite(const Context& context, VALUE object) {
  if (g_look_up == nullptr) return;
  const AllocationInfo* const info = g_look_up(object);
  // An object that was freed after tracing had stopped leaves its entry.
  if (info == nullptr || !info->living ||
      static_cast<int>(info->flags & RUBY_T_MASK) != BUILTIN_TYPE(object)) {
    return;
  }
  if (info->path != nullptr) {
    context.record->FileField("file", {info->path, strlen(info->path)});
    context.json()->Pair("line", uint64_t{info->line});
  }
  if (RB_SYMBOL_P(info->method)) {
    context.record->NameField("method", BytesOf(rb_sym2str(info->method)));
  }
  context.json()->Pair("generation", uint64_t{info->generation});
}

}  // namespace heap_dump

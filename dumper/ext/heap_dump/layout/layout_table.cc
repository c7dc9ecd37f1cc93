#include "layout/layout_table.h"

#include <ruby/version.h>

#include <cstdlib>
#include <cstring>

namespace heap_dump {
namespace {

#if defined(__x86_64__)
// clang-format off
// Linux, x86-64, by the private headers of each version. In the order of the
// struct: api; iseq: locals, their number, parent; frame; thread: vm, ec,
// status, name, value; ec: fiber, thread, local storage, errinfo, stack start;
// gvl; vm: traps; hash; weak map, weak key map; fiber: ec, stack
constexpr Layout kLayouts[] = {
    {207, 152, 232, 168, 56, 24, 32,  80, 360, 168,
     48, 56, 64 + kVariant, 120, 152,   8, 472, 24, 8, -1, 80, 56},
    {301, 152, 240, 168, 64, 32, 40,  92, 352, 184,
     40, 48, 56, 112, 144, 336, 464, 24, 8, -1, 80, 56},
    {302, 144, 232, 160, 64, 32, 48, 112, 304, 136,
     40, 48, 56, 120, 152, 336, 496, 24, 8, -1, 80, 56},
    {303, 144, 232, 160, 56, 32, 48, 240, 432, 264,
     40, 48, 56, 120, 152, 328, 656, 16, 0 + kVariant, 0 + kVariant, 80, 56},
    {304, 144, 232, 160, 56, 32, 48, 240, 448, 264,
     40, 48, 56, 112, 144, 328, 664, 16, 0 + kVariant, 0 + kVariant, 80, 56},
    {400, 144, 240, 168, 56, 32, 48, 248, 448, 272,
     40, 48, 72, 128, 176, 256, 592, 16, 0 + kVariant, 0 + kVariant, 80, 56},
};
// clang-format on
#else
constexpr Layout kLayouts[] = {{}};
#endif

constexpr int kOld = 301;

// vm_traps moved by a word between 3.1.2 and 3.1.7; it was not measured for the
// releases between them.
int TrapsOf31(int of_the_latest) {
  const int release = atoi(ruby_version + strlen("3.1."));
  if (release >= 7) return of_the_latest;
  return release <= 2 ? of_the_latest - static_cast<int>(sizeof(VALUE)) : -1;
}

const Layout* Row() {
  if (getenv("HEAP_DUMP_NO_TABLE") != nullptr) return nullptr;
  for (const Layout& layout : kLayouts) {
    if (layout.api_version == RunningVersion()) return &layout;
  }
  return nullptr;
}

// "name=value,name=value"
void Replace(const char* text, Layout* layout) {
  while (*text != '\0') {
    const size_t name = strcspn(text, "=");
    if (text[name] == '\0') return;
    for (const LayoutField& field : kLayoutFieldsOf) {
      if (strlen(field.name) == name && memcmp(field.name, text, name) == 0) {
        layout->*field.place = atoi(text + name + 1);
      }
    }
    text += name + strcspn(text + name, ",");
    if (*text == ',') ++text;
  }
}

}  // namespace

const LayoutField kLayoutFieldsOf[kLayoutFields] = {
    {"iseq_local_table",
     &Layout::iseq_local_table,
     {kLocals, kFrames, kFibers},
     3},
    {"iseq_local_table_size",
     &Layout::iseq_local_table_size,
     {kLocals, kFrames, kFibers},
     3},
    {"iseq_parent", &Layout::iseq_parent, {kIseqs}, 1},
    {"control_frame_size", &Layout::control_frame_size, {kFrames, kFibers}, 2},
    {"thread_vm", &Layout::thread_vm, {kTraps, kFinalizers}, 2},
    {"thread_ec",
     &Layout::thread_ec,
     {kFrames, kFibers, kFiberLocals, kExceptions, kMachineStacks},
     5},
    {"thread_status", &Layout::thread_status, {kThreadStatus}, 1},
    {"thread_name", &Layout::thread_name, {kThreadNames}, 1},
    {"thread_value", &Layout::thread_value, {kThreadValues}, 1},
    {"ec_fiber", &Layout::ec_fiber, {kFibers}, 1},
    {"ec_thread", &Layout::ec_thread, {kFrames, kFibers}, 2},
    {"ec_local_storage", &Layout::ec_local_storage, {kFiberLocals}, 1},
    {"ec_errinfo", &Layout::ec_errinfo, {kExceptions}, 1},
    {"ec_stack_start", &Layout::ec_stack_start, {kMachineStacks, kGvlOwner}, 2},
    {"gvl_owner", &Layout::gvl_owner, {kGvlOwner}, 1},
    {"vm_traps", &Layout::vm_traps, {kTraps}, 1},
    {"hash_default", &Layout::hash_default, {kHashDefaults}, 1},
    {"weak_map", &Layout::weak_map, {kWeakMaps}, 1},
    {"weak_key_map", &Layout::weak_key_map, {kWeakKeyMaps}, 1},
    {"fiber_ec", &Layout::fiber_ec, {kFibers}, 1},
    {"fiber_stack", &Layout::fiber_stack, {kFiberStacks}, 1},
};

int RunningVersion() { return 100 * ruby_api_version[0] + ruby_api_version[1]; }

bool IsInTable() { return Row() != nullptr; }

Layout ExpectedLayout() {
  const Layout* const row = Row();
  Layout layout;
  if (row != nullptr) {
    layout = *row;
    if (row->api_version == kOld) layout.vm_traps = TrapsOf31(row->vm_traps);
  } else {
    for (const LayoutField& field : kLayoutFieldsOf) layout.*field.place = -1;
    layout.api_version = RunningVersion();
  }
  const char* const changes = getenv("HEAP_DUMP_TABLE");
  if (changes != nullptr) Replace(changes, &layout);
  return layout;
}

}  // namespace heap_dump

#include "layout.h"

#include <ruby/version.h>

#include <cstdlib>
#include <cstring>

#include "ruby_private.h"
#include "walk.h"

namespace heap_dump {
namespace {

// clang-format off
constexpr Layout kLayouts[] = {
    // api; iseq: locals, their number, parent; frame; thread: vm, ec, status,
    // name, value; ec: fiber, thread, local storage, is st, errinfo, stack start; gvl;
    // vm: traps; hash; weak map
    {207, 152, 232, 168, 56, 24, 32, 80, 360, 168,
     48, 56, 64, true, 120, 152, 8, 472, 24, 8, false},
    {301, 152, 240, 168, 64, 32, 40, 92, 352, 184,
     40, 48, 56, false, 112, 144, 336, 464, 24, 8, false},
    {303, 144, 232, 160, 56, 32, 48, 240, 432, 264,
     40, 48, 56, false, 120, 152, 328, 656, 16, 0, true},
    {304, 144, 232, 160, 56, 32, 48, 240, 448, 264,
     40, 48, 56, false, 112, 144, 328, 664, 16, 0, true},
};
// clang-format on

constexpr char kUnknownRuby[] = "no layout is known for this version of Ruby";
constexpr char kNotChecked[] = "the layout was not found as expected";
constexpr char kCrashed[] = "left out, as the first try crashed";

Capability g_capabilities[kCapabilities] = {
    {"iseqs", true, nullptr},     {"locals", true, nullptr},
    {"methods", true, nullptr},   {"frames", true, nullptr},
    {"fibers", true, nullptr},    {"globals", true, nullptr},
    {"weak_maps", true, nullptr}, {"traps", true, nullptr},
    {"finalizers", true, nullptr}};

bool g_prepared = false;
bool g_left_out = false;

// The one that is loaded, whatever it was compiled for.
int RunningVersion() { return 100 * ruby_api_version[0] + ruby_api_version[1]; }

void ForbidAllOfUnknownRuby() {
  if (CurrentLayout() != nullptr) return;
  for (int i = 0; i < kCapabilities; ++i) {
    if (i != kGlobals) Forbid(static_cast<CapabilityIndex>(i), kUnknownRuby);
  }
}

// --- Checks against things whose contents are known ---

template <typename T>
bool Read(const void* base, int offset, T* to) {
  return base != nullptr &&
         SafeRead(static_cast<const char*>(base) + offset, to, sizeof(T));
}

bool LocalsAre(const void* iseq, const char* const* names, unsigned count) {
  const Layout& at = *CurrentLayout();
  const char* body;
  const ID* table;
  unsigned size;
  if (!Read(iseq, layout::kIseqBody, &body) ||
      !Read(body, at.iseq_local_table, &table) ||
      !Read(body, at.iseq_local_table_size, &size) || size != count) {
    return false;
  }
  for (unsigned i = 0; i < count; ++i) {
    ID id;
    if (!Read(table, static_cast<int>(i * sizeof(ID)), &id) ||
        id != rb_intern(names[i])) {
      return false;
    }
  }
  return true;
}

constexpr char kProbe[] =
    "heap_dump_a = :heap_dump_value; heap_dump_b = nil; heap_dump_c = 1\n"
    "proc { |heap_dump_d| heap_dump_a }";
constexpr const char* kProbeLocals[] = {"heap_dump_a", "heap_dump_b",
                                        "heap_dump_c"};

VALUE CompileProbe(VALUE) {
  return rb_funcall(rb_path2class("RubyVM::InstructionSequence"),
                    rb_intern("compile"), 1, rb_str_new_cstr(kProbe));
}

VALUE RunProbe(VALUE iseq) { return rb_funcall(iseq, rb_intern("eval"), 0); }

bool CheckIseq(VALUE wrapper) {
  return LocalsAre(rb_iseqw_to_iseq(wrapper), kProbeLocals, 3);
}

bool CheckProc(VALUE proc, const void* iseq) {
  constexpr const char* kParameters[] = {"heap_dump_d"};
  layout::Proc found;
  if (!Read(DataOf(proc), 0, &found)) return false;
  const void* parent;
  const char* body;
  VALUE env_object;
  layout::Env env;
  if (found.type != layout::kBlockIseq || (found.flags & 2) != 0 ||
      !LocalsAre(reinterpret_cast<void*>(found.block.code), kParameters, 1) ||
      !Read(reinterpret_cast<void*>(found.block.code), layout::kIseqBody,
            &body) ||
      !Read(body, CurrentLayout()->iseq_parent, &parent) || parent != iseq ||
      !Read(found.block.ep, layout::kEpEnv * 8, &env_object) ||
      !Read(reinterpret_cast<void*>(env_object), 0, &env)) {
    return false;
  }
  VALUE local;
  return env.iseq == iseq && env.ep == found.block.ep &&
         env.env_size >= 3 + layout::kEpWords && env.env + 3 + 2 == env.ep &&
         Read(env.env, 0, &local) &&
         local == ID2SYM(rb_intern("heap_dump_value"));
}

bool CheckThread(const void** ec) {
  const Layout& at = *CurrentLayout();
  const void* thread = DataOf(rb_thread_current());
  const void* back;
  layout::ExecutionContext found;
  if (!Read(thread, at.thread_ec, ec) || !Read(*ec, at.ec_thread, &back) ||
      back != thread || !Read(*ec, 0, &found)) {
    return false;
  }
  const uintptr_t base = reinterpret_cast<uintptr_t>(found.vm_stack);
  const uintptr_t cfp = reinterpret_cast<uintptr_t>(found.cfp);
  const uintptr_t end = base + found.vm_stack_size * sizeof(VALUE);
  uintptr_t stack_start;
  size_t stack_size;
  const uintptr_t here =
      reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return cfp > base && cfp < end && (end - cfp) % at.control_frame_size == 0 &&
         Read(*ec, at.ec_stack_start, &stack_start) &&
         Read(*ec, at.ec_stack_start + 16, &stack_size) &&
         here <= stack_start && stack_start - here < stack_size;
}

VALUE MakeFiber(VALUE) {
  return rb_fiber_new(
      [](RB_BLOCK_CALL_FUNC_ARGLIST(, )) -> VALUE { return Qnil; }, Qnil);
}

bool CheckFiber(VALUE fiber) {
  const void* found = DataOf(fiber);
  const void* back;
  return Read(found, layout::kFiberEc + CurrentLayout()->ec_fiber, &back) &&
         back == found;
}

bool CheckMethod() {
  struct Search {
    bool found;
    VALUE owner;
  } search = {false, rb_path2class("GC")};
  const VALUE singleton = rb_singleton_class(search.owner);
  search.owner = singleton;
  rb_objspace_reachable_objects_from(
      singleton,
      [](VALUE target, void* data) {
        if (!IsImemo(target, layout::kMent)) return;
        Search* const s = static_cast<Search*>(data);
        layout::MethodEntry entry;
        layout::MethodDefinition definition;
        if (!SafeRead(reinterpret_cast<void*>(target), &entry, sizeof(entry)) ||
            !SafeRead(entry.definition, &definition, sizeof(definition))) {
          return;
        }
        if (entry.called_id == rb_intern("start") && entry.owner == s->owner &&
            definition.original_id == rb_intern("start")) {
          s->found = true;
        }
      },
      &search);
  return search.found;
}

}  // namespace

int TrapsOffset() {
  const Layout* const layout = CurrentLayout();
  if (layout == nullptr) return -1;
  if (layout->api_version != 301) return layout->vm_traps;
  const int release = atoi(ruby_version + strlen("3.1."));
  if (release >= 7) return layout->vm_traps;
  constexpr int kWord = sizeof(VALUE);
  return release <= 2 ? layout->vm_traps - kWord : -1;
}

const Layout* CurrentLayout() {
  // A way out, should a layout ever be wrong; read before there is a copy of
  // the process.
  static const bool off = getenv("HEAP_DUMP_NO_LAYOUT") != nullptr;
  if (off || g_left_out) return nullptr;
  const int version = RunningVersion();
  for (const Layout& layout : kLayouts) {
    if (layout.api_version == version) return &layout;
  }
  return nullptr;
}

void LeaveOutLayout() {
  g_left_out = true;
  g_prepared = true;
  for (int i = 0; i < kCapabilities; ++i) {
    Forbid(static_cast<CapabilityIndex>(i), kCrashed);
  }
}

const Capability& CapabilityOf(CapabilityIndex index) {
  if (!g_prepared) {
    // Without Init; there is no way to check more from here.
    ForbidAllOfUnknownRuby();
    g_prepared = true;
  }
  return g_capabilities[index];
}

void Forbid(CapabilityIndex index, const char* why) {
  g_capabilities[index].allowed = false;
  g_capabilities[index].why = why;
}

const char* ImemoName(int type) {
  constexpr const char* kNames[] = {
      "VM/env",         "cref",     "svar",      "throw_data", "ifunc",
      "memo",           "ment",     "iseq",      "tmpbuf",     "ast",
      "parser_strterm", "callinfo", "callcache", "constcache"};
  constexpr int kCount = sizeof(kNames) / sizeof(kNames[0]);
  if (CurrentLayout() == nullptr && rb_imemo_name != nullptr) {
    return type == layout::kEnv ? kNames[type] : rb_imemo_name(type);
  }
  if (type < 0 || type >= kCount) return "unknown";
  return kNames[type];
}

void* DataOf(VALUE data) {
#ifdef HAVE_RTYPEDDATA_GET_DATA
  if (RTYPEDDATA_P(data)) return RTYPEDDATA_GET_DATA(data);
#endif
  return DATA_PTR(data);
}

void PrepareLayout() {
  ForbidAllOfUnknownRuby();
  g_prepared = true;
  if (CurrentLayout() == nullptr) return;
  int state = 0;
  const VALUE iseq = rb_protect(CompileProbe, Qnil, &state);
  if (state != 0 || !CheckIseq(iseq)) {
    Forbid(kIseqs, kNotChecked);
    Forbid(kLocals, kNotChecked);
    Forbid(kFrames, kNotChecked);
  } else {
    const VALUE proc = rb_protect(RunProbe, iseq, &state);
    if (state != 0 || !CheckProc(proc, rb_iseqw_to_iseq(iseq))) {
      Forbid(kLocals, kNotChecked);
      Forbid(kFrames, kNotChecked);
    }
  }
  const void* ec;
  if (!CheckThread(&ec)) {
    Forbid(kFrames, kNotChecked);
    Forbid(kTraps, kNotChecked);
    Forbid(kFinalizers, kNotChecked);
  }
  if (TrapsOffset() < 0) Forbid(kTraps, kNotChecked);
  const VALUE fiber = rb_protect(MakeFiber, Qnil, &state);
  if (!May(kFrames) || state != 0 || !CheckFiber(fiber)) {
    Forbid(kFibers, kNotChecked);
  }
  if (!CheckMethod()) Forbid(kMethods, kNotChecked);
  rb_set_errinfo(Qnil);
  RB_GC_GUARD(const_cast<VALUE&>(iseq));
  RB_GC_GUARD(const_cast<VALUE&>(fiber));
}

}  // namespace heap_dump

#include "layout/layout_checks.h"

#include <ruby.h>
#include <ruby/st.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "layout/probes.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

constexpr char kNotChecked[] = "the layout was not found as expected";

template <typename T>
bool Read(const void* base, int offset, T* to) {
  return base != nullptr && offset >= 0 &&
         SafeRead(static_cast<const char*>(base) + offset, to, sizeof(T));
}

// --- Procs and environments ---

bool LocalsAre(const Layout& at, const void* iseq, const char* const* names,
               unsigned count) {
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

constexpr char kProgram[] =
    "_heap_dump_0 = :heap_dump_value; _heap_dump_1 = nil; _heap_dump_2 = 1\n"
    "[proc { |_heap_dump_3| _heap_dump_0 }, lambda { |_heap_dump_3| }]";
constexpr const char* kProgramLocals[] = {"_heap_dump_0", "_heap_dump_1",
                                          "_heap_dump_2"};

VALUE CompileProgram(VALUE) { return CompileText(kProgram); }

VALUE RunProgram(VALUE iseq) { return rb_funcall(iseq, rb_intern("eval"), 0); }

bool CheckIseq(const Layout& at, const void* iseq) {
  const char* body;
  VALUE path;
  unsigned type;
  if (!LocalsAre(at, iseq, kProgramLocals, 3) ||
      !Read(iseq, layout::kIseqBody, &body) ||
      !Read(body, layout::kBodyPathobj, &path) ||
      !Read(body, layout::kBodyType, &type) || type != 0) {
    return false;
  }
  // It is the path, or the path and the real path.
  const VALUE known = rb_iseq_path(iseq);
  VALUE flags;
  if (SPECIAL_CONST_P(path) ||
      !SafeRead(reinterpret_cast<void*>(path), &flags, sizeof(flags))) {
    return false;
  }
  return path == known || ((flags & RUBY_T_MASK) == RUBY_T_ARRAY &&
                           rb_ary_entry(path, 0) == known);
}

bool CheckProc(const Layout& at, VALUE proc, VALUE lambda, const void* iseq) {
  constexpr const char* kParameters[] = {"_heap_dump_3"};
  layout::Proc found;
  layout::Proc other;
  if (!Read(DataOf(proc), 0, &found) || !Read(DataOf(lambda), 0, &other)) {
    return false;
  }
  VALUE env_object;
  layout::Env env;
  const auto* const code = reinterpret_cast<void*>(found.block.code);
  if (found.type != layout::kBlockIseq || (found.flags & 2) != 0 ||
      (other.flags & 2) == 0 || !LocalsAre(at, code, kParameters, 1) ||
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

bool CheckParent(const Layout& at, VALUE proc, const void* iseq) {
  layout::Proc found;
  const char* body;
  const void* parent;
  return Read(DataOf(proc), 0, &found) &&
         Read(reinterpret_cast<void*>(found.block.code), layout::kIseqBody,
              &body) &&
         Read(body, at.iseq_parent, &parent) && parent == iseq;
}

// --- Threads and fibers ---

bool CheckThread(const Layout& at) {
  const void* thread = DataOf(rb_thread_current());
  const void* ec;
  const void* back;
  layout::ExecutionContext found;
  if (!Read(thread, at.thread_ec, &ec) || !Read(ec, at.ec_thread, &back) ||
      back != thread || !Read(ec, 0, &found) || at.control_frame_size <= 0) {
    return false;
  }
  const uintptr_t base = reinterpret_cast<uintptr_t>(found.vm_stack);
  const uintptr_t cfp = reinterpret_cast<uintptr_t>(found.cfp);
  const uintptr_t end = base + found.vm_stack_size * sizeof(VALUE);
  return cfp > base && cfp < end && (end - cfp) % at.control_frame_size == 0;
}

bool CheckMachineStack(const Layout& at) {
  const void* ec;
  uintptr_t start;
  size_t size;
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return Read(DataOf(rb_thread_current()), at.thread_ec, &ec) &&
         Read(ec, at.ec_stack_start, &start) &&
         Read(ec, at.ec_stack_start + 16, &size) && here <= start &&
         start - here < size;
}

VALUE MakeFiber(VALUE) {
  return rb_fiber_new(
      [](RB_BLOCK_CALL_FUNC_ARGLIST(, )) -> VALUE { return Qnil; }, Qnil);
}

bool CheckFiber(const Layout& at, VALUE fiber) {
  const void* found = DataOf(fiber);
  const void* back;
  return at.fiber_ec >= 0 && at.ec_fiber >= 0 &&
         Read(found, at.fiber_ec + at.ec_fiber, &back) && back == found;
}

// --- Methods and constants ---

constexpr char kModule[] =
    "Module.new do\n"
    "  def _heap_dump_0; end\n"
    "  alias_method :_heap_dump_1, :_heap_dump_0\n"
    "  private def _heap_dump_2; end\n"
    "  const_set(:HeapDumpProbe, ::Object.new)\n"
    "end";

VALUE MakeModule(VALUE) { return EvaluateText(kModule); }

VALUE IseqOfMethod(VALUE module) {
  const VALUE method = rb_funcall(module, rb_intern("instance_method"), 1,
                                  ID2SYM(rb_intern("_heap_dump_0")));
  return reinterpret_cast<VALUE>(IseqOf(method));
}

struct Methods {
  VALUE owner;
  VALUE iseq;
  bool method = false;
  bool alias = false;
  bool hidden = false;
};

void LookAtMethod(VALUE target, void* data) {
  constexpr VALUE kPrivate = 2;
  Methods* const methods = static_cast<Methods*>(data);
  layout::MethodEntry entry;
  layout::MethodDefinition definition;
  if (!IsImemo(target, layout::kMent) ||
      !SafeRead(reinterpret_cast<void*>(target), &entry, sizeof(entry)) ||
      !SafeRead(entry.definition, &definition, sizeof(definition)) ||
      entry.owner != methods->owner) {
    return;
  }
  // A module's alias is an entry that leads to the original one.
  layout::MethodEntry original_entry;
  if (entry.called_id == rb_intern("_heap_dump_1") &&
      definition.type == layout::kMethodAlias) {
    methods->alias = SafeRead(reinterpret_cast<void*>(definition.body[0]),
                              &original_entry, sizeof(original_entry)) &&
                     original_entry.called_id == rb_intern("_heap_dump_0");
  }
  if (definition.type != layout::kMethodIseq) return;
  const VALUE visibility = (entry.flags >> (FL_USHIFT + 4)) & 3;
  const ID original = rb_intern("_heap_dump_0");
  if (entry.called_id == rb_intern("_heap_dump_2")) {
    methods->hidden = visibility == kPrivate;
  }
  if (definition.original_id != original ||
      definition.body[0] != methods->iseq) {
    return;
  }
  if (entry.called_id == original) methods->method = visibility != kPrivate;
  if (entry.called_id == rb_intern("_heap_dump_1")) methods->alias = true;
}

// Checks a built-in method, whose entry has a definition in C.
void LookAtBuiltIn(VALUE target, void* data) {
  layout::MethodEntry entry;
  layout::MethodDefinition definition;
  if (!IsImemo(target, layout::kMent) ||
      !SafeRead(reinterpret_cast<void*>(target), &entry, sizeof(entry)) ||
      !SafeRead(entry.definition, &definition, sizeof(definition))) {
    return;
  }
  Methods* const methods = static_cast<Methods*>(data);
  const ID id = rb_intern("start");
  if (entry.called_id == id && entry.owner == methods->owner &&
      entry.defined_class == methods->owner && definition.original_id == id) {
    methods->method = true;
  }
}

bool CheckMethods(VALUE module) {
  Methods built_in = {};
  built_in.owner = rb_singleton_class(rb_path2class("GC"));
  rb_objspace_reachable_objects_from(built_in.owner, LookAtBuiltIn, &built_in);
  int state = 0;
  Methods own = {};
  own.owner = module;
  own.iseq = rb_protect(IseqOfMethod, module, &state);
  if (state != 0 || own.iseq == 0) return false;
  rb_objspace_reachable_objects_from(module, LookAtMethod, &own);
  return built_in.method && own.method && own.alias && own.hidden;
}

bool CheckConstants(VALUE module) {
  const ID id = rb_intern("HeapDumpProbe");
  const VALUE value = rb_const_get(module, id);
  st_table* const table = st_init_numtable();
  rb_mod_const_at(module, table);
  st_data_t entry = 0;
  const bool found = st_lookup(table, id, &entry) != 0;
  st_free_table(table);
  layout::ConstantEntry constant;
  return found &&
         SafeRead(reinterpret_cast<void*>(entry), &constant,
                  sizeof(constant)) &&
         constant.value == value;
}

}  // namespace

void CheckThreadOnly(const Layout& at) {
  if (!CheckThread(at)) {
    for (CapabilityIndex each :
         {kFrames, kFibers, kFiberLocals, kExceptions, kTraps, kFinalizers}) {
      Forbid(each, kNotChecked);
    }
  }
}

void CheckLayout(const Layout& at) {
  int state = 0;
  const VALUE iseq = rb_protect(CompileProgram, Qnil, &state);
  if (state != 0 || !CheckIseq(at, rb_iseqw_to_iseq(iseq))) {
    for (CapabilityIndex each : {kIseqs, kLocals, kFrames, kFibers}) {
      Forbid(each, kNotChecked);
    }
  } else {
    const VALUE procs = rb_protect(RunProgram, iseq, &state);
    const void* const address = rb_iseqw_to_iseq(iseq);
    if (state != 0 || !CheckProc(at, rb_ary_entry(procs, 0),
                                 rb_ary_entry(procs, 1), address)) {
      for (CapabilityIndex each : {kLocals, kFrames, kFibers}) {
        Forbid(each, kNotChecked);
      }
    }
    if (state != 0 || !CheckParent(at, rb_ary_entry(procs, 0), address)) {
      Forbid(kIseqs, kNotChecked);
    }
  }
  CheckThreadOnly(at);
  if (!CheckMachineStack(at)) Forbid(kMachineStacks, kNotChecked);
  const VALUE fiber = rb_protect(MakeFiber, Qnil, &state);
  if (!May(kFrames) || state != 0 || !CheckFiber(at, fiber)) {
    Forbid(kFibers, kNotChecked);
  }
  const VALUE module = rb_protect(MakeModule, Qnil, &state);
  if (state != 0 || !CheckMethods(module)) Forbid(kMethods, kNotChecked);
  if (state != 0 || !CheckConstants(module)) Forbid(kConstants, kNotChecked);
  rb_set_errinfo(Qnil);
  RB_GC_GUARD(const_cast<VALUE&>(iseq));
  RB_GC_GUARD(const_cast<VALUE&>(fiber));
  RB_GC_GUARD(const_cast<VALUE&>(module));
}

}  // namespace heap_dump

// Where a thread has its execution context, and that its parts: looked for in
// this thread, in two new ones, and in fibers of them, each in the middle of
// the same known calls.
#include <pthread.h>
#include <ruby.h>
#include <ruby/thread.h>

#include <cstring>

#include "layout/memory.h"
#include "layout/probes.h"
#include "ruby/ruby_private.h"
#include "util/safe_read.h"

namespace heap_dump {
namespace {

using layout::ControlFrame;

constexpr size_t kThreadBytes = 1024;
constexpr size_t kContextBytes = 512;
constexpr size_t kGvlBytes = 1024;
constexpr int kSmallestFrame = 40;
constexpr int kLargestFrame = 120;
constexpr int kWord = sizeof(VALUE);
// Control frames between the innermost and the first that is known.
constexpr int kFramesBefore = 8;

// Each calls the next one with its arguments, and the innermost the first of
// them.
constexpr char kCalls[] =
    "_heap_dump_2 = ->(_heap_dump_0, _heap_dump_1) {\n"
    "  _heap_dump_0.call; nil }\n"
    "_heap_dump_3 = ->(_heap_dump_0, _heap_dump_1) {\n"
    "  _heap_dump_2.call(_heap_dump_0, _heap_dump_1); nil }\n"
    "_heap_dump_4 = ->(_heap_dump_0, _heap_dump_1) {\n"
    "  _heap_dump_3.call(_heap_dump_0, _heap_dump_1); nil }\n"
    "[_heap_dump_2, _heap_dump_3, _heap_dump_4, self]";
constexpr int kCallers = 3;
// The line of the call in the middle proc.
constexpr int kLineOfCall = 4;

struct Calls {
  VALUE procs[kCallers];  // the innermost comes first
  const void* iseqs[kCallers];
  VALUE self;
  VALUE callback;
};

enum Place { kInThread, kInNewThread, kInFiber, kInFiberOfNewThread };

// A pair of the place of a thread's context and the size of a frame, as one
// number: see Candidates.
constexpr int kPairBase = 16;
int PairOf(int thread_ec, int frame) {
  return thread_ec / kWord * kPairBase + (frame - kSmallestFrame) / kWord;
}
int ThreadEcOf(int pair) { return pair / kPairBase * kWord; }
int FrameOf(int pair) { return pair % kPairBase * kWord + kSmallestFrame; }

struct Probe {
  const PlantedTraps* traps;
  Findings* findings;
  Calls calls;
  Finding pairs;
  // State of the second round.
  int pair = -1;
  bool frames_are_right = true;
  int frames_seen = 0;
  // State of the context under inspection.
  Place place;
  VALUE error;
  ID key = 0;
  VALUE local = 0;
};

// Threads run one at a time here.
Probe* g_probe = nullptr;

// --- Frames ---

// Frame `n` of the callers, counted in frames from the innermost; -1: the
// frames are not there, if this is the size of one.
int FindFrame(const Memory& frames, int size, int n) {
  const int iseq = offsetof(ControlFrame, iseq);
  const auto is = [&](int frame, int caller) {
    const size_t at = static_cast<size_t>(frame) * size + iseq;
    return at + kWord <= frames.size() &&
           frames.At<const void*>(at) == g_probe->calls.iseqs[caller];
  };
  for (int first = 0; first < kFramesBefore; ++first) {
    if (!is(first, 0)) continue;
    // A lambda's frame, that of `call`, the next lambda's; without the middle
    // one where Ruby calls procs directly.
    int at[kCallers] = {first, -1, -1};
    for (int caller = 1; caller < kCallers; ++caller) {
      for (int step = 1; step <= 2 && at[caller] < 0; ++step) {
        if (is(at[caller - 1] + step, caller))
          at[caller] = at[caller - 1] + step;
      }
      if (at[caller] < 0) return -1;
    }
    return at[n];
  }
  return -1;
}

// The frames of what may be an execution context; false if it is none.
bool ReadContext(uintptr_t address, layout::ExecutionContext* context) {
  constexpr size_t kMostWords = 1 << 24;
  if (!IsAddress(address) ||
      !SafeRead(reinterpret_cast<void*>(address), context, sizeof(*context))) {
    return false;
  }
  const uintptr_t stack = reinterpret_cast<uintptr_t>(context->vm_stack);
  const uintptr_t frame = reinterpret_cast<uintptr_t>(context->cfp);
  return IsAddress(stack) && context->vm_stack_size > 64 &&
         context->vm_stack_size < kMostWords && frame % kWord == 0 &&
         frame > stack && frame < stack + context->vm_stack_size * kWord;
}

size_t BytesOfFrames(const layout::ExecutionContext& context) {
  return reinterpret_cast<const char*>(context.vm_stack +
                                       context.vm_stack_size) -
         context.cfp;
}

// Whether the frame of the middle caller says what is known of it.
bool IsRightFrame(const Memory& frames, int size,
                  const layout::ExecutionContext& context) {
  const int frame = FindFrame(frames, size, 1);
  if (frame < 0) return false;
  const size_t at = static_cast<size_t>(frame) * size;
  if (at + sizeof(ControlFrame) > frames.size()) return false;
  const auto found = frames.At<ControlFrame>(at);
  const VALUE* const stack_end = context.vm_stack + context.vm_stack_size;
  const auto on_stack = [&](const VALUE* address) {
    return address > context.vm_stack && address < stack_end;
  };
  if (found.self != g_probe->calls.self || !on_stack(found.sp) ||
      !on_stack(found.ep)) {
    return false;
  }
  // Two parameters lie below the three words of an environment.
  VALUE locals[2];
  if (!SafeRead(found.ep - (layout::kEpWords - 1) - 2, locals,
                sizeof(locals)) ||
      locals[0] != g_probe->calls.callback || locals[1] != g_probe->error) {
    return false;
  }
  const void* body;
  unsigned words;
  const VALUE* code;
  if (!SafeRead(found.iseq + layout::kIseqBody, &body, sizeof(body)) ||
      !SafeRead(static_cast<const char*>(body) + layout::kBodySize, &words,
                sizeof(words)) ||
      !SafeRead(static_cast<const char*>(body) + layout::kBodyEncoded, &code,
                sizeof(code))) {
    return false;
  }
  return found.pc > code && found.pc <= code + words &&
         rb_iseq_line_no(found.iseq, found.pc - code - 1) == kLineOfCall;
}

// --- What is looked at in each context ---

void LookForContext(const Memory& thread) {
  Candidates found;
  found.Clear();
  for (size_t at = 0; at + kWord <= thread.size(); at += kWord) {
    layout::ExecutionContext context;
    if (!ReadContext(thread.At<uintptr_t>(at), &context)) continue;
    const size_t bytes = BytesOfFrames(context);
    const Memory frames(context.cfp,
                        bytes < Memory::kMost ? bytes : Memory::kMost);
    for (int size = kSmallestFrame; size <= kLargestFrame; size += kWord) {
      if (bytes % size == 0 && FindFrame(frames, size, kCallers - 1) >= 0) {
        found.Add(PairOf(static_cast<int>(at), size));
      }
    }
  }
  g_probe->pairs.Keep(found);
  g_probe->findings->of[kThreadVm].Keep(
      thread.Where<uintptr_t>([](uintptr_t word) {
        return IsAddress(word) &&
               g_probe->traps->PlaceIn(reinterpret_cast<void*>(word)) >= 0;
      }));
}

struct Gvl {
  const void* base;
  uintptr_t thread;
  Candidates without;
  bool looked;
};

void* LookWithoutGvl(void* argument) {
  Gvl* const gvl = static_cast<Gvl*>(argument);
  gvl->without = Memory(gvl->base, kGvlBytes).WhereWordIs(gvl->thread);
  gvl->looked = true;
  return nullptr;
}

// The word that is the thread while it has the GVL, and only then.
void LookForGvlOwner(const Memory& thread, uintptr_t address) {
  Gvl gvl = {};
  gvl.base = thread.At<const void*>(layout::kThreadToGvl);
  gvl.thread = address;
  Candidates with = Memory(gvl.base, kGvlBytes).WhereWordIs(address);
  // Looks at no interrupts afterwards, and so raises nothing.
  rb_thread_call_without_gvl2(LookWithoutGvl, &gvl, nullptr, nullptr);
  if (!gvl.looked) return;
  with.Remove(gvl.without);
  g_probe->findings->of[kGvlOwnerField].Keep(with);
}

bool IsIdTableWith(uintptr_t address, ID key, VALUE value) {
  constexpr int kMost = 1024;
  layout::IdTable table;
  if (!IsAddress(address) ||
      !SafeRead(reinterpret_cast<void*>(address), &table, sizeof(table)) ||
      table.capacity <= 0 || table.capacity > kMost || table.count <= 0 ||
      table.count > table.capacity) {
    return false;
  }
  for (int i = 0; i < table.capacity; ++i) {
    layout::IdTable::Item item;
    if (!SafeRead(table.items + i, &item, sizeof(item))) return false;
    // The ID's serial number: see IdOfNumber.
    if (item.key == key >> 4 && item.value == value) return true;
  }
  return false;
}

bool IsStTableWith(uintptr_t address, ID key, VALUE value) {
  constexpr st_index_t kMost = 1024;
  struct Entry {
    st_index_t hash;
    st_data_t key;
    st_data_t value;
  } entry;
  st_table table;
  if (!IsAddress(address) ||
      !SafeRead(reinterpret_cast<void*>(address), &table, sizeof(table)) ||
      table.num_entries == 0 || table.entries_bound > kMost) {
    return false;
  }
  const auto* const entries = reinterpret_cast<const Entry*>(table.entries);
  for (st_index_t i = table.entries_start; i < table.entries_bound; ++i) {
    if (!SafeRead(entries + i, &entry, sizeof(entry))) return false;
    if (entry.key == key && entry.value == value) return true;
  }
  return false;
}

// How much of the machine's stack lies above this function's frame, at most.
uintptr_t TopOfNativeStack() {
  pthread_attr_t attributes;
  void* low = nullptr;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0)
    return ~uintptr_t{0};
  pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  return reinterpret_cast<uintptr_t>(low) + size;
}

void LookForStack(const Memory& ec) {
  constexpr size_t kMost = size_t{1} << 40;
  const uintptr_t here =
      reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const bool native =
      g_probe->place == kInThread || g_probe->place == kInNewThread;
  const uintptr_t top = native ? TopOfNativeStack() : ~uintptr_t{0};
  Candidates found;
  found.Clear();
  for (size_t at = 0; at + 3 * kWord <= ec.size(); at += kWord) {
    const auto start = ec.At<uintptr_t>(at);
    const auto size = ec.At<size_t>(at + 2 * kWord);
    if (start % kWord == 0 && start >= here && start <= top && size < kMost &&
        start - here < size) {
      found.Add(static_cast<int>(at));
    }
  }
  g_probe->findings->of[kEcStackStart].Keep(found);
}

void LookAtContext(const Memory& thread, uintptr_t address) {
  Finding* const of = g_probe->findings->of;
  const auto ec_address = thread.At<uintptr_t>(ThreadEcOf(g_probe->pair));
  layout::ExecutionContext context;
  if (!ReadContext(ec_address, &context)) return;
  // Ruby code that rescues has its exception on the stack.
  const VALUE before = rb_errinfo();
  rb_set_errinfo(g_probe->error);
  const Memory ec(reinterpret_cast<void*>(ec_address), kContextBytes);
  rb_set_errinfo(before);
  of[kEcThread].Keep(ec.WhereWordIs(address));
  of[kEcErrinfo].Keep(ec.WhereWordIs(g_probe->error));
  LookForStack(ec);
  if (g_probe->place != kInThread) {
    // Makes an object for the fiber, which the program's thread is to do
    // without if it did so far.
    const void* const fiber = DataOf(rb_fiber_current());
    of[kEcFiber].Keep(ec.WhereWordIs(reinterpret_cast<uintptr_t>(fiber)));
    Candidates in_fiber;
    in_fiber.Clear();
    const auto base = reinterpret_cast<uintptr_t>(fiber);
    if (ec_address > base && ec_address - base < Candidates::kLimit) {
      in_fiber.Add(static_cast<int>(ec_address - base));
    }
    of[kFiberEc].Keep(in_fiber);
    Candidates locals;
    locals.Clear();
    for (size_t at = 0; at + kWord <= ec.size(); at += kWord) {
      const auto word = ec.At<uintptr_t>(at);
      if (IsIdTableWith(word, g_probe->key, g_probe->local)) {
        locals.Add(static_cast<int>(at));
      } else if (IsStTableWith(word, g_probe->key, g_probe->local)) {
        locals.Add(static_cast<int>(at) + kVariant);
      }
    }
    of[kEcLocalStorage].Keep(locals);
  }
  const size_t bytes = BytesOfFrames(context);
  const Memory frames(context.cfp,
                      bytes < Memory::kMost ? bytes : Memory::kMost);
  ++g_probe->frames_seen;
  if (!IsRightFrame(frames, FrameOf(g_probe->pair), context)) {
    g_probe->frames_are_right = false;
  }
}

void LookAtThread(const Memory& thread, uintptr_t address) {
  g_probe->findings->of[kThreadStatusField].Keep(
      thread.Where<uint32_t>([](uint32_t word) { return (word & 3) == 0; }));
  LookForGvlOwner(thread, address);
  if (g_probe->place != kInNewThread) return;
  const VALUE current = rb_thread_current();
  rb_funcall(current, rb_intern("name="), 1,
             rb_str_new_cstr("heap_dump probe"));
  const VALUE name = rb_funcall(current, rb_intern("name"), 0);
  const Memory named(reinterpret_cast<void*>(address), kThreadBytes);
  g_probe->findings->of[kThreadName].Keep(named.WhereWordIs(name));
  // A word on the machine stack may keep the thread after its end; a dump would
  // show it by its name.
  rb_funcall(current, rb_intern("name="), 1, Qnil);
}

VALUE Look(RB_BLOCK_CALL_FUNC_ARGLIST(, )) {
  const void* const data = DataOf(rb_thread_current());
  const Memory thread(data, kThreadBytes);
  if (thread.size() < layout::kThreadToGvl + kWord) return Qnil;
  if (g_probe->pair < 0) {
    LookForContext(thread);
  } else {
    LookAtContext(thread, reinterpret_cast<uintptr_t>(data));
    LookAtThread(thread, reinterpret_cast<uintptr_t>(data));
  }
  return Qnil;
}

// --- The contexts ---

VALUE MakeCalls(VALUE) {
  g_probe->error = rb_exc_new_cstr(rb_eRuntimeError, "heap_dump");
  if (g_probe->place != kInThread) {
    g_probe->local = rb_str_new_cstr("heap_dump");
    rb_funcall(rb_thread_current(), rb_intern("[]="), 2, ID2SYM(g_probe->key),
               g_probe->local);
  }
  return rb_funcall(g_probe->calls.procs[kCallers - 1], rb_intern("call"), 2,
                    g_probe->calls.callback, g_probe->error);
}

// An exception raised here would end the thread with a message.
void CallProtected() {
  int state = 0;
  rb_protect(MakeCalls, Qnil, &state);
  if (state != 0) rb_set_errinfo(Qnil);
}

VALUE InFiber(RB_BLOCK_CALL_FUNC_ARGLIST(, )) {
  CallProtected();
  return Qnil;
}

VALUE ResumeFiber(VALUE fiber) { return rb_fiber_resume(fiber, 0, nullptr); }

void CallInFiber(Place place) {
  g_probe->place = place;
  int state = 0;
  VALUE fiber = rb_fiber_new(InFiber, Qnil);
  rb_protect(ResumeFiber, fiber, &state);
  if (state != 0) rb_set_errinfo(Qnil);
  RB_GC_GUARD(fiber);
}

VALUE InNewThread(void*) {
  g_probe->place = kInNewThread;
  CallProtected();
  CallInFiber(kInFiberOfNewThread);
  return Qnil;
}

void CallInAllPlaces() {
  g_probe->place = kInThread;
  CallProtected();
  CallInFiber(kInFiber);
  for (int i = 0; i < 2; ++i) {
    const VALUE thread = rb_thread_create(
        reinterpret_cast<VALUE (*)(void*)>(InNewThread), nullptr);
    rb_funcall(thread, rb_intern("join"), 0);
  }
}

void TakePair(const Layout& expected) {
  Finding* const of = g_probe->findings->of;
  Candidates contexts, frames;
  contexts.Clear();
  frames.Clear();
  for (int pair = 0; pair < Candidates::kLimit; ++pair) {
    if (!g_probe->pairs.places.Has(pair)) continue;
    contexts.Add(ThreadEcOf(pair));
    frames.Add(FrameOf(pair));
  }
  of[kThreadEc] = of[kControlFrameSize] = {};
  of[kThreadEc].Keep(contexts);
  of[kControlFrameSize].Keep(frames);
  of[kThreadEc].contexts = of[kControlFrameSize].contexts =
      g_probe->pairs.contexts;
  g_probe->pair = g_probe->pairs.places.Only();
  if (g_probe->pair < 0 && expected.thread_ec >= 0 &&
      expected.control_frame_size >= 0) {
    const int pair = PairOf(expected.thread_ec, expected.control_frame_size);
    if (g_probe->pairs.places.Has(pair)) g_probe->pair = pair;
  }
}

void LookForTraps() {
  Finding* const of = g_probe->findings->of;
  const int thread_vm = of[kThreadVm].places.Only();
  if (thread_vm < 0) return;
  const Memory thread(DataOf(rb_thread_current()), kThreadBytes);
  const int place = g_probe->traps->PlaceIn(thread.At<const void*>(thread_vm));
  Candidates found;
  found.Clear();
  found.Add(place);
  of[kVmTraps].Keep(found);
  of[kVmTraps].contexts = of[kThreadVm].contexts;
}

}  // namespace

void ProbeContexts(const Layout& expected, const PlantedTraps& traps,
                   Findings* findings) {
  Probe probe = {};
  probe.traps = &traps;
  probe.findings = findings;
  g_probe = &probe;
  Calls& calls = probe.calls;
  VALUE made = EvaluateText(kCalls);
  for (int i = 0; i < kCallers; ++i) {
    calls.procs[i] = rb_ary_entry(made, i);
    calls.iseqs[i] = IseqOf(calls.procs[i]);
  }
  calls.self = rb_ary_entry(made, kCallers);
  calls.callback = rb_proc_new(Look, Qnil);
  probe.key = rb_intern("_heap_dump_0");
  CallInAllPlaces();
  TakePair(expected);
  LookForTraps();
  if (probe.pair >= 0) CallInAllPlaces();
  findings->frames_are_read_rightly =
      probe.frames_are_right && probe.frames_seen >= kFewestContexts;
  RB_GC_GUARD(made);
  g_probe = nullptr;
}

}  // namespace heap_dump

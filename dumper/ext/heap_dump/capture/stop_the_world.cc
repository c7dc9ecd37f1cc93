#include "capture/stop_the_world.h"

#include <ruby.h>
#include <ruby/debug.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "capture/clock.h"
#include "layout/layout.h"

extern "C" {
// Exported by Ruby 3.4 and later, for third-party collectors. File and line
// only identify the caller, and only later Rubies take them.
unsigned rb_gc_vm_lock(const char*, int) __attribute__((weak));
void rb_gc_vm_unlock(unsigned level, const char*, int) __attribute__((weak));
void rb_gc_vm_barrier(void) __attribute__((weak));
// Exported by Ruby 4.0 and later, whose objspace extension uses it: calls
// `work` with the VM's lock held and all other Ractors stopped.
VALUE rb_vm_lock_with_barrier(VALUE (*work)(void*), void* data)
    __attribute__((weak));
}

namespace heap_dump {
namespace {

// The dump is given up after so many collections that do not suit, but not
// before this time is over: where Ractors end all the time, most do not.
constexpr int kAttempts = 50;
constexpr int64_t kPatienceNs = 4000 * kNsPerMs;
constexpr int kPauseUs = 2000;
// Where an execution context of 3.0 to 3.3 has what is to be seen to before
// Ruby code goes on: signals, the turn of another thread.
constexpr int kInterruptFlag = 32;

struct Collection {
  Snapshot* snapshot;
  // This thread's, see above; null where the layout is not known.
  volatile uint32_t* interrupt_flag = nullptr;
  // The key of GC.stat for objects that wait for their finalizers.
  VALUE final_slots = 0;
  // GC.start's: a minor collection.
  VALUE arguments = 0;
  // This collection began under our eyes: its end is reached with all other
  // Ractors stopped. The last steps of an earlier one do not stop them.
  bool began = false;
  bool ended = false;
  bool finalizers_wait = false;
  Outcome outcome{Code::kSeveralRactors, 0};
};

// A hook's own data is marked as an object, so it cannot be this. Only one
// dump at a time is taken.
Collection* g_collection = nullptr;

void AtGcEvent(rb_event_flag_t event, VALUE, VALUE, ID, VALUE) {
  Collection* const collection = g_collection;
  if (event == RUBY_INTERNAL_EVENT_GC_START) collection->began = true;
  if (event != RUBY_INTERNAL_EVENT_GC_EXIT) return;
  if (!collection->began || collection->ended) return;
  // GC.start runs finalizers before it returns, in the copy as well.
  collection->finalizers_wait = rb_gc_stat(collection->final_slots) > 0;
  if (collection->finalizers_wait) return;
  collection->ended = true;
  collection->outcome = collection->snapshot->Clone();
  if (!collection->snapshot->is_child()) {
    // While all others still stand. It frees memory.
    rb_remove_event_hook(AtGcEvent);
  } else if (collection->interrupt_flag != nullptr) {
    // Only the program handles signals, and the copy has no other thread.
    *collection->interrupt_flag = 0;
  }
}

// Does the steps that allocate, or that raise where Ruby has no such count.
VALUE PrepareCollection(VALUE self) {
  Collection* const collection = reinterpret_cast<Collection*>(self);
  collection->final_slots = ID2SYM(rb_intern("heap_final_slots"));
  rb_gc_stat(collection->final_slots);
  collection->arguments = rb_hash_new();
  rb_hash_aset(collection->arguments, ID2SYM(rb_intern("full_mark")), Qfalse);
  const Layout* const at = CurrentLayout();
  char* ec;
  if (at != nullptr && at->thread_ec >= 0 && May(kFrames) &&
      SafeRead(
          static_cast<const char*>(DataOf(rb_thread_current())) + at->thread_ec,
          &ec, sizeof(ec))) {
    collection->interrupt_flag =
        reinterpret_cast<volatile uint32_t*>(ec + kInterruptFlag);
  }
  return Qnil;
}

VALUE StartCollection(VALUE arguments) {
  return rb_funcallv_kw(rb_mGC, rb_intern("start"), 1, &arguments,
                        RB_PASS_KEYWORDS);
}

// A Ractor that is just starting crashes, in Ruby 3.1 at least, when it
// collects while anybody has a hook on collections. So the caller has them
// forbidden; GC.start collects even so, and makes no other Ractor do it. A
// collection that frees a Ractor takes everybody's hooks down with it: its end
// is not reported.
//
// The copy only runs the return from GC.start.
void CollectAndClone(Collection* collection, int* raised) {
  collection->began = collection->finalizers_wait = false;
  rb_add_event_hook(AtGcEvent,
                    RUBY_INTERNAL_EVENT_GC_START | RUBY_INTERNAL_EVENT_GC_EXIT,
                    Qnil);
  rb_protect(StartCollection, collection->arguments, raised);
  if (collection->snapshot->is_child()) collection->snapshot->RunChild();
  rb_remove_event_hook(AtGcEvent);
}

Outcome BeginAfterCollection(const Request& request, Snapshot* snapshot,
                             int* raised) {
  const Outcome prepared = snapshot->Prepare(request);
  if (!prepared.ok()) return prepared;
  Collection collection{snapshot};
  g_collection = &collection;
  rb_protect(PrepareCollection, reinterpret_cast<VALUE>(&collection), raised);
  const VALUE was_disabled = rb_gc_disable();
  // Lets one pass that another Ractor has begun, and finalizers run.
  if (*raised == 0) rb_protect(StartCollection, collection.arguments, raised);
  int64_t patience_ns = kPatienceNs;
  if (request.timeout_ms > 0) {
    patience_ns = std::min(patience_ns, request.timeout_ms * kNsPerMs);
  }
  const int64_t patience_ends = MonotonicNs() + patience_ns;
  for (int i = 0; (i < kAttempts || MonotonicNs() < patience_ends) &&
                  !collection.ended && *raised == 0;
       ++i) {
    // Another Ractor is at them.
    if (collection.finalizers_wait) usleep(kPauseUs);
    CollectAndClone(&collection, raised);
  }
  if (!RTEST(was_disabled)) rb_gc_enable();
  RB_GC_GUARD(collection.arguments);
  return collection.outcome;
}

// The copy also holds the lock and may take it again. It must not start a
// barrier: no other thread exists to reach it. So all work of the collector,
// which may include finding all objects, is done before.
Outcome BeginBehindBarrier(Request request, Snapshot* snapshot) {
  request.gather_first = true;
  const unsigned level = rb_gc_vm_lock(__FILE__, __LINE__);
  rb_gc_vm_barrier();
  const Outcome outcome = snapshot->Begin(request);
  rb_gc_vm_unlock(level, __FILE__, __LINE__);
  return outcome;
}

struct LockedBegin {
  Request request;
  Snapshot* snapshot;
  Outcome outcome;
};

VALUE BeginLocked(void* data) {
  LockedBegin* const begin = static_cast<LockedBegin*>(data);
  begin->outcome = begin->snapshot->Begin(begin->request);
  return Qnil;
}

Outcome BeginWithLock(const Request& request, bool several_ractors,
                      Snapshot* snapshot) {
  LockedBegin begin = {request, snapshot, {}};
  if (several_ractors) begin.request.gather_first = true;
  rb_vm_lock_with_barrier(BeginLocked, &begin);
  return begin.outcome;
}

}  // namespace

Outcome BeginSafely(const Request& request, bool several_ractors,
                    Snapshot* snapshot, int* raised) {
  // A Ractor that is ending is not counted any more, but may hold the lock.
  // With one Ractor, this costs nothing.
  if (rb_vm_lock_with_barrier != nullptr) {
    return BeginWithLock(request, several_ractors, snapshot);
  }
  if (!several_ractors) return snapshot->Begin(request);
  return rb_gc_vm_barrier != nullptr
             ? BeginBehindBarrier(request, snapshot)
             : BeginAfterCollection(request, snapshot, raised);
}

}  // namespace heap_dump

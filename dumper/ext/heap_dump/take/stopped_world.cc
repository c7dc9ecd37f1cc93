#include "take/stopped_world.h"

#include <ruby.h>
#include <ruby/debug.h>

#include <cstdint>

#include "take/clock.h"

namespace heap_dump {
namespace {

// GC.stress: every allocation collects; 1 is "but no major collection".
constexpr int kStressMinorOnly = 1;

struct Collection {
  Snapshot* snapshot;
  // This collection began under our eyes: its end is reached with all other
  // Ractors stopped. The tail of an earlier one stops nobody.
  bool began = false;
  bool ended = false;
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
  collection->ended = true;
  collection->outcome = collection->snapshot->Clone();
}

VALUE SetStress(VALUE mode) {
  return rb_funcall(rb_mGC, rb_intern("stress="), 1, mode);
}

VALUE GetStress(VALUE) { return rb_funcall(rb_mGC, rb_intern("stress"), 0); }

VALUE Allocate(VALUE) { return rb_ary_new(); }

// In both processes: nothing below runs Ruby code once the copy is made.
void ProvokeCollection(Collection* collection, int* state) {
  rb_protect(Allocate, Qnil, state);
  if (collection->snapshot->is_child()) collection->snapshot->RunChild();
}

}  // namespace

Outcome BeginWithWorldStopped(const Request& request, Snapshot* snapshot) {
  if (request.mode == Mode::kInPlace) return {Code::kSeveralRactors, 0};
  const Outcome prepared = snapshot->Prepare(request);
  if (!prepared.ok()) return prepared;

  Collection collection{snapshot};
  g_collection = &collection;
  int ignored = 0;
  const VALUE stress = rb_protect(GetStress, Qnil, &ignored);
  const VALUE was_disabled = rb_gc_enable();
  rb_add_event_hook(AtGcEvent,
                    RUBY_INTERNAL_EVENT_GC_START | RUBY_INTERNAL_EVENT_GC_EXIT,
                    Qnil);
  rb_protect(SetStress, INT2FIX(kStressMinorOnly), &ignored);
  const int64_t start = MonotonicNs();
  ProvokeCollection(&collection, &ignored);
  snapshot->set_stop_ns(MonotonicNs() - start);
  rb_protect(SetStress, stress, &ignored);
  rb_remove_event_hook(AtGcEvent);
  if (RTEST(was_disabled)) rb_gc_disable();
  // What was raised meanwhile, an exhausted memory, has its outcome here.
  if (ignored != 0) rb_set_errinfo(Qnil);
  return collection.outcome;
}

}  // namespace heap_dump

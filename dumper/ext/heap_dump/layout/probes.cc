#include "layout/probes.h"

#include <time.h>

#include <cstdint>

#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

// The probes take two to five milliseconds of processor time.
constexpr int64_t kBudgetNs = 30 * 1000 * 1000;

struct Run {
  const Layout* expected;
  Findings* findings;
  PlantedTraps traps;
  int64_t began;
};

// Probes are run once at a time, with the GVL of the main Ractor.
Run* g_run = nullptr;

int64_t ProcessorNs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}

// Calls one probe; what it raises is its own affair, as its fields are then
// simply not found.
void RunPart(VALUE (*part)(VALUE)) {
  if (ProcessorNs() - g_run->began > kBudgetNs) return;
  int state = 0;
  rb_protect(part, Qnil, &state);
  if (state == 0) return;
  const VALUE error = rb_errinfo();
  if (!SPECIAL_CONST_P(error) &&
      RTEST(rb_obj_is_kind_of(error, rb_eStandardError))) {
    rb_set_errinfo(Qnil);
    return;
  }
  rb_jump_tag(state);
}

VALUE RunAll(RB_BLOCK_CALL_FUNC_ARGLIST(, )) {
  RunPart([](VALUE) {
    ProbeIseqs(g_run->findings);
    return Qnil;
  });
  RunPart([](VALUE) {
    ProbeHashDefaults(g_run->findings);
    ProbeWeakMaps(g_run->findings);
    return Qnil;
  });
  RunPart([](VALUE) {
    g_run->traps.Plant();
    return Qnil;
  });
  RunPart([](VALUE) {
    ProbeContexts(*g_run->expected, g_run->traps, g_run->findings);
    return Qnil;
  });
  RunPart([](VALUE) {
    ProbeSleepers(g_run->findings);
    return Qnil;
  });
  g_run->findings->finished = true;
  return Qnil;
}

// Exceptions of other threads (Timeout, Thread#kill) wait.
VALUE RunUninterrupted(VALUE) {
  VALUE timing = rb_hash_new();
  rb_hash_aset(timing, rb_cObject, ID2SYM(rb_intern("never")));
  return rb_block_call(rb_cThread, rb_intern("handle_interrupt"), 1, &timing,
                       RunAll, Qnil);
}

VALUE AskMayProbe(VALUE) {
  // Raises in a signal handler.
  const VALUE mutex = rb_mutex_new();
  rb_mutex_lock(mutex);
  rb_mutex_unlock(mutex);
  if (rb_const_defined(rb_cObject, rb_intern("Ractor"))) {
    const VALUE ractor = rb_const_get(rb_cObject, rb_intern("Ractor"));
    if (RTEST(rb_obj_respond_to(ractor, rb_intern("main"), 0)) &&
        rb_funcall(ractor, rb_intern("current"), 0) !=
            rb_funcall(ractor, rb_intern("main"), 0)) {
      return Qfalse;
    }
  }
  return Qtrue;
}

}  // namespace

VALUE CompileText(const char* source) {
  return rb_funcall(rb_path2class("RubyVM::InstructionSequence"),
                    rb_intern("compile"), 1, rb_str_new_cstr(source));
}

VALUE EvaluateText(const char* source) {
  return rb_funcall(CompileText(source), rb_intern("eval"), 0);
}

const void* IseqOf(VALUE code) {
  const VALUE wrapper = rb_funcall(rb_path2class("RubyVM::InstructionSequence"),
                                   rb_intern("of"), 1, code);
  return NIL_P(wrapper) ? nullptr : rb_iseqw_to_iseq(wrapper);
}

bool MayProbe() {
  const VALUE error = rb_errinfo();
  int state = 0;
  const VALUE answer = rb_protect(AskMayProbe, Qnil, &state);
  rb_set_errinfo(error);
  return state == 0 && RTEST(answer);
}

int RunProbes(const Layout& expected, Findings* findings) {
  Run run = {&expected, findings, {}, ProcessorNs()};
  if (g_run != nullptr) return 0;
  g_run = &run;
  const VALUE error = rb_errinfo();
  // So that no address changes, and no slot is used again.
  const VALUE was_disabled = rb_gc_disable();
  int state = 0;
  rb_protect(RunUninterrupted, Qnil, &state);
  run.traps.Remove();
  if (!RTEST(was_disabled)) rb_gc_enable();
  if (state == 0) {
    rb_set_errinfo(error);
  } else if (RTEST(rb_obj_is_kind_of(rb_errinfo(), rb_eStandardError))) {
    rb_set_errinfo(error);
    state = 0;
  }
  g_run = nullptr;
  return state;
}

}  // namespace heap_dump

#include "ruby/postponed_job.h"

#include <ruby.h>
#include <ruby/debug.h>

namespace heap_dump {

bool RunAtSafePoint(void (*run)(void*)) {
#ifdef HAVE_RB_POSTPONED_JOB_PREREGISTER
  const rb_postponed_job_handle_t job =
      rb_postponed_job_preregister(0, run, nullptr);
  if (job == POSTPONED_JOB_HANDLE_INVALID) return false;
  rb_postponed_job_trigger(job);
  return true;
#else
  return rb_postponed_job_register_one(0, run, nullptr) != 0;
#endif
}

}  // namespace heap_dump

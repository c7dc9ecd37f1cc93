// Where the VM has the handlers of signals.
#include <signal.h>

#include <cstdlib>

#include "layout/memory.h"
#include "layout/probes.h"

namespace heap_dump {
namespace {

VALUE Trap(int signal, VALUE handler) {
  return rb_funcall(rb_path2class("Signal"), rb_intern("trap"), 2,
                    INT2FIX(signal), handler);
}

VALUE RemoveTrap(VALUE signal) {
  return Trap(FIX2INT(signal), rb_str_new_cstr("SYSTEM_DEFAULT"));
}

bool IsUnused(int signal) {
  struct sigaction action;
  return sigaction(signal, nullptr, &action) == 0 &&
         (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

// The VM's first word is the object that stands for it. Others that lie near it
// in memory have the handlers behind them, too.
bool IsVm(const Memory& words) {
  if (words.size() < sizeof(VALUE)) return false;
  const auto self = words.At<VALUE>(0);
  struct {
    VALUE flags;
    VALUE rest[4];
  } object;
  return IsAddress(self) &&
         SafeRead(reinterpret_cast<void*>(self), &object, sizeof(object)) &&
         (object.flags & RUBY_T_MASK) == RUBY_T_DATA;
}

}  // namespace

void PlantedTraps::Plant() {
  int planted = 0;
  // Real-time signals, which hardly a program uses; apart, so that one word
  // does not do for both.
  for (int signal = SIGRTMAX - 3; signal > SIGRTMIN && planted < 2;
       signal -= 5) {
    if (!IsUnused(signal)) continue;
    handlers_[planted] = EvaluateText("proc { |_heap_dump_0| }");
    Trap(signal, handlers_[planted]);
    signals_[planted++] = signal;
  }
}

void PlantedTraps::Remove() {
  for (int& signal : signals_) {
    if (signal == 0) continue;
    int state = 0;
    const VALUE error = rb_errinfo();
    rb_protect(RemoveTrap, INT2FIX(signal), &state);
    rb_set_errinfo(error);
    signal = 0;
  }
}

int PlantedTraps::PlaceIn(const void* vm) const {
  if (signals_[1] == 0) return -1;
  const Memory words(vm, Memory::kMost);
  if (!IsVm(words) || DataOf(words.At<VALUE>(0)) != vm) return -1;
  const int apart =
      (signals_[1] - signals_[0]) * static_cast<int>(sizeof(VALUE));
  for (size_t at = 0; at + sizeof(VALUE) <= words.size(); at += sizeof(VALUE)) {
    const int other = static_cast<int>(at) + apart;
    if (other < 0 || other + sizeof(VALUE) > words.size()) continue;
    if (words.At<VALUE>(at) == handlers_[0] &&
        words.At<VALUE>(other) == handlers_[1]) {
      return static_cast<int>(at) -
             signals_[0] * static_cast<int>(sizeof(VALUE));
    }
  }
  return -1;
}

}  // namespace heap_dump

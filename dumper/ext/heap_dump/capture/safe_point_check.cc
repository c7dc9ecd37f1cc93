#include "capture/safe_point_check.h"

#include <ruby.h>

#include <cstdint>

#include "layout/layout.h"

extern "C" {
// Exported by every Ruby since 2.7, in no public header.
int ruby_native_thread_p(void);
int rb_during_gc(void);
// Null as soon as there is a second Ractor. 3.0 to 3.2; 3.3 has nothing.
extern void* ruby_single_main_ractor __attribute__((weak));
// 3.4 and later.
bool rb_gc_multi_ractor_p(void) __attribute__((weak));
}

namespace heap_dump {
namespace {

// From the start of the stack in an execution context to its size.
constexpr int kStackStartToSize = 16;

template <typename T>
bool Read(const void* base, int offset, T* to) {
  return base != nullptr &&
         SafeRead(static_cast<const char*>(base) + offset, to, sizeof(T));
}

// The thread's stack is the one that this function runs on. More certain
// than a comparison with Ruby's current thread, which before 3.0 is the
// owner's on every native thread.
bool RunsHere(const void* thread, const Layout& at) {
  const void* ec;
  uintptr_t start;
  size_t size;
  if (at.thread_ec < 0 || at.ec_stack_start < 0) return false;
  if (!Read(thread, at.thread_ec, &ec) ||
      !Read(ec, at.ec_stack_start, &start) ||
      !Read(ec, at.ec_stack_start + kStackStartToSize, &size)) {
    return false;
  }
  const uintptr_t here =
      reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return here <= start && start - here < size;
}

bool SeveralRactors() {
  if (rb_gc_multi_ractor_p != nullptr) return rb_gc_multi_ractor_p();
  return &ruby_single_main_ractor != nullptr &&
         ruby_single_main_ractor == nullptr;
}

}  // namespace

bool OnRubyThread() { return ruby_native_thread_p() != 0; }

const void* RactorOfThread() {
  const void* gvl;
  if (!OnRubyThread() || CurrentLayout() == nullptr ||
      !Read(DataOf(rb_thread_current()), layout::kThreadToGvl, &gvl)) {
    return nullptr;
  }
  return gvl;
}

Code CheckHost() {
  if (!OnRubyThread()) return Code::kNotRubyThread;
  if (rb_during_gc()) return Code::kCollecting;
  if (SeveralRactors()) return Code::kSeveralRactors;
  const Layout* const at = CurrentLayout();
  if (at == nullptr || !May(kGvlOwner)) return Code::kUnknownRuby;
  const void* owner;
  if (!Read(RactorOfThread(), at->gvl_owner, &owner)) return Code::kUnknownRuby;
  if (owner == nullptr || RunsHere(owner, *at)) return Code::kOk;
  return Code::kOtherThreadRuns;
}

}  // namespace heap_dump

#include "take/host_guard.h"

#include <ruby.h>
#include <ruby/version.h>

#include <cstdint>

extern "C" {
// Exported by every Ruby since 2.7, in no public header.
int ruby_native_thread_p(void);
int rb_during_gc(void);
// Ruby 3.0 and later: null as soon as there is a second Ractor.
extern void* ruby_single_main_ractor __attribute__((weak));
}

namespace heap_dump {
namespace {

// Where a thread is the owner of the GVL: bytes from the struct that every
// thread points to at `thread_to_owner_base` to the pointer to the owner.
struct GvlFacts {
  int api_version;
  int owner;
  int thread_ec;
  int ec_stack_start;
};

constexpr int kThreadToOwnerBase = 24;
// After the start of the stack in the execution context.
constexpr int kStackStartToMaxSize = 16;

constexpr GvlFacts kGvlFacts[] = {
    {207, 8, 32, 152},
    {301, 336, 40, 144},
    {303, 328, 48, 152},
    {304, 328, 48, 144},
};

const GvlFacts* FactsOfThisRuby() {
  for (const GvlFacts& facts : kGvlFacts) {
    if (facts.api_version ==
        RUBY_API_VERSION_MAJOR * 100 + RUBY_API_VERSION_MINOR) {
      return &facts;
    }
  }
  return nullptr;
}

template <typename T>
T Read(const void* base, int offset) {
  return *reinterpret_cast<const T*>(static_cast<const char*>(base) + offset);
}

const void* ThreadStruct() {
  const VALUE thread = rb_thread_current();
#ifdef HAVE_RTYPEDDATA_GET_DATA
  return RTYPEDDATA_GET_DATA(thread);
#else
  return RTYPEDDATA_DATA(thread);
#endif
}

// The owner's stack is the one that this function runs on.
bool RunsOn(const void* thread, const GvlFacts& facts) {
  const void* ec = Read<const void*>(thread, facts.thread_ec);
  if (ec == nullptr) return false;
  const uintptr_t start = Read<uintptr_t>(ec, facts.ec_stack_start);
  const size_t size =
      Read<size_t>(ec, facts.ec_stack_start + kStackStartToMaxSize);
  const uintptr_t here =
      reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return here <= start && start - here < size;
}

}  // namespace

bool OnRubyThread() { return ruby_native_thread_p() != 0; }

Code CheckHost() {
  if (!OnRubyThread()) return Code::kNotRubyThread;
  if (rb_during_gc()) return Code::kCollecting;
#if RUBY_API_VERSION_MAJOR >= 3
  if (&ruby_single_main_ractor != nullptr &&
      ruby_single_main_ractor == nullptr) {
    return Code::kSeveralRactors;
  }
#endif
  const GvlFacts* facts = FactsOfThisRuby();
  if (facts == nullptr) return Code::kUnknownRuby;
  const void* base = Read<const void*>(ThreadStruct(), kThreadToOwnerBase);
  const void* owner = Read<const void*>(base, facts->owner);
  if (owner == nullptr || RunsOn(owner, *facts)) return Code::kOk;
  return Code::kOtherThreadRuns;
}

}  // namespace heap_dump

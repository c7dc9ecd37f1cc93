// Where live objects were allocated, by sampling: every interval in which a
// collection ran, a burst of allocations is looked at. Between bursts nothing
// is hooked, so the program runs at its full speed.
//
// A WeakMap says which sampled objects are alive. Hooks on frees or collections
// would cost each allocation, in Ruby 3.2 and older, more than the bursts do.
#include "sampling/sampler.h"

#include <ruby/debug.h>

#include <atomic>
#include <cstring>
#include <new>

#include "ruby/postponed_job.h"
#include "sampling/burst.h"
#include "sampling/frame_texts.h"
#include "sampling/ticker.h"

namespace heap_dump {
namespace {

// Intervals after which a burst is closed that did not become full.
constexpr int kLongestBurst = 10;

void BurstIsFull();
void Tick();

class Sampler {
 public:
  Sampler() : burst_(BurstIsFull), ticker_(heap_dump::Tick) {}

  // Raises NoMemoryError, ThreadError and the like, before anything is on.
  void Start(uint64_t interval_ms);
  // Starts the thread again, in a forked process.
  void GoOn();
  void Stop();
  bool on() const { return on_; }
  void Tick();
  AllocationSamples Look();

  // Jobs at safe points; they may call Ruby and raise.
  void OpenBurst();
  void CloseBurst();

  // Ruby 3.1 crashes when a Ractor starts while a hook is on.
  void BeginRactor();
  void EndRactor() { --starting_ractors_; }

  Burst* burst() { return &burst_; }

 private:
  bool SeveralRactors() const;
  void Add(const Burst::Hit& hit, double weight);

  Burst burst_;
  Ticker ticker_;
  SampleTable table_;
  FrameTexts texts_;
  VALUE hook_ = 0;
  VALUE map_ = 0;  // object => its place in table_
  bool on_ = false;
  uint64_t interval_ms_ = 0;
  int ticks_ = 0;                       // since the burst began
  std::atomic<size_t> collections_{0};  // at the last burst
  uint64_t allocated_ = 0;              // objects, at the end of the last burst
  uint64_t first_allocated_ = 0;
  uint64_t bursts_ = 0;
  bool looking_ = false;
  std::atomic<int> starting_ractors_{0};
};

Sampler* g_sampler = nullptr;

// --- Names of Ruby methods and counters ---

ID g_aset, g_each_pair, g_count, g_allocated;

uint64_t AllocatedObjects() { return rb_gc_stat(ID2SYM(g_allocated)); }

// --- Jobs ---

void RunProtected(void (Sampler::*job)()) {
  static void (Sampler::*current)();
  current = job;
  int error = 0;
  rb_protect(
      [](VALUE) {
        (g_sampler->*current)();
        return Qnil;
      },
      Qnil, &error);
  if (error == 0) return;
  rb_set_errinfo(Qnil);
  g_sampler->Stop();
}

void OpenJob(void*) { RunProtected(&Sampler::OpenBurst); }
void CloseJob(void*) { RunProtected(&Sampler::CloseBurst); }

void BurstIsFull() { RunAtSafePoint(CloseJob); }
void Tick() { g_sampler->Tick(); }

void Allocated(VALUE tracepoint, void*) {
  rb_trace_arg_t* const argument = rb_tracearg_from_tracepoint(tracepoint);
  g_sampler->burst()->Allocated(rb_tracearg_object(argument));
}

// --- Ractors ---

struct Arguments {
  int count;
  const VALUE* values;
  int keywords;
};

VALUE CallSuper(VALUE arguments) {
  const auto* const all = reinterpret_cast<const Arguments*>(arguments);
  return rb_call_super_kw(all->count, all->values, all->keywords);
}

VALUE EndRactor(VALUE) {
  g_sampler->EndRactor();
  return Qnil;
}

// Ractor.new
VALUE RactorNew(int count, VALUE* arguments, VALUE) {
  g_sampler->BeginRactor();
  const Arguments all = {count, arguments, rb_keyword_given_p()};
  return rb_ensure(CallSuper, reinterpret_cast<VALUE>(&all), EndRactor, Qnil);
}

// In C, so that Ractor.new still sees the line of code that called it.
void FollowRactors() {
  const ID name = rb_intern("Ractor");
  if (!rb_const_defined(rb_cObject, name)) return;
  const VALUE module = rb_module_new();
  rb_define_method(module, "new", RUBY_METHOD_FUNC(RactorNew), -1);
  rb_prepend_module(rb_singleton_class(rb_const_get(rb_cObject, name)), module);
}

// --- The sampler ---

void Sampler::Start(uint64_t interval_ms) {
  if (map_ == 0) {
    const VALUE map = rb_class_new_instance(
        0, nullptr, rb_path2class("ObjectSpace::WeakMap"));
    rb_gc_register_mark_object(map);
    const VALUE hook =
        rb_tracepoint_new(0, RUBY_INTERNAL_EVENT_NEWOBJ, Allocated, nullptr);
    rb_gc_register_mark_object(hook);
    map_ = map;
    hook_ = hook;
    FollowRactors();
    first_allocated_ = AllocatedObjects();
  }
  interval_ms_ = interval_ms;
  if (!on_) allocated_ = AllocatedObjects();
  collections_ = SIZE_MAX;  // The first burst waits for no collection.
  const int error = ticker_.Start(interval_ms);
  if (error != 0) {
    rb_raise(rb_eThreadError, "no thread for samples: %s", strerror(error));
  }
  on_ = true;
}

// Without a thread, this process is not sampled.
void Sampler::GoOn() { on_ = on_ && ticker_.Start(interval_ms_) == 0; }

void Sampler::Stop() {
  on_ = false;
  ticker_.Stop();
  burst_.Close();
  burst_.Clear();
  rb_tracepoint_disable(hook_);
}

// Without the GVL.
void Sampler::Tick() {
  if (burst_.open()) {
    if (++ticks_ % kLongestBurst == 0 && burst_.hits() > 0) BurstIsFull();
  } else if (rb_gc_count() != collections_) {
    // Not without a collection: even an empty job throws YJIT out of a loop.
    ticks_ = 0;
    RunAtSafePoint(OpenJob);
  }
}

bool Sampler::SeveralRactors() const {
  if (!rb_const_defined(rb_cObject, rb_intern("Ractor"))) return false;
  const VALUE ractor = rb_const_get(rb_cObject, rb_intern("Ractor"));
  return NUM2INT(rb_funcall(ractor, g_count, 0)) > 1;
}

void Sampler::OpenBurst() {
  if (!on_ || burst_.open() || looking_) return;
  if (starting_ractors_ > 0 || SeveralRactors()) return;
  if (burst_.hits() > 0) CloseBurst();  // which a look kept from it
  collections_ = rb_gc_count();
  burst_.Open();
  rb_tracepoint_enable(hook_);
}

// The hook is off while the hits become text: that makes strings.
void Sampler::BeginRactor() {
  ++starting_ractors_;
  if (burst_.open()) CloseBurst();
}

void Sampler::CloseBurst() {
  burst_.Close();
  rb_tracepoint_disable(hook_);
  // During a look, no sample may be added.
  if (burst_.hits() == 0 || looking_) return;
  const uint64_t allocated = AllocatedObjects();
  const double weight =
      static_cast<double>(allocated - allocated_) / burst_.hits();
  texts_.Begin();
  for (int i = 0; i < burst_.count(); ++i) Add(burst_.hit(i), weight);
  burst_.Clear();
  allocated_ = AllocatedObjects();
  ++bursts_;
  if (table_.NeedsLook()) Look();
}

void Sampler::Add(const Burst::Hit& hit, double weight) {
  if (!IsVisible(hit.object) || !table_.Accepts()) return;
  const uint32_t stack = texts_.StackOf(hit, table_.stacks());
  if (stack == StackTable::kNone) return;
  const uint32_t place =
      table_.Add(stack, static_cast<uint32_t>(rb_gc_count()), weight);
  if (place == StackTable::kNone) return;
  rb_funcall(map_, g_aset, 2, hit.object, UINT2NUM(place));
}

VALUE NoteAlive(RB_BLOCK_CALL_FUNC_ARGLIST(, table)) {
  if (argc == 2 && FIXNUM_P(argv[1])) {
    reinterpret_cast<SampleTable*>(table)->Alive(
        static_cast<uint32_t>(FIX2LONG(argv[1])), argv[0]);
  }
  return Qnil;
}

AllocationSamples Sampler::Look() {
  AllocationSamples samples;
  if (map_ == 0) return samples;
  looking_ = true;
  table_.BeginLook();
  rb_block_call(map_, g_each_pair, 0, nullptr,
                reinterpret_cast<rb_block_call_func_t>(NoteAlive),
                reinterpret_cast<VALUE>(&table_));
  table_.EndLook();
  looking_ = false;
  samples.table = &table_;
  samples.interval_ms = interval_ms_;
  samples.bursts = bursts_;
  samples.allocated = AllocatedObjects() - first_allocated_;
  return samples;
}

// --- The object that keeps the hits of an open burst alive ---

void MarkHits(void* burst) { static_cast<Burst*>(burst)->Mark(); }

rb_data_type_t KeeperType() {
  rb_data_type_t type = {};
  type.wrap_struct_name = "heap_dump/burst";
  type.function.dmark = MarkHits;
  return type;
}
const rb_data_type_t g_keeper_type = KeeperType();

// Ruby ends after its end procs: nothing may ask it for jobs from then on.
void StopAtEnd(VALUE) {
  if (g_sampler->on()) g_sampler->Stop();
}

void MakeSampler() {
  if (g_sampler != nullptr) return;
  g_aset = rb_intern("[]=");
  g_each_pair = rb_intern("each_pair");
  g_count = rb_intern("count");
  g_allocated = rb_intern("total_allocated_objects");
  // Never destroyed: the hook may run until the process ends.
  alignas(Sampler) static char place[sizeof(Sampler)];
  g_sampler = new (place) Sampler;
  // Not write-barrier protected, so that each collection marks the hits anew.
  rb_gc_register_mark_object(
      rb_data_typed_object_wrap(0, g_sampler->burst(), &g_keeper_type));
  rb_set_end_proc(StopAtEnd, Qnil);
}

// --- Methods ---

// start_sampling(interval in milliseconds)
VALUE StartMethod(VALUE, VALUE interval_ms) {
  const uint64_t ms = NUM2ULL(interval_ms);
  MakeSampler();
  g_sampler->Start(ms);
  return Qnil;
}

VALUE StopMethod(VALUE) {
  if (g_sampler != nullptr && g_sampler->on()) g_sampler->Stop();
  return Qnil;
}

VALUE IsOnMethod(VALUE) {
  return g_sampler != nullptr && g_sampler->on() ? Qtrue : Qfalse;
}

VALUE GoOnMethod(VALUE) {
  if (g_sampler != nullptr) g_sampler->GoOn();
  return Qnil;
}

}  // namespace

AllocationSamples LookAtSamples() {
  AllocationSamples samples;
  if (g_sampler == nullptr) return samples;
  int error = 0;
  rb_protect(
      [](VALUE to) {
        *reinterpret_cast<AllocationSamples*>(to) = g_sampler->Look();
        return Qnil;
      },
      reinterpret_cast<VALUE>(&samples), &error);
  if (error != 0) rb_set_errinfo(Qnil);
  return samples;
}

void DefineSamplingMethods(VALUE module) {
  const VALUE singleton = rb_singleton_class(module);
  rb_define_private_method(singleton, "start_sampling",
                           RUBY_METHOD_FUNC(StartMethod), 1);
  rb_define_private_method(singleton, "stop_sampling",
                           RUBY_METHOD_FUNC(StopMethod), 0);
  rb_define_private_method(singleton, "sampling?", RUBY_METHOD_FUNC(IsOnMethod),
                           0);
  rb_define_private_method(singleton, "go_on_sampling",
                           RUBY_METHOD_FUNC(GoOnMethod), 0);
}

}  // namespace heap_dump

#ifndef HEAP_DUMP_SAMPLING_SAMPLE_TABLE_H_
#define HEAP_DUMP_SAMPLING_SAMPLE_TABLE_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "sampling/stack_table.h"
#include "util/arena.h"

namespace heap_dump {

// Sampled allocations and their stacks, in memory of its own, so that a copy of
// the process can read it. For one thread.
//
// The number of samples is bounded: beyond kMostSamples every second one is
// dropped, and the others, and those to come, stand for twice as many objects.
class SampleTable {
 public:
  static constexpr uint32_t kMostSamples = 1 << 14;

  struct Sample {
    VALUE object = 0;  // 0: not found alive by the last look
    uint32_t stack = 0;
    uint32_t generation = 0;  // the count of collections at the allocation
    double weight = 0;        // allocations that it stands for; 0: dropped
    bool used = false;
    bool alive = false;
  };

  // The table into which the stacks of new samples go.
  StackTable* stacks() { return &tables_[current_]; }
  const StackTable& stacks() const { return tables_[current_]; }

  // Whether a sample that is to be added now has a place. Once the table was
  // full, only some have.
  bool Accepts();
  // Gives the place of the new sample; kNone if there is no memory left.
  uint32_t Add(uint32_t stack, uint32_t generation, double weight);
  // Takes the sample back that Add has placed.
  void Remove(uint32_t place);

  // A look at which samples are alive: Begin, an Alive for each, End.
  void BeginLook();
  void Alive(uint32_t place, VALUE object);
  void EndLook();
  // Whether a look would probably free much.
  bool NeedsLook() const { return added_ >= kLookAfter + live_; }

  // Calls visit(sample) for each that the last look found alive.
  template <typename Visit>
  void ForEachAlive(Visit visit) const {
    for (const Sample& sample : samples_) {
      if (sample.alive && sample.weight > 0) visit(sample);
    }
  }

 private:
  // Samples between two looks, at least.
  static constexpr uint32_t kLookAfter = 1 << 13;

  void Thin();
  void ForgetUnusedStacks();

  Arena arena_;
  StackTable tables_[2];  // the other one is for ForgetUnusedStacks
  int current_ = 0;
  ArenaVector<Sample> samples_{&arena_};
  ArenaVector<uint32_t> free_{&arena_};  // places in samples_
  uint32_t live_ = 0;                    // samples of the last look
  uint32_t added_ = 0;                   // since the last look
  uint32_t stride_ = 1;  // each such sample is accepted, for as many
  uint32_t offered_ = 0;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_SAMPLING_SAMPLE_TABLE_H_

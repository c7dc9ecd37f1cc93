#include "sampling/sample_table.h"

namespace heap_dump {
namespace {

// Stacks without samples that are kept: most will be seen again.
constexpr uint32_t kSpareStacks = 1 << 12;

}  // namespace

bool SampleTable::Accepts() { return offered_++ % stride_ == 0; }

uint32_t SampleTable::Add(uint32_t stack, uint32_t generation, double weight) {
  uint32_t place = StackTable::kNone;
  if (!free_.empty()) {
    place = free_[free_.size() - 1];
    free_.Shrink(free_.size() - 1);
  } else {
    const size_t size = samples_.size();
    samples_.Push({});
    if (samples_.size() == size) return StackTable::kNone;
    place = static_cast<uint32_t>(size);
  }
  Sample sample;
  sample.stack = stack;
  sample.generation = generation;
  sample.weight = weight * stride_;
  sample.used = true;
  samples_[place] = sample;
  ++added_;
  return place;
}

void SampleTable::Remove(uint32_t place) {
  samples_[place] = {};
  free_.Push(place);
}

void SampleTable::BeginLook() {
  for (Sample& sample : samples_) sample.alive = false;
}

void SampleTable::Alive(uint32_t place, VALUE object) {
  if (place >= samples_.size() || !samples_[place].used) return;
  samples_[place].alive = true;
  samples_[place].object = object;
}

void SampleTable::EndLook() {
  live_ = 0;
  for (uint32_t i = 0; i < samples_.size(); ++i) {
    const Sample& sample = samples_[i];
    if (sample.used && !sample.alive) Remove(i);
    live_ += sample.alive && sample.weight > 0 ? 1 : 0;
  }
  added_ = 0;
  if (live_ > kMostSamples) Thin();
  ForgetUnusedStacks();
}

// The places of dropped samples stay in use for as long as their objects live.
void SampleTable::Thin() {
  bool keep = false;
  live_ = 0;
  for (Sample& sample : samples_) {
    if (!sample.alive || sample.weight <= 0) continue;
    keep = !keep;
    sample.weight *= keep ? 2 : 0;
    live_ += keep ? 1 : 0;
  }
  stride_ *= 2;
}

void SampleTable::ForgetUnusedStacks() {
  if (stacks()->stacks() < kSpareStacks + 2 * live_) return;
  StackTable* const fresh = &tables_[1 - current_];
  for (Sample& sample : samples_) {
    if (!sample.used) continue;
    sample.stack = fresh->AddStackOf(*stacks(), sample.stack);
    // Without memory, the sample has no stack that could be shown.
    if (sample.stack == StackTable::kNone) {
      sample.stack = 0;
      sample.weight = 0;
    }
  }
  stacks()->Clear();
  current_ = 1 - current_;
}

}  // namespace heap_dump

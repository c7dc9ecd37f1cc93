#ifndef HEAP_DUMP_SAMPLING_BURST_H_
#define HEAP_DUMP_SAMPLING_BURST_H_

#include <ruby.h>

#include <atomic>
#include <cstdint>

namespace heap_dump {

// Some thousand consecutive allocations, of which every 64th on average is
// noted with its stack. A hook on allocations is enabled for as long only: it
// costs each allocation 50 ns and more.
class Burst {
 public:
  static constexpr int kHits = 64;
  static constexpr int kMeanStride = 64;
  static constexpr int kDeepest = 48;

  // A noted allocation. The object and the code are kept alive by Mark.
  struct Hit {
    VALUE object;
    int depth;
    VALUE frames[kDeepest];  // as of rb_profile_frames, innermost first
    int lines[kDeepest];
  };

  // `full` is called once, in the middle of an allocation, when all hits are
  // there.
  explicit Burst(void (*full)()) : full_(full) {}

  void Open();
  // No hit is added from now on.
  void Close() { open_.store(false); }
  bool open() const { return open_.load(); }

  // Looks at an allocation. Makes no object; in any Ractor.
  void Allocated(VALUE object);

  // Allocations counted, including those of objects that the program cannot
  // see.
  int hits() const { return hits_; }
  // The hits with an object that the program can see.
  int count() const { return count_; }
  const Hit& hit(int i) const { return hit_[i]; }
  void Clear() {
    hits_ = 0;
    count_ = 0;
  }

  // For the GC: the objects and their code.
  void Mark() const;

 private:
  uint32_t NextStride();

  void (*const full_)();
  std::atomic<bool> open_{false};
  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  uint64_t random_ = 0x9e3779b97f4a7c15;
  uint32_t skip_ = 0;
  std::atomic<int> hits_{0};  // also read by the ticker's thread
  int count_ = 0;
  Hit hit_[kHits];
};

// Whether Ruby code can have a reference to the object.
bool IsVisible(VALUE object);

}  // namespace heap_dump

#endif  // HEAP_DUMP_SAMPLING_BURST_H_

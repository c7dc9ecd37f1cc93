#ifndef HEAPQ_INDEXER_LOAD_MEMORY_ESTIMATE_H_
#define HEAPQ_INDEXER_LOAD_MEMORY_ESTIMATE_H_

#include <cstdint>
#include <optional>

#include "indexer/read/read_dump.h"

namespace heapq {

// Says what memory a load will take at its peak, in bytes, from what was read
// so far: what the heap's columns hold, what the stages after reading need for
// each object and each reference, and what each load needs.
class MemoryEstimate {
 public:
  // `before`: what the process took before it began to load.
  explicit MemoryEstimate(uint64_t before) : before_(before) {}

  // How far reading has got, in the order of the file.
  void Note(const ReadTally& tally);

  // If nothing followed what was read.
  uint64_t SoFar() const { return Peak(now_); }
  // If the rest is like the later half of what was read: a dump begins with
  // classes and code, which are larger than what follows. Null: too little was
  // read for an estimate, or the size of the whole is unknown.
  std::optional<uint64_t> Whole() const;

 private:
  // Doubles, as they are extrapolated.
  struct Amounts {
    double share = 0;
    double held = 0;
    double objects = 0;
    double edges = 0;
  };

  uint64_t Peak(const Amounts& amounts) const;

  const uint64_t before_;
  Amounts now_;
  // Where the share was about half of what it is, and where it will have been
  // when it is twice as large.
  Amounts half_;
  Amounts next_half_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_LOAD_MEMORY_ESTIMATE_H_

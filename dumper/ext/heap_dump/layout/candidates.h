#ifndef HEAP_DUMP_LAYOUT_CANDIDATES_H_
#define HEAP_DUMP_LAYOUT_CANDIDATES_H_

#include <cstdint>

namespace heap_dump {

// The offsets at which a field may lie. A probe begins with all of them and
// keeps, in each context, those where the known value was found. Takes no
// memory besides itself.
class Candidates {
 public:
  // Offsets are below this number of bytes.
  static constexpr int kLimit = 4096;

  Candidates() { Fill(); }

  // Makes every offset a candidate.
  void Fill();
  void Clear();
  void Add(int value);
  bool Has(int value) const;
  int size() const;
  // The only candidate; -1 if there is none or more than one.
  int Only() const;
  // Removes what `other` does not have.
  void Intersect(const Candidates& other);
  // Removes what `other` has.
  void Remove(const Candidates& other);

 private:
  uint64_t bits_[kLimit / 64];
};

// The result of the probes for one field.
struct Finding {
  Candidates places;
  // Independent contexts in which the field was looked for.
  int contexts = 0;

  // Takes the places of one more context.
  void Keep(const Candidates& found) {
    places.Intersect(found);
    ++contexts;
  }
};

// Fewer contexts than this say nothing.
constexpr int kFewestContexts = 2;

struct Decision {
  enum Source {
    kConfirmed,  // the probe found what the table has
    kProbed,     // the table has nothing
    kTable,      // the probe did not run
    kLeftOut,
  };
  Source source;
  int value;  // -1 if it is left out
  // For kLeftOut.
  enum Reason { kNone, kNotProbed, kNotFound, kAmbiguous, kDisagrees } reason;
};

// Compares the table's value (-1: it has none) with what the probe found.
Decision Decide(int expected, const Finding& finding);

}  // namespace heap_dump

#endif  // HEAP_DUMP_LAYOUT_CANDIDATES_H_

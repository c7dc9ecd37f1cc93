#include "layout/candidates.h"

namespace heap_dump {
namespace {

constexpr int kWords = Candidates::kLimit / 64;

}  // namespace

void Candidates::Fill() {
  for (uint64_t& word : bits_) word = ~uint64_t{0};
}

void Candidates::Clear() {
  for (uint64_t& word : bits_) word = 0;
}

void Candidates::Add(int value) {
  if (value < 0 || value >= kLimit) return;
  bits_[value / 64] |= uint64_t{1} << (value % 64);
}

bool Candidates::Has(int value) const {
  return value >= 0 && value < kLimit &&
         (bits_[value / 64] >> (value % 64) & 1) != 0;
}

int Candidates::size() const {
  int count = 0;
  for (uint64_t word : bits_) count += __builtin_popcountll(word);
  return count;
}

int Candidates::Only() const {
  if (size() != 1) return -1;
  for (int i = 0; i < kWords; ++i) {
    if (bits_[i] != 0) return i * 64 + __builtin_ctzll(bits_[i]);
  }
  return -1;
}

void Candidates::Intersect(const Candidates& other) {
  for (int i = 0; i < kWords; ++i) bits_[i] &= other.bits_[i];
}

void Candidates::Remove(const Candidates& other) {
  for (int i = 0; i < kWords; ++i) bits_[i] &= ~other.bits_[i];
}

Decision Decide(int expected, const Finding& finding) {
  const bool probed = finding.contexts >= kFewestContexts;
  if (!probed) {
    return expected >= 0
               ? Decision{Decision::kTable, expected, Decision::kNone}
               : Decision{Decision::kLeftOut, -1, Decision::kNotProbed};
  }
  if (expected >= 0) {
    return finding.places.Has(expected)
               ? Decision{Decision::kConfirmed, expected, Decision::kNone}
               : Decision{Decision::kLeftOut, -1, Decision::kDisagrees};
  }
  const int only = finding.places.Only();
  if (only >= 0) return {Decision::kProbed, only, Decision::kNone};
  return {
      Decision::kLeftOut, -1,
      finding.places.size() == 0 ? Decision::kNotFound : Decision::kAmbiguous};
}

}  // namespace heap_dump

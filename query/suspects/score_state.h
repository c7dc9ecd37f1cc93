#ifndef HEAPQ_QUERY_SUSPECTS_SCORE_STATE_H_
#define HEAPQ_QUERY_SUSPECTS_SCORE_STATE_H_

#include <string>
#include <utility>

#include "query/suspects/score.h"

namespace heapq {

// A candidate under judgement. Only the sources of Scorer include this.
struct Scorer::State {
  ScoredCandidate out;
  double weight = 1;
  int strong = 0;
  bool application_above = false;
  bool application_below = false;
  CodeOwner held = CodeOwner::kUnknown;  // of most of what is held
  bool in_frame = false;
  bool in_threads = false;  // several threads hold many each
  bool frozen = false;
  bool bounded = false;
  bool data_keys = false;
  bool blank_keys = false;    // keys that hold nothing that the dump shows
  bool data_in_gem = false;   // a gem's container, filled one by one
  bool fills_itself = false;  // a hash with a block for new keys
  // Keys that count up: from their first on, or without the first ones.
  enum { kNoSeries, kWindow, kWhole } series = kNoSeries;
  bool shrinks = false;    // code removes from it, and may have run
  bool adds_only = false;  // the source adds and does not remove
  bool is_table = false;   // the source fills it once
  bool declared = false;   // blocks at the top level of files are its content
  bool is_called_at_load = false;  // what adds runs while files are loaded
  bool acts_later = false;        // methods of the holder ran, and none removes
  bool adds_later = false;        // one of them adds, as far as the dump tells
  bool appended = false;          // an array that grew by one element at a time
  bool runs_application = false;  // threads that run the application's code
  bool normal = false;
  bool known_leak = false;  // by a rule

  const Candidate& candidate() const { return out.candidate; }
  void Weigh(double factor, std::string text, bool sign = false) {
    weight *= factor;
    if (sign) ++strong;
    out.evidence.push_back({factor, std::move(text)});
  }
  bool OfApplication() const {
    return out.holder.OfApplication() || application_above || application_below;
  }
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_SCORE_STATE_H_

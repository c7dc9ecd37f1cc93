#ifndef HEAPQ_QUERY_MEMORY_MEMORY_VERDICT_H_
#define HEAPQ_QUERY_MEMORY_MEMORY_VERDICT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/memory/memory_account.h"
#include "query/memory/memory_split.h"
#include "query/memory/working_set.h"

namespace heapq {

// Classifies the memory of a process by the rules of
// docs/reference/memory.md.
enum class MemoryVerdict {
  kObjects,           // live Ruby objects
  kWorkingSet,        // the same, held by methods that were running
  kGarbage,           // a collection frees it
  kFragmentedHeap,    // free slots on pages that are in use
  kFragmentedMalloc,  // free blocks that the allocator keeps
  kNative,            // allocated outside Ruby's objects
  kUnexplained,       // the account does not say
  kSmall,             // nothing stands out
};

// The verdict's key in JSON: "objects", "garbage", …
std::string_view KeyOf(MemoryVerdict verdict);

struct MemoryFinding {
  MemoryVerdict verdict = MemoryVerdict::kSmall;
  // Something to act on. Otherwise the verdict only says where the memory is.
  bool is_alarm = false;
  uint64_t bytes = 0;               // that the verdict is about
  std::string sentence;             // without a full stop
  std::vector<std::string> advice;  // sentences, without full stops
};

// "alarm" or "normal".
std::string_view LevelOf(const MemoryFinding& finding);

MemoryFinding JudgeMemory(const MemoryAccount& account,
                          const MemorySplit& split);

// The holder of the objects that grew most, and their growth in bytes.
struct GrownHolder {
  std::string name;
  uint64_t bytes = 0;
};

// Changes the verdict kObjects to kWorkingSet if the locals of running methods
// hold at least half of the objects. Leaves other verdicts.
void RefineByWorkingSet(const WorkingSet& set, const MemorySplit& split,
                        MemoryFinding* finding);

// The most likely leak among the objects of a heap.
struct LikelyLeak {
  std::string holder;
  uint64_t retained = 0;  // bytes
};

// Makes an alarm of the verdict kObjects if there is a likely leak, or says
// that nothing looks like one: null. Leaves other verdicts.
void RefineByLeak(const LikelyLeak* leak, const MemorySplit& split,
                  MemoryFinding* finding);

// "+610 MB RSS: 580 MB are live Ruby objects, held by EventBus @handlers": what
// changed between two splits of one program, the earlier one first. The holder
// is named if it accounts for a third of the objects' growth; it may be null.
std::string ExplainGrowth(const MemorySplit& before, const MemorySplit& after,
                          const GrownHolder* holder);

}  // namespace heapq

#endif  // HEAPQ_QUERY_MEMORY_MEMORY_VERDICT_H_

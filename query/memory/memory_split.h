#ifndef HEAPQ_QUERY_MEMORY_MEMORY_SPLIT_H_
#define HEAPQ_QUERY_MEMORY_MEMORY_SPLIT_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/memory/memory_account.h"

namespace heapq {

// A part of the resident memory of a process.
enum class MemoryPart {
  kSlots,       // live objects on Ruby's heap
  kOwned,       // what malloc gave out for live objects
  kGarbage,     // both, of objects that no root reaches
  kFreeSlots,   // on pages of Ruby's heap
  kNative,      // allocated, and reported by no Ruby object
  kFreeMalloc,  // kept by the allocator
  kThreadStacks,
  kFiberStacks,
  kCode,
  kFiles,
  kShared,
  kUnknown,
};
constexpr size_t kMemoryParts = 12;

// The part's name in tables, its key in JSON, and a phrase that explains it.
std::string_view NameOf(MemoryPart part);
std::string_view KeyOf(MemoryPart part);
std::string_view MeaningOf(MemoryPart part);

// Resident memory by MemoryPart, in bytes. The parts add up to `total`.
struct MemorySplit {
  std::array<uint64_t, kMemoryParts> bytes = {};
  uint64_t total = 0;
  // Where garbage is in the dump, its memory is estimated by its share of the
  // bytes of all objects.
  bool garbage_is_estimated = false;

  uint64_t Of(MemoryPart part) const {
    return bytes[static_cast<size_t>(part)];
  }
};

// Share of the bytes of a dump's objects that no root reaches, from 0 to 1.
absl::StatusOr<double> GarbageShare(HeapDb* db);

// Splits the account. If the account has no resident memory by use, everything
// but Ruby's objects and files is kUnknown.
MemorySplit SplitMemory(const MemoryAccount& account, double garbage_share);

}  // namespace heapq

#endif  // HEAPQ_QUERY_MEMORY_MEMORY_SPLIT_H_

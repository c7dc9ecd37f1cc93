#include "query/memory/memory_split.h"

#include <algorithm>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr int64_t kFirstWithoutTransientHeap = 303;
constexpr uint64_t kTransientHeap = 32 << 20;

struct PartText {
  std::string_view name;
  std::string_view key;
  std::string_view meaning;
};

constexpr std::array<PartText, kMemoryParts> kParts = {{
    {"live objects: slots", "slots", "live objects on Ruby's heap"},
    {"live objects: owned", "owned",
     "malloc'ed for live strings, arrays, tables and the like"},
    {"garbage", "garbage", "objects that no root reaches, and what they own"},
    {"free slots", "free_slots",
     "on pages of Ruby's heap that hold other objects or are kept"},
    {"native memory", "native",
     "malloc'ed, and no Ruby object reports it: C libraries, Ruby's own "
     "tables"},
    {"free in malloc", "free_malloc",
     "freed by the program, and kept by the allocator"},
    {"thread stacks", "thread_stacks", "resident part of machine stacks"},
    {"fiber stacks", "fiber_stacks", "resident part of machine stacks"},
    {"machine code", "code", "compiled at run time (YJIT, libffi)"},
    {"files", "files", "programs, libraries and other mapped files"},
    {"shared memory", "shared", "shared with other processes"},
    {"unknown", "unknown", "anonymous memory that nothing accounts for"},
}};

// Takes at most `amount` from `from`, and returns what was taken.
uint64_t Take(uint64_t amount, uint64_t* from) {
  const uint64_t taken = std::min(amount, *from);
  *from -= taken;
  return taken;
}

// Resident memory of malloc: what the program holds, what is free, and what
// cannot be told.
struct MallocSplit {
  uint64_t used = 0;
  uint64_t free = 0;
  uint64_t rest = 0;
};

MallocSplit SplitGlibc(const MemoryAccount& account, uint64_t heaps,
                       uint64_t anonymous, bool ruby_heap_in_malloc) {
  MallocSplit split;
  uint64_t in_use = account.malloc->in_use;
  // Up to Ruby 3.0 the pages of Ruby's heap are blocks of malloc.
  if (ruby_heap_in_malloc) {
    Take(account.pages_allocated * account.page_size, &in_use);
  }
  split.used = Take(in_use, &heaps);
  split.free = heaps;
  split.used += Take(account.malloc->mapped, &anonymous);
  split.rest = anonymous;
  return split;
}

// Returns what jemalloc's blocks in use take of the `resident` memory. Up to
// Ruby 3.2 one of them is the transient heap, for the elements of young arrays
// and hashes, most of which has never been touched. jemalloc counts it as
// resident, too, and so exceeds what is.
uint64_t TouchedBlocks(const MemoryAccount& account, uint64_t resident) {
  uint64_t in_use = account.malloc->in_use;
  if (account.ruby < kFirstWithoutTransientHeap &&
      account.malloc->resident > resident) {
    Take(std::min(account.malloc->resident - resident, kTransientHeap),
         &in_use);
  }
  return in_use;
}

MallocSplit SplitMalloc(const MemoryAccount& account, uint64_t heaps,
                        uint64_t anonymous, bool ruby_heap_in_malloc) {
  if (!account.malloc) return {0, 0, heaps + anonymous};
  if (account.allocator == "glibc") {
    return SplitGlibc(account, heaps, anonymous, ruby_heap_in_malloc);
  }
  MallocSplit split;
  uint64_t all = heaps + anonymous;
  split.used = Take(TouchedBlocks(account, all), &all);
  if (account.malloc->resident > account.malloc->in_use) {
    split.free = Take(account.malloc->resident - account.malloc->in_use, &all);
  }
  split.rest = all;
  return split;
}

}  // namespace

std::string_view NameOf(MemoryPart part) {
  return kParts[static_cast<size_t>(part)].name;
}
std::string_view KeyOf(MemoryPart part) {
  return kParts[static_cast<size_t>(part)].key;
}
std::string_view MeaningOf(MemoryPart part) {
  return kParts[static_cast<size_t>(part)].meaning;
}

absl::StatusOr<double> GarbageShare(HeapDb* db) {
  ASSIGN_OR_RETURN(const int64_t size, db->MetaNumber("size"));
  ASSIGN_OR_RETURN(const int64_t reachable, db->MetaNumber("reachable_size"));
  if (size <= 0 || reachable <= 0 || reachable > size) return 0;
  return 1 - static_cast<double>(reachable) / static_cast<double>(size);
}

MemorySplit SplitMemory(const MemoryAccount& account, double garbage_share) {
  MemorySplit split;
  split.total = account.rss;
  const auto set = [&split](MemoryPart part, uint64_t bytes) {
    split.bytes[static_cast<size_t>(part)] = bytes;
  };
  MemoryAccount::Objects live =
      account.objects.value_or(MemoryAccount::Objects());
  MemoryAccount::Objects garbage;
  if (account.garbage) {
    garbage = *account.garbage;
  } else {
    split.garbage_is_estimated = true;
    const auto share = [garbage_share](uint64_t bytes) {
      return static_cast<uint64_t>(static_cast<double>(bytes) * garbage_share);
    };
    garbage.slots = share(live.slots);
    garbage.owned = share(live.owned);
    live.slots -= garbage.slots;
    live.owned -= garbage.owned;
  }
  if (!account.resident) {
    uint64_t rest = account.rss;
    set(MemoryPart::kFiles, Take(account.files, &rest));
    set(MemoryPart::kShared, Take(account.shared, &rest));
    set(MemoryPart::kSlots, Take(live.slots, &rest));
    set(MemoryPart::kOwned, Take(live.owned, &rest));
    set(MemoryPart::kGarbage, Take(garbage.slots + garbage.owned, &rest));
    set(MemoryPart::kUnknown, rest);
    return split;
  }
  const MemoryAccount::Resident& resident = *account.resident;
  const bool in_malloc = resident.ruby_heap_in_malloc > 0;
  uint64_t heaps = resident.main_heap + resident.arenas;
  uint64_t anonymous = resident.anonymous;
  // Pages without an object of the dump, whose addresses are not known.
  uint64_t ruby_heap = resident.ruby_heap;
  if (account.pages_allocated > account.pages_found) {
    ruby_heap += Take(
        (account.pages_allocated - account.pages_found) * account.page_size,
        in_malloc ? &heaps : &anonymous);
  }
  set(MemoryPart::kSlots, Take(live.slots, &ruby_heap));
  const uint64_t garbage_slots = Take(garbage.slots, &ruby_heap);
  set(MemoryPart::kFreeSlots, ruby_heap);

  MallocSplit malloc = SplitMalloc(account, heaps, anonymous, in_malloc);
  uint64_t* const held = account.malloc ? &malloc.used : &malloc.rest;
  set(MemoryPart::kOwned, Take(live.owned, held));
  set(MemoryPart::kGarbage, garbage_slots + Take(garbage.owned, held));
  set(MemoryPart::kNative, malloc.used);
  set(MemoryPart::kFreeMalloc, malloc.free);
  set(MemoryPart::kThreadStacks, resident.thread_stacks);
  set(MemoryPart::kFiberStacks, resident.fiber_stacks);
  set(MemoryPart::kCode, resident.code);
  set(MemoryPart::kFiles, resident.files);
  set(MemoryPart::kShared, resident.shared);
  set(MemoryPart::kUnknown, malloc.rest);
  // The kernel counts the RSS in batches; what was read page by page is exact.
  split.total = 0;
  for (const uint64_t bytes : split.bytes) split.total += bytes;
  return split;
}

}  // namespace heapq

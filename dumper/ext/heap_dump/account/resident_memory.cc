#include "account/resident_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "util/memory_maps.h"
#include "util/safe_read.h"

namespace heap_dump {
namespace {

constexpr uint64_t kPresent = uint64_t{1} << 63;
// Entries that are read at once.
constexpr size_t kEntries = 4096;
// Pages that are looked at in all: 256 GiB of address space with pages of
// 4 KiB. A mapping may be reserved and empty.
constexpr uint64_t kMaxPages = uint64_t{1} << 26;
// glibc's arenas begin at multiples of this, and are no larger.
constexpr uintptr_t kArenaSize = uintptr_t{64} << 20;
constexpr uintptr_t kPage = 4096;

class PageMap {
 public:
  explicit PageMap(pid_t pid) {
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
    fd_ = open(path, O_RDONLY | O_CLOEXEC);
  }
  ~PageMap() {
    if (fd_ >= 0) close(fd_);
  }
  PageMap(const PageMap&) = delete;
  PageMap& operator=(const PageMap&) = delete;

  bool ok() const { return fd_ >= 0; }

  // Calls visit(address) for each page of the range that is in memory. False
  // if the file cannot be read, or if too much was looked at.
  template <typename Visit>
  bool ForEachPresent(uintptr_t begin, uintptr_t end, Visit visit) {
    while (begin < end) {
      const size_t count =
          std::min<size_t>(kEntries, (end - begin) / page_size_);
      looked_at_ += count;
      if (looked_at_ > kMaxPages) return false;
      const ssize_t got =
          pread(fd_, entries_, count * sizeof(uint64_t),
                static_cast<off_t>(begin / page_size_ * sizeof(uint64_t)));
      if (got < static_cast<ssize_t>(sizeof(uint64_t))) return false;
      const size_t read = got / sizeof(uint64_t);
      for (size_t i = 0; i < read; ++i) {
        if ((entries_[i] & kPresent) != 0) visit(begin + i * page_size_);
      }
      begin += read * page_size_;
    }
    return true;
  }
  uintptr_t page_size() const { return page_size_; }

 private:
  const uintptr_t page_size_ = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  int fd_ = -1;
  uint64_t looked_at_ = 0;
  uint64_t entries_[kEntries];
};

bool StartsWith(const char* text, const char* start) {
  return strncmp(text, start, strlen(start)) == 0;
}

// The end of glibc's arena that begins at this address, or 0. The kernel merges
// mappings, so an arena is recognised by the struct at its beginning.
uintptr_t EndOfArena(uintptr_t begin) {
  struct {
    uintptr_t arena;
    uintptr_t previous;
    uintptr_t size;
    uintptr_t accessible;
  } heap;
  if (!SafeRead(reinterpret_cast<const void*>(begin), &heap, sizeof(heap)) ||
      heap.arena == 0 || heap.arena % sizeof(uintptr_t) != 0 ||
      heap.previous % kArenaSize != 0 || heap.size == 0 ||
      heap.size % kPage != 0 || heap.accessible % kPage != 0 ||
      heap.size > heap.accessible || heap.accessible > kArenaSize) {
    return 0;
  }
  return begin + heap.accessible;
}

MemoryUse UseOf(const MemoryMaps::Mapping& mapping) {
  if (StartsWith(mapping.name, "[heap]")) return MemoryUse::kMainHeap;
  if (StartsWith(mapping.name, "[stack]")) return MemoryUse::kThreadStacks;
  if (mapping.shared &&
      (mapping.inode == 0 || StartsWith(mapping.name, "/dev/zero") ||
       StartsWith(mapping.name, "/dev/shm") ||
       StartsWith(mapping.name, "/memfd:") ||
       StartsWith(mapping.name, "/SYSV"))) {
    return MemoryUse::kShared;
  }
  if (mapping.inode != 0 || mapping.name[0] == '/') return MemoryUse::kFiles;
  if (StartsWith(mapping.name, "[v")) return MemoryUse::kFiles;  // vdso, vvar
  if (mapping.executable || StartsWith(mapping.name, "[anon:Ruby:rb_yjit")) {
    return MemoryUse::kCode;
  }
  return MemoryUse::kAnonymous;
}

// Counts the pages of one mapping after the other.
class Counter {
 public:
  Counter(const KnownRange* known, size_t count, ResidentMemory* resident)
      : known_(known), end_(known + count), resident_(resident) {}

  bool Count(PageMap* pages, const MemoryMaps::Mapping& mapping,
             MemoryUse use) {
    return pages->ForEachPresent(
        mapping.begin, mapping.end, [&](uintptr_t address) {
          const MemoryUse found = UseAt(address, mapping, use);
          const MemoryUse known = Known(address, mapping, found);
          resident_->bytes[static_cast<int>(known)] += pages->page_size();
          if (known == MemoryUse::kRubyHeap && found != MemoryUse::kAnonymous) {
            resident_->ruby_heap_in_malloc += pages->page_size();
          }
        });
  }

 private:
  // Tells arenas from other anonymous memory.
  MemoryUse UseAt(uintptr_t address, const MemoryMaps::Mapping& mapping,
                  MemoryUse use) {
    if (use != MemoryUse::kAnonymous) return use;
    const uintptr_t base = address & ~(kArenaSize - 1);
    if (base != base_) {
      base_ = base;
      arena_end_ = base < mapping.begin ? 0 : EndOfArena(base);
      if (arena_end_ != 0) ++resident_->arenas;
    }
    return address < arena_end_ ? MemoryUse::kArenas : use;
  }

  MemoryUse Known(uintptr_t address, const MemoryMaps::Mapping& mapping,
                  MemoryUse use) {
    if (use != MemoryUse::kMainHeap && use != MemoryUse::kArenas &&
        use != MemoryUse::kAnonymous) {
      return use;
    }
    while (known_ != end_ && known_->end <= address) ++known_;
    return known_ != end_ && known_->begin <= address &&
                   known_->anchor >= mapping.begin &&
                   known_->anchor < mapping.end
               ? known_->use
               : use;
  }

  const KnownRange* known_;
  const KnownRange* const end_;
  ResidentMemory* const resident_;
  // The last address looked at, down to a multiple of kArenaSize, and the end
  // of the arena that begins there.
  uintptr_t base_ = 0;
  uintptr_t arena_end_ = 0;
};

}  // namespace

const char* NameOf(MemoryUse use) {
  constexpr const char* kNames[kMemoryUses] = {
      "ruby_heap", "thread_stacks", "fiber_stacks", "main_heap", "arenas",
      "code",      "files",         "shared",       "anonymous"};
  return kNames[static_cast<int>(use)];
}

const char* ReadResidentMemory(pid_t pid, const KnownRange* known, size_t count,
                               ResidentMemory* resident) {
  PageMap pages(pid);
  if (!pages.ok()) return "pagemap cannot be opened";
  MemoryMaps maps(pid);
  Counter counter(known, count, resident);
  MemoryMaps::Mapping mapping;
  if (!maps.Next(&mapping)) return "maps cannot be read";
  const char* why = nullptr;
  do {
    const bool accessible =
        mapping.readable || mapping.writable || mapping.executable;
    // The kernel's own page, at the end, has no entries.
    if (accessible && !StartsWith(mapping.name, "[vsyscall]") &&
        !counter.Count(&pages, mapping, UseOf(mapping))) {
      why = "pagemap cannot be read as a whole";
    }
  } while (maps.Next(&mapping));
  return why;
}

}  // namespace heap_dump

#ifndef HEAPQ_INDEXER_LOAD_AVAILABLE_MEMORY_H_
#define HEAPQ_INDEXER_LOAD_AVAILABLE_MEMORY_H_

#include <cstdint>
#include <string>

namespace heapq {

// Bytes that this process can still take before the kernel has to end one:
// what the machine has left (MemAvailable), or what the control groups (v1 or
// v2) round the process leave it, whichever is less; cached files, which the
// kernel gives back, count as free. UINT64_MAX: unknown. `root` stands
// before /proc and /sys, for tests.
uint64_t AvailableMemory(const std::string& root = {});

// Bytes of memory that this process takes now (its resident set).
uint64_t ResidentMemory();

}  // namespace heapq

#endif  // HEAPQ_INDEXER_LOAD_AVAILABLE_MEMORY_H_

#ifndef HEAPQ_TESTS_SUPPORT_RANDOM_DUMP_H_
#define HEAPQ_TESTS_SUPPORT_RANDOM_DUMP_H_

#include <cstdint>
#include <string>

namespace heapq {

// A dump in format 2 of objects of many types that refer to each other at
// random, with texts of all lengths, roots, frames and damage. The same for the
// same seed.
std::string RandomDump(uint32_t seed, int objects);

}  // namespace heapq

#endif  // HEAPQ_TESTS_SUPPORT_RANDOM_DUMP_H_

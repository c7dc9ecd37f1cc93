#ifndef HEAPQ_TESTS_FUZZ_FUZZ_DUMP_H_
#define HEAPQ_TESTS_FUZZ_FUZZ_DUMP_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace heapq {

// Reads `first_record` and the bytes behind it as a dump: with the scanner and
// its vectors, without those in blocks on two threads, by yajl alone in pieces,
// and strictly; and analyses the heap. Aborts where these contradict each
// other, in whatever a dump says or where what was dropped stood.
void FuzzDump(std::string first_record, const uint8_t* data, size_t size);

}  // namespace heapq

#endif  // HEAPQ_TESTS_FUZZ_FUZZ_DUMP_H_

#ifndef HEAPQ_TESTS_SUPPORT_RICH_HEAP_H_
#define HEAPQ_TESTS_SUPPORT_RICH_HEAP_H_

#include <string_view>

#include "tests/support/heap_builder.h"

namespace heapq {

// Fills `heap` with one of everything: objects of all types, labels of all
// kinds, named and weak roots, frames, allocation sites, cycles, ghosts,
// islands, something for each question to find. `text` is part of every name
// and text in it.
void AddRichHeap(std::string_view text, HeapBuilder* heap);

}  // namespace heapq

#endif  // HEAPQ_TESTS_SUPPORT_RICH_HEAP_H_

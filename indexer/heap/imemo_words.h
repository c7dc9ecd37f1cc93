#ifndef HEAPQ_INDEXER_HEAP_IMEMO_WORDS_H_
#define HEAPQ_INDEXER_HEAP_IMEMO_WORDS_H_

#include <string_view>

#include "absl/status/status.h"
#include "indexer/heap/heap.h"

// ObjectSpace.dump_all writes the second word of an imemo's slot as its class
// and leaves that address out of the imemo's references. In Ruby 3.0 and 3.1,
// and for some kinds in older versions, the word is a reference that the GC
// marks: an env's iseq, a method entry's class. Elsewhere it is a pointer into
// memory that is not the heap, or absent.
namespace heapq {

// Whether the GC marks the second word of an imemo of this kind in any Ruby
// version. It does not mark that of a call cache, which is its class.
bool MarksSecondWord(std::string_view imemo_kind);

// Adds heap->imemo_words to the edges, as named parts at the end of each
// imemo's edges, and clears them. A word becomes an edge only if it is the
// address of an object of a type that fits the imemo's kind. Fails if the heap
// would have too many edges.
absl::Status AddImemoWords(Heap* heap);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_IMEMO_WORDS_H_

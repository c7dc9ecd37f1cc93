#ifndef HEAPQ_INDEXER_HEAP_CODE_NAMES_H_
#define HEAPQ_INDEXER_HEAP_CODE_NAMES_H_

#include "absl/status/status.h"
#include "indexer/heap/heap.h"
#include "indexer/heap/heap_text.h"

namespace heapq {

// Names the code of a heap whose references have no names, as those of
// ObjectSpace.dump_all, as far as its strings and types show:
//
// * The name of an iseq, and of a method entry that has an iseq, is the iseq's
//   label. Ruby marks an iseq's label, base label and path one after the other;
//   they are recognised by that order and because the label ends in the base
//   label.
// * heap->code_places gets the iseqs' files, and their lines where allocations
//   were traced: a proc is made at the line of its block, and a method entry at
//   the line of its `def`.
// * References of procs, envs and method entries, and of iseqs to their path
// and
//   parent, become the parts that docs/reference/format.md names ("iseq",
//   "env", …).
//
// Reads some strings of `text`, and leaves all of them to be read. Call it
// once, after AddImemoWords. Errors are those of reading.
absl::Status NameCode(HeapText* text, Heap* heap);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_CODE_NAMES_H_

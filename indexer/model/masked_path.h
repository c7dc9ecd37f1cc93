#ifndef HEAPQ_INDEXER_MODEL_MASKED_PATH_H_
#define HEAPQ_INDEXER_MODEL_MASKED_PATH_H_

#include <cstdint>

// The numbers of the table `paths` (docs/reference/schema.md).
namespace heapq {

// How a masked path reaches its last object.
enum class MaskedHop : uint8_t {
  kEdge = 0,       // a reference: EdgeKind and label
  kRoot = 1,       // a root: category, name of a global variable
  kNamed = 2,      // a class or module with a name, which starts a path
  kElement = 3,    // an element of an array, a value of a hash
  kKey = 4,        // a key of a hash
  kSingleton = 5,  // the singleton class of a class or module
};

// The kind of the last object of a masked path.
enum class MaskedObject : uint8_t {
  kInstance = 0,     // of the class `name`
  kSubInstance = 1,  // of an anonymous subclass of `name`
  kClass = 2,        // class or module `name`
  kAnonymous = 3,    // anonymous class below `name`, or anonymous module
  kSingleton = 4,    // singleton class of `name`
  kHidden = 5,       // an object of Ruby itself, without a class
  kProc = 6,         // proc, method or env: `iseq`; `name` is its kind
  kIseq = 7,
  kImemo = 8,  // of kind `name`
  kIclass = 9,
  kOwnThread = 10,  // the thread that heap_dump itself runs
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_MODEL_MASKED_PATH_H_

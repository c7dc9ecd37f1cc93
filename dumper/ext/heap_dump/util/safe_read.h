#ifndef HEAP_DUMP_UTIL_SAFE_READ_H_
#define HEAP_DUMP_UTIL_SAFE_READ_H_

#include <cstddef>

namespace heap_dump {

// Copies memory that may not be mapped. False if it is not.
bool SafeRead(const void* from, void* to, size_t size);

}  // namespace heap_dump

#endif  // HEAP_DUMP_UTIL_SAFE_READ_H_

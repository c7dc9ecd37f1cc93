#ifndef HEAPQ_INDEXER_INPUT_BYTE_SOURCE_H_
#define HEAPQ_INDEXER_INPUT_BYTE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace heapq {

// A stream of bytes: a file or standard input, as it lies there or unpacked.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills up to `size` bytes of `buffer`; 0 is the end. Errors: kUnavailable
  // when reading fails, kDataLoss when packed data are damaged or cut; what
  // came before is good. kAborted: waiting was broken off, by a signal or
  // because nothing came for a while; call again to go on.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size) = 0;

  // Bytes taken from the file so far, packed ones if it is packed.
  virtual uint64_t consumed() const = 0;
  // Bytes of the file; 0: unknown.
  virtual uint64_t total() const = 0;
};

// Opens `path` ("-": standard input). gzip and zstd are recognised by their
// first bytes and unpacked. Errors: kNotFound, kInvalidArgument (a folder),
// kCancelled (a signal came in before the first bytes did), kUnavailable.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(
    const std::string& path);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_INPUT_BYTE_SOURCE_H_

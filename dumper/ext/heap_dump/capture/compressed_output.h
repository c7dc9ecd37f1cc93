#ifndef HEAP_DUMP_CAPTURE_COMPRESSED_OUTPUT_H_
#define HEAP_DUMP_CAPTURE_COMPRESSED_OUTPUT_H_

#include <zlib.h>
#ifdef HAVE_ZSTD
// For the allocator of one's own, which the stable interface cannot take.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#endif

#include <cstddef>

#include "util/arena.h"
#include "util/output.h"

namespace heap_dump {

// Outputs that pass on what they get in compressed form. All their memory is
// from the arena, so that they work in a cloned process. `next` and `arena`
// live longer. An error of `next` is an error here; no memory is ENOMEM.

// A gzip file.
class GzipOutput : public Output {
 public:
  GzipOutput(Output* next, Arena* arena);

  bool Write(const char* data, size_t size) override;
  // Writes the rest; to be called once, after the last Write.
  bool Finish();

 private:
  bool Run(int flush);

  Output* const next_;
  z_stream stream_ = {};
  char* buffer_ = nullptr;
};

#ifdef HAVE_ZSTD
// A Zstandard frame with a checksum.
class ZstdOutput : public Output {
 public:
  ZstdOutput(Output* next, Arena* arena);

  bool Write(const char* data, size_t size) override;
  // Writes the rest; to be called once, after the last Write.
  bool Finish();

 private:
  bool Run(ZSTD_inBuffer* input, ZSTD_EndDirective directive);

  Output* const next_;
  ZSTD_CCtx* context_ = nullptr;
  char* buffer_ = nullptr;
};
#endif

}  // namespace heap_dump

#endif  // HEAP_DUMP_CAPTURE_COMPRESSED_OUTPUT_H_

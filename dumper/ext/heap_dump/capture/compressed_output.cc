#include "capture/compressed_output.h"

#include <errno.h>

namespace heap_dump {
namespace {

constexpr size_t kBufferSize = 1 << 18;
// A dump is taken to be over soon: the fast end of both scales.
constexpr int kGzipLevel = 1;
// deflateInit2: 15 window bits, 16 more mean a gzip header.
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kGzipMemoryLevel = 8;

void* ZlibAllocate(void* arena, unsigned count, unsigned size) {
  return static_cast<Arena*>(arena)->Allocate(static_cast<size_t>(count) *
                                              size);
}

void ZlibFree(void* arena, void* block) {
  static_cast<Arena*>(arena)->Free(block);
}

}  // namespace

GzipOutput::GzipOutput(Output* next, Arena* arena) : next_(next) {
  stream_.zalloc = ZlibAllocate;
  stream_.zfree = ZlibFree;
  stream_.opaque = arena;
  buffer_ = static_cast<char*>(arena->Allocate(kBufferSize));
  if (buffer_ == nullptr ||
      deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindowBits,
                   kGzipMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    Fail(ENOMEM);
  }
}

bool GzipOutput::Write(const char* data, size_t size) {
  constexpr size_t kLargest = 1u << 30;
  while (size > 0) {
    const size_t piece = size < kLargest ? size : kLargest;
    stream_.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(data));
    stream_.avail_in = static_cast<unsigned>(piece);
    if (!Run(Z_NO_FLUSH)) return false;
    data += piece;
    size -= piece;
    Count(piece);
  }
  return error() == 0;
}

bool GzipOutput::Finish() { return Run(Z_FINISH); }

bool GzipOutput::Run(int flush) {
  if (error() != 0) return false;
  do {
    stream_.next_out = reinterpret_cast<unsigned char*>(buffer_);
    stream_.avail_out = kBufferSize;
    deflate(&stream_, flush);
    const size_t made = kBufferSize - stream_.avail_out;
    if (made > 0 && !next_->Write(buffer_, made)) return Fail(next_->error());
  } while (stream_.avail_out == 0);
  return true;
}

#ifdef HAVE_ZSTD
namespace {

constexpr int kZstdLevel = 1;

void* ZstdAllocate(void* arena, size_t size) {
  return static_cast<Arena*>(arena)->Allocate(size);
}

void ZstdFree(void* arena, void* block) {
  static_cast<Arena*>(arena)->Free(block);
}

}  // namespace

ZstdOutput::ZstdOutput(Output* next, Arena* arena) : next_(next) {
  context_ = ZSTD_createCCtx_advanced({ZstdAllocate, ZstdFree, arena});
  buffer_ = static_cast<char*>(arena->Allocate(kBufferSize));
  if (context_ == nullptr || buffer_ == nullptr) {
    Fail(ENOMEM);
    return;
  }
  ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kZstdLevel);
  ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
}

bool ZstdOutput::Write(const char* data, size_t size) {
  ZSTD_inBuffer input = {data, size, 0};
  if (!Run(&input, ZSTD_e_continue)) return false;
  Count(size);
  return true;
}

bool ZstdOutput::Finish() {
  ZSTD_inBuffer nothing = {nullptr, 0, 0};
  return Run(&nothing, ZSTD_e_end);
}

bool ZstdOutput::Run(ZSTD_inBuffer* input, ZSTD_EndDirective directive) {
  if (error() != 0) return false;
  while (true) {
    ZSTD_outBuffer output = {buffer_, kBufferSize, 0};
    const size_t left =
        ZSTD_compressStream2(context_, &output, input, directive);
    if (ZSTD_isError(left)) return Fail(ENOMEM);
    if (output.pos > 0 && !next_->Write(buffer_, output.pos)) {
      return Fail(next_->error());
    }
    const bool done =
        directive == ZSTD_e_end ? left == 0 : input->pos == input->size;
    if (done) return true;
  }
}
#endif

}  // namespace heap_dump

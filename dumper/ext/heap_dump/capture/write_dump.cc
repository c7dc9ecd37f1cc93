#include "capture/write_dump.h"

#include "capture/compressed_output.h"
#include "capture/fd_output.h"
#include "util/arena.h"
#include "walk/walk.h"

namespace heap_dump {
namespace {

// The walk's own error first: the output's follows from it or is none.
Outcome Walk(const Request& request, Output* output, Arena* arena,
             Report* report) {
  const int error = WalkHeap(request.walk, output, arena, &report->stats);
  if (output->error() != 0) return WriteOutcome(output->error());
  if (error == kWalkOutOfMemory) return {Code::kNoMemory, 0};
  if (error == kWalkFinalizersUnknown) return {Code::kFinalizersUnknown, 0};
  if (error != 0) return {Code::kWalkFailed, error};
  return {};
}

template <typename Compressed>
Outcome WalkCompressed(const Request& request, Output* target, Arena* arena,
                       Report* report) {
  Compressed output(target, arena);
  const Outcome outcome = Walk(request, &output, arena, report);
  if (!outcome.ok()) return outcome;
  return output.Finish() ? Outcome() : WriteOutcome(output.error());
}

}  // namespace

Outcome WriteDump(const Request& request, Output* target, Report* report) {
  Arena arena;
  switch (request.compression) {
    case Compression::kNone:
      break;
    case Compression::kGzip:
      return WalkCompressed<GzipOutput>(request, target, &arena, report);
    case Compression::kZstd:
#ifdef HAVE_ZSTD
      return WalkCompressed<ZstdOutput>(request, target, &arena, report);
#else
      return {Code::kNoCompression, 0};
#endif
  }
  return Walk(request, target, &arena, report);
}

Outcome WriteDump(const Request& request, int fd, pid_t watched_parent,
                  Report* report) {
  TargetOutput target(fd, request.timeout_ms, request.bytes_per_second,
                      watched_parent, &report->target_used);
  const Outcome outcome = WriteDump(request, &target, report);
  report->bytes = target.total();
  return outcome;
}

}  // namespace heap_dump

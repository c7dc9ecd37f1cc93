// The frames of a thread or fiber.
#include "indexer/formats/heap_dump_keys.h"
#include "indexer/formats/heap_dump_reader.h"
#include "indexer/formats/value_schema.h"

namespace heapq {

void HeapDumpReader::FrameScalar(const JsonScalar& value) {
  const FrameKeySpec& spec = FrameKeyOf(name_);
  if (RejectIf(Mismatch(spec.expected, name_, value))) return;
  uint64_t number = 0;
  switch (spec.key) {
    case FrameKey::kLabel:
      frame_.label = value.text;
      break;
    case FrameKey::kFile:
      frame_.file = value.text;
      break;
    case FrameKey::kLine:
      if (Number(value.text, &number)) frame_.line = LineOf(number);
      break;
    case FrameKey::kIseq:
      if (value.type != JsonScalar::kNumber) break;
      Number(value.text, &frame_.iseq);
      [[fallthrough]];
    case FrameKey::kLocals:
    case FrameKey::kPart:
      if (value.type != JsonScalar::kNumber) break;
      Emit(OfFrame(EdgeKind::kFramePart, name_), top().weak, value);
  }
}

void HeapDumpReader::OpenInFrame(bool map) {
  const FrameKeySpec& spec = FrameKeyOf(name_);
  RejectIf(Mismatch(spec.expected, name_, map));
  if (spec.key != FrameKey::kLocals) {
    Push(Place::kSame, OfFrame(EdgeKind::kFramePart, name_), top().weak);
    return;
  }
  Push(map ? Place::kNames : Place::kPairs, {EdgeKind::kFrameLocal, 0},
       top().weak);
}

void HeapDumpReader::EndFrame() {
  sink_->Frame(frame_number_++, frame_.label, frame_.file, frame_.line,
               frame_.iseq);
}

}  // namespace heapq

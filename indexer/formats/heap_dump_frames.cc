// The frames of a thread or fiber.
#include "absl/strings/str_cat.h"
#include "indexer/base/string_view.h"
#include "indexer/formats/heap_dump_keys.h"
#include "indexer/formats/heap_dump_reader.h"
#include "indexer/formats/value_schema.h"

namespace heapq {

std::string HeapDumpReader::Frame::Where() const {
  const std::string_view what =
      label.empty() ? std::string_view("a frame") : std::string_view(label);
  if (file.empty()) return absl::StrCat(View(what));
  return absl::StrCat(View(what), " (", file, ":", line, ")");
}

void HeapDumpReader::FrameScalar(const JsonScalar& value) {
  const FrameKeySpec& spec = FrameKeyOf(name_);
  if (RejectIf(Mismatch(spec.expected, name_, value))) return;
  uint64_t number = 0;
  switch (spec.key) {
    case FrameKey::kLabel:
      if (!frame_.named) frame_.label = value.text;
      break;
    case FrameKey::kFile:
      if (!frame_.named) frame_.file = value.text;
      break;
    case FrameKey::kLine:
      if (!frame_.named && Number(value.text, &number)) {
        frame_.line = LineOf(number);
      }
      break;
    case FrameKey::kIseq:  // its edge waits for the frame's label
      if (value.type == JsonScalar::kNumber) Number(value.text, &frame_.iseq);
      return;
    case FrameKey::kLocals:
    case FrameKey::kPart:
      if (value.type != JsonScalar::kNumber) return;
      frame_.named = true;
      Emit(Named(EdgeKind::kFramePart,
                 absl::StrCat(name_, " in ", frame_.Where())),
           top().weak, value);
      return;
  }
  if (frame_.named) RejectOutOfOrder(name_, "a value of its frame");
}

void HeapDumpReader::OpenInFrame(bool map) {
  const std::string where = frame_.Where();
  const FrameKeySpec& spec = FrameKeyOf(name_);
  RejectIf(Mismatch(spec.expected, name_, map));
  frame_.named = true;
  if (spec.key != FrameKey::kLocals) {
    Push(Place::kSame,
         Named(EdgeKind::kFramePart, absl::StrCat(name_, " in ", where)),
         top().weak);
    return;
  }
  Push(map ? Place::kNames : Place::kPairs, {EdgeKind::kFrameLocal, 0},
       top().weak);
}

void HeapDumpReader::EndFrame() {
  if (frame_.iseq != 0) {
    sink_->Edge(
        Named(EdgeKind::kFramePart, absl::StrCat("iseq in ", frame_.Where())),
        frame_.iseq);
  }
  sink_->Frame(frame_number_++, frame_.label, frame_.file, frame_.line,
               frame_.iseq);
}

}  // namespace heapq

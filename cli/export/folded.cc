// Folded stacks, as flamegraph.pl made them common: "outer;inner bytes", a
// line each.
#include <string>

#include "cli/export/exporter.h"
#include "cli/export/profile_stacks.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/utf8.h"

namespace heapq {
namespace {

// Replaces the characters that would end a frame or a line.
std::string FrameText(const std::string& name) {
  std::string text = ToValidUtf8(name);
  for (char& c : text) {
    if (c == ';') c = ':';
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

}  // namespace

absl::Status WriteFolded(HeapDb* db, const ExportOptions& options,
                         std::ostream* out) {
  ASSIGN_OR_RETURN(const ProfileStacks stacks,
                   ProfileStacks::Read(db, options));
  for (const ProfileStacks::Stack& stack : stacks.stacks()) {
    if (stack.size == 0) continue;
    const char* before = "";
    for (const uint32_t frame : stacks.FramesOf(stack)) {
      *out << before << FrameText(stacks.frames()[frame]);
      before = ";";
    }
    *out << ' ' << stack.size << '\n';
    RETURN_IF_ERROR(Written(*out));
  }
  return absl::OkStatus();
}

}  // namespace heapq

#include "indexer/model/frame_text.h"

namespace heapq {

std::string FrameText(std::string_view label, std::string_view file,
                      uint32_t line) {
  std::string text(label.empty() ? std::string_view("a frame") : label);
  if (file.empty()) return text;
  return text.append(" (").append(file).append(":").append(
             std::to_string(line)) +
         ")";
}

}  // namespace heapq

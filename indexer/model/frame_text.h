#ifndef HEAPQ_INDEXER_MODEL_FRAME_TEXT_H_
#define HEAPQ_INDEXER_MODEL_FRAME_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace heapq {

// Returns "Session#start (app.rb:42)" for a frame of a thread or fiber, "a
// frame" in place of an empty label, and no place if `file` is empty.
std::string FrameText(std::string_view label, std::string_view file,
                      uint32_t line);

}  // namespace heapq

#endif  // HEAPQ_INDEXER_MODEL_FRAME_TEXT_H_

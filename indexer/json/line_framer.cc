#include "indexer/json/line_framer.h"

#include <cstring>

namespace heapq {

void LineFramer::Push(std::string_view chunk) {
  while (!chunk.empty()) {
    const void* feed = std::memchr(chunk.data(), '\n', chunk.size());
    const size_t size =
        feed == nullptr ? chunk.size()
                        : static_cast<size_t>(static_cast<const char*>(feed) -
                                              chunk.data());
    if (size > 0) {
      handler_->OnPiece(chunk.substr(0, size), position_, feed != nullptr);
    }
    next_byte_ += size;
    chunk.remove_prefix(size);
    if (feed == nullptr) return;
    handler_->OnLineEnd(position_);
    chunk.remove_prefix(1);
    position_.byte = ++next_byte_;
    ++position_.line;
  }
}

void LineFramer::Finish() {
  if (next_byte_ > position_.byte) handler_->OnLineEnd(position_);
}

}  // namespace heapq

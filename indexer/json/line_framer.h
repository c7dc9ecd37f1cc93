#ifndef HEAPQ_INDEXER_JSON_LINE_FRAMER_H_
#define HEAPQ_INDEXER_JSON_LINE_FRAMER_H_

#include <cstdint>
#include <string_view>

namespace heapq {

// Where a line begins. Lines count from 1, bytes from 0.
struct LinePosition {
  uint64_t line = 1;
  uint64_t byte = 0;
};

// Receives lines in pieces, without the line feeds.
class LineHandler {
 public:
  virtual ~LineHandler() = default;
  // Never empty. `position` is that of the line, not of the piece. `last`: the
  // line is known to end with it.
  virtual void OnPiece(std::string_view piece, LinePosition position,
                       bool last) = 0;
  virtual void OnLineEnd(LinePosition position) = 0;
};

// Cuts a stream, pushed in chunks of any size, into lines. Keeps nothing: a
// line that spans chunks reaches the handler in several pieces.
class LineFramer {
 public:
  explicit LineFramer(LineHandler* handler) : handler_(handler) {}

  void Push(std::string_view chunk);
  // Passes over whole lines; only between two lines.
  void Skip(uint64_t bytes, uint64_t lines) {
    position_.byte = next_byte_ += bytes;
    position_.line += lines;
  }
  // Ends a last line that has no line feed.
  void Finish();

  LinePosition position() const { return position_; }

 private:
  LineHandler* const handler_;
  LinePosition position_;
  uint64_t next_byte_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_JSON_LINE_FRAMER_H_

#ifndef HEAPQ_INDEXER_READ_BLOCK_SOURCE_H_
#define HEAPQ_INDEXER_READ_BLOCK_SOURCE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "indexer/base/column.h"
#include "indexer/input/byte_source.h"

namespace heapq {

// A piece of a dump: whole lines, or a part of a line that is longer than a
// block. Used over and over.
class Block {
 public:
  std::string_view text() const { return {bytes_.data(), size_}; }
  // False: it goes on with the last line of the block before.
  bool begins_line() const { return begins_line_; }
  // 0, 1, … in the order of the file.
  uint64_t number() const { return number_; }
  // How much of the input had been read by its end, as the source counts.
  uint64_t consumed() const { return consumed_; }
  // Not OK: reading failed behind this block.
  const absl::Status& error() const { return error_; }

 private:
  friend class BlockSource;
  Column<char> bytes_;  // and some that may be read but mean nothing
  size_t size_ = 0;
  bool begins_line_ = true;
  uint64_t number_ = 0;
  uint64_t consumed_ = 0;
  absl::Status error_;
};

// Cuts a stream into blocks.
class BlockSource {
 public:
  // `source` must outlive this. `size`: bytes of a block.
  BlockSource(ByteSource* source, size_t size) : source_(source), size_(size) {}

  // False: there are no more, or waiting was broken off. After an error there
  // are none either.
  bool Next(Block* block);
  // Waiting was broken off: what is there is kept for the next call.
  bool broken_off() const { return broken_off_; }

 private:
  ByteSource* const source_;
  const size_t size_;
  std::string rest_;  // the beginning of the next block
  bool begins_line_ = true;
  bool ended_ = false;
  bool broken_off_ = false;
  uint64_t number_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_READ_BLOCK_SOURCE_H_

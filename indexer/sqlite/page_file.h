#ifndef HEAPQ_INDEXER_SQLITE_PAGE_FILE_H_
#define HEAPQ_INDEXER_SQLITE_PAGE_FILE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "indexer/base/column.h"

namespace heapq {

// A SQLite file whose pages are written directly, past libsqlite3. The file
// was made, with its schema, by libsqlite3 and is open nowhere else.
// Page numbers count from 1. https://www.sqlite.org/fileformat2.html
//
// Thread rule: AllocateExtent and Release may be called from any thread,
// WriteAt too (for disjoint pages); Finish once, when all streams are done.
class PageFile {
 public:
  // Pages are handed out in runs, so that two b-trees may grow at once and
  // each writes long pieces.
  static constexpr uint32_t kExtentPages = 64;

  // Errors: kInvalidArgument when the file is not one that can be appended
  // to (auto-vacuum, reserved bytes, WAL), kUnavailable when it can't be
  // opened or read.
  static absl::StatusOr<std::unique_ptr<PageFile>> Open(
      const std::string& path);
  ~PageFile();
  PageFile(const PageFile&) = delete;
  PageFile& operator=(const PageFile&) = delete;

  uint32_t page_size() const { return page_size_; }
  // The page that holds the byte at 1 GiB, which SQLite uses for locks and
  // never for content.
  uint32_t lock_page() const { return lock_page_; }

  // First page of a fresh run of kExtentPages pages; 0 when the file would
  // exceed SQLite's 2^32-2 pages.
  uint32_t AllocateExtent();
  // Pages of an extent that were not needed; they go to the freelist.
  void Release(uint32_t first, uint32_t end);

  // Writes `bytes` bytes at `offset` into the run that starts with `page`.
  absl::Status WriteAt(uint32_t page, uint64_t offset, const void* data,
                       size_t bytes);

  // Writes the freelist and the file header and closes the file. Until this
  // succeeded the file is not a valid database.
  absl::Status Finish();

 private:
  PageFile(std::string path, int fd, uint32_t page_size, uint32_t next_page);

  void WriteBehind(uint64_t bytes);
  absl::Status WriteFreelist(uint32_t* first_trunk, uint32_t* count);

  const std::string path_;
  int fd_;
  const uint32_t page_size_;
  const uint32_t lock_page_;
  std::mutex mutex_;  // guards the two below
  uint32_t next_page_;
  std::vector<uint32_t> free_pages_;
  std::atomic<uint64_t> written_{0};  // bytes
};

// The pages of one b-tree under construction, in order. Not thread-safe; one
// stream per thread. Finish writes what is buffered.
class PageStream {
 public:
  explicit PageStream(PageFile* file);
  PageStream(const PageStream&) = delete;
  PageStream& operator=(const PageStream&) = delete;

  // Appends a page; its content (page_size bytes) is filled in by the caller
  // before the next call of any member. Sets `number` and `data`.
  absl::Status Append(uint32_t* number, uint8_t** data);
  // Writes four big-endian bytes at the start of a page that was appended
  // before (the link of an overflow chain).
  absl::Status PatchStart(uint32_t number, uint32_t value);
  absl::Status Finish();

  PageFile* file() const { return file_; }

 private:
  absl::Status Flush();

  PageFile* const file_;
  Column<uint8_t> buffer_;  // pages [first_, next_)
  uint32_t first_ = 0;
  uint32_t next_ = 0;
  uint32_t end_ = 0;  // of the extent
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_SQLITE_PAGE_FILE_H_

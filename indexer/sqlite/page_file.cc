#include "indexer/sqlite/page_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr uint64_t kLockByte = 0x40000000;
constexpr uint32_t kMaxPages = 0xfffffffe;
constexpr size_t kHeaderSize = 100;
constexpr uint64_t kWriteBehind = 8 << 20;

// Offsets in the file header.
constexpr size_t kPageSizeAt = 16;
constexpr size_t kWriteVersionAt = 18;
constexpr size_t kReservedAt = 20;
constexpr size_t kChangeCounterAt = 24;
constexpr size_t kPageCountAt = 28;
constexpr size_t kFreelistTrunkAt = 32;
constexpr size_t kFreelistCountAt = 36;
constexpr size_t kLargestRootAt = 52;  // not 0: auto-vacuum
constexpr size_t kVersionValidForAt = 92;

uint32_t Get32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 |
         static_cast<uint32_t>(p[2]) << 8 | p[3];
}

void Put32(uint8_t* p, uint32_t value) {
  p[0] = static_cast<uint8_t>(value >> 24);
  p[1] = static_cast<uint8_t>(value >> 16);
  p[2] = static_cast<uint8_t>(value >> 8);
  p[3] = static_cast<uint8_t>(value);
}

absl::Status ErrnoStatus(const std::string& path, const char* what) {
  const int error = errno;
  const std::string message =
      absl::StrCat(path, ": ", what, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return absl::ResourceExhaustedError(message);
  }
  return absl::UnavailableError(message);
}

absl::Status ReadHeader(const std::string& path, int fd, uint8_t* header) {
  size_t done = 0;
  while (done < kHeaderSize) {
    const ssize_t n =
        pread(fd, header + done, kHeaderSize - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(path, "cannot read");
    if (n == 0) return absl::InvalidArgumentError(path + ": no SQLite file");
    done += static_cast<size_t>(n);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PageFile>> PageFile::Open(
    const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(path, "cannot open");
  std::unique_ptr<PageFile> file;
  uint8_t header[kHeaderSize];
  struct stat info;
  absl::Status status = ReadHeader(path, fd, header);
  if (status.ok() && fstat(fd, &info) != 0) {
    status = ErrnoStatus(path, "cannot stat");
  }
  if (status.ok() &&
      (header[kWriteVersionAt] != 1 || header[kReservedAt] != 0 ||
       Get32(header + kLargestRootAt) != 0)) {
    status = absl::InvalidArgumentError(
        path + ": WAL, reserved bytes or auto-vacuum: pages can't be appended");
  }
  if (!status.ok()) {
    close(fd);
    return status;
  }
  uint32_t page_size =
      static_cast<uint32_t>(header[kPageSizeAt]) << 8 | header[kPageSizeAt + 1];
  if (page_size == 1) page_size = 65536;
  const auto pages = static_cast<uint32_t>(info.st_size / page_size);
  return std::unique_ptr<PageFile>(
      new PageFile(path, fd, page_size, pages + 1));
}

PageFile::PageFile(std::string path, int fd, uint32_t page_size,
                   uint32_t next_page)
    : path_(std::move(path)),
      fd_(fd),
      page_size_(page_size),
      lock_page_(static_cast<uint32_t>(kLockByte / page_size) + 1),
      next_page_(next_page) {}

PageFile::~PageFile() {
  if (fd_ >= 0) close(fd_);
}

uint32_t PageFile::AllocateExtent() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (next_page_ > kMaxPages - kExtentPages) return 0;
  const uint32_t first = next_page_;
  next_page_ += kExtentPages;
  return first;
}

void PageFile::Release(uint32_t first, uint32_t end) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (uint32_t page = first; page < end; ++page) {
    if (page != lock_page_) free_pages_.push_back(page);
  }
}

absl::Status PageFile::WriteAt(uint32_t page, uint64_t offset, const void* data,
                               size_t bytes) {
  const auto* from = static_cast<const uint8_t*>(data);
  uint64_t at = static_cast<uint64_t>(page - 1) * page_size_ + offset;
  while (bytes > 0) {
    const ssize_t n = pwrite(fd_, from, bytes, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(path_, "cannot write");
    from += n;
    at += static_cast<uint64_t>(n);
    bytes -= static_cast<size_t>(n);
    WriteBehind(static_cast<uint64_t>(n));
  }
  return absl::OkStatus();
}

// Starts writing to the disk while more pages are made: the caller will wait
// for it in the end. Only a hint.
void PageFile::WriteBehind([[maybe_unused]] uint64_t bytes) {
#if defined(__linux__)
  const uint64_t before = written_.fetch_add(bytes, std::memory_order_relaxed);
  if (before / kWriteBehind != (before + bytes) / kWriteBehind) {
    sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
  }
#endif
}

absl::Status PageFile::WriteFreelist(uint32_t* first_trunk, uint32_t* count) {
  // Descending, so that SQLite reuses the lowest pages first.
  std::sort(free_pages_.begin(), free_pages_.end(), std::greater<>());
  // Old releases of SQLite misread the last six entries of a full trunk.
  const size_t leaves_per_trunk = page_size_ / 4 - 8;
  *first_trunk = 0;
  *count = static_cast<uint32_t>(free_pages_.size());
  std::vector<uint8_t> page(page_size_);
  size_t i = 0;
  while (i < free_pages_.size()) {
    const uint32_t trunk = free_pages_[i++];
    std::fill(page.begin(), page.end(), 0);
    Put32(page.data(), *first_trunk);
    uint32_t leaves = 0;
    while (i < free_pages_.size() && leaves < leaves_per_trunk) {
      Put32(page.data() + 8 + size_t{4} * leaves, free_pages_[i++]);
      ++leaves;
    }
    Put32(page.data() + 4, leaves);
    RETURN_IF_ERROR(WriteAt(trunk, 0, page.data(), page_size_));
    *first_trunk = trunk;
  }
  return absl::OkStatus();
}

absl::Status PageFile::Finish() {
  // The run of free pages at the very end need not be in the file at all.
  std::sort(free_pages_.begin(), free_pages_.end());
  uint32_t pages = next_page_ - 1;
  if (pages == lock_page_) --pages;
  while (!free_pages_.empty() && free_pages_.back() == pages) {
    free_pages_.pop_back();
    --pages;
    if (pages == lock_page_) --pages;
  }
  uint32_t first_trunk = 0;
  uint32_t free_count = 0;
  RETURN_IF_ERROR(WriteFreelist(&first_trunk, &free_count));
  if (ftruncate(fd_, static_cast<off_t>(static_cast<uint64_t>(pages) *
                                        page_size_)) != 0) {
    return ErrnoStatus(path_, "cannot set the size");
  }
  uint8_t header[kHeaderSize];
  RETURN_IF_ERROR(ReadHeader(path_, fd_, header));
  const uint32_t change = Get32(header + kChangeCounterAt) + 1;
  Put32(header + kChangeCounterAt, change);
  Put32(header + kVersionValidForAt, change);  // the page count is to be used
  Put32(header + kPageCountAt, pages);
  Put32(header + kFreelistTrunkAt, first_trunk);
  Put32(header + kFreelistCountAt, free_count);
  RETURN_IF_ERROR(WriteAt(1, 0, header, kHeaderSize));
  const int fd = std::exchange(fd_, -1);
  if (close(fd) != 0) return ErrnoStatus(path_, "cannot close");
  return absl::OkStatus();
}

PageStream::PageStream(PageFile* file) : file_(file) {
  buffer_.resize_for_overwrite(static_cast<size_t>(PageFile::kExtentPages) *
                               file->page_size());
}

absl::Status PageStream::Flush() {
  if (next_ > first_) {
    RETURN_IF_ERROR(file_->WriteAt(
        first_, 0, buffer_.data(),
        static_cast<size_t>(next_ - first_) * file_->page_size()));
  }
  first_ = next_;
  return absl::OkStatus();
}

absl::Status PageStream::Append(uint32_t* number, uint8_t** data) {
  if (next_ == file_->lock_page() && next_ < end_) {
    RETURN_IF_ERROR(Flush());
    first_ = ++next_;
  }
  if (next_ == end_) {
    RETURN_IF_ERROR(Flush());
    first_ = file_->AllocateExtent();
    if (first_ == 0) {
      return absl::ResourceExhaustedError(
          "the database would exceed SQLite's limit of 2^32 pages");
    }
    next_ = first_;
    end_ = first_ + PageFile::kExtentPages;
    return Append(number, data);  // the extent may begin with the lock page
  }
  *data =
      buffer_.data() + static_cast<size_t>(next_ - first_) * file_->page_size();
  *number = next_++;
  return absl::OkStatus();
}

absl::Status PageStream::PatchStart(uint32_t number, uint32_t value) {
  uint8_t bytes[4];
  Put32(bytes, value);
  if (number >= first_ && number < next_) {
    std::memcpy(buffer_.data() +
                    static_cast<size_t>(number - first_) * file_->page_size(),
                bytes, sizeof(bytes));
    return absl::OkStatus();
  }
  return file_->WriteAt(number, 0, bytes, sizeof(bytes));
}

absl::Status PageStream::Finish() {
  RETURN_IF_ERROR(Flush());
  file_->Release(next_, end_);
  next_ = first_ = end_;
  return absl::OkStatus();
}

}  // namespace heapq

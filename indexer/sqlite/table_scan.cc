#include "indexer/sqlite/table_scan.h"

#include <sqlite3.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr uint8_t kInteriorIndex = 2;
constexpr uint8_t kInteriorTable = 5;
constexpr uint8_t kLeafIndex = 10;
constexpr uint8_t kLeafTable = 13;

constexpr size_t kLeafHeader = 8;
constexpr size_t kInteriorHeader = 12;
constexpr size_t kMaxLevels = 20;
// Bytes that are read at once: a run of pages as the loader writes them.
constexpr uint32_t kWindow = 128 << 10;
// An integer is loaded as eight bytes, which may lie behind the last of them.
constexpr size_t kPadding = 8;

uint32_t Big16(const uint8_t* p) { return uint32_t{p[0]} << 8 | p[1]; }
uint32_t Big32(const uint8_t* p) { return Big16(p) << 16 | Big16(p + 2); }

// Reads a varint at `*p`, at most up to `end`; false: it is cut off.
bool Varint(const uint8_t** p, const uint8_t* end, uint64_t* value) {
  if (*p < end && **p < 0x80) {
    *value = *(*p)++;
    return true;
  }
  *value = 0;
  for (int i = 0; i < 9 && *p < end; ++i) {
    const uint8_t byte = *(*p)++;
    if (i == 8) {
      *value = *value << 8 | byte;
      return true;
    }
    *value = *value << 7 | (byte & 0x7f);
    if (byte < 0x80) return true;
  }
  return false;
}

// A big-endian integer of `bytes` (1 to 8) bytes.
int64_t Integer(const uint8_t* p, uint32_t bytes) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return static_cast<int64_t>(__builtin_bswap64(word)) >> (64 - 8 * bytes);
}

}  // namespace

absl::Status TableScan::Damaged() const {
  return absl::DataLossError(
      absl::StrCat("table ", table_, " is damaged; load the dump again"));
}

absl::StatusOr<std::unique_ptr<TableScan>> TableScan::Open(
    const std::string& path, const std::string& table, int columns) {
  std::unique_ptr<TableScan> scan(new TableScan(table, columns));
  RETURN_IF_ERROR(scan->Begin(path));
  RETURN_IF_ERROR(scan->ReadHeader());
  return scan;
}

TableScan::~TableScan() {
  sqlite3_finalize(statement_);
  sqlite3_close(db_);
}

absl::Status TableScan::LastError() const {
  return absl::UnavailableError(
      absl::StrCat("table ", table_, " cannot be read: ", sqlite3_errmsg(db_)));
}

absl::Status TableScan::Begin(const std::string& path) {
  constexpr int kPatience = 5000;  // ms
  // "./": the name of a file, never a URI or a database in memory.
  const std::string file = path.empty() || path[0] != '/' ? "./" + path : path;
  if (sqlite3_open_v2(file.c_str(), &db_,
                      SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                      nullptr) != SQLITE_OK) {
    return LastError();
  }
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_busy_timeout(db_, kPatience);
  constexpr char kRoot[] =
      "SELECT rootpage FROM sqlite_schema WHERE name = ?1 AND type = 'table'";
  if (sqlite3_prepare_v2(db_, kRoot, -1, &statement_, nullptr) != SQLITE_OK ||
      sqlite3_bind_text(statement_, 1, table_.c_str(), -1, SQLITE_STATIC) !=
          SQLITE_OK) {
    return LastError();
  }
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_DONE) return absl::InternalError("no table " + table_);
  return code == SQLITE_ROW ? absl::OkStatus() : LastError();
}

// Through SQLite's own descriptor: closing another one of the same file would
// release the locks that this process has on it.
absl::Status TableScan::ReadAt(uint64_t offset, void* data, size_t bytes) {
  const int code = file_->pMethods->xRead(file_, data, static_cast<int>(bytes),
                                          static_cast<sqlite3_int64>(offset));
  // Bytes behind the end are zeros.
  if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(
      "table ", table_, " cannot be read: ", sqlite3_errstr(code)));
}

absl::Status TableScan::ReadHeader() {
  const auto root = static_cast<uint64_t>(sqlite3_column_int64(statement_, 0));
  if (sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, &file_) !=
      SQLITE_OK) {
    return LastError();
  }
  uint8_t header[100];
  RETURN_IF_ERROR(ReadAt(0, header, sizeof header));
  page_size_ = Big16(header + 16);
  if (page_size_ == 1) page_size_ = 65536;
  const uint32_t reserved = header[20];
  const bool has_log = header[18] != 1 || header[19] != 1;
  if (has_log) {
    by_statement_ = true;
    sqlite3_finalize(std::exchange(statement_, nullptr));
    const std::string sql =
        absl::StrCat("SELECT * FROM \"", table_, "\" NOT INDEXED");
    return sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement_, nullptr) ==
                   SQLITE_OK
               ? absl::OkStatus()
               : LastError();
  }
  if (page_size_ < 512 || (page_size_ & (page_size_ - 1)) != 0 ||
      reserved > page_size_ - 480) {
    return Damaged();
  }
  usable_ = page_size_ - reserved;
  sqlite3_int64 size = 0;
  if (file_->pMethods->xFileSize(file_, &size) != SQLITE_OK) {
    return LastError();
  }
  page_count_ = static_cast<uint32_t>(
      std::min<uint64_t>(static_cast<uint64_t>(size) / page_size_, 0xfffffffe));
  window_.resize(std::max(kWindow, page_size_) + kPadding);
  if (root > page_count_) return Damaged();
  ASSIGN_OR_RETURN(const uint8_t* page, Page(static_cast<uint32_t>(root)));
  index_ = page[0] == kInteriorIndex || page[0] == kLeafIndex;
  return Descend(static_cast<uint32_t>(root));
}

absl::StatusOr<const uint8_t*> TableScan::Page(uint32_t number) {
  if (number < 2 || number > page_count_) return Damaged();
  if (number < window_first_ || number >= window_end_) {
    const uint32_t count = std::max(kWindow / page_size_, uint32_t{1});
    // Aligned, as pages are often followed by their neighbours on either side.
    const uint32_t first = (number - 1) / count * count + 1;
    const uint32_t end = std::min(page_count_ + 1, first + count);
    window_first_ = window_end_ = 0;
    RETURN_IF_ERROR(ReadAt((uint64_t{first} - 1) * page_size_, window_.data(),
                           size_t{end - first} * page_size_));
    window_first_ = first;
    window_end_ = end;
  }
  return window_.data() + size_t{number - window_first_} * page_size_;
}

absl::Status TableScan::Descend(uint32_t number) {
  // No page is visited twice, unless links go round.
  if (++visited_ > page_count_) return Damaged();
  ASSIGN_OR_RETURN(const uint8_t* page, Page(number));
  const uint8_t type = page[0];
  const uint32_t cells = Big16(page + 3);
  if (type == (index_ ? kLeafIndex : kLeafTable)) {
    if (kLeafHeader + size_t{2} * cells > usable_) return Damaged();
    leaf_ = page;
    leaf_cells_ = cells;
    leaf_next_ = 0;
    return absl::OkStatus();
  }
  if (type != (index_ ? kInteriorIndex : kInteriorTable) ||
      kInteriorHeader + size_t{2} * cells > usable_ || depth_ >= kMaxLevels) {
    return Damaged();
  }
  if (levels_.size() == depth_) levels_.emplace_back();
  Level& level = levels_[depth_++];
  level.page.resize(page_size_ + kPadding);
  std::memcpy(level.page.data(), page, page_size_);
  level.cells = cells;
  level.next = 0;
  return absl::OkStatus();
}

absl::StatusOr<bool> TableScan::Next() {
  if (leaf_next_ < leaf_cells_) {
    const size_t at = kLeafHeader + 2 * size_t{leaf_next_++};
    RETURN_IF_ERROR(ReadCell(leaf_, Big16(leaf_ + at)));
    return true;
  }
  return by_statement_ ? NextOfStatement() : NextOfTree();
}

absl::StatusOr<bool> TableScan::NextOfStatement() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_DONE) return false;
  if (code == SQLITE_CORRUPT) return Damaged();
  if (code != SQLITE_ROW) return LastError();
  const int count = std::min(columns_, sqlite3_column_count(statement_));
  for (int i = 0; i < count; ++i) {
    Value& value = values_[static_cast<size_t>(i)];
    switch (sqlite3_column_type(statement_, i)) {
      case SQLITE_NULL:
        value.type = kNull;
        break;
      case SQLITE_INTEGER:
        value.type = kInt;
        value.number = sqlite3_column_int64(statement_, i);
        break;
      case SQLITE_FLOAT:
        value.type = kOther;
        break;
      default:
        value.type = kText;
        value.text =
            static_cast<const uint8_t*>(sqlite3_column_blob(statement_, i));
        value.number = sqlite3_column_bytes(statement_, i);
        break;
    }
  }
  return true;
}

absl::StatusOr<bool> TableScan::NextOfTree() {
  while (depth_ > 0) {
    Level& level = levels_[depth_ - 1];
    const uint32_t step = level.next++;
    const uint32_t cell = index_ ? step / 2 : step;
    const uint8_t* const page = level.page.data();
    if (cell > level.cells ||
        (index_ && step % 2 == 1 && cell == level.cells)) {
      --depth_;
      continue;
    }
    uint32_t child = Big32(page + 8);  // the rightmost
    size_t at = 0;
    if (cell < level.cells) {
      at = Big16(page + kInteriorHeader + 2 * size_t{cell});
      if (at < kInteriorHeader || at + 4 > usable_) return Damaged();
      child = Big32(page + at);
    }
    // The entries of an index lie between its children as well.
    if (index_ && step % 2 == 1) {
      RETURN_IF_ERROR(ReadCell(page, at + 4));
      return true;
    }
    leaf_cells_ = leaf_next_ = 0;
    RETURN_IF_ERROR(Descend(child));
    if (leaf_next_ < leaf_cells_) return Next();
  }
  return false;
}

absl::Status TableScan::ReadCell(const uint8_t* page, size_t at) {
  const uint8_t* const end = page + usable_;
  if (at >= usable_) return Damaged();
  const uint8_t* p = page + at;
  uint64_t size = 0;
  uint64_t rowid = 0;
  if (!Varint(&p, end, &size) || (!index_ && !Varint(&p, end, &rowid))) {
    return Damaged();
  }
  const auto left = static_cast<size_t>(end - p);
  // How much of a record stays in the page: "Cell Payload Overflow Pages".
  const uint64_t most = index_ ? (uint64_t{usable_} - 12) * 64 / 255 - 23
                               : uint64_t{usable_} - 35;
  if (size <= most) {
    if (size > left) return Damaged();
    RETURN_IF_ERROR(ReadRecord(p, size));
  } else {
    const uint64_t least = (uint64_t{usable_} - 12) * 32 / 255 - 23;
    const uint64_t rest = least + (size - least) % (uint64_t{usable_} - 4);
    const uint64_t local = rest <= most ? rest : least;
    if (local + 4 > left) return Damaged();
    RETURN_IF_ERROR(Spill(p, local, size));
    RETURN_IF_ERROR(ReadRecord(spilled_.data(), size));
  }
  if (!index_) {
    values_[0].type = kInt;
    values_[0].number = static_cast<int64_t>(rowid);
  }
  return absl::OkStatus();
}

absl::Status TableScan::Spill(const uint8_t* local, size_t local_size,
                              uint64_t size) {
  if (size > uint64_t{page_count_} * page_size_) return Damaged();
  spilled_.resize(size + kPadding);
  std::memcpy(spilled_.data(), local, local_size);
  overflow_.resize(page_size_);
  uint32_t next = Big32(local + local_size);
  for (uint64_t done = local_size; done < size;) {
    if (next < 2 || next > page_count_) return Damaged();
    const uint8_t* page = overflow_.data();
    // The window stays where the leaf is.
    if (next >= window_first_ && next < window_end_) {
      page = window_.data() + size_t{next - window_first_} * page_size_;
    } else {
      RETURN_IF_ERROR(ReadAt((uint64_t{next} - 1) * page_size_,
                             overflow_.data(), page_size_));
    }
    const uint64_t here = std::min<uint64_t>(size - done, usable_ - 4);
    std::memcpy(spilled_.data() + done, page + 4, here);
    done += here;
    next = Big32(page);
  }
  return absl::OkStatus();
}

absl::Status TableScan::ReadRecord(const uint8_t* record, uint64_t size) {
  static constexpr uint8_t kBytes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
  const uint8_t* const end = record + size;
  const uint8_t* type_at = record;
  uint64_t header = 0;
  if (!Varint(&type_at, end, &header) || header > size) return Damaged();
  const uint8_t* const types_end = record + header;
  const uint8_t* value_at = types_end;
  for (int i = 0; i < columns_; ++i) {
    Value& value = values_[static_cast<size_t>(i)];
    uint64_t type = 0;
    // A row that was written before a column was added ends early.
    if (type_at < types_end && !Varint(&type_at, types_end, &type)) {
      return Damaged();
    }
    if (type <= 9) {
      const uint32_t bytes = kBytes[type];
      if (bytes > static_cast<size_t>(end - value_at)) return Damaged();
      if (type == 0) {
        value.type = kNull;
      } else if (type == 7) {
        value.type = kOther;
      } else {
        value.type = kInt;
        value.number = bytes == 0 ? static_cast<int64_t>(type - 8)
                                  : Integer(value_at, bytes);
      }
      value_at += bytes;
      continue;
    }
    if (type < 12) return Damaged();
    const uint64_t length = (type - 12) / 2;
    if (length > static_cast<size_t>(end - value_at)) return Damaged();
    value.type = kText;
    value.text = value_at;
    value.number = static_cast<int64_t>(length);
    value_at += length;
  }
  return absl::OkStatus();
}

}  // namespace heapq

#include "ruby/page_table.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "ruby/ruby_private.h"
#include "util/safe_read.h"

namespace heap_dump {

size_t PageTable::page_size_ = 0;
size_t PageTable::fixed_stride_ = 0;
int PageTable::first_at_ = -1;
int PageTable::stride_at_ = -1;
int PageTable::total_at_ = -1;
uintptr_t PageTable::table_at_ = 0;
size_t PageTable::first_entry_ = 0;

namespace {

bool IsAddress(uintptr_t word) { return word >= 4096 && word % 8 == 0; }

template <typename T>
bool Read(uintptr_t at, T* value) {
  return IsAddress(at) &&
         SafeRead(reinterpret_cast<const void*>(at), value, sizeof(T));
}

// A constant of GC::INTERNAL_CONSTANTS, or 0.
size_t InternalConstant(VALUE constants, const char* name) {
  const VALUE value = rb_hash_lookup(constants, ID2SYM(rb_intern(name)));
  return FIXNUM_P(value) ? FIX2LONG(value) : 0;
}

size_t AskPageSize() {
  const VALUE constants = rb_const_get(rb_mGC, rb_intern("INTERNAL_CONSTANTS"));
  size_t size = InternalConstant(constants, "HEAP_PAGE_SIZE");
  if (size == 0) {
    size = InternalConstant(constants, "HEAP_PAGE_OBJ_LIMIT") *
           InternalConstant(constants, "RVALUE_SIZE");
  }
  if (size == 0) return 0;
  // Up to 3.0 a page is a little smaller than what it is aligned to.
  size_t aligned = 1;
  while (aligned < size) aligned *= 2;
  return aligned;
}

// The first offset of a T that is marked as possible; -1: none is.
template <typename T, size_t N>
int FirstOffset(const bool (&possible)[N]) {
  for (size_t i = 0; i < N; ++i) {
    if (possible[i]) return static_cast<int>(i * sizeof(T));
  }
  return -1;
}

}  // namespace

// Compares the pages that Ruby enumerates with their structs.
class PageTableSearch {
 public:
  PageTableSearch() {
    std::fill_n(first_, kWords, true);
    std::fill_n(node_, kWords, true);
    std::fill_n(stride_, kHalves, true);
    std::fill_n(total_, kHalves, true);
  }

  static int AddPage(void* begin, void* end, size_t stride, void* self) {
    auto* const search = static_cast<PageTableSearch*>(self);
    const auto first = reinterpret_cast<uintptr_t>(begin);
    const size_t slots =
        (static_cast<char*>(end) - static_cast<char*>(begin)) / stride;
    search->Look(first, slots, stride);
    return 0;
  }

  // After the last page.
  void Finish(size_t allocated_pages) {
    if (failed_ || structs_.empty()) return;
    PageTable::first_at_ = FirstOffset<uintptr_t>(first_);
    PageTable::total_at_ = FirstOffset<uint16_t>(total_);
    if (one_stride_) {
      PageTable::fixed_stride_ = last_stride_;
    } else {
      PageTable::stride_at_ = FirstOffset<uint16_t>(stride_);
    }
    const int node = FirstOffset<uintptr_t>(node_);
    if (PageTable::first_at_ < 0 || PageTable::total_at_ < 0 || node < 0 ||
        !PageTable::has_slot_sizes()) {
      return;
    }
    std::sort(structs_.begin(), structs_.end());
    FindTable(HeadOfList(node), allocated_pages);
  }

 private:
  // Of a struct, the part that is looked at.
  static constexpr size_t kStructSize = 192;
  static constexpr size_t kWords = kStructSize / sizeof(uintptr_t);
  static constexpr size_t kHalves = kStructSize / sizeof(uint16_t);
  // The table is looked for this near to the head of a list of pages: both are
  // in rb_objspace_t.
  static constexpr uintptr_t kNear = 8192;
  static constexpr uintptr_t kPiece = 4096;
  // From 4.0 on, the table has its size before the first entry.
  static constexpr size_t kSizeBeforeEntries = 16;
  // Of the pages with slots of one size, so many are compared with their
  // structs.
  static constexpr size_t kCompared = 8;
  static constexpr size_t kEntriesAtOnce = 512;

  void Look(uintptr_t first, size_t slots, size_t stride) {
    const uintptr_t page = first & ~(uintptr_t{PageTable::page_size_} - 1);
    if (stride != last_stride_) {
      one_stride_ = structs_.empty();
      last_stride_ = stride;
      compared_ = 0;
    }
    if (compared_++ >= kCompared) {
      structs_.push_back(*reinterpret_cast<const uintptr_t*>(page));
      return;
    }
    uintptr_t address;
    char content[kStructSize];
    if (!Read(page, &address) || !Read(address, &content)) {
      failed_ = true;
      return;
    }
    for (size_t i = 0; i < kHalves; ++i) {
      uint16_t half;
      memcpy(&half, content + i * sizeof(half), sizeof(half));
      stride_[i] = stride_[i] && half == stride;
      total_[i] = total_[i] && half == slots;
    }
    for (size_t i = 0; i < kWords; ++i) {
      uintptr_t words[2] = {};
      memcpy(words, content + i * sizeof(uintptr_t),
             i + 1 < kWords ? sizeof(words) : sizeof(words[0]));
      first_[i] = first_[i] && words[0] == first;
      node_[i] = node_[i] &&
                 IsLinked(address + i * sizeof(uintptr_t), words[0], words[1]);
    }
    structs_.push_back(address);
  }

  // Whether `node` is in a doubly linked list with these neighbours.
  static bool IsLinked(uintptr_t node, uintptr_t next, uintptr_t previous) {
    uintptr_t before_next;
    uintptr_t after_previous;
    return Read(next + sizeof(uintptr_t), &before_next) &&
           before_next == node && Read(previous, &after_previous) &&
           after_previous == node;
  }

  bool IsPage(uintptr_t address) const {
    return std::binary_search(structs_.begin(), structs_.end(), address);
  }

  // The head of the list that the first page is in.
  uintptr_t HeadOfList(size_t node_at) const {
    uintptr_t node = structs_[0] + node_at;
    for (size_t i = 0; i <= structs_.size(); ++i) {
      if (!IsPage(node - node_at)) return node;
      node = *reinterpret_cast<const uintptr_t*>(node);
    }
    return 0;
  }

  void FindTable(uintptr_t head, size_t count) const {
    if (head == 0 || count < structs_.size()) return;
    // In all versions up to 4.0 the table follows the lists.
    if (!FindTable(head, head + kNear, count)) {
      FindTable(head - kNear, head, count);
    }
  }

  // Looks for the pointer to the table in this range.
  bool FindTable(uintptr_t begin, uintptr_t end, size_t count) const {
    for (uintptr_t at = begin; at < end;) {
      const uintptr_t next = (at & ~(kPiece - 1)) + kPiece;
      uintptr_t words[kPiece / sizeof(uintptr_t)];
      if (SafeRead(reinterpret_cast<const void*>(at), words, next - at)) {
        for (size_t i = 0; i < (next - at) / sizeof(words[0]); ++i) {
          for (const size_t entry : {size_t{0}, kSizeBeforeEntries}) {
            if (!IsTable(words[i] + entry, count)) continue;
            PageTable::table_at_ = at + i * sizeof(words[0]);
            PageTable::first_entry_ = entry;
            return true;
          }
        }
      }
      at = next;
    }
    return false;
  }

  // Whether these are the structs of `count` pages by address, with all that
  // Ruby enumerated among them.
  bool IsTable(uintptr_t entries, size_t count) const {
    size_t enumerated = 0;
    uintptr_t last = 0;
    uintptr_t read[kEntriesAtOnce];
    for (size_t i = 0; i < count; ++i) {
      if (i % kEntriesAtOnce == 0 &&
          (!IsAddress(entries) ||
           !SafeRead(reinterpret_cast<const uintptr_t*>(entries) + i, read,
                     std::min(kEntriesAtOnce, count - i) * sizeof(read[0])))) {
        return false;
      }
      const uintptr_t address = read[i % kEntriesAtOnce];
      const bool is_page = IsPage(address);
      const uintptr_t page = is_page ? PageOf(address) : UnlistedPage(address);
      if (page <= last) return false;
      last = page;
      if (is_page) ++enumerated;
    }
    return enumerated == structs_.size();
  }

  static uintptr_t PageOf(uintptr_t page_struct) {
    return *reinterpret_cast<const uintptr_t*>(page_struct +
                                               PageTable::first_at_) &
           ~(uintptr_t{PageTable::page_size_} - 1);
  }
  // The page of what may be the struct of a page that was not enumerated, as it
  // has no object; 0: it is not one.
  static uintptr_t UnlistedPage(uintptr_t address) {
    uintptr_t first;
    uintptr_t back;
    if (!Read(address + PageTable::first_at_, &first)) return 0;
    const uintptr_t page = first & ~(uintptr_t{PageTable::page_size_} - 1);
    return Read(page, &back) && back == address ? page : 0;
  }

  std::vector<uintptr_t> structs_;
  bool first_[kWords];
  bool node_[kWords];
  bool stride_[kHalves];
  bool total_[kHalves];
  bool one_stride_ = true;
  size_t last_stride_ = 0;
  size_t compared_ = 0;
  bool failed_ = false;
};

void PageTable::Learn() {
  page_size_ = AskPageSize();
  if (page_size_ == 0) return;
  PageTableSearch search;
  rb_objspace_each_objects(PageTableSearch::AddPage, &search);
  search.Finish(rb_gc_stat(ID2SYM(rb_intern("heap_allocated_pages"))));
}

const char* const* PageTable::Structs() {
  uintptr_t table;
  if (!is_known() || !Read(table_at_, &table)) return nullptr;
  return reinterpret_cast<const char* const*>(table + first_entry_);
}

bool PageTable::Describe(const char* page_struct, PageOfHeap* page) {
  if (!IsAddress(reinterpret_cast<uintptr_t>(page_struct))) return false;
  memcpy(&page->first_slot, page_struct + first_at_, sizeof(uintptr_t));
  page->begin = page->first_slot & ~(uintptr_t{page_size_} - 1);
  page->stride = fixed_stride_ > 0 ? fixed_stride_ : StrideIn(page_struct);
  // The number of free slots follows that of all. It is that of the last sweep
  // and becomes 0 when the page is taken to allocate from.
  uint16_t counts[2];
  memcpy(counts, page_struct + total_at_, sizeof(counts));
  page->slots = counts[0];
  page->free_slots = counts[1];
  return page->stride > 0 && page->free_slots <= page->slots &&
         page->first_slot + page->slots * page->stride <=
             page->begin + page_size_;
}

}  // namespace heap_dump

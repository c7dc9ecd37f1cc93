#include "query/memory/sparse_pages.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "indexer/base/status_macros.h"
#include "query/db/heap_rows.h"

namespace heapq {
namespace {

constexpr uint64_t kSparse = 10;
constexpr uint64_t kMaxSlot = 640;
constexpr uint64_t kUsualSlot = 40;

// Collects the objects of one page after the other; objects come by address.
class Pages {
 public:
  explicit Pages(uint64_t page_size) : page_size_(page_size) {}

  void Add(const NodeRow& node) {
    const uint64_t page = node.address / page_size_;
    if (page != page_) EndPage();
    page_ = page;
    if (first_ == 0) first_ = node.address;
    // A page has slots of one size, and the distances of objects are multiples
    // of it.
    const uint64_t distance =
        node.address > first_ ? node.address - first_ : first_ - node.address;
    stride_ = std::gcd(stride_, distance);
    ++count_;
    std::string name(node.class_name.empty() ? node.kind : node.class_name);
    if (name.empty()) name = "(internal)";
    ++on_page_[name];
  }

  std::vector<PagePins> Finish(size_t limit) {
    EndPage();
    std::vector<PagePins> pins;
    for (auto& [name, pin] : pins_) {
      pin.class_name = name;
      pins.push_back(std::move(pin));
    }
    std::sort(pins.begin(), pins.end(),
              [](const PagePins& a, const PagePins& b) {
                return a.pages != b.pages ? a.pages > b.pages
                                          : a.class_name < b.class_name;
              });
    if (pins.size() > limit) pins.resize(limit);
    return pins;
  }

 private:
  void EndPage() {
    uint64_t slot = stride_ == 0 ? kUsualSlot : stride_;
    slot = std::min(slot, kMaxSlot);
    if (count_ > 0 && count_ * slot * kSparse < page_size_) {
      for (const auto& [name, count] : on_page_) {
        PagePins& pin = pins_[name];
        pin.objects += count;
        ++pin.pages;
      }
    }
    on_page_.clear();
    count_ = stride_ = first_ = 0;
  }

  const uint64_t page_size_;
  uint64_t page_ = 0;
  uint64_t first_ = 0;
  uint64_t stride_ = 0;
  uint64_t count_ = 0;
  absl::flat_hash_map<std::string, uint64_t> on_page_;
  absl::flat_hash_map<std::string, PagePins> pins_;
};

}  // namespace

absl::StatusOr<std::vector<PagePins>> FindPagePins(HeapDb* db,
                                                   uint64_t page_size,
                                                   size_t limit) {
  std::vector<PagePins> none;
  if (page_size == 0) return none;
  Pages pages(page_size);
  HeapRows rows(db);
  RETURN_IF_ERROR(rows.Nodes([&pages](const NodeRow& node) {
    if (node.reachable && node.address != 0) pages.Add(node);
    return absl::OkStatus();
  }));
  return pages.Finish(limit);
}

}  // namespace heapq

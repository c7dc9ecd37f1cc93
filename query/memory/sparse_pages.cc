#include "query/memory/sparse_pages.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/db/heap_rows.h"
#include "query/paths/merged_class_paths.h"

namespace heapq {
namespace {

constexpr uint64_t kSparse = 10;
constexpr uint64_t kMaxSlot = 640;
constexpr uint64_t kUsualSlot = 40;
// Objects of a class whose paths are read; the others are left out evenly.
constexpr size_t kMostPaths = 2000;
constexpr double kMinHeld = 0.5;
// Classes on less than 1/kLeastPages of the pages of the first are left out.
constexpr uint64_t kLeastPages = 50;
// Of a longer path, the hops in the middle are left out.
constexpr size_t kMostHops = 8;

// A class and its objects on sparse pages, by id.
struct Survivors {
  PagePins pins;
  std::vector<uint32_t> ids;
};

std::vector<uint32_t> Sample(const std::vector<uint32_t>& ids) {
  const size_t step = (ids.size() + kMostPaths - 1) / kMostPaths;
  std::vector<uint32_t> sample;
  for (size_t i = 0; i < ids.size(); i += step) sample.push_back(ids[i]);
  return sample;
}

// Writes "$kept → [*]" for the path of most of the objects.
absl::Status FindHolder(HeapDb* db, Survivors* survivors) {
  std::vector<uint32_t>& ids = survivors->ids;
  std::sort(ids.begin(), ids.end());
  ASSIGN_OR_RETURN(const MergedClassPaths paths,
                   ReadMergedPaths(db, Sample(ids), kMinHeld));
  std::vector<std::string> edges;
  for (const ClassPathHop& hop : paths.hops) {
    const double share = static_cast<double>(hop.merged.targets) /
                         static_cast<double>(paths.merged.targets);
    // Hops come depth first, the one with most targets before the others.
    if (hop.merged.depth != edges.size() + 1 || share < kMinHeld) break;
    edges.push_back(hop.edge);
    survivors->pins.held_share = share;
  }
  std::string& text = survivors->pins.held_by;
  for (size_t i = 0; i < edges.size(); ++i) {
    const bool shown = edges.size() <= kMostHops || i < kMostHops / 2 ||
                       i >= edges.size() - kMostHops / 2;
    if (shown) {
      absl::StrAppend(&text, text.empty() ? "" : " → ", edges[i]);
    } else if (i == kMostHops / 2) {
      absl::StrAppend(&text, " → …");
    }
  }
  return absl::OkStatus();
}

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
    on_page_[name].push_back(node.id);
  }

  // The classes on most pages.
  std::vector<Survivors> Finish(size_t limit) {
    EndPage();
    std::vector<Survivors> all;
    for (auto& [name, survivors] : survivors_) {
      survivors.pins.class_name = name;
      all.push_back(std::move(survivors));
    }
    std::sort(all.begin(), all.end(),
              [](const Survivors& a, const Survivors& b) {
                return a.pins.pages != b.pins.pages
                           ? a.pins.pages > b.pins.pages
                           : a.pins.class_name < b.pins.class_name;
              });
    if (all.size() > limit) all.resize(limit);
    while (!all.empty() &&
           all.back().pins.pages * kLeastPages < all.front().pins.pages) {
      all.pop_back();
    }
    return all;
  }

 private:
  void EndPage() {
    uint64_t slot = stride_ == 0 ? kUsualSlot : stride_;
    slot = std::min(slot, kMaxSlot);
    if (count_ > 0 && count_ * slot * kSparse < page_size_) {
      for (const auto& [name, ids] : on_page_) {
        Survivors& survivors = survivors_[name];
        survivors.pins.objects += ids.size();
        ++survivors.pins.pages;
        survivors.ids.insert(survivors.ids.end(), ids.begin(), ids.end());
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
  absl::flat_hash_map<std::string, std::vector<uint32_t>> on_page_;
  absl::flat_hash_map<std::string, Survivors> survivors_;
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
  std::vector<PagePins> pins;
  for (Survivors& each : pages.Finish(limit)) {
    RETURN_IF_ERROR(FindHolder(db, &each));
    pins.push_back(std::move(each.pins));
  }
  return pins;
}

}  // namespace heapq

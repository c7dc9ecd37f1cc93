#include "indexer/heap/record_batch.h"

#include <algorithm>
#include <cstring>

namespace heapq {
namespace {

constexpr size_t kMinSites = 1024;  // a power of two

uint64_t Load(const char* p) {
  uint64_t value;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Only as good as a table of one batch needs it.
uint32_t HashOf(std::string_view text) {
  constexpr uint64_t kA = 0x9e3779b97f4a7c15;
  constexpr uint64_t kB = 0xd6e8feb86659fd93;
  const char* p = text.data();
  size_t left = text.size();
  uint64_t hash = left * kA;
  for (; left > 16; left -= 16, p += 16) {
    hash = Mix(hash ^ Load(p), Load(p + 8) ^ kB);
  }
  if (left >= 8) {
    hash = Mix(hash ^ Load(p), Load(p + left - 8) ^ kB);
  } else if (left > 0) {
    uint64_t tail = 0;
    std::memcpy(&tail, p, left);
    hash = Mix(hash ^ tail, kB);
  }
  return static_cast<uint32_t>(Mix(hash, kA) >> 32);
}

}  // namespace

uint32_t BatchNames::Intern(std::string_view text) {
  if (text.empty()) return 0;
  const uint32_t hash = HashOf(text);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at].number != 0; at = (at + 1) & mask) {
    if (slots_[at].hash == hash && texts_[slots_[at].number] == text) {
      return slots_[at].number;
    }
  }
  const auto number = static_cast<uint32_t>(texts_.size());
  slots_[at] = {hash, number};
  texts_.push_back(text);
  if (texts_.size() > slots_.size() / 2) Grow();
  return number;
}

void BatchNames::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  std::swap(old, slots_);
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.number == 0) continue;
    size_t at = slot.hash & mask;
    while (slots_[at].number != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

void BatchNames::Clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{0, 0});
  texts_.resize(1);
}

void RecordBatch::Clear() {
  names.Clear();
  objects.clear();
  edges.clear();
  weak_edges.clear();
  fields.clear();
  sites.assign(1, Site{0, 0, 0});
  edges_begin_ = weak_edges_begin_ = fields_begin_ = 0;
  site_slots_.assign(std::max(kMinSites, site_slots_.size()), 0);
  text_size_ = 0;
}

uint32_t RecordBatch::InternSite(const Site& site) {
  if (site.file == 0 && site.line == 0) return 0;
  const size_t mask = site_slots_.size() - 1;
  const uint64_t hash = Mix(uint64_t{site.file} << 32 | site.line,
                            0x9e3779b97f4a7c15 + site.method);
  size_t at = hash & mask;
  for (; site_slots_[at] != 0; at = (at + 1) & mask) {
    const Site& other = sites[site_slots_[at]];
    if (other.file == site.file && other.line == site.line &&
        other.method == site.method) {
      return site_slots_[at];
    }
  }
  const auto number = static_cast<uint32_t>(sites.size());
  site_slots_[at] = number;
  sites.push_back(site);
  if (sites.size() > site_slots_.size() / 2) {
    const Column<Site> all = std::move(sites);
    site_slots_.assign(2 * site_slots_.size(), 0);
    sites.assign(1, Site{0, 0, 0});
    for (size_t i = 1; i < all.size(); ++i) InternSite(all[i]);
  }
  return number;
}

void RecordBatch::ReserveText(size_t decoded_size) {
  if (text_.size() < decoded_size) text_.resize_for_overwrite(decoded_size);
}

void RecordBatch::Commit(const Object& object) {
  objects.push_back(object);
  Object& added = objects.back();
  added.edges_end = edges_begin_ = static_cast<uint32_t>(edges.size());
  added.weak_edges_end = weak_edges_begin_ =
      static_cast<uint32_t>(weak_edges.size());
  added.fields_end = fields_begin_ = static_cast<uint32_t>(fields.size());
}

void RecordBatch::Abandon() {
  edges.resize(edges_begin_);
  weak_edges.resize(weak_edges_begin_);
  fields.resize(fields_begin_);
}

}  // namespace heapq

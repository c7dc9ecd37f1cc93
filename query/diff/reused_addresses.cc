#include "query/diff/reused_addresses.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "indexer/base/status_macros.h"
#include "query/db/heap_scan.h"

namespace heapq {
namespace {

// The length to which a chain of objects that are all new is followed.
constexpr int kMaxRounds = 8;

struct Contents {
  // The addresses of the listed objects, ascending, and their references as
  // (index in the list, address), sorted.
  std::vector<uint64_t> addresses;
  std::vector<std::pair<uint32_t, uint64_t>> held;
  // Address and hash of the text of every string, by address.
  std::vector<std::pair<uint64_t, uint64_t>> texts;
};

absl::StatusOr<std::vector<uint64_t>> Addresses(HeapDb* db) {
  std::vector<uint64_t> addresses(size_t{db->last_id()} + 1);
  ASSIGN_OR_RETURN(const auto rows, ScanTable(db, "objects", 2));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->Next());
    if (!more) return addresses;
    const auto id = static_cast<uint64_t>(rows->Int(0));
    if (id < addresses.size()) {
      addresses[id] = static_cast<uint64_t>(rows->Int(1));
    }
  }
}

absl::StatusOr<Contents> ReadContents(HeapDb* db,
                                      const std::vector<uint32_t>& ids) {
  Contents contents;
  ASSIGN_OR_RETURN(const std::vector<uint64_t> addresses, Addresses(db));
  for (const uint32_t id : ids) contents.addresses.push_back(addresses[id]);
  ASSIGN_OR_RETURN(const auto strings, ScanTable(db, "strings", 2));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, strings->Next());
    if (!more) break;
    const auto id = static_cast<uint64_t>(strings->Int(0));
    if (id >= addresses.size()) break;
    const std::string_view text = strings->Text(1);
    contents.texts.emplace_back(addresses[id], absl::HashOf(absl::string_view(
                                                   text.data(), text.size())));
  }
  ASSIGN_OR_RETURN(const auto edges, ScanTable(db, "edges", 3));
  size_t at = 0;  // edges come in the order of their holders
  while (at < ids.size()) {
    ASSIGN_OR_RETURN(const bool more, edges->Next());
    if (!more) break;
    const int64_t src = edges->Int(0);
    while (at < ids.size() && int64_t{ids[at]} < src) ++at;
    const auto dst = static_cast<uint64_t>(edges->Int(2));
    if (at == ids.size() || int64_t{ids[at]} != src ||
        dst >= addresses.size()) {
      continue;
    }
    contents.held.emplace_back(static_cast<uint32_t>(at), addresses[dst]);
  }
  std::sort(contents.held.begin(), contents.held.end());
  return contents;
}

// The addresses at which both have a string, with another text.
absl::flat_hash_set<uint64_t> OtherTexts(const Contents& old,
                                         const Contents& now) {
  absl::flat_hash_set<uint64_t> others;
  size_t at = 0;
  for (const auto& [address, hash] : old.texts) {
    while (at < now.texts.size() && now.texts[at].first < address) ++at;
    if (at < now.texts.size() && now.texts[at].first == address &&
        now.texts[at].second != hash) {
      others.insert(address);
    }
  }
  return others;
}

}  // namespace

absl::StatusOr<std::vector<bool>> LooksReused(
    HeapDb* heap_before, const std::vector<uint32_t>& before,
    HeapDb* heap_after, const std::vector<uint32_t>& after) {
  ASSIGN_OR_RETURN(const Contents old, ReadContents(heap_before, before));
  ASSIGN_OR_RETURN(const Contents now, ReadContents(heap_after, after));
  // Addresses at which there is another object now.
  absl::flat_hash_set<uint64_t> others = OtherTexts(old, now);
  const size_t count = std::min(before.size(), after.size());
  for (int round = 0; round < kMaxRounds; ++round) {
    const size_t known = others.size();
    size_t a = 0;
    size_t b = 0;
    for (uint32_t place = 0; place < count; ++place) {
      bool any_before = false;
      bool any_after = false;
      bool common = false;
      for (; a < old.held.size() && old.held[a].first == place; ++a) {
        any_before = true;
        for (; b < now.held.size() && now.held[b] < old.held[a]; ++b) {
          any_after = true;
        }
        if (b < now.held.size() && now.held[b] == old.held[a]) {
          any_after = true;
          common = common || !others.contains(old.held[a].second);
        }
      }
      for (; b < now.held.size() && now.held[b].first == place; ++b) {
        any_after = true;
      }
      if (any_before && any_after && !common) {
        others.insert(old.addresses[place]);
      }
    }
    if (others.size() == known) break;
  }
  std::vector<bool> reused(count);
  for (size_t i = 0; i < count; ++i) {
    reused[i] = others.contains(old.addresses[i]);
  }
  return reused;
}

}  // namespace heapq

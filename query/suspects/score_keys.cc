// Signs in the keys of a hash.
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "indexer/base/status_macros.h"
#include "indexer/model/digits.h"
#include "query/suspects/score_state.h"

namespace heapq {
namespace {

constexpr uint64_t kFewKeys = 20;
constexpr uint64_t kMaxKeys = 200;
constexpr uint64_t kManyKeys = 100;
// Data in a gem's container that certainly came one by one.
constexpr uint64_t kVeryManyKeys = 1000;
// The weight of keys made from data in a gem's container, which its own code
// hardly makes.
constexpr double kDataInGem = 4;
// Tokens are at least this long.
constexpr size_t kTokenLength = 16;
constexpr size_t kMaxParts = 8;
// A series of numbers that begins below this has its beginning.
constexpr int64_t kFirstOfSeries = 16;
constexpr int64_t kObjectIdStep = 8;

// A text that a random generator made: "9f86d081884c7d65".
bool IsToken(std::string_view text) {
  return text.size() >= kTokenLength && HasDigit(text) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) != 0 ||
                  c == '-' || c == '_' || c == ':';
         });
}

// The only number in a text: 12 of "page-12".
std::optional<int64_t> NumberIn(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto begin = std::find_if(text.begin(), text.end(), is_digit);
  const auto end = std::find_if_not(begin, text.end(), is_digit);
  if (begin == end || std::any_of(end, text.end(), is_digit)) return {};
  int64_t number = 0;
  const std::string digits(begin, end);
  if (!absl::SimpleAtoi(digits, &number)) return {};
  return number;
}

}  // namespace

// The first keys of the hashes of a candidate.
struct Scorer::Keys {
  uint64_t count = 0;
  uint64_t objects = 0;  // neither String nor Symbol nor a class
  uint64_t with_digits = 0;
  uint64_t tokens = 0;
  uint64_t blank_arrays = 0;  // arrays that show nothing
  std::set<std::string> patterns;
  std::vector<std::string> shown;
  std::vector<uint32_t> arrays;
  std::vector<int64_t> series;  // numbers in the keys of the first hash

  void Add(const std::string& text, bool first_hash) {
    ++count;
    if (HasDigit(text)) ++with_digits;
    if (IsToken(text)) ++tokens;
    patterns.insert(WithoutDigits(text));
    if (shown.size() < 3) shown.push_back(text);
    if (!first_hash) return;
    const std::optional<int64_t> number = NumberIn(text);
    // A value next to its key may have the same number.
    if (number && (series.empty() || series.back() != *number)) {
      series.push_back(*number);
    }
  }
  bool OfData() const {
    return (10 * with_digits > 7 * count &&
            100 * patterns.size() <= 15 * count) ||
           10 * (objects - std::min(objects, blank_arrays)) > 7 * count ||
           10 * tokens > 9 * count;
  }
  // The distance at which the numbers in the first hash's keys follow each
  // other; 0: they do not.
  int64_t Step() const {
    if (series.size() < kFewKeys || patterns.size() > 3) return 0;
    std::map<int64_t, size_t> steps;
    for (size_t i = 1; i < series.size(); ++i) {
      ++steps[series[i] - series[i - 1]];
    }
    for (const auto& [step, times] : steps) {
      if (step > 0 && 10 * times >= 9 * (series.size() - 1)) return step;
    }
    return 0;
  }
};

absl::StatusOr<Scorer::Keys> Scorer::ReadKeys(
    const std::vector<uint32_t>& hashes) {
  Keys keys;
  for (const uint32_t id : hashes) {
    if (keys.count >= kMaxKeys) break;
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT e.kind, o.type, s.value, n.text, y.text, e.dst, "
                   "EXISTS (SELECT 1 FROM edges p WHERE p.src = e.dst) FROM "
                   "edges e LEFT JOIN objects o ON o.id = e.dst LEFT JOIN "
                   "strings s ON s.id = e.dst LEFT JOIN names n ON n.id = "
                   "e.label AND e.kind = $hash_value LEFT JOIN names y ON y.id "
                   "= o.name WHERE e.src = ?1 AND e.kind IN ($ref, $hash_key, "
                   "$hash_value) ORDER BY e.n LIMIT 240"));
    row->Bind(1, int64_t{id});
    while (keys.count < kMaxKeys) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      const auto kind = static_cast<EdgeKind>(row->Int(0));
      const auto type = static_cast<ObjectType>(row->Int(1));
      const bool first_hash = id == hashes.front();
      if (kind == EdgeKind::kHashValue) {
        keys.Add(std::string(row->Text(3)), first_hash);
      } else if (type == ObjectType::kString) {
        keys.Add(std::string(row->Text(2)), first_hash);
      } else if (type == ObjectType::kSymbol) {
        // A Symbol that is an object was made from a String.
        keys.Add(std::string(row->Text(4)), first_hash);
      } else if (kind == EdgeKind::kHashKey && type != ObjectType::kClass &&
                 type != ObjectType::kModule) {
        ++keys.count;
        ++keys.objects;
        if (type == ObjectType::kArray) {
          keys.arrays.push_back(static_cast<uint32_t>(row->Int(5)));
          if (!db_.has_fields() && row->Int(6) == 0) ++keys.blank_arrays;
        }
      }
    }
    row->Reset();
  }
  return keys;
}

// Whether the arrays are combinations of few values: [:eur, :usd]. Without
// values in the dump, which may be numbers, only Symbols tell.
absl::StatusOr<bool> Scorer::AreCombinations(
    const std::vector<uint32_t>& arrays) {
  if (arrays.size() < kFewKeys) return false;
  std::map<int64_t, std::set<std::string>> values;  // by index
  for (const uint32_t id : arrays) {
    ASSIGN_OR_RETURN(
        Statement * row,
        db_.Cached("SELECT label, value, 0 FROM fields WHERE src = ?1 AND kind "
                   "= $index UNION ALL SELECT CASE e.kind WHEN $index THEN "
                   "e.label ELSE e.n END, coalesce(s.value, e.dst), o.type <> "
                   "$T_SYMBOL FROM edges e JOIN objects o ON o.id = e.dst LEFT "
                   "JOIN strings s ON s.id = e.dst WHERE e.src = ?1 LIMIT ?2"));
    row->Bind(1, int64_t{id});
    row->Bind(2, int64_t{kMaxParts});
    size_t parts = 0;
    while (true) {
      ASSIGN_OR_RETURN(const bool found, row->Step());
      if (!found) break;
      ++parts;
      if (!db_.has_fields() && row->Int(2) != 0) parts = 0;
      values[row->Int(0)].emplace(row->Text(1));
    }
    row->Reset();
    if (!db_.has_fields() && parts < 2) return false;
  }
  return !values.empty() &&
         std::all_of(values.begin(), values.end(), [&arrays](const auto& part) {
           return 5 * part.second.size() <= 2 * arrays.size();
         });
}

absl::Status Scorer::WeighKeys(State* state) {
  const Candidate& candidate = state->candidate();
  if (candidate.numbered) {
    state->data_keys = true;
    state->Weigh(1.5, "the names of its variables are made from data");
    return absl::OkStatus();
  }
  const PathNode& node = tree_[candidate.node];
  if (candidate.kind != Candidate::kContainer ||
      node.type != ObjectType::kHash) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::vector<uint32_t> samples,
                   PathSamples(&db_, candidate.node));
  ASSIGN_OR_RETURN(const Keys keys, ReadKeys(samples));
  state->out.keys = keys.shown;
  if (keys.count < kFewKeys) return absl::OkStatus();
  state->data_keys = keys.OfData();
  state->blank_keys = 10 * keys.blank_arrays > 7 * keys.count;
  ASSIGN_OR_RETURN(const bool combinations, AreCombinations(keys.arrays));
  if (combinations) {
    state->data_keys = false;
    state->bounded = true;
    state->Weigh(0.4, "its keys are combinations of few values");
  }
  if (state->data_keys) state->Weigh(1.5, "its keys are made from data");
  const int64_t step = keys.Step();
  if (step != 0) {
    // More keys are missing at the beginning than are there: they were removed.
    const int64_t missing = keys.series.front() / step;
    if (missing <= kFirstOfSeries) state->series = State::kWhole;
    // Object ids begin anywhere.
    if (missing > int64_t{node.fan} && step % kObjectIdStep != 0) {
      state->series = State::kWindow;
    }
  }
  const bool of_gem =
      state->out.holder.owner == CodeOwner::kGem && !state->OfApplication();
  if (state->data_keys && of_gem && candidate.count >= kManyKeys) {
    state->data_in_gem =
        state->series == State::kWhole && candidate.count >= kVeryManyKeys;
    state->Weigh(kDataInGem, "data fills a container of a gem",
                 state->data_in_gem);
  }
  ASSIGN_OR_RETURN(
      state->fills_itself,
      HasDefaultBlock(samples.empty() ? node.first : samples.front()));
  return absl::OkStatus();
}

// Whether a hash has a block that makes the value of a new key. Without a name
// its reference to the block follows those to its entries.
absl::StatusOr<bool> Scorer::HasDefaultBlock(uint32_t hash) {
  const char* sql =
      db_.has_fields()
          ? "SELECT 1 FROM edges e CROSS JOIN names n ON n.id = e.label WHERE "
            "e.src = ?1 AND e.kind = $part AND n.text = 'default' LIMIT 1"
          : "SELECT coalesce(k.text, '') = 'proc' FROM edges e JOIN objects o "
            "ON o.id = e.dst LEFT JOIN names k ON k.id = o.kind WHERE e.src = "
            "?1 ORDER BY e.n DESC LIMIT 2";
  ASSIGN_OR_RETURN(Statement * row, db_.Cached(sql));
  row->Bind(1, int64_t{hash});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  bool has = found && row->Int(0) != 0;
  if (has && !db_.has_fields()) {
    // Where the last value is a proc too, this may be one.
    ASSIGN_OR_RETURN(const bool more, row->Step());
    has = more && row->Int(0) == 0;
  }
  row->Reset();
  return has;
}

}  // namespace heapq

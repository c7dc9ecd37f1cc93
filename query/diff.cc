#include "query/diff.h"

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/heap_info.h"
#include "query/path_lines.h"
#include "query/suspects.h"

namespace heapq {
namespace {

// When fewer of the objects than this are where they were, the heap was
// compacted in between, or it is another process.
constexpr double kFewSurvivors = 0.25;
constexpr size_t kMostGrowthPoints = 50;

// What has the same name is added up.
constexpr char kClassesSql[] =
    "SELECT coalesce(name, '(anonymous)'), count, size, retained FROM classes "
    "WHERE count > 0";
constexpr char kNamespacesSql[] =
    "SELECT name, count, size, retained FROM namespaces";
constexpr char kSitesSql[] =
    "SELECT file || ':' || line, count, size, retained FROM sites WHERE count "
    "> 0";
constexpr char kGemsSql[] = "SELECT name, count, size, retained FROM gems";

using Amounts = absl::flat_hash_map<std::string, Amount>;

// All that one heap is compared by.
struct HeapAmounts {
  Amounts classes, namespaces, sites, gems;
  std::vector<Suspect> suspects;
};

// A damaged file may hold any numbers: these wrap round.
int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}
int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}
void Add(const Amount& more, Amount* sum) {
  sum->count = Plus(sum->count, more.count);
  sum->size = Plus(sum->size, more.size);
  sum->retained = Plus(sum->retained, more.retained);
}

absl::StatusOr<Amounts> ReadAmounts(HeapDb* db, const char* sql) {
  Amounts amounts;
  ASSIGN_OR_RETURN(Statement * statement, db->Cached(sql));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement->Step());
    if (!row) return amounts;
    const std::string_view name = statement->Text(0);
    Add({statement->Int(1), statement->Int(2), statement->Int(3)},
        &amounts[absl::string_view(name.data(), name.size())]);
  }
}

absl::StatusOr<HeapAmounts> ReadHeap(HeapDb* db, double share) {
  HeapAmounts heap;
  ASSIGN_OR_RETURN(heap.classes, ReadAmounts(db, kClassesSql));
  ASSIGN_OR_RETURN(heap.namespaces, ReadAmounts(db, kNamespacesSql));
  ASSIGN_OR_RETURN(heap.sites, ReadAmounts(db, kSitesSql));
  ASSIGN_OR_RETURN(heap.gems, ReadAmounts(db, kGemsSql));
  ASSIGN_OR_RETURN(heap.suspects, FindSuspects(db, share));
  return heap;
}

// Each by a thread of its own: they share nothing.
absl::StatusOr<std::vector<HeapAmounts>> ReadHeaps(
    const std::vector<HeapDb*>& heaps, double share) {
  std::vector<std::future<absl::StatusOr<HeapAmounts>>> readers;
  readers.reserve(heaps.size());
  for (HeapDb* heap : heaps) {
    readers.push_back(std::async(std::launch::async, ReadHeap, heap, share));
  }
  std::vector<HeapAmounts> all;
  for (auto& reader : readers) {
    ASSIGN_OR_RETURN(HeapAmounts heap, reader.get());
    all.push_back(std::move(heap));
  }
  return all;
}

// Rows with a change between any two heaps, largest growth first.
std::vector<DiffRow> Changed(const std::vector<const Amounts*>& heaps) {
  std::vector<DiffRow> rows;
  std::vector<Amount> amounts(heaps.size());
  for (size_t n = 0; n < heaps.size(); ++n) {
    for (const auto& named : *heaps[n]) {
      bool seen = false;  // in an earlier heap
      for (size_t i = 0; i < heaps.size(); ++i) {
        const auto found = heaps[i]->find(named.first);
        const bool has = found != heaps[i]->end();
        amounts[i] = has ? found->second : Amount();
        seen = seen || (has && i < n);
      }
      if (seen || std::all_of(amounts.begin(), amounts.end(),
                              [&amounts](const Amount& amount) {
                                return amount == amounts.front();
                              })) {
        continue;
      }
      rows.push_back({named.first, amounts});
    }
  }
  std::sort(rows.begin(), rows.end(), [](const DiffRow& a, const DiffRow& b) {
    const Amount x = a.Growth();
    const Amount y = b.Growth();
    return std::tie(y.size, y.retained, y.count, a.name) <
           std::tie(x.size, x.retained, x.count, b.name);
  });
  return rows;
}

std::vector<DiffRow> Changed(const std::vector<HeapAmounts>& heaps,
                             Amounts HeapAmounts::*of) {
  std::vector<const Amounts*> amounts;
  amounts.reserve(heaps.size());
  for (const HeapAmounts& heap : heaps) amounts.push_back(&(heap.*of));
  return Changed(amounts);
}

void SortAdded(std::vector<AddedGroup>* added) {
  std::stable_sort(added->begin(), added->end(),
                   [](const AddedGroup& x, const AddedGroup& y) {
                     return std::tie(x.size, x.count) >
                            std::tie(y.size, y.count);
                   });
}

// Numbers for names, the same in all heaps.
class Names {
 public:
  uint32_t Number(std::string_view name) {
    const auto [found, added] =
        numbers_.try_emplace(std::string(name), names_.size());
    if (added) names_.emplace_back(name);
    return found->second;
  }
  const std::string& Text(uint32_t number) const { return names_[number]; }

 private:
  absl::flat_hash_map<std::string, uint32_t> numbers_ = {{"", 0}};
  std::vector<std::string> names_ = {""};
};

// The objects of one heap in the order of their addresses. Another thread
// reads ahead.
class ObjectStream {
 public:
  struct Object {
    uint64_t address = 0;
    int64_t type = 0;
    int64_t size = 0;
    int64_t generation = 0;  // 0: not traced
    uint32_t id = 0;
    uint32_t class_name = 0;  // of Names; 0: none
    uint32_t site = 0;        // "app.rb:42"
  };

  ObjectStream(HeapDb* db, Names* names) : db_(*db), names_(*names) {}

  absl::Status Open() {
    RETURN_IF_ERROR(ReadNames(
        "SELECT r.id, coalesce(c.name, '') FROM classes r LEFT JOIN classes c "
        "ON c.id = r.\"real\"",
        &classes_));
    RETURN_IF_ERROR(
        ReadNames("SELECT id, file || ':' || line FROM sites", &sites_));
    ASSIGN_OR_RETURN(objects_,
                     db_.Cached("SELECT address, type, size, generation, "
                                "class, site, id FROM objects "
                                "WHERE type <> 0 ORDER BY id"));
    ReadAhead();
    return NextBlock();
  }

  bool at_end() const { return at_ == block_.size(); }
  const Object& object() const { return block_[at_]; }

  absl::Status Next() {
    return ++at_ < block_.size() ? absl::OkStatus() : NextBlock();
  }

 private:
  using Numbers = absl::flat_hash_map<int64_t, uint32_t>;
  using Block = std::vector<Object>;  // an empty one: no more

  static constexpr size_t kBlock = 1 << 14;

  absl::Status ReadNames(const char* sql, Numbers* numbers) {
    ASSIGN_OR_RETURN(Statement * statement, db_.Cached(sql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, statement->Step());
      if (!row) return absl::OkStatus();
      numbers->emplace(statement->Int(0), names_.Number(statement->Text(1)));
    }
  }
  static uint32_t Find(const Numbers& numbers, int64_t id) {
    if (id == 0) return 0;
    const auto found = numbers.find(id);
    return found == numbers.end() ? 0 : found->second;
  }

  void ReadAhead() {
    next_ = std::async(std::launch::async, [this] { return ReadBlock(); });
  }
  absl::Status NextBlock() {
    at_ = 0;
    ASSIGN_OR_RETURN(block_, next_.get());
    if (!block_.empty()) ReadAhead();
    return absl::OkStatus();
  }
  absl::StatusOr<Block> ReadBlock() {
    Block block;
    while (!rows_ended_ && block.size() < kBlock) {
      ASSIGN_OR_RETURN(const bool row, objects_->Step());
      rows_ended_ = !row;
      if (rows_ended_) break;
      Object& object = block.emplace_back();
      object.address = static_cast<uint64_t>(objects_->Int(0));
      object.type = objects_->Int(1);
      object.size = objects_->Int(2);
      object.generation = objects_->Int(3);
      object.class_name = Find(classes_, objects_->Int(4));
      object.site = Find(sites_, objects_->Int(5));
      object.id = static_cast<uint32_t>(objects_->Int(6));
    }
    return block;
  }

  HeapDb& db_;
  Names& names_;
  Numbers classes_;
  Numbers sites_;
  Statement* objects_ = nullptr;
  bool rows_ended_ = false;
  Block block_;
  size_t at_ = 0;
  std::future<absl::StatusOr<Block>> next_;  // last: it uses the rest
};

bool SameObject(const ObjectStream::Object& a, const ObjectStream::Object& b) {
  return a.type == b.type && a.generation == b.generation &&
         a.class_name == b.class_name && a.site == b.site;
}

// Merges the objects of the heaps, which all come in the order of addresses.
class ObjectMerge {
 public:
  ObjectMerge(const std::vector<HeapDb*>& heaps, HeapDiff* diff)
      : diff_(*diff) {
    for (HeapDb* heap : heaps) {
      streams_.push_back(std::make_unique<ObjectStream>(heap, &names_));
    }
  }

  absl::Status Run() {
    for (const auto& stream : streams_) RETURN_IF_ERROR(stream->Open());
    ObjectStream& a = *streams_[0];
    ObjectStream& b = *streams_[1];
    while (!a.at_end() || !b.at_end()) {
      if (b.at_end() ||
          (!a.at_end() && a.object().address < b.object().address)) {
        ++diff_.removed_count;
        RETURN_IF_ERROR(a.Next());
        continue;
      }
      const bool both = !a.at_end() && a.object().address == b.object().address;
      if (both && SameObject(a.object(), b.object())) {
        ++diff_.same_count;
      } else {
        if (both) ++diff_.removed_count;
        ASSIGN_OR_RETURN(const bool stayed, IsInThird(b.object()));
        if (stayed) {
          Add(b.object());
          const ObjectStream& last = *streams_.back();
          added_.push_back(last.object().id);
        }
      }
      if (both) RETURN_IF_ERROR(a.Next());
      RETURN_IF_ERROR(b.Next());
    }
    for (auto& [key, group] : groups_) diff_.added.push_back(std::move(group));
    SortAdded(&diff_.added);
    return absl::OkStatus();
  }

  // The objects that came and stayed: ids in the last heap, ascending.
  const std::vector<uint32_t>& added() const { return added_; }

 private:
  // True as well if there is no third heap.
  absl::StatusOr<bool> IsInThird(const ObjectStream::Object& object) {
    if (streams_.size() < 3) return true;
    ObjectStream& c = *streams_[2];
    while (!c.at_end() && c.object().address < object.address) {
      RETURN_IF_ERROR(c.Next());
    }
    return !c.at_end() && c.object().address == object.address &&
           SameObject(c.object(), object);
  }

  void Add(const ObjectStream::Object& object) {
    AddedGroup& group =
        groups_[{names_.Text(object.class_name), names_.Text(object.site)}];
    if (group.count++ == 0) {
      group.class_name = object.class_name == 0
                             ? std::string(ObjectTypeName(
                                   static_cast<ObjectType>(object.type)))
                             : names_.Text(object.class_name);
      group.site = names_.Text(object.site);
    }
    group.size += static_cast<uint64_t>(object.size);
    ++diff_.added_count;
  }

  HeapDiff& diff_;
  Names names_;
  std::vector<std::unique_ptr<ObjectStream>> streams_;
  std::map<std::pair<std::string, std::string>, AddedGroup> groups_;
  std::vector<uint32_t> added_;
};

// A number of the header, by its path ("gc.count"); nullopt: it has none.
absl::StatusOr<std::optional<int64_t>> HeaderNumber(HeapDb* db,
                                                    std::string_view key) {
  ASSIGN_OR_RETURN(const HeapInfo info, ReadInfo(db));
  int64_t number = 0;
  for (const auto& [name, value] : info.header_facts) {
    if (name == key && absl::SimpleAtoi(value, &number)) {
      return std::optional<int64_t>(number);
    }
  }
  return std::optional<int64_t>();
}

// Why the same address need not be the same object, as the dumps' headers tell
// it; "" if they don't.
absl::StatusOr<std::string> WhyMoved(const std::vector<HeapDb*>& heaps) {
  for (size_t n = 1; n < heaps.size(); ++n) {
    ASSIGN_OR_RETURN(const auto pid_before, HeaderNumber(heaps[n - 1], "pid"));
    ASSIGN_OR_RETURN(const auto pid, HeaderNumber(heaps[n], "pid"));
    if (pid_before.has_value() && pid.has_value() && *pid_before != *pid) {
      return absl::StrCat("these are dumps of different processes, ",
                          *pid_before, " and ", *pid);
    }
    constexpr char kCompactions[] = "gc.compactions";
    ASSIGN_OR_RETURN(const auto before,
                     HeaderNumber(heaps[n - 1], kCompactions));
    ASSIGN_OR_RETURN(const auto after, HeaderNumber(heaps[n], kCompactions));
    if (before.has_value() && after.has_value() && *before != *after) {
      return absl::StrCat("the heap was compacted between the dumps (", *before,
                          " times before, ", *after, " after)");
    }
  }
  return std::string();
}

// Objects of the last heap that were allocated between the first two: ids,
// ascending. Only traced ones have a generation.
absl::StatusOr<std::vector<uint32_t>> AddedByGeneration(
    const std::vector<HeapDb*>& heaps, HeapDiff* diff) {
  std::vector<uint32_t> added;
  constexpr char kCount[] = "gc.count";
  ASSIGN_OR_RETURN(const auto pid, HeaderNumber(heaps.front(), "pid"));
  ASSIGN_OR_RETURN(const auto last_pid, HeaderNumber(heaps.back(), "pid"));
  ASSIGN_OR_RETURN(const auto from, HeaderNumber(heaps[0], kCount));
  ASSIGN_OR_RETURN(const auto to, HeaderNumber(heaps[1], kCount));
  if (pid != last_pid || !from.has_value() || !to.has_value()) return added;
  ASSIGN_OR_RETURN(
      Statement * rows,
      heaps.back()->Cached(
          "SELECT o.id, o.size, coalesce(c.name, '(' || t.name || ')'), s.file "
          "|| ':' || s.line FROM objects o JOIN types t ON t.type = o.type "
          "LEFT JOIN classes r ON r.id = o.class LEFT JOIN classes c ON c.id = "
          "r.\"real\" LEFT JOIN sites s ON s.id = o.site WHERE o.generation >= "
          "?1 AND o.generation < ?2 ORDER BY o.id"));
  rows->Bind(1, *from);
  rows->Bind(2, *to);
  std::map<std::pair<std::string, std::string>, AddedGroup> groups;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) break;
    added.push_back(static_cast<uint32_t>(rows->Int(0)));
    const std::string class_name(rows->Text(2));
    const std::string site(rows->Text(3));
    AddedGroup& group = groups[{class_name, site}];
    group.class_name = class_name;
    group.site = site;
    ++group.count;
    group.size += static_cast<uint64_t>(rows->Int(1));
    ++diff->added_count;
  }
  for (auto& [key, group] : groups) diff->added.push_back(std::move(group));
  SortAdded(&diff->added);
  return added;
}

void DiffSuspects(const std::vector<HeapAmounts>& heaps, HeapDiff* diff) {
  std::vector<Amounts> amounts(heaps.size());
  std::map<std::string, std::string> texts;
  for (size_t n = 0; n < heaps.size(); ++n) {
    for (const Suspect& suspect : heaps[n].suspects) {
      Add({static_cast<int64_t>(suspect.count),
           static_cast<int64_t>(suspect.object.size),
           static_cast<int64_t>(suspect.retained)},
          &amounts[n][suspect.fingerprint]);
      std::string text;
      for (const PathLine& line : LinesOf(suspect.path)) {
        absl::StrAppend(&text, text.empty() ? "" : " -> ", line.label);
      }
      texts[suspect.fingerprint] = std::move(text);
    }
  }
  std::vector<const Amounts*> pointers;
  pointers.reserve(amounts.size());
  for (const Amounts& each : amounts) pointers.push_back(&each);
  diff->suspects = Changed(pointers);
  std::stable_sort(diff->suspects.begin(), diff->suspects.end(),
                   [](const DiffRow& a, const DiffRow& b) {
                     return a.Growth().retained > b.Growth().retained;
                   });
  for (const DiffRow& row : diff->suspects) {
    diff->suspect_texts.push_back(texts[row.name]);
  }
}

}  // namespace

Amount DiffRow::Growth() const {
  const Amount& from = amounts.front();
  const Amount& to = amounts.back();
  return {Minus(to.count, from.count), Minus(to.size, from.size),
          Minus(to.retained, from.retained)};
}

Amount DiffRow::PerDump() const {
  const Amount growth = Growth();
  const auto steps = static_cast<int64_t>(amounts.size()) - 1;
  return {growth.count / steps, growth.size / steps, growth.retained / steps};
}

absl::StatusOr<HeapDiff> Diff(const std::vector<HeapDb*>& heaps, double share) {
  HeapDiff diff;
  ASSIGN_OR_RETURN(const std::vector<HeapAmounts> amounts,
                   ReadHeaps(heaps, share));
  diff.classes = Changed(amounts, &HeapAmounts::classes);
  diff.namespaces = Changed(amounts, &HeapAmounts::namespaces);
  diff.sites = Changed(amounts, &HeapAmounts::sites);
  diff.gems = Changed(amounts, &HeapAmounts::gems);
  DiffSuspects(amounts, &diff);
  ASSIGN_OR_RETURN(std::string moved, WhyMoved(heaps));
  std::vector<uint32_t> added;
  if (moved.empty()) {
    ObjectMerge merge(heaps, &diff);
    RETURN_IF_ERROR(merge.Run());
    added = merge.added();
    const uint64_t before = diff.same_count + diff.removed_count;
    if (before > 0 && static_cast<double>(diff.same_count) <
                          kFewSurvivors * static_cast<double>(before)) {
      moved = absl::StrCat(
          "only ", diff.same_count, " of ", before,
          " objects are where they were: the heap was compacted in between, or "
          "these are dumps of different processes");
    }
  }
  if (!moved.empty()) {
    diff.compacted = true;
    diff.added.clear();
    diff.added_count = diff.removed_count = diff.same_count = 0;
    ASSIGN_OR_RETURN(added, AddedByGeneration(heaps, &diff));
    diff.notes.push_back(absl::StrCat(
        moved,
        ". Growth by class, namespace, site and suspect holds all the same; ",
        added.empty() ? "single objects can't be told apart, so `added` is "
                        "left out"
                      : "what is new is told by its generation, of traced "
                        "objects alone"));
  }
  ASSIGN_OR_RETURN(diff.growth_points,
                   FindGrowthPoints(heaps.back(), added, kMostGrowthPoints));
  return diff;
}

}  // namespace heapq

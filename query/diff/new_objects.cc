#include "query/diff/new_objects.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/background.h"
#include "indexer/base/status_macros.h"
#include "query/db/dump_header.h"
#include "query/diff/reused_addresses.h"

namespace heapq {
namespace {

// When fewer of the objects than this are where they were, the heap was
// compacted in between, or it is another process.
constexpr double kFewSurvivors = 0.25;

using Groups = std::map<std::pair<std::string, std::string>, NewObjectGroup>;

// Most bytes first.
std::vector<NewObjectGroup> Sorted(Groups&& groups) {
  std::vector<NewObjectGroup> sorted;
  sorted.reserve(groups.size());
  for (auto& [key, group] : groups) sorted.push_back(std::move(group));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const NewObjectGroup& x, const NewObjectGroup& y) {
                     return std::tie(x.size, x.count) >
                            std::tie(y.size, y.count);
                   });
  return sorted;
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
        ReadNames("SELECT id, file || ':' || line FROM v_sites", &sites_));
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
    next_ = std::make_unique<Background<Block>>(
        [this](const Cancellation&) { return ReadBlock(); });
  }
  absl::Status NextBlock() {
    at_ = 0;
    ASSIGN_OR_RETURN(block_, next_->Get(Cancellation()));
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
  std::unique_ptr<Background<Block>> next_;  // last: it uses the rest
};

bool SameObject(const ObjectStream::Object& a, const ObjectStream::Object& b) {
  return a.type == b.type && a.generation == b.generation &&
         a.class_name == b.class_name && a.site == b.site;
}

// Merges the objects of the heaps, which all come in the order of addresses.
class ObjectMerge {
 public:
  explicit ObjectMerge(const std::vector<HeapDb*>& heaps) : heaps_(heaps) {
    for (HeapDb* heap : heaps) {
      streams_.push_back(std::make_unique<ObjectStream>(heap, &names_));
    }
  }

  absl::StatusOr<NewObjects> Run() {
    for (const auto& stream : streams_) RETURN_IF_ERROR(stream->Open());
    ObjectStream& a = *streams_[0];
    ObjectStream& b = *streams_[1];
    while (!a.at_end() || !b.at_end()) {
      if (b.at_end() ||
          (!a.at_end() && a.object().address < b.object().address)) {
        ++found_.removed_count;
        RETURN_IF_ERROR(a.Next());
        continue;
      }
      const bool both = !a.at_end() && a.object().address == b.object().address;
      if (both && SameObject(a.object(), b.object())) {
        ++found_.same_count;
      } else {
        if (both) ++found_.removed_count;
        ASSIGN_OR_RETURN(const bool stayed, IsInThird(b.object()));
        if (stayed) {
          stayed_.push_back({b.object(), streams_.back()->object().id});
        }
      }
      found_.traced = found_.traced || b.object().generation != 0;
      if (both) RETURN_IF_ERROR(a.Next());
      RETURN_IF_ERROR(b.Next());
    }
    streams_.clear();  // their threads end: the heaps are read again
    RETURN_IF_ERROR(AddStayed());
    found_.groups = Sorted(std::move(groups_));
    return std::move(found_);
  }

 private:
  // A new object that survived; `id` is its id in the last heap.
  struct Stayed {
    ObjectStream::Object object;
    uint32_t id = 0;
  };

  // Adds those that are not, as far as one can see, others at a reused address.
  absl::Status AddStayed() {
    std::vector<uint32_t> before;
    std::vector<uint32_t> after;
    for (const Stayed& stayed : stayed_) {
      if (heaps_.size() < 3 || stayed.object.generation != 0) continue;
      before.push_back(stayed.object.id);
      after.push_back(stayed.id);
    }
    std::vector<bool> reused;
    if (!before.empty()) {
      ASSIGN_OR_RETURN(reused,
                       LooksReused(heaps_[1], before, heaps_[2], after));
    }
    size_t at = 0;
    for (const Stayed& stayed : stayed_) {
      if (heaps_.size() > 2 && stayed.object.generation == 0 && reused[at++]) {
        ++found_.reused_count;
        continue;
      }
      Add(stayed.object);
      found_.ids.push_back(stayed.id);
    }
    return absl::OkStatus();
  }

  // Also true without a third heap.
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
    NewObjectGroup& group =
        groups_[{names_.Text(object.class_name), names_.Text(object.site)}];
    if (group.count++ == 0) {
      group.class_name = object.class_name == 0
                             ? std::string(ObjectTypeName(
                                   static_cast<ObjectType>(object.type)))
                             : names_.Text(object.class_name);
      group.site = names_.Text(object.site);
    }
    group.size += static_cast<uint64_t>(object.size);
    ++found_.added_count;
  }

  const std::vector<HeapDb*>& heaps_;
  NewObjects found_;
  std::vector<Stayed> stayed_;
  Names names_;
  std::vector<std::unique_ptr<ObjectStream>> streams_;
  Groups groups_;
};

// Returns why equal addresses need not be the same object, by the dumps'
// headers; "" if the headers do not say.
absl::StatusOr<std::string> WhyMoved(const std::vector<HeapDb*>& heaps) {
  ASSIGN_OR_RETURN(DumpHeader before, ReadDumpHeader(heaps.front()));
  for (size_t n = 1; n < heaps.size(); ++n) {
    ASSIGN_OR_RETURN(DumpHeader after, ReadDumpHeader(heaps[n]));
    const auto pid_before = before.Number("pid");
    const auto pid = after.Number("pid");
    if (pid_before.has_value() && pid.has_value() && *pid_before != *pid) {
      return absl::StrCat("these are dumps of different processes, ",
                          *pid_before, " and ", *pid);
    }
    const auto compactions_before = before.Number("gc.compactions");
    const auto compactions = after.Number("gc.compactions");
    if (compactions_before.has_value() && compactions.has_value() &&
        *compactions_before != *compactions) {
      return absl::StrCat("the heap was compacted between the dumps (",
                          *compactions_before, " times before, ", *compactions,
                          " after)");
    }
    before = std::move(after);
  }
  return std::string();
}

// Objects of the last heap that were allocated between the first two. Only
// traced ones have a generation.
absl::StatusOr<NewObjects> AddedByGeneration(
    const std::vector<HeapDb*>& heaps) {
  NewObjects added;
  ASSIGN_OR_RETURN(const DumpHeader first, ReadDumpHeader(heaps.front()));
  ASSIGN_OR_RETURN(const DumpHeader second, ReadDumpHeader(heaps[1]));
  ASSIGN_OR_RETURN(const DumpHeader last, ReadDumpHeader(heaps.back()));
  const auto from = first.Number("gc.count");
  const auto to = second.Number("gc.count");
  if (first.Number("pid") != last.Number("pid") || !from.has_value() ||
      !to.has_value()) {
    return added;
  }
  ASSIGN_OR_RETURN(
      Statement * rows,
      heaps.back()->Cached(
          "SELECT o.id, o.size, coalesce(c.name, '(' || t.name || ')'), f.text "
          "|| ':' || s.line FROM objects o JOIN types t ON t.type = o.type "
          "LEFT JOIN classes r ON r.id = o.class LEFT JOIN classes c ON c.id = "
          "r.\"real\" LEFT JOIN sites s ON s.id = o.site LEFT JOIN names f ON "
          "f.id = s.file WHERE o.generation >= "
          "?1 AND o.generation < ?2 ORDER BY o.id"));
  rows->Bind(1, *from);
  rows->Bind(2, *to);
  Groups groups;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) break;
    added.ids.push_back(static_cast<uint32_t>(rows->Int(0)));
    const std::string class_name(rows->Text(2));
    const std::string site(rows->Text(3));
    NewObjectGroup& group = groups[{class_name, site}];
    group.class_name = class_name;
    group.site = site;
    ++group.count;
    group.size += static_cast<uint64_t>(rows->Int(1));
    ++added.added_count;
  }
  added.groups = Sorted(std::move(groups));
  return added;
}

}  // namespace

absl::StatusOr<NewObjects> FindAddedObjects(const std::vector<HeapDb*>& heaps) {
  ASSIGN_OR_RETURN(std::string moved, WhyMoved(heaps));
  if (moved.empty()) {
    ASSIGN_OR_RETURN(NewObjects added, ObjectMerge(heaps).Run());
    const uint64_t before = added.same_count + added.removed_count;
    if (before == 0 || static_cast<double>(added.same_count) >=
                           kFewSurvivors * static_cast<double>(before)) {
      return added;
    }
    moved = absl::StrCat(
        "only ", added.same_count, " of ", before,
        " objects are where they were: the heap was compacted in between, or "
        "these are dumps of different processes");
  }
  ASSIGN_OR_RETURN(NewObjects added, AddedByGeneration(heaps));
  added.moved = std::move(moved);
  return added;
}

}  // namespace heapq

#include "query/diff.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/path_lines.h"
#include "query/suspects.h"
#include "query/totals.h"

namespace heapq {
namespace {

// When fewer of the objects than this are where they were, the heap was
// compacted in between, or it is another process.
constexpr double kFewSurvivors = 0.25;
constexpr size_t kMostGrowthPoints = 100;

constexpr char kClassesSql[] =
    "SELECT coalesce(name, '(anonymous)'), sum(count), sum(size), "
    "sum(retained) FROM classes WHERE count > 0 GROUP BY 1";
constexpr char kNamespacesSql[] =
    "SELECT name, count, size, retained FROM namespaces";
// By number first: that is a much shorter key to sort by than the text.
constexpr char kSitesSql[] =
    "SELECT s.file || ':' || s.line, sum(t.count), sum(t.size), 0 FROM (SELECT "
    "site, count(*) AS count, sum(size) AS size FROM objects WHERE site IS NOT "
    "NULL GROUP BY site) t JOIN sites s ON s.id = t.site GROUP BY 1";

using Rows = std::map<std::string, std::vector<Amount>>;

// Adds what heap `n` of `heaps` has to `rows`.
absl::Status AddAmounts(HeapDb* db, const char* sql, size_t n, size_t heaps,
                        Rows* rows) {
  ASSIGN_OR_RETURN(Statement * statement, db->Cached(sql));
  while (true) {
    ASSIGN_OR_RETURN(const bool row, statement->Step());
    if (!row) return absl::OkStatus();
    std::vector<Amount>& amounts = (*rows)[std::string(statement->Text(0))];
    amounts.resize(heaps);
    amounts[n] = {statement->Int(1), statement->Int(2), statement->Int(3)};
  }
}

std::vector<DiffRow> Changed(const Rows& rows) {
  std::vector<DiffRow> changed;
  for (const auto& row : rows) {
    const std::vector<Amount>& amounts = row.second;
    if (std::all_of(amounts.begin(), amounts.end(),
                    [&amounts](const Amount& amount) {
                      return amount == amounts.front();
                    })) {
      continue;
    }
    changed.push_back({row.first, amounts});
  }
  std::stable_sort(changed.begin(), changed.end(),
                   [](const DiffRow& a, const DiffRow& b) {
                     const Amount x = a.Growth();
                     const Amount y = b.Growth();
                     return std::tie(x.size, x.retained, x.count) >
                            std::tie(y.size, y.retained, y.count);
                   });
  return changed;
}

absl::StatusOr<Rows> AmountsBySql(const std::vector<HeapDb*>& heaps,
                                  const char* sql) {
  Rows rows;
  for (size_t n = 0; n < heaps.size(); ++n) {
    RETURN_IF_ERROR(AddAmounts(heaps[n], sql, n, heaps.size(), &rows));
  }
  return rows;
}

// `sites` by the gem that each ("/…/app.rb:42") belongs to.
std::vector<DiffRow> ByGem(const Rows& sites) {
  Rows gems;
  for (const auto& [site, amounts] : sites) {
    std::vector<Amount>& sums = gems[GemOf(site.substr(0, site.rfind(':')))];
    sums.resize(amounts.size());
    for (size_t n = 0; n < amounts.size(); ++n) {
      sums[n].count += amounts[n].count;
      sums[n].size += amounts[n].size;
    }
  }
  return Changed(gems);
}

// The objects of one heap in the order of their addresses.
class ObjectStream {
 public:
  struct Object {
    uint64_t address = 0;
    int64_t type = 0;
    int64_t size = 0;
    int64_t generation = 0;  // 0: not traced
    uint32_t id = 0;
    const std::string* class_name = nullptr;
    const std::string* site = nullptr;
  };

  explicit ObjectStream(HeapDb* db) : db_(*db) {}

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
    return Next();
  }

  bool at_end() const { return at_end_; }
  const Object& object() const { return object_; }

  absl::Status Next() {
    ASSIGN_OR_RETURN(const bool row, objects_->Step());
    at_end_ = !row;
    if (at_end_) return absl::OkStatus();
    object_.address = static_cast<uint64_t>(objects_->Int(0));
    object_.type = objects_->Int(1);
    object_.size = objects_->Int(2);
    object_.generation = objects_->Int(3);
    object_.class_name = Find(classes_, objects_->Int(4));
    object_.site = Find(sites_, objects_->Int(5));
    object_.id = static_cast<uint32_t>(objects_->Int(6));
    return absl::OkStatus();
  }

 private:
  using Names = std::unordered_map<int64_t, std::string>;

  absl::Status ReadNames(const char* sql, Names* names) {
    ASSIGN_OR_RETURN(Statement * statement, db_.Cached(sql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, statement->Step());
      if (!row) return absl::OkStatus();
      names->emplace(statement->Int(0), std::string(statement->Text(1)));
    }
  }
  static const std::string* Find(const Names& names, int64_t id) {
    static const std::string* const kNone = new std::string();
    const auto found = names.find(id);
    return found == names.end() ? kNone : &found->second;
  }

  HeapDb& db_;
  Names classes_;
  Names sites_;
  Statement* objects_ = nullptr;
  Object object_;
  bool at_end_ = false;
};

bool SameObject(const ObjectStream::Object& a, const ObjectStream::Object& b) {
  return a.type == b.type && a.generation == b.generation &&
         *a.class_name == *b.class_name && *a.site == *b.site;
}

// Merges the objects of the heaps, which all come in the order of addresses.
class ObjectMerge {
 public:
  ObjectMerge(const std::vector<HeapDb*>& heaps, HeapDiff* diff)
      : diff_(*diff) {
    for (HeapDb* heap : heaps) {
      streams_.push_back(std::make_unique<ObjectStream>(heap));
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
    std::stable_sort(diff_.added.begin(), diff_.added.end(),
                     [](const AddedGroup& x, const AddedGroup& y) {
                       return std::tie(x.size, x.count) >
                              std::tie(y.size, y.count);
                     });
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
    AddedGroup& group = groups_[{*object.class_name, *object.site}];
    if (group.count++ == 0) {
      group.class_name = object.class_name->empty()
                             ? std::string(ObjectTypeName(
                                   static_cast<ObjectType>(object.type)))
                             : *object.class_name;
      group.site = *object.site;
    }
    group.size += static_cast<uint64_t>(object.size);
    ++diff_.added_count;
  }

  HeapDiff& diff_;
  std::vector<std::unique_ptr<ObjectStream>> streams_;
  std::map<std::pair<std::string, std::string>, AddedGroup> groups_;
  std::vector<uint32_t> added_;
};

absl::Status DiffSuspects(const std::vector<HeapDb*>& heaps, double share,
                          HeapDiff* diff) {
  Rows rows;
  std::map<std::string, std::string> texts;
  for (size_t n = 0; n < heaps.size(); ++n) {
    ASSIGN_OR_RETURN(const std::vector<Suspect> suspects,
                     FindSuspects(heaps[n], share));
    for (const Suspect& suspect : suspects) {
      std::vector<Amount>& amounts = rows[suspect.fingerprint];
      amounts.resize(heaps.size());
      amounts[n].count += static_cast<int64_t>(suspect.count);
      amounts[n].size += static_cast<int64_t>(suspect.object.size);
      amounts[n].retained += static_cast<int64_t>(suspect.retained);
      std::string text;
      for (const PathLine& line : LinesOf(suspect.path)) {
        absl::StrAppend(&text, text.empty() ? "" : " -> ", line.label);
      }
      texts[suspect.fingerprint] = std::move(text);
    }
  }
  diff->suspects = Changed(rows);
  std::stable_sort(diff->suspects.begin(), diff->suspects.end(),
                   [](const DiffRow& a, const DiffRow& b) {
                     return a.Growth().retained > b.Growth().retained;
                   });
  for (const DiffRow& row : diff->suspects) {
    diff->suspect_texts.push_back(texts[row.name]);
  }
  return absl::OkStatus();
}

}  // namespace

Amount DiffRow::Growth() const {
  const Amount& from = amounts.front();
  const Amount& to = amounts.back();
  return {to.count - from.count, to.size - from.size,
          to.retained - from.retained};
}

absl::StatusOr<HeapDiff> Diff(const std::vector<HeapDb*>& heaps, double share) {
  HeapDiff diff;
  ASSIGN_OR_RETURN(const Rows classes, AmountsBySql(heaps, kClassesSql));
  diff.classes = Changed(classes);
  ASSIGN_OR_RETURN(const Rows namespaces, AmountsBySql(heaps, kNamespacesSql));
  diff.namespaces = Changed(namespaces);
  ASSIGN_OR_RETURN(const Rows site_rows, AmountsBySql(heaps, kSitesSql));
  diff.sites = Changed(site_rows);
  RETURN_IF_ERROR(DiffSuspects(heaps, share, &diff));
  diff.gems = ByGem(site_rows);
  ObjectMerge merge(heaps, &diff);
  RETURN_IF_ERROR(merge.Run());
  const uint64_t before = diff.same_count + diff.removed_count;
  diff.compacted =
      before > 0 && static_cast<double>(diff.same_count) <
                        kFewSurvivors * static_cast<double>(before);
  if (diff.compacted) {
    diff.notes.push_back(absl::StrCat(
        "only ", diff.same_count, " of ", before,
        " objects are where they were: the heap was compacted in between, or "
        "these are dumps of different processes. Growth by class, namespace, "
        "site and suspect holds all the same; single objects can't be told "
        "apart, so `added` is left out"));
    diff.added.clear();
    diff.added_count = 0;
    return diff;
  }
  ASSIGN_OR_RETURN(
      diff.growth_points,
      FindGrowthPoints(heaps.back(), merge.added(), kMostGrowthPoints));
  return diff;
}

}  // namespace heapq

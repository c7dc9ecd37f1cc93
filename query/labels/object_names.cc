#include "query/labels/object_names.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/string_view.h"
#include "query/db/class_instances.h"
#include "query/db/did_you_mean.h"
#include "query/db/edges.h"
#include "query/labels/object_label.h"

namespace heapq {
namespace {

// How many of several objects an error shows.
constexpr size_t kShown = 5;

constexpr char kForms[] =
    "0x…, a decimal address, #17, Foo::BAR, $x, Foo.@bar, Foo[:key], Session, "
    "class:Session, thread:1 or suspect:1";

bool IsWordChar(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || byte >= 0x80;
}

// A reference that follows in a name.
struct Access {
  enum Kind { kInstanceVariable, kClassVariable, kConstant, kMember, kKey };
  Kind kind = kKey;
  bool of_instances = false;  // "#@name"
  std::string name;           // with its sigils; a key between its brackets
};

absl::Status NoName(std::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", View(text), "\" is not an id or a name; expected ", kForms));
}

// Reads a name from left to right.
class NameReader {
 public:
  explicit NameReader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  bool Take(std::string_view prefix) {
    if (rest_.substr(0, prefix.size()) != prefix) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }

  std::string Word() {
    size_t end = 0;
    while (end < rest_.size() && IsWordChar(rest_[end])) ++end;
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return word;
  }

  // Up to the next reference: what HeapDb::ParseId takes.
  std::string Id() {
    const size_t end = std::min(rest_.find_first_of("@.[:", 1), rest_.size());
    std::string id(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return id;
  }

  // nullopt: the rest does not begin with a reference.
  std::optional<Access> Next() {
    Access access;
    if (Take("[")) return Key();
    if (Take("::")) {
      access.kind = Access::kConstant;
      access.name = Word();
      return WithName(access);
    }
    access.of_instances = Take("#");
    const bool dot = !access.of_instances && Take(".");
    if (Take("@@")) {
      access.kind = Access::kClassVariable;
      access.name = Word();
      return access.of_instances ? std::nullopt : WithName(access, "@@");
    }
    if (Take("@")) {
      access.kind = Access::kInstanceVariable;
      access.name = Word();
      return WithName(access, "@");
    }
    if (!dot) return std::nullopt;
    access.kind = Access::kMember;
    access.name = Word();
    return WithName(access);
  }

 private:
  static std::optional<Access> WithName(Access access,
                                        const char* sigils = "") {
    if (access.name.empty()) return std::nullopt;
    access.name = sigils + access.name;
    return access;
  }

  // Brackets and quotes within the key are part of it.
  std::optional<Access> Key() {
    char quote = 0;
    size_t depth = 1;
    for (size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (quote != 0) {
        if (c == '\\') ++i;
        if (c == quote) quote = 0;
      } else if (c == '"') {
        quote = c;
      } else if (c == '[') {
        ++depth;
      } else if (c == ']' && --depth == 0) {
        Access access;
        access.name = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return WithName(access);
      }
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

class NameFinder {
 public:
  explicit NameFinder(HeapDb* db) : db_(*db), edges_(db), describe_(db) {}

  absl::StatusOr<NamedObjects> Find(std::string_view text) {
    NameReader name(text);
    RETURN_IF_ERROR(Begin(text, &name));
    while (!name.done()) {
      const std::string_view before = name.rest();
      const std::optional<Access> access = name.Next();
      if (!access.has_value()) return NoName(text);
      std::vector<uint32_t> holders = std::move(ids_);
      if (access->of_instances) {
        if (holders.size() != 1) return NoName(text);
        ASSIGN_OR_RETURN(holders, InstancesOf(holders.front()));
      }
      ids_.clear();
      for (const uint32_t holder : holders) {
        RETURN_IF_ERROR(Follow(holder, *access));
      }
      if (ids_.empty()) {
        const std::string_view found =
            text.substr(0, text.size() - before.size());
        if (access->kind == Access::kConstant) {
          return NoConstant(absl::StrCat(View(found), "::", access->name));
        }
        return absl::NotFoundError(absl::StrCat(
            View(found), " holds nothing as ", access->name, " in ", db_.path(),
            "; `heapq refs '", View(found), "'` lists what it holds"));
      }
      std::sort(ids_.begin(), ids_.end());
      ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
      followed_ = true;
    }
    NamedObjects named;
    if (is_class_ && !followed_) {
      ASSIGN_OR_RETURN(named.ids, InstancesOf(ids_.front()));
      if (!named.ids.empty()) {
        named.class_name = text;
        return named;
      }
    }
    named.ids = std::move(ids_);
    return named;
  }

 private:
  // Sets ids_ to what the first part of a name stands for.
  absl::Status Begin(std::string_view text, NameReader* name) {
    if (name->Take("thread:")) return Thread(text, name->Word());
    if (name->Take("$")) return Global("$" + name->Word());
    const bool the_class = name->Take("class:");
    const char first = name->done() ? '\0' : name->rest().front();
    if (absl::ascii_isdigit(static_cast<unsigned char>(first)) ||
        (first == '#' && name->rest().substr(0, 3) != "#<C")) {
      ASSIGN_OR_RETURN(const uint32_t id, db_.ParseId(name->Id()));
      ids_ = {id};
      return absl::OkStatus();
    }
    if (!absl::ascii_isupper(static_cast<unsigned char>(first)) &&
        static_cast<unsigned char>(first) < 0x80) {
      return NoName(text);
    }
    return Constant(name, !the_class);
  }

  absl::Status Thread(std::string_view text, const std::string& number) {
    uint64_t n = 0;
    if (!absl::SimpleAtoi(number, &n) || n == 0) return NoName(text);
    ASSIGN_OR_RETURN(
        Statement * rows,
        db_.Cached("SELECT id FROM threads ORDER BY fiber, id LIMIT 1 OFFSET "
                   "?1"));
    rows->Bind(1, static_cast<int64_t>(n - 1));
    RETURN_IF_ERROR(Read(rows));
    if (!ids_.empty()) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat("no thread:", n, " in ", db_.path(),
                                            "; `heapq threads` lists them"));
  }

  absl::Status Global(const std::string& name) {
    ASSIGN_OR_RETURN(
        Statement * rows,
        db_.Cached("SELECT DISTINCT dst FROM roots WHERE name = ?1 AND "
                   "category IN ('globals', 'global_tbl') ORDER BY dst"));
    rows->Bind(1, name);
    RETURN_IF_ERROR(Read(rows));
    if (!ids_.empty()) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat(
        "no global variable ", name, " that holds an object in ", db_.path(),
        "; `heapq sql \"SELECT name FROM roots WHERE category = 'globals'\"` "
        "lists them"));
  }

  // The longest class path that the name begins with; then constants.
  absl::Status Constant(NameReader* name, bool may_be_instances) {
    std::string path = name->Word();
    RETURN_IF_ERROR(Classes(path));
    is_class_ = may_be_instances && !ids_.empty();
    if (ids_.empty()) {
      RETURN_IF_ERROR(Classes("Object"));
      const std::vector<uint32_t> object = std::move(ids_);
      ids_.clear();
      Access access;
      access.kind = Access::kConstant;
      access.name = path;
      for (const uint32_t id : object) RETURN_IF_ERROR(Follow(id, access));
    }
    if (ids_.empty()) return NoConstant(path);
    while (name->rest().substr(0, 2) == "::") {
      NameReader ahead = *name;
      ahead.Take("::");
      const std::string word = ahead.Word();
      std::vector<uint32_t> before = std::move(ids_);
      RETURN_IF_ERROR(Classes(absl::StrCat(path, "::", word)));
      if (ids_.empty()) {  // the value of a constant, which Next() follows
        ids_ = std::move(before);
        is_class_ = false;
        return absl::OkStatus();
      }
      absl::StrAppend(&path, "::", word);
      *name = ahead;
    }
    return absl::OkStatus();
  }

  // Sets ids_ to the classes of this name: several if one was loaded again.
  absl::Status Classes(const std::string& path) {
    ids_.clear();
    ASSIGN_OR_RETURN(
        Statement * rows,
        db_.Cached("SELECT c.id FROM classes c JOIN objects o ON "
                   "o.id = c.id WHERE c.name = ?1 AND o.type IN "
                   "($T_CLASS, $T_MODULE) ORDER BY c.instances DESC, c.id"));
    rows->Bind(1, path);
    return Read(rows);
  }

  absl::Status NoConstant(const std::string& path) {
    DidYouMean nearest(path);
    std::vector<std::string> names;
    ASSIGN_OR_RETURN(Statement * rows,
                     db_.Cached("SELECT name FROM classes WHERE name IS NOT "
                                "NULL ORDER BY count DESC, name"));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) break;
      names.emplace_back(rows->Text(0));
    }
    for (const std::string& known : names) nearest.Try(known);
    return absl::NotFoundError(absl::StrCat(
        "no class, module or constant ", path, " in ", db_.path(),
        nearest.name().empty()
            ? absl::StrCat("; `heapq search ", path,
                           "` looks for parts of "
                           "names")
            : absl::StrCat("; did you mean ", View(nearest.name()), "?")));
  }

  absl::StatusOr<std::vector<uint32_t>> InstancesOf(uint32_t class_id) {
    ASSIGN_OR_RETURN(const ObjectRow row, db_.Object(class_id));
    return InstancesOfClass(&db_, row.name);
  }

  // Adds what `holder` holds in this way to ids_.
  absl::Status Follow(uint32_t holder, const Access& access) {
    ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(holder));
    ASSIGN_OR_RETURN(
        const Paged<EdgeRow> out,
        edges_.Out(object, {0, std::numeric_limits<int64_t>::max()}));
    for (const EdgeRow& edge : out.rows) {
      ASSIGN_OR_RETURN(const bool is, Is(edge, access));
      if (is) ids_.push_back(edge.dst);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Is(const EdgeRow& edge, const Access& access) {
    switch (access.kind) {
      case Access::kInstanceVariable:
        return IsNamed(edge, EdgeKind::kIvar, access.name);
      case Access::kClassVariable:
        return IsNamed(edge, EdgeKind::kCvar, access.name);
      case Access::kConstant:
        return IsNamed(edge, EdgeKind::kConst, access.name);
      case Access::kMember:
        return IsNamed(edge, EdgeKind::kMember, access.name);
      case Access::kKey:
        break;
    }
    if (edge.kind == EdgeKind::kIndex) {
      return absl::StrCat(edge.label) == access.name;
    }
    if (edge.kind == EdgeKind::kHashValueOf) {
      ASSIGN_OR_RETURN(const std::string key,
                       describe_.KeyText(static_cast<uint32_t>(edge.label)));
      return key == access.name;
    }
    return IsNamed(edge, EdgeKind::kHashValue, access.name);
  }

  absl::StatusOr<bool> IsNamed(const EdgeRow& edge, EdgeKind kind,
                               const std::string& name) {
    if (edge.kind != kind) return false;
    ASSIGN_OR_RETURN(const std::string own, db_.Name(edge.label));
    return own == name;
  }

  absl::Status Read(Statement* rows) {
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) return absl::OkStatus();
      ids_.push_back(static_cast<uint32_t>(rows->Int(0)));
    }
  }

  HeapDb& db_;
  Edges edges_;
  ObjectLabeler describe_;
  std::vector<uint32_t> ids_;
  bool is_class_ = false;  // ids_ are the classes of the name
  bool followed_ = false;
};

}  // namespace

absl::StatusOr<NamedObjects> FindByName(HeapDb* db, std::string_view text) {
  return NameFinder(db).Find(text);
}

absl::StatusOr<uint32_t> FindOneByName(HeapDb* db, std::string_view text) {
  ASSIGN_OR_RETURN(const NamedObjects named, FindByName(db, text));
  if (named.ids.size() == 1) return named.ids.front();
  ObjectLabeler describe(db);
  std::vector<ObjectSummary> largest;
  for (const uint32_t id : named.ids) {
    ASSIGN_OR_RETURN(const ObjectRow row, db->Object(id));
    ObjectSummary object;
    object.id = id;
    object.retained = row.retained;
    largest.push_back(std::move(object));
  }
  const size_t shown = std::min(kShown, largest.size());
  std::partial_sort(
      largest.begin(), largest.begin() + static_cast<std::ptrdiff_t>(shown),
      largest.end(), [](const ObjectSummary& a, const ObjectSummary& b) {
        if (a.retained != b.retained) {
          return a.retained > b.retained;
        }
        return a.id < b.id;
      });
  std::string message =
      absl::StrCat(View(text), " names ", named.ids.size(), " objects: ");
  for (size_t i = 0; i < shown; ++i) {
    ASSIGN_OR_RETURN(const ObjectSummary object,
                     describe.Summary(largest[i].id));
    absl::StrAppend(&message, i == 0 ? "" : ", ", AddressText(object.address),
                    " ", object.label);
  }
  if (named.ids.size() > shown) absl::StrAppend(&message, ", …");
  absl::StrAppend(
      &message, "; name one of them",
      named.class_name.empty()
          ? ""
          : absl::StrCat(", or the class itself as class:", named.class_name));
  return absl::InvalidArgumentError(message);
}

}  // namespace heapq

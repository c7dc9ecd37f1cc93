#include "query/labels/object_label.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/string_view.h"
#include "indexer/model/object_kind.h"
#include "query/labels/ruby_inspect.h"
#include "query/labels/rule_label.h"

namespace heapq {
namespace {

// Larger collections are not counted for a label.
constexpr uint64_t kMaxCounted = 100000;

std::string Anonymous(std::string_view class_name, uint64_t address) {
  return absl::StrCat("#<", View(class_name), ":", AddressText(address), ">");
}

}  // namespace

ObjectLabeler::ObjectLabeler(HeapDb* db)
    : db_(*db), classes_(db), by_rules_(std::make_shared<RuleLabels>(db)) {}

bool IsProc(const ObjectRow& object) {
  return object.type == ObjectType::kData &&
         KindOf(object.kind) == ObjectKind::kProc;
}

bool IsEnv(const ObjectRow& object) {
  return KindOf(object.kind) == ObjectKind::kEnv;
}

bool IsIseq(const ObjectRow& object) {
  return KindOf(object.kind) == ObjectKind::kIseq;
}

bool IsThread(const ObjectRow& object) {
  return IsThreadOrFiber(KindOf(object.kind));
}

std::string Place::Text() const {
  if (file.empty()) return {};
  return line == 0 ? file : absl::StrCat(file, ":", line);
}

std::string IseqName::Text() const {
  const std::string name = label.empty() ? "(unnamed code)" : label;
  return place.known() ? absl::StrCat(name, " (", place.Text(), ")") : name;
}

absl::StatusOr<std::optional<IseqName>> ObjectLabeler::Iseq(uint32_t id) {
  ASSIGN_OR_RETURN(Statement * row,
                   db_.Cached("SELECT label, file, line, type, parent FROM "
                              "iseqs WHERE id=?1"));
  row->Bind(1, int64_t{id});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return std::optional<IseqName>();
  IseqName name;
  name.id = id;
  name.label = row->Text(0);
  name.place.file = row->Text(1);
  name.place.line = static_cast<uint32_t>(row->Int(2));
  name.type = row->Text(3);
  name.parent = static_cast<uint32_t>(row->Int(4));
  return std::optional<IseqName>(std::move(name));
}

absl::StatusOr<uint32_t> ObjectLabeler::Part(uint32_t id,
                                             const std::string& name) {
  ASSIGN_OR_RETURN(
      Statement * row,
      db_.Cached("SELECT e.dst FROM edges e JOIN names n ON n.id = e.label "
                 "WHERE e.src = ?1 AND e.kind = $part AND n.text = ?2 "
                 "ORDER BY e.n LIMIT 1"));
  row->Bind(1, int64_t{id});
  row->Bind(2, name);
  ASSIGN_OR_RETURN(const bool found, row->Step());
  return found ? static_cast<uint32_t>(row->Int(0)) : 0u;
}

absl::StatusOr<std::string> ObjectLabeler::Property(uint32_t id,
                                                    const std::string& name) {
  ASSIGN_OR_RETURN(
      Statement * row,
      db_.Cached(
          "SELECT f.value FROM fields f JOIN names n ON n.id = f.label "
          "WHERE f.src = ?1 AND f.kind IN ($part, $property) AND n.text = ?2 "
          "ORDER BY f.n LIMIT 1"));
  row->Bind(1, int64_t{id});
  row->Bind(2, name);
  ASSIGN_OR_RETURN(const bool found, row->Step());
  return found ? std::string(row->Text(0)) : std::string();
}

absl::StatusOr<std::optional<IseqName>> ObjectLabeler::IseqOf(uint32_t id) {
  ASSIGN_OR_RETURN(const uint32_t iseq, Part(id, "iseq"));
  if (iseq != 0) return Iseq(iseq);
  // The first gem writes what a proc's iseq says into the proc.
  IseqName name;
  ASSIGN_OR_RETURN(name.label, Property(id, "name"));
  ASSIGN_OR_RETURN(name.place.file, Property(id, "filename"));
  ASSIGN_OR_RETURN(const std::string line, Property(id, "line"));
  (void)absl::SimpleAtoi(line, &name.place.line);
  if (name.label.empty()) return std::optional<IseqName>();
  return std::optional<IseqName>(std::move(name));
}

absl::StatusOr<std::string> ObjectLabeler::ClassPath(uint32_t class_id) {
  ASSIGN_OR_RETURN(Statement * row,
                   db_.Cached("SELECT c.name, o.address, o.type, o.flags FROM "
                              "objects o LEFT JOIN classes c ON c.id = o.id "
                              "WHERE o.id=?1"));
  row->Bind(1, int64_t{class_id});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found) return std::string();
  std::string name(row->Text(0));
  if (!name.empty()) return name;
  const auto address = static_cast<uint64_t>(row->Int(1));
  const auto type = static_cast<ObjectType>(row->Int(2));
  return Anonymous(type == ObjectType::kModule ? "Module" : "Class", address);
}

absl::StatusOr<std::string> ObjectLabeler::ClassName(const ObjectRow& object) {
  if (object.class_id == 0) return std::string();
  ASSIGN_OR_RETURN(const uint32_t real, classes_.Of(object.class_id));
  return ClassPath(real);
}

absl::StatusOr<std::optional<std::string>> ObjectLabeler::Text(uint32_t id) {
  ASSIGN_OR_RETURN(Statement * row,
                   db_.Cached("SELECT value FROM strings WHERE id=?1"));
  row->Bind(1, int64_t{id});
  ASSIGN_OR_RETURN(const bool found, row->Step());
  if (!found || row->is_null(0)) return std::optional<std::string>();
  return std::optional<std::string>(row->Text(0));
}

absl::StatusOr<std::string> ObjectLabeler::StringLabel(
    const ObjectRow& object) {
  ASSIGN_OR_RETURN(const std::optional<std::string> text, Text(object.id));
  if (text.has_value()) {
    return RubyString(*text, kShownCharacters, (object.flags & kEscaped) != 0,
                      (object.flags & kTruncated) != 0);
  }
  ASSIGN_OR_RETURN(const std::string length, Property(object.id, "length"));
  if (length.empty()) return std::string("String");
  return absl::StrCat("String (", length, " bytes)");
}

absl::StatusOr<std::optional<uint64_t>> ObjectLabeler::Entries(
    const ObjectRow& object) {
  const bool hash = object.type == ObjectType::kHash;
  uint64_t entries = 0;
  if (hash) {
    // A pair whose key is an object has an edge to it; any other pair is
    // counted by its value.
    ASSIGN_OR_RETURN(
        Statement * rows,
        db_.Cached("SELECT count(*) FROM (SELECT 1 FROM edges WHERE src = ?1 "
                   "AND kind IN ($hash_key, $hash_value) LIMIT ?2)"));
    rows->Bind(1, int64_t{object.id});
    rows->Bind(2, int64_t{kMaxCounted});
    ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (found) entries = static_cast<uint64_t>(rows->Int(0));
    ASSIGN_OR_RETURN(
        Statement * values,
        db_.Cached("SELECT count(*) FROM (SELECT 1 FROM fields WHERE src = ?1 "
                   "AND kind = $hash_value LIMIT ?2)"));
    values->Bind(1, int64_t{object.id});
    values->Bind(2, int64_t{kMaxCounted});
    ASSIGN_OR_RETURN(const bool any, values->Step());
    if (any) entries += static_cast<uint64_t>(values->Int(0));
  } else {
    // Elements are in order, so the last ones have the highest index.
    ASSIGN_OR_RETURN(Statement * edges,
                     db_.Cached("SELECT kind, label FROM edges WHERE src = ?1 "
                                "ORDER BY n DESC LIMIT 100"));
    edges->Bind(1, int64_t{object.id});
    while (true) {
      ASSIGN_OR_RETURN(const bool row, edges->Step());
      if (!row) break;
      if (static_cast<EdgeKind>(edges->Int(0)) != EdgeKind::kIndex) continue;
      entries = std::max(entries, static_cast<uint64_t>(edges->Int(1)) + 1);
      break;
    }
    ASSIGN_OR_RETURN(Statement * fields,
                     db_.Cached("SELECT kind, label FROM fields WHERE src = ?1 "
                                "ORDER BY n DESC LIMIT 100"));
    fields->Bind(1, int64_t{object.id});
    while (true) {
      ASSIGN_OR_RETURN(const bool row, fields->Step());
      if (!row) break;
      if (static_cast<EdgeKind>(fields->Int(0)) != EdgeKind::kIndex) continue;
      entries = std::max(entries, static_cast<uint64_t>(fields->Int(1)) + 1);
      break;
    }
  }
  if (db_.has_fields() || entries != 0) return std::optional<uint64_t>(entries);
  // ObjectSpace.dump_all leaves immediates out.
  ASSIGN_OR_RETURN(const std::string length, Property(object.id, "length"));
  if (!absl::SimpleAtoi(length, &entries)) return std::optional<uint64_t>();
  return std::optional<uint64_t>(entries);
}

absl::StatusOr<std::string> ObjectLabeler::CollectionLabel(
    const ObjectRow& object) {
  const bool hash = object.type == ObjectType::kHash;
  ASSIGN_OR_RETURN(std::string name, ClassName(object));
  const bool plain = name.empty() || name == (hash ? "Hash" : "Array");
  ASSIGN_OR_RETURN(const std::optional<uint64_t> entries, Entries(object));
  if (!entries.has_value()) {
    return plain ? std::string(hash ? "Hash" : "Array") : name;
  }
  const std::string count =
      *entries >= kMaxCounted && hash
          ? absl::StrCat("(", kMaxCounted, " or more entries)")
          : absl::StrCat("(", *entries,
                         *entries == 1 ? " entry)" : " entries)");
  if (!plain) return absl::StrCat(name, " ", count);
  if (hash) {
    return *entries == 0 ? std::string("{}") : absl::StrCat("Hash ", count);
  }
  return *entries == 0 ? std::string("[]") : absl::StrCat("[…] ", count);
}

absl::StatusOr<std::string> ObjectLabeler::DataLabel(const ObjectRow& object) {
  ASSIGN_OR_RETURN(std::string name, ClassName(object));
  // Extensions keep such things to themselves: the class says nothing.
  if (name == "Object" && !object.kind.empty()) {
    return absl::StrCat("#<", object.kind, ":", AddressText(object.address),
                        ">");
  }
  if (IsProc(object)) {
    ASSIGN_OR_RETURN(const std::string lambda, Property(object.id, "lambda"));
    const std::string_view what = lambda == "true" ? "lambda" : "proc";
    ASSIGN_OR_RETURN(const std::optional<IseqName> iseq, IseqOf(object.id));
    if (!iseq.has_value()) {
      return absl::StrCat(View(what), " ", AddressText(object.address));
    }
    if (!iseq->place.known()) {
      return absl::StrCat(View(what), " (", iseq->label, ")");
    }
    return absl::StrCat(View(what), " ", iseq->place.Text(), " (", iseq->label,
                        ")");
  }
  if (IsThread(object)) {
    std::string given = object.name;
    if (given.empty()) {
      ASSIGN_OR_RETURN(given, Property(object.id, "thread_name"));
    }
    ASSIGN_OR_RETURN(const std::string main, Property(object.id, "main"));
    if (given.empty() && main == "true") given = "main";
    if (name.empty()) {
      name = KindOf(object.kind) == ObjectKind::kFiber ? "Fiber" : "Thread";
    }
    if (!given.empty()) {
      return absl::StrCat(name, " ", RubyString(given, 0, false, false));
    }
    ASSIGN_OR_RETURN(const std::string status, Property(object.id, "status"));
    return absl::StrCat("#<", name, ":", AddressText(object.address),
                        status.empty() ? "" : " ", status, ">");
  }
  const ObjectKind kind = KindOf(object.kind);
  if ((kind == ObjectKind::kMethod || kind == ObjectKind::kUnboundMethod) &&
      !object.name.empty()) {
    ASSIGN_OR_RETURN(const uint32_t receiver, Part(object.id, "receiver"));
    std::string owner;
    if (receiver != 0) {
      ASSIGN_OR_RETURN(const ObjectRow row, db_.Object(receiver));
      ASSIGN_OR_RETURN(owner, ClassName(row));
    }
    return absl::StrCat("#<", name.empty() ? "Method" : name, ": ", owner,
                        owner.empty() ? "" : "#", object.name, ">");
  }
  // The first gem's iseqs and envs.
  if (IsIseq(object) || IsEnv(object)) return ImemoLabel(object);
  if (name.empty()) name = object.kind.empty() ? "T_DATA" : object.kind;
  return Anonymous(name, object.address);
}

absl::StatusOr<std::string> ObjectLabeler::ImemoLabel(const ObjectRow& object) {
  if (IsIseq(object)) {
    ASSIGN_OR_RETURN(const std::optional<IseqName> iseq, Iseq(object.id));
    if (iseq.has_value()) return absl::StrCat("code of ", iseq->Text());
    return absl::StrCat("code of ", object.name.empty()
                                        ? AddressText(object.address)
                                        : object.name);
  }
  if (IsEnv(object)) {
    ASSIGN_OR_RETURN(const std::optional<IseqName> iseq, IseqOf(object.id));
    if (iseq.has_value()) return absl::StrCat("env of ", iseq->Text());
    return absl::StrCat("env ", AddressText(object.address));
  }
  if (KindOf(object.kind) == ObjectKind::kMethodEntry) {
    ASSIGN_OR_RETURN(const uint32_t owner, Part(object.id, "owner"));
    std::string path;
    if (owner != 0) {
      ASSIGN_OR_RETURN(path, ClassPath(owner));
      if (object.name.empty()) return absl::StrCat("a method of ", path);
      path.append("#");
    }
    if (object.name.empty()) return std::string("method entry");
    return absl::StrCat("method ", path, object.name);
  }
  return absl::StrCat("internal ", object.kind.empty() ? "object" : object.kind,
                      " ", AddressText(object.address));
}

absl::StatusOr<std::string> ObjectLabeler::LabelByRules(
    const ObjectRow& object) {
  if (object.class_id == 0 || !RuleLabels::MayLabel(object.type)) {
    return std::string();
  }
  ASSIGN_OR_RETURN(const uint32_t real, classes_.Of(object.class_id));
  ASSIGN_OR_RETURN(const std::string name, ClassPath(real));
  return by_rules_->Of(object, real, name);
}

absl::StatusOr<std::string> ObjectLabeler::Label(const ObjectRow& object) {
  ASSIGN_OR_RETURN(std::string by_rules, LabelByRules(object));
  if (!by_rules.empty()) return by_rules;
  switch (object.type) {
    case ObjectType::kGhost:
      return absl::StrCat("(missing ", AddressText(object.address), ")");
    case ObjectType::kString:
      return StringLabel(object);
    case ObjectType::kArray:
    case ObjectType::kHash:
      return CollectionLabel(object);
    case ObjectType::kSymbol: {
      if (!object.name.empty()) return RubySymbol(object.name);
      return std::string("Symbol");
    }
    case ObjectType::kFloat:
    case ObjectType::kBignum:
    case ObjectType::kRegexp: {
      ASSIGN_OR_RETURN(const std::optional<std::string> text, Text(object.id));
      if (!text.has_value()) break;
      const std::string shown = OneLine(*text, kShownCharacters);
      return object.type != ObjectType::kRegexp || shown.substr(0, 1) == "/"
                 ? shown
                 : absl::StrCat("/", shown, "/");
    }
    case ObjectType::kClass:
    case ObjectType::kModule: {
      ASSIGN_OR_RETURN(std::string path, ClassPath(object.id));
      if ((object.flags & kSingleton) == 0 || path.substr(0, 2) != "#<" ||
          path.find("0x") == std::string::npos) {
        return path;
      }
      // One level is enough: the attached object identifies the class.
      ASSIGN_OR_RETURN(const uint32_t attached, Part(object.id, "attached"));
      if (attached == 0 || attached == object.id) return path;
      ASSIGN_OR_RETURN(const ObjectRow row, db_.Object(attached));
      if (row.type == ObjectType::kClass || row.type == ObjectType::kModule) {
        return path;
      }
      ASSIGN_OR_RETURN(const std::string owner, ClassName(row));
      return absl::StrCat("#<Class:", Anonymous(owner, row.address), ">");
    }
    case ObjectType::kIclass: {
      ASSIGN_OR_RETURN(
          const std::string path,
          ClassPath(object.class_id != 0 ? object.class_id : object.id));
      return absl::StrCat("inclusion of ", path);
    }
    case ObjectType::kStruct: {
      ASSIGN_OR_RETURN(const std::string name, ClassName(object));
      return absl::StrCat("#<struct ", name, name.empty() ? "" : ":",
                          AddressText(object.address), ">");
    }
    case ObjectType::kFile: {
      ASSIGN_OR_RETURN(std::string name, ClassName(object));
      if (name.empty()) name = "IO";
      ASSIGN_OR_RETURN(const std::string path, Property(object.id, "path"));
      if (!path.empty()) {
        return absl::StrCat("#<", name, ":", OneLine(path, 0), ">");
      }
      ASSIGN_OR_RETURN(const std::string fd, Property(object.id, "fd"));
      if (!fd.empty()) return absl::StrCat("#<", name, ":fd ", fd, ">");
      return Anonymous(name, object.address);
    }
    case ObjectType::kData:
      return DataLabel(object);
    case ObjectType::kImemo:
      return ImemoLabel(object);
    default:
      break;
  }
  ASSIGN_OR_RETURN(std::string name, ClassName(object));
  if (name.empty()) name = ObjectTypeName(object.type);
  return Anonymous(name, object.address);
}

absl::StatusOr<Place> ObjectLabeler::PlaceOf(const ObjectRow& object) {
  Place place{object.file, object.line};
  std::optional<IseqName> iseq;
  if (IsIseq(object)) {
    ASSIGN_OR_RETURN(iseq, Iseq(object.id));
  } else if (IsProc(object) || IsEnv(object)) {
    ASSIGN_OR_RETURN(iseq, IseqOf(object.id));
  }
  if (!iseq.has_value() || !iseq->place.known()) return place;
  // An allocation site has a line; that of the code may be unknown.
  if (iseq->place.line != 0 || place.line == 0) place = iseq->place;
  return place;
}

absl::StatusOr<ObjectSummary> ObjectLabeler::Summary(uint32_t id) {
  ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
  return Summary(object);
}

absl::StatusOr<ObjectSummary> ObjectLabeler::Summary(const ObjectRow& object) {
  ObjectSummary summary;
  summary.id = object.id;
  summary.address = object.address;
  summary.type = object.type;
  summary.size = object.size;
  summary.retained = object.retained;
  ASSIGN_OR_RETURN(summary.class_name, ClassName(object));
  ASSIGN_OR_RETURN(summary.label, Label(object));
  ASSIGN_OR_RETURN(summary.place, PlaceOf(object));
  return summary;
}

absl::StatusOr<std::string> ObjectLabeler::KeyText(uint32_t key) {
  ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(key));
  return Label(object);
}

}  // namespace heapq

#include "query/aggregates/class_histogram.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/db/did_you_mean.h"
#include "query/db/dump_header.h"

namespace heapq {
namespace {

uint64_t Unsigned(int64_t value) { return static_cast<uint64_t>(value); }

absl::StatusOr<std::vector<TypeCount>> BasicTypes(HeapDb* db) {
  ASSIGN_OR_RETURN(Statement * rows,
                   db->Cached("SELECT name, count, size, type FROM types WHERE "
                              "type > 0 AND count > 0 ORDER BY type"));
  std::vector<TypeCount> types;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return types;
    TypeCount type;
    type.name = rows->Text(0);
    type.count = Unsigned(rows->Int(1));
    type.size = Unsigned(rows->Int(2));
    types.push_back(std::move(type));
  }
}

absl::StatusOr<std::vector<TypeCount>> Classes(HeapDb* db) {
  ASSIGN_OR_RETURN(
      Statement * rows,
      db->Cached("SELECT c.id, c.name, o.address, c.count, c.size, c.retained "
                 "FROM classes c JOIN objects o ON o.id = c.id WHERE c.count > "
                 "0 ORDER BY c.id"));
  std::vector<TypeCount> classes;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows->Step());
    if (!row) return classes;
    TypeCount type;
    type.class_id = static_cast<uint32_t>(rows->Int(0));
    type.name = rows->Text(1);
    type.address = Unsigned(rows->Int(2));
    if (type.name.empty()) {
      type.name = absl::StrCat("#<Class:", AddressText(type.address), ">");
    }
    type.count = Unsigned(rows->Int(3));
    type.size = Unsigned(rows->Int(4));
    type.retained = Unsigned(rows->Int(5));
    classes.push_back(std::move(type));
  }
}

uint64_t Measure(const TypeCount& type, TypeOrder order) {
  switch (order) {
    case TypeOrder::kCount:
      return type.count;
    case TypeOrder::kSize:
      return type.size;
    case TypeOrder::kRetained:
      return type.retained.value_or(0);
  }
  return 0;
}

// A number of the header that cannot be negative.
std::optional<uint64_t> Count(const DumpHeader& header, std::string_view key) {
  const std::optional<int64_t> number = header.Number(key);
  if (!number.has_value() || *number < 0) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

bool IsIn(std::string_view name, std::string_view space) {
  return name.substr(0, space.size()) == space &&
         (name.size() == space.size() || name.substr(space.size(), 2) == "::");
}

}  // namespace

absl::StatusOr<TopTypes> FindTopTypes(HeapDb* db, TypeOrder order,
                                      uint64_t most) {
  TopTypes top;
  ASSIGN_OR_RETURN(top.rows, Classes(db));
  ASSIGN_OR_RETURN(const std::vector<TypeCount> types, BasicTypes(db));
  uint64_t classed = 0;
  uint64_t classed_size = 0;
  for (const TypeCount& row : top.rows) {
    classed += row.count;
    classed_size += row.size;
  }
  for (const TypeCount& type : types) {
    top.objects += type.count;
    top.size += type.size;
    // No object of these is an instance of what a program calls a class.
    if (type.name != "T_IMEMO" && type.name != "T_ICLASS") continue;
    TypeCount row = type;
    row.name = absl::StrCat("(", type.name, ")");
    classed += row.count;
    classed_size += row.size;
    top.rows.push_back(std::move(row));
  }
  if (top.objects > classed) {
    TypeCount rest;
    rest.name = "(no class)";
    rest.count = top.objects - classed;
    rest.size = top.size > classed_size ? top.size - classed_size : 0;
    top.rows.push_back(std::move(rest));
  }
  std::sort(top.rows.begin(), top.rows.end(),
            [order](const TypeCount& a, const TypeCount& b) {
              const uint64_t x = Measure(a, order);
              const uint64_t y = Measure(b, order);
              if (x != y) return x > y;
              return std::tie(a.name, a.class_id) <
                     std::tie(b.name, b.class_id);
            });
  top.total_types = top.rows.size();
  if (top.rows.size() > most) top.rows.resize(most);
  return top;
}

absl::StatusOr<TopRetainers> FindTopRetainers(HeapDb* db, uint64_t most) {
  TopRetainers top;
  ASSIGN_OR_RETURN(const int64_t reachable, db->MetaNumber("reachable_size"));
  top.reachable_size = Unsigned(reachable);
  std::vector<uint32_t> ids;
  {
    ASSIGN_OR_RETURN(
        Statement * rows,
        db->Cached("SELECT id FROM top_retainers ORDER BY rank LIMIT ?1"));
    rows->Bind(1, static_cast<int64_t>(std::min<uint64_t>(most, INT64_MAX)));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) break;
      ids.push_back(static_cast<uint32_t>(rows->Int(0)));
    }
  }
  ObjectLabeler describe(db);
  for (const uint32_t id : ids) {
    ASSIGN_OR_RETURN(ObjectSummary summary, describe.Summary(id));
    top.rows.push_back(std::move(summary));
  }
  return top;
}

absl::StatusOr<NamespaceCount> CountNamespaces(
    HeapDb* db, const std::vector<std::string>& names) {
  NamespaceCount result;
  ASSIGN_OR_RETURN(const DumpHeader header, ReadDumpHeader(db));
  result.total_slots = Count(header, "gc.slots");
  const std::optional<uint64_t> live = Count(header, "gc.live");
  if (result.total_slots.has_value() && live.has_value() &&
      *live <= *result.total_slots) {
    result.free_slots = *result.total_slots - *live;
  }
  ASSIGN_OR_RETURN(result.basic_types, BasicTypes(db));

  std::vector<bool> known(names.size());
  std::vector<std::string> all;
  {
    ASSIGN_OR_RETURN(Statement * rows,
                     db->Cached("SELECT name, count FROM classes WHERE name IS "
                                "NOT NULL ORDER BY id"));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) break;
      std::string name(rows->Text(0));
      bool wanted = false;
      for (size_t i = 0; i < names.size(); ++i) {
        if (!IsIn(name, names[i])) continue;
        known[i] = true;
        wanted = true;
      }
      if (wanted && rows->Int(1) > 0) {
        result.user_types[name] += Unsigned(rows->Int(1));
      }
      all.push_back(std::move(name));
    }
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (known[i]) continue;
    DidYouMean nearest(names[i]);
    for (const std::string& name : all) nearest.Try(name);
    std::string message =
        absl::StrCat("no class or module ", names[i], " in ", db->path());
    if (!nearest.name().empty()) {
      absl::StrAppend(&message, "; did you mean ", std::string(nearest.name()),
                      "?");
    }
    return absl::NotFoundError(message);
  }
  return result;
}

}  // namespace heapq

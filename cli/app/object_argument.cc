#include "cli/app/object_argument.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/string_view.h"
#include "query/suspects/suspects.h"

namespace heapq {
namespace {

constexpr std::string_view kSuspect = "suspect:";

// "suspect:2.@items" with the address of the object in place of the suspect;
// other texts as they are.
absl::StatusOr<std::string> WithoutSuspect(HeapDb* db, std::string_view text) {
  if (text.substr(0, kSuspect.size()) != kSuspect) return std::string(text);
  const size_t end = std::min(
      text.find_first_not_of("0123456789", kSuspect.size()), text.size());
  const std::string_view number =
      text.substr(kSuspect.size(), end - kSuspect.size());
  uint64_t rank = 0;
  if (!absl::SimpleAtoi(View(number), &rank) || rank == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", View(text), "\" is not a suspect; expected suspect:1"));
  }
  ASSIGN_OR_RETURN(const std::vector<Suspect> suspects, FindSuspects(db, 0));
  if (rank > suspects.size()) {
    return absl::NotFoundError(
        absl::StrCat("no suspect:", rank, " in ", db->path(),
                     "; `heapq suspects` lists ", suspects.size()));
  }
  return absl::StrCat(AddressText(suspects[rank - 1].object.address),
                      std::string(text.substr(end)));
}

absl::StatusOr<std::vector<uint32_t>> SelectIds(HeapDb* db,
                                                const std::string& sql) {
  ASSIGN_OR_RETURN(Statement rows, db->connection().Prepare(sql));
  std::vector<uint32_t> ids;
  while (true) {
    ASSIGN_OR_RETURN(const bool row, rows.Step());
    if (!row) return ids;
    ids.push_back(static_cast<uint32_t>(rows.Int(0)));
  }
}

void SortUnique(std::vector<uint32_t>* ids) {
  std::sort(ids->begin(), ids->end());
  ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
}

}  // namespace

absl::StatusOr<NamedObjects> ReadObjectArgument(HeapDb* db,
                                                std::string_view text) {
  ASSIGN_OR_RETURN(const std::string name, WithoutSuspect(db, text));
  return FindByName(db, name);
}

absl::StatusOr<uint32_t> ReadOneObject(HeapDb* db, std::string_view text) {
  ASSIGN_OR_RETURN(const std::string name, WithoutSuspect(db, text));
  return FindOneByName(db, name);
}

absl::StatusOr<std::vector<uint32_t>> ReadObjectsWhere(
    HeapDb* db, const std::string& expression) {
  absl::StatusOr<std::vector<uint32_t>> ids =
      SelectIds(db, absl::StrCat("SELECT id FROM v_objects WHERE (", expression,
                                 "\n) ORDER BY id"));
  if (absl::IsInvalidArgument(ids.status())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--where ", expression, ": ", std::string(ids.status().message()),
        "; expected an SQL expression over the columns of v_objects, as "
        "\"class "
        "= 'String' AND size > 1000\""));
  }
  RETURN_IF_ERROR(ids.status());
  if (!ids->empty()) return ids;
  return absl::NotFoundError(
      absl::StrCat("no object in ", db->path(), " has ", expression));
}

absl::StatusOr<std::vector<uint32_t>> ReadObjectLines(HeapDb* db,
                                                      std::istream* in) {
  std::vector<uint32_t> ids;
  std::string line;
  for (uint64_t n = 1; std::getline(*in, line); ++n) {
    const absl::string_view text = absl::StripAsciiWhitespace(line);
    const std::string word(text.substr(0, text.find_first_of(" \t,")));
    if (word.empty()) continue;
    const auto named = ReadObjectArgument(db, word);
    if (!named.ok()) {
      return absl::Status(named.status().code(),
                          absl::StrCat("line ", n, " of standard input: ",
                                       std::string(named.status().message())));
    }
    ids.insert(ids.end(), named->ids.begin(), named->ids.end());
  }
  SortUnique(&ids);
  if (!ids.empty()) return ids;
  return absl::NotFoundError("standard input names no object");
}

}  // namespace heapq

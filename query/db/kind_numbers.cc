#include "query/db/kind_numbers.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/string_view.h"
#include "indexer/model/edge_kind.h"
#include "indexer/model/object_type.h"

namespace heapq {
namespace {

constexpr int kMaxNumber = static_cast<int>(EdgeKind::kProperty);

std::optional<int> NumberOf(std::string_view name) {
  const ObjectType type = ParseObjectType(name);
  if (type != ObjectType::kUnknown) return static_cast<int>(type);
  for (int number = 0; number <= kMaxNumber; ++number) {
    const auto kind = static_cast<EdgeKind>(number);
    if (TraitsOf(kind).kind == kind && EdgeKindName(kind) == name) {
      return number;
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::string> WithKindNumbers(std::string_view sql) {
  std::string text;
  while (true) {
    const size_t at = sql.find('$');
    absl::StrAppend(&text, View(sql.substr(0, at)));
    if (at == std::string_view::npos) return text;
    sql.remove_prefix(at + 1);
    const auto* const end = std::find_if(sql.begin(), sql.end(), [](char c) {
      return !absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '_';
    });
    const std::string_view name =
        sql.substr(0, static_cast<size_t>(end - sql.begin()));
    const std::optional<int> number = NumberOf(name);
    if (!number.has_value()) {
      return absl::InternalError(absl::StrCat(
          "no edge kind or object type is named \"", View(name), "\""));
    }
    absl::StrAppend(&text, *number);
    sql.remove_prefix(name.size());
  }
}

}  // namespace heapq

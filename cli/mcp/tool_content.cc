#include <nlohmann/json.hpp>

#include "cli/mcp/tools.h"
#include "cli/output/fit.h"
#include "cli/output/terminal.h"

namespace heapq {
namespace {

using Json = nlohmann::ordered_json;

// Bytes of an answer, and cells of a text in it.
constexpr size_t kMaxInAll = 48000;
constexpr size_t kMaxInText = 600;
// Entries of a list, tried in this order.
constexpr size_t kMostEntries[] = {200, 50, 10, 3};

// Shortens texts and lists. Returns how many entries it removed.
uint64_t Bound(size_t most_entries, Json* value) {
  uint64_t left_out = 0;
  if (value->is_string()) {
    *value = Fitted(SafeText(value->get_ref<const std::string&>()), kMaxInText);
  } else if (value->is_array() && value->size() > most_entries) {
    left_out = value->size() - most_entries;
    value->erase(value->begin() + static_cast<std::ptrdiff_t>(most_entries),
                 value->end());
  }
  if (value->is_structured()) {
    for (Json& each : *value) left_out += Bound(most_entries, &each);
  }
  return left_out;
}

}  // namespace

std::string ToolContent(const std::string& printed) {
  const Json whole = Json::parse(printed, nullptr, /*allow_exceptions=*/false);
  std::string text = R"({"schema_version":1})";
  if (!whole.is_object()) return text;
  for (const size_t most_entries : kMostEntries) {
    Json content = whole;
    const uint64_t left_out = Bound(most_entries, &content);
    if (left_out > 0) content["left_out"] = left_out;
    text = content.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() <= kMaxInAll) break;
  }
  return text;
}

}  // namespace heapq

#include "cli/check/budget_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/app/session.h"
#include "indexer/base/status_macros.h"
#include "query/db/did_you_mean.h"

namespace heapq {
namespace {

// "12.5 MB": a number, and what stands behind it.
struct Quantity {
  double number = 0;
  std::string unit;
};

std::optional<Quantity> ParseQuantity(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  const size_t end = text.find_first_not_of("0123456789._");
  std::string digits;
  for (const char c : text.substr(0, end)) {
    if (c != '_') digits += c;
  }
  Quantity quantity;
  if (!absl::SimpleAtod(digits, &quantity.number)) return std::nullopt;
  if (end != absl::string_view::npos) {
    quantity.unit = std::string(absl::StripAsciiWhitespace(text.substr(end)));
  }
  return quantity;
}

// Bytes in a unit; 0: there is no such one.
double BytesIn(const std::string& unit) {
  static const std::map<std::string, double> kUnits = {
      {"", 1},         {"B", 1},           {"kB", 1e3},
      {"KB", 1e3},     {"MB", 1e6},        {"GB", 1e9},
      {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}};
  const auto found = kUnits.find(unit);
  return found == kUnits.end() ? 0 : found->second;
}

double SecondsIn(const std::string& unit) {
  static const std::map<std::string, double> kUnits = {
      {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
  const auto found = kUnits.find(unit);
  return found == kUnits.end() ? 0 : found->second;
}

class BudgetReader {
 public:
  explicit BudgetReader(const std::string& path) : path_(path) {}

  absl::StatusOr<BudgetSet> Read(const toml::table& file) {
    for (const auto& [key, node] : file) {
      if (key == "growth") {
        ASSIGN_OR_RETURN(const toml::table* growth, Table(key, node));
        growth_ = true;
        for (const auto& [inner, inner_node] : *growth) {
          RETURN_IF_ERROR(Section(inner, inner_node));
        }
        growth_ = false;
      } else if (key == "suspects") {
        RETURN_IF_ERROR(Suspects(key, node));
      } else {
        RETURN_IF_ERROR(Section(key, node));
      }
    }
    if (set_.budgets.empty()) {
      return UsageError(absl::StrCat(
          path_,
          ": has no budget; begin with [heap] and size = \"100 MB\", see "
          "docs/guide/budgets.md"));
    }
    // TOML's tables are kept by name; people think in lines.
    std::stable_sort(
        set_.budgets.begin(), set_.budgets.end(),
        [](const Budget& a, const Budget& b) { return a.line < b.line; });
    return std::move(set_);
  }

 private:
  absl::Status Wrong(const toml::source_region& where,
                     const std::string& what) const {
    return UsageError(absl::StrCat(path_, ":", where.begin.line, ": ", what));
  }

  absl::Status Unknown(const toml::key& key,
                       std::initializer_list<const char*> known) const {
    return Wrong(key.source(), UnknownKey(key.str(), known));
  }

  absl::StatusOr<const toml::table*> Table(const toml::key& key,
                                           const toml::node& node) const {
    const toml::table* const table = node.as_table();
    if (table == nullptr) {
      return Wrong(key.source(), absl::StrCat("\"", std::string(key.str()),
                                              "\" must be a table"));
    }
    return table;
  }

  // [heap], or [class.NAME] and its like.
  absl::Status Section(const toml::key& key, const toml::node& node) {
    static const std::map<std::string_view, Budget::Of> kNamed = {
        {"class", Budget::kClass},
        {"namespace", Budget::kNamespace},
        {"suspect", Budget::kSuspect}};
    Budget budget;
    budget.growth = growth_;
    const auto named = kNamed.find(key.str());
    if (key != "heap" && named == kNamed.end()) {
      if (growth_) {
        return Unknown(key, {"heap", "class", "namespace", "suspect"});
      }
      return Unknown(
          key, {"heap", "class", "namespace", "suspect", "suspects", "growth"});
    }
    ASSIGN_OR_RETURN(const toml::table* table, Table(key, node));
    if (key == "heap") return Measures(*table, budget);
    budget.of = named->second;
    for (const auto& [name, measures] : *table) {
      budget.name = std::string(name.str());
      ASSIGN_OR_RETURN(const toml::table* inner, Table(name, measures));
      RETURN_IF_ERROR(Measures(*inner, budget));
    }
    return absl::OkStatus();
  }

  absl::Status Measures(const toml::table& table, Budget budget) {
    for (const auto& [key, node] : table) {
      budget.line = key.source().begin.line;
      const bool suspect = budget.of == Budget::kSuspect;
      if (key == "count" && !suspect) {
        budget.measure = Budget::kCount;
      } else if (key == "size" && !suspect) {
        budget.measure = Budget::kSize;
      } else if (key == "retained" && budget.of != Budget::kHeap) {
        budget.measure = Budget::kRetained;
      } else if (budget.of == Budget::kHeap) {
        return Unknown(key, {"count", "size"});
      } else if (suspect) {
        return Unknown(key, {"retained"});
      } else {
        return Unknown(key, {"count", "size", "retained"});
      }
      RETURN_IF_ERROR(Allowed(node, &budget));
      set_.budgets.push_back(budget);
    }
    return absl::OkStatus();
  }

  absl::Status Allowed(const toml::node& node, Budget* budget) const {
    const bool count = budget->measure == Budget::kCount;
    const std::string example =
        absl::StrCat(count ? "1000" : "\"20 MB\"",
                     budget->growth ? count ? ", \"10%\", \"100/h\""
                                            : ", \"10%\", \"1 MB/h\""
                     : count        ? ""
                                    : ", \"10%\"");
    absl::Status wrong =
        Wrong(node.source(), absl::StrCat("no amount; write it as ", example));
    std::optional<Quantity> quantity;
    if (const auto number = node.value_exact<int64_t>()) {
      quantity = Quantity{static_cast<double>(*number), ""};
    } else if (const auto text = node.value_exact<std::string>()) {
      quantity = ParseQuantity(*text);
    }
    if (!quantity.has_value() || quantity->number < 0) return wrong;
    budget->allowed = quantity->number;
    budget->unit = Budget::kAbsolute;
    std::string unit = quantity->unit;
    if (unit == "%") {
      if (count && !budget->growth) return wrong;
      budget->unit = Budget::kShare;
      budget->allowed /= 100;
      return absl::OkStatus();
    }
    const size_t slash = unit.find('/');
    if (slash != std::string::npos) {
      const double seconds = SecondsIn(unit.substr(slash + 1));
      if (!budget->growth || seconds == 0) return wrong;
      budget->unit = Budget::kPerSecond;
      budget->allowed /= seconds;
      unit = std::string(absl::StripAsciiWhitespace(unit.substr(0, slash)));
    }
    const double factor = count ? (unit.empty() ? 1 : 0) : BytesIn(unit);
    if (factor == 0) return wrong;
    budget->allowed *= factor;
    return absl::OkStatus();
  }

  // [suspects]: those that are not known.
  absl::Status Suspects(const toml::key& section, const toml::node& node) {
    ASSIGN_OR_RETURN(const toml::table* table, Table(section, node));
    Budget budget;
    budget.of = Budget::kNewSuspects;
    budget.line = section.source().begin.line;
    for (const auto& [key, value] : *table) {
      if (key == "count") {
        budget.line = key.source().begin.line;
        RETURN_IF_ERROR(Allowed(value, &budget));
      } else if (key == "share") {
        const auto text = value.value_exact<std::string>();
        const auto share = text ? ParseQuantity(*text) : std::nullopt;
        if (!share || share->unit != "%" || share->number <= 0 ||
            share->number > 100) {
          return Wrong(value.source(), "no share; write it as \"10%\"");
        }
        set_.share = share->number / 100;
      } else if (key == "known") {
        RETURN_IF_ERROR(Known(value));
      } else {
        return Unknown(key, {"count", "share", "known"});
      }
    }
    set_.budgets.push_back(budget);
    return absl::OkStatus();
  }

  absl::Status Known(const toml::node& node) {
    const toml::array* const list = node.as_array();
    if (list == nullptr) {
      return Wrong(node.source(), "\"known\" must be a list of fingerprints");
    }
    for (const toml::node& item : *list) {
      const auto text = item.value_exact<std::string>();
      if (!text) {
        return Wrong(item.source(),
                     "a fingerprint is a string of 16 digits, "
                     "as `heapq suspects` shows it");
      }
      set_.known.push_back(*text);
    }
    return absl::OkStatus();
  }

  const std::string& path_;
  bool growth_ = false;  // inside of [growth]
  BudgetSet set_;
};

}  // namespace

absl::StatusOr<BudgetSet> ReadBudgetFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)),
                   std::istreambuf_iterator<char>());
  if (!in) {
    return WithExitCode(absl::NotFoundError(absl::StrCat(
                            path,
                            ": cannot read; it names what a heap may hold, see "
                            "docs/guide/budgets.md")),
                        kExitUsage);
  }
  try {
    return BudgetReader(path).Read(toml::parse(text, path));
  } catch (const toml::parse_error& error) {
    return UsageError(absl::StrCat(path, ":", error.source().begin.line, ": ",
                                   std::string(error.description())));
  }
}

}  // namespace heapq

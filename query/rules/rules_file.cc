#include <toml++/toml.h>

#include <fstream>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/db/did_you_mean.h"
#include "query/rules/rules.h"

namespace heapq {
namespace {

class RulesReader {
 public:
  explicit RulesReader(const std::string& path) : path_(path) {}

  absl::StatusOr<Rules> Read(const toml::table& file) {
    for (const auto& [key, node] : file) {
      if (key != "holder" && key != "request" && key != "object" &&
          key != "label") {
        return Unknown(key, {"holder", "label", "request", "object"});
      }
      const toml::array* const list = node.as_array();
      if (list == nullptr) {
        return Wrong(key.source(), absl::StrCat("write [[", Text(key),
                                                "]] before each rule"));
      }
      for (const toml::node& item : *list) {
        const toml::table* const rule = item.as_table();
        if (rule == nullptr) {
          return Wrong(item.source(), absl::StrCat("write [[", Text(key),
                                                   "]] before each rule"));
        }
        RETURN_IF_ERROR(key == "holder"    ? Holder(*rule)
                        : key == "request" ? Request(*rule)
                        : key == "label"   ? Label(*rule)
                                           : Object(*rule));
      }
    }
    return std::move(rules_);
  }

 private:
  static std::string Text(const toml::key& key) {
    return std::string(key.str());
  }

  absl::Status Wrong(const toml::source_region& where,
                     const std::string& what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ":", where.begin.line, ": ", what));
  }

  absl::Status Unknown(const toml::key& key,
                       std::initializer_list<const char*> known) const {
    return Wrong(key.source(), UnknownKey(key.str(), known));
  }

  absl::StatusOr<std::string> String(const toml::key& key,
                                     const toml::node& node) const {
    const std::optional<std::string> text = node.value_exact<std::string>();
    if (!text || text->empty()) {
      return Wrong(key.source(), absl::StrCat("\"", Text(key),
                                              "\" must be a text in quotes"));
    }
    return *text;
  }

  absl::StatusOr<bool> Bool(const toml::key& key,
                            const toml::node& node) const {
    const std::optional<bool> value = node.value_exact<bool>();
    if (!value) {
      return Wrong(key.source(),
                   absl::StrCat("\"", Text(key), "\" must be true or false"));
    }
    return *value;
  }

  absl::Status Missing(const toml::table& rule, const char* key,
                       const char* example) const {
    return Wrong(rule.source(),
                 absl::StrCat("the rule has no ", key, "; add ", example));
  }

  absl::Status Holder(const toml::table& table) {
    HolderRule rule;
    bool judged = false;
    for (const auto& [key, node] : table) {
      if (key == "whatever_it_holds") {
        ASSIGN_OR_RETURN(rule.whatever_it_holds, Bool(key, node));
        continue;
      }
      if (key != "match" && key != "is" && key != "reason" && key != "holds" &&
          key != "library" && key != "fixed_in") {
        return Unknown(key, {"fixed_in", "holds", "is", "library", "match",
                             "reason", "whatever_it_holds"});
      }
      ASSIGN_OR_RETURN(const std::string text, String(key, node));
      if (key == "match") {
        rule.holder = text;
      } else if (key == "reason") {
        rule.reason = text;
      } else if (key == "holds") {
        rule.holds = text;
      } else if (key == "library") {
        rule.library = text;
      } else if (key == "fixed_in") {
        rule.fixed_in = text;
      } else if (text == "normal" || text == "leak") {
        judged = true;
        rule.kind = text == "leak" ? HolderRule::kLeak : HolderRule::kNormal;
      } else {
        return Wrong(key.source(), R"("is" must be "normal" or "leak")");
      }
    }
    if (rule.holder.empty()) {
      return Missing(table, "match", R"(match = "Registry @entries")");
    }
    if (!judged) return Missing(table, "is", R"(is = "normal" or is = "leak")");
    if (rule.reason.empty()) {
      return Missing(table, "reason", R"(reason = "filled at start")");
    }
    rules_.holders.push_back(std::move(rule));
    return absl::OkStatus();
  }

  absl::Status Request(const toml::table& table) {
    std::string name;
    for (const auto& [key, node] : table) {
      if (key != "class") return Unknown(key, {"class"});
      ASSIGN_OR_RETURN(name, String(key, node));
    }
    if (name.empty()) return Missing(table, "class", R"(class = "Api::Call")");
    rules_.requests.push_back(std::move(name));
    return absl::OkStatus();
  }

  absl::Status Label(const toml::table& table) {
    LabelRule rule;
    for (const auto& [key, node] : table) {
      if (key == "subclasses") {
        ASSIGN_OR_RETURN(rule.subclasses, Bool(key, node));
        continue;
      }
      if (key != "class" && key != "label") {
        return Unknown(key, {"class", "label", "subclasses"});
      }
      ASSIGN_OR_RETURN(const std::string text, String(key, node));
      if (key == "class") {
        rule.class_name = text;
        continue;
      }
      absl::StatusOr<LabelTemplate> label = ParseLabelTemplate(text);
      if (!label.ok()) {
        return Wrong(key.source(), std::string(label.status().message()));
      }
      rule.label = *std::move(label);
    }
    if (rule.class_name.empty()) {
      return Missing(table, "class", R"(class = "Event")");
    }
    if (rule.label.parts.empty()) {
      return Missing(table, "label", R"(label = "#<{class} id={@id}>")");
    }
    rules_.labels.push_back(std::move(rule));
    return absl::OkStatus();
  }

  absl::Status Object(const toml::table& table) {
    LeakStatusRule rule;
    for (const auto& [key, node] : table) {
      if (key == "subclasses") {
        ASSIGN_OR_RETURN(rule.subclasses, Bool(key, node));
        continue;
      }
      if (key == "when") {
        const toml::table* const when = node.as_table();
        if (when == nullptr) {
          return Wrong(key.source(),
                       "\"when\" must be a table; write it as "
                       "when = { \"@closed\" = true }");
        }
        RETURN_IF_ERROR(When(*when, &rule));
        continue;
      }
      if (key != "class" && key != "is" && key != "reason") {
        return Unknown(key, {"class", "is", "reason", "subclasses", "when"});
      }
      ASSIGN_OR_RETURN(const std::string text, String(key, node));
      if (key == "class") {
        rule.class_name = text;
      } else if (key == "reason") {
        rule.reason = text;
      } else if (text == "alive" || text == "dead") {
        rule.liveness = text == "dead" ? LeakStatus::kDead : LeakStatus::kAlive;
      } else {
        return Wrong(key.source(), R"("is" must be "alive" or "dead")");
      }
    }
    if (rule.class_name.empty()) {
      return Missing(table, "class", R"(class = "Session")");
    }
    if (rule.liveness == LeakStatus::kUnknown) {
      return Missing(table, "is", R"(is = "alive" or is = "dead")");
    }
    if (rule.reason.empty()) rule.reason = "by a rule";
    rules_.objects.push_back(std::move(rule));
    return absl::OkStatus();
  }

  absl::Status When(const toml::table& when, LeakStatusRule* rule) const {
    for (const auto& [key, node] : when) {
      std::string wanted;
      if (const auto text = node.value_exact<std::string>()) {
        wanted = *text;
      } else if (const auto flag = node.value_exact<bool>()) {
        wanted = *flag ? "true" : "false";
      } else if (const auto number = node.value_exact<int64_t>()) {
        wanted = absl::StrCat(*number);
      } else {
        return Wrong(key.source(),
                     absl::StrCat("\"", Text(key),
                                  "\" must be a text, an integer, true or "
                                  "false; write nil as \"nil\""));
      }
      rule->when.emplace_back(Text(key), std::move(wanted));
    }
    return absl::OkStatus();
  }

  const std::string path_;
  Rules rules_;
};

}  // namespace

absl::StatusOr<Rules> ParseRules(std::string_view text,
                                 const std::string& path) {
  toml::table file;
  try {
    file = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", error.source().begin.line, ": ",
                     std::string(error.description())));
  }
  return RulesReader(path).Read(file);
}

absl::StatusOr<Rules> ReadRules(const std::string& path) {
  if (path.empty()) return Rules::BuiltIn();
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    return absl::NotFoundError(absl::StrCat(
        path, ": cannot read the rules; check the path of --rules"));
  }
  ASSIGN_OR_RETURN(Rules rules, ParseRules(text, path));
  const Rules& known = Rules::BuiltIn();
  rules.holders.insert(rules.holders.end(), known.holders.begin(),
                       known.holders.end());
  rules.requests.insert(rules.requests.end(), known.requests.begin(),
                        known.requests.end());
  rules.objects.insert(rules.objects.end(), known.objects.begin(),
                       known.objects.end());
  rules.labels.insert(rules.labels.end(), known.labels.begin(),
                      known.labels.end());
  return rules;
}

}  // namespace heapq

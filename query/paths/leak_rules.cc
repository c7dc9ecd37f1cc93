#include <yajl/yajl_tree.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "query/paths/leak_status.h"

namespace heapq {
namespace {

constexpr char kShape[] =
    "; a rule is {\"class\": \"Session\", \"when\": {\"@closed\": true}, "
    "\"is\": \"dead\", \"reason\": \"it was closed\"}";

class RulesParser {
 public:
  explicit RulesParser(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<std::vector<LeakStatusRule>> Parse(const std::string& json) {
    char message[256] = "";
    const std::unique_ptr<yajl_val_s, void (*)(yajl_val)> tree(
        yajl_tree_parse(json.c_str(), message, sizeof message), yajl_tree_free);
    if (tree == nullptr) {
      std::string line(message);
      line = line.substr(0, line.find('\n'));
      return Error(absl::StrCat("no JSON: ", line));
    }
    const char* const key[] = {"rules", nullptr};
    const yajl_val rules =
        yajl_tree_get(tree.get(), const_cast<const char**>(key), yajl_t_array);
    if (rules == nullptr) {
      return Error("no list \"rules\" at the top");
    }
    std::vector<LeakStatusRule> parsed;
    for (size_t i = 0; i < rules->u.array.len; ++i) {
      number_ = i + 1;
      ASSIGN_OR_RETURN(LeakStatusRule rule, Rule(rules->u.array.values[i]));
      parsed.push_back(std::move(rule));
    }
    return parsed;
  }

 private:
  absl::Status Error(const std::string& what) const {
    return absl::InvalidArgumentError(
        number_ == 0
            ? absl::StrCat(path_, ": ", what, kShape)
            : absl::StrCat(path_, ": rule ", number_, ": ", what, kShape));
  }

  absl::StatusOr<LeakStatusRule> Rule(yajl_val value) const {
    if (!YAJL_IS_OBJECT(value)) return Error("not an object");
    LeakStatusRule rule;
    for (size_t i = 0; i < value->u.object.len; ++i) {
      RETURN_IF_ERROR(
          Take(value->u.object.keys[i], value->u.object.values[i], &rule));
    }
    if (rule.class_name.empty()) return Error("\"class\" is missing");
    if (rule.liveness == LeakStatus::kUnknown) {
      return Error(R"("is" must be "alive" or "dead")");
    }
    if (rule.reason.empty()) rule.reason = "by a rule";
    return rule;
  }

  absl::Status Take(const std::string& key, yajl_val value,
                    LeakStatusRule* rule) const {
    if (key == "when") return TakeWhen(value, rule);
    if (key == "subclasses") {
      if (!YAJL_IS_TRUE(value) && !YAJL_IS_FALSE(value)) {
        return Error("\"subclasses\" is true or false");
      }
      rule->subclasses = YAJL_IS_TRUE(value);
      return absl::OkStatus();
    }
    if (key != "class" && key != "is" && key != "reason") {
      return Error(absl::StrCat("\"", key, "\" is not a key of a rule"));
    }
    if (!YAJL_IS_STRING(value)) {
      return Error(absl::StrCat("\"", key, "\" is a text"));
    }
    const std::string text = YAJL_GET_STRING(value);
    if (key == "class") {
      rule->class_name = text;
    } else if (key == "reason") {
      rule->reason = text;
    } else if (text == "alive") {
      rule->liveness = LeakStatus::kAlive;
    } else if (text == "dead") {
      rule->liveness = LeakStatus::kDead;
    }
    return absl::OkStatus();
  }

  absl::Status TakeWhen(yajl_val value, LeakStatusRule* rule) const {
    if (!YAJL_IS_OBJECT(value)) return Error("\"when\" is an object");
    for (size_t i = 0; i < value->u.object.len; ++i) {
      const std::string name = value->u.object.keys[i];
      const yajl_val wanted = value->u.object.values[i];
      std::string text;
      if (YAJL_IS_STRING(wanted)) {
        text = YAJL_GET_STRING(wanted);
      } else if (YAJL_IS_NUMBER(wanted)) {
        text = YAJL_GET_NUMBER(wanted);
      } else if (YAJL_IS_NULL(wanted)) {
        text = "nil";
      } else if (YAJL_IS_TRUE(wanted)) {
        text = "true";
      } else if (YAJL_IS_FALSE(wanted)) {
        text = "false";
      } else {
        return Error(absl::StrCat("\"", name,
                                  "\" is a text, number, true, false or "
                                  "null"));
      }
      rule->when.emplace_back(name, std::move(text));
    }
    return absl::OkStatus();
  }

  const std::string path_;
  size_t number_ = 0;  // of the rule, from 1 on; 0: none yet
};

}  // namespace

absl::StatusOr<std::vector<LeakStatusRule>> ParseLivenessRules(
    const std::string& json, const std::string& path) {
  return RulesParser(path).Parse(json);
}

absl::StatusOr<std::vector<LeakStatusRule>> ReadLivenessRules(
    const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot read these rules"));
  }
  return ParseLivenessRules(text, path);
}

}  // namespace heapq

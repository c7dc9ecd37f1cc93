#ifndef HEAPQ_QUERY_RULES_LABEL_TEMPLATE_H_
#define HEAPQ_QUERY_RULES_LABEL_TEMPLATE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace heapq {

// One reference of a path that starts at the labelled object.
struct LabelStep {
  enum Kind {
    kIvar,       // @name
    kMember,     // .name, of a Struct
    kSymbolKey,  // [:name]
    kStringKey,  // ["name"]
    kIndex,      // [0], of an array
  };
  Kind kind = kIvar;
  std::string name;   // "@state", "name"
  int64_t index = 0;  // of kIndex
};

// A text with values of an object in it, such as
// `#<{class} id={@attributes["id"]|@id}>`.
struct LabelTemplate {
  struct Part {
    std::string text;         // stands before the value
    bool has_value = false;   // false: the text alone
    bool class_name = false;  // the value is the name of the object's class
    // The value is at the end of the first of these paths that exists.
    std::vector<std::vector<LabelStep>> paths;
  };
  std::vector<Part> parts;
};

// Parses a template. kInvalidArgument: says what is wrong, without the place.
absl::StatusOr<LabelTemplate> ParseLabelTemplate(std::string_view text);

}  // namespace heapq

#endif  // HEAPQ_QUERY_RULES_LABEL_TEMPLATE_H_

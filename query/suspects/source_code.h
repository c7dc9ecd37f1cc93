#ifndef HEAPQ_QUERY_SUSPECTS_SOURCE_CODE_H_
#define HEAPQ_QUERY_SUSPECTS_SOURCE_CODE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "query/labels/object_label.h"

namespace heapq {

// A line of a source file. `line` is 0 where it is unknown.
struct SourceLine {
  Place place;
  std::string label;  // the method around it, "Bus#on"; may be empty

  bool known() const { return place.line != 0; }
};

// How the source changes a variable.
struct VariableCode {
  bool found = false;      // the variable is mentioned
  SourceLine add;          // adds to it or replaces it, while the program runs
  SourceLine add_at_load;  // adds to it in a class body or a constructor
  SourceLine removal;      // removes from it
  bool removes_as_it_adds = false;
  bool exposed = false;  // an accessor hands it to other code
  bool memo = false;     // only "list[key] ||= value" adds to it
};

// Reads Ruby source files that a dump names, where this machine has them. It
// reads regular files that end as Ruby's do and are no larger than 1 MB, and
// matches lines by their text; it is not a parser.
class SourceCode {
 public:
  // The variable as its class's code writes it: "@list", "@@list", "$list",
  // "LIST", ":key" of a thread local, ".list" for calls of an accessor. "$"
  // means any global variable; an empty name means any instance variable, class
  // variable or constant that is added to. `class_name` limits the search to
  // that class's body; empty: whole files. `is_array`: its value is an array,
  // to which "list[index] = value" does not add.
  VariableCode FindVariable(const std::vector<std::string>& files,
                            const std::string& class_name,
                            const std::string& variable, bool is_array = false);
  // The first line of a class's methods with one of `texts`.
  SourceLine FindText(const std::string& file, const std::string& class_name,
                      const std::vector<std::string>& texts);
  // Whether the method of `label` ("Types.define") is called on at least ten
  // lines of `files` outside of methods and blocks, and on no line inside: its
  // calls declare something while a file is loaded.
  bool IsCalledAtLoad(const std::vector<std::string>& files,
                      const std::string& label);
  // Where `label` of an iseq ("block in Bus#on", "Bus.on", "<class:Bus>") or
  // the class "class Bus" begins; 0: unknown.
  uint32_t LineOf(const std::string& file, const std::string& label);

 private:
  // The lines of a file; none if it cannot be read.
  const std::vector<std::string>& Lines(const std::string& file);

  std::map<std::string, std::vector<std::string>> files_;
  size_t bytes_ = 0;  // of all files
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_SOURCE_CODE_H_

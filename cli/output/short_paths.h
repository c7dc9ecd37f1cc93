#ifndef HEAPQ_CLI_OUTPUT_SHORT_PATHS_H_
#define HEAPQ_CLI_OUTPUT_SHORT_PATHS_H_

#include <string>
#include <string_view>
#include <vector>

namespace heapq {

// Shortens the absolute paths in texts of one answer, for a narrow terminal: a
// file of a gem begins with the gem's name, a file below the current folder is
// relative to it, and the folder that all others have in common is left out.
class ShortPaths {
 public:
  // Begins with `here`, the current folder; empty: it is not known.
  explicit ShortPaths(std::string here) : here_(std::move(here)) {}
  ShortPaths();

  // Notes the paths in `text`, of which Root() becomes a part.
  void Add(std::string_view text);

  // `text` with each absolute path shortened.
  std::string Shorten(std::string_view text) const;

  // The folder that the paths noted have in common and that Shorten leaves
  // out, with a slash at its end; empty: there is none worth it.
  std::string Root() const;

 private:
  std::string here_;
  std::string common_;
  size_t files_ = 0;  // distinct neighbours among the paths noted
  std::string last_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_SHORT_PATHS_H_

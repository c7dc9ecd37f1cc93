#ifndef HEAPQ_CLI_EXPLORE_SCREEN_H_
#define HEAPQ_CLI_EXPLORE_SCREEN_H_

#include <cstddef>
#include <string>

#include "cli/explore/views.h"

namespace heapq {

enum class Key {
  kUp,
  kDown,
  kPageUp,
  kPageDown,
  kHome,
  kEnd,
  kOpen,  // Enter, right
  kBack,  // left, Backspace
  kTree,
  kObject,
  kReferrers,
  kPath,
  kGoTo,
  kSort,
  kHelp,
  kResized,
  kQuit,
  kOther,
};

// The terminal, by ncurses. Only one at a time; its destructor leaves the
// terminal as it was.
class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // `first`: the line on top, changed so that `selected` can be seen.
  // `message`: shown instead of the keys; may be empty.
  void Draw(const View& view, size_t selected, size_t* first,
            const std::string& message);
  void DrawHelp();
  Key Read();
  // Reads a line after `prompt`; "" if the user cancelled.
  std::string Ask(const std::string& prompt);
  // Lines of a list that fit.
  size_t Rows() const;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPLORE_SCREEN_H_

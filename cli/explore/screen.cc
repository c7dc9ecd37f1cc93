#include "cli/explore/screen.h"

#include <curses.h>
#include <langinfo.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "cli/output/terminal.h"
#include "query/labels/ruby_inspect.h"

namespace heapq {
namespace {

constexpr int kHeadRows = 3;  // title, facts, a line
constexpr int kFootRows = 1;
constexpr size_t kLabelWidth = 32;
constexpr size_t kBarWidth = 10;
constexpr size_t kRoomForBars = 100;  // cells of a line
constexpr char kKeys[] =
    "enter open  left back  t tree  o object  r referrers  p path  / find  "
    "s sort  ? help  q quit";

// `text` in as many cells as it takes, but no more than `width`.
std::string Fit(const std::string& text, size_t width) {
  std::string safe = SafeText(text);
  if (DisplayWidth(safe) <= width) return safe;
  if (width == 0) return {};
  size_t end = 0;
  for (size_t at = 0; at < safe.size();) {
    char32_t c = 0;
    NextCharacter(safe, &at, &c);
    if (DisplayWidth(std::string_view(safe).substr(0, at)) > width - 1) break;
    end = at;
  }
  return safe.substr(0, end) + "…";
}

std::string Padded(const std::string& text, size_t width, bool right) {
  const std::string fit = Fit(text, width);
  const std::string pad(width - DisplayWidth(fit), ' ');
  return right ? pad + fit : fit + pad;
}

void Put(int y, const std::string& text) {
  mvaddstr(y, 0, text.c_str());
  clrtoeol();
}

size_t Width() { return static_cast<size_t>(std::max(COLS, 1)); }

// A bar of `bytes` beside the largest, in kBarWidth cells.
std::string Bar(uint64_t bytes, uint64_t largest) {
  const double share = static_cast<double>(bytes) /
                       static_cast<double>(std::max<uint64_t>(largest, 1));
  const auto cells = static_cast<size_t>(std::lround(share * kBarWidth));
  std::string bar;
  for (size_t i = 0; i < kBarWidth; ++i) bar += i < cells ? "█" : " ";
  return bar;
}

// `largest`: bytes of the longest bar; 0: there are no bars.
std::string TextOf(const ViewLine& line, bool labels, uint64_t largest) {
  std::string text =
      Padded(line.retained, 9, true) + " " + Padded(line.share, 6, true) + "  ";
  if (largest != 0) text += Bar(line.bytes, largest) + "  ";
  if (labels) text += Padded(line.label, kLabelWidth, false) + "  ";
  return text + SafeText(line.text);
}

}  // namespace

Screen::Screen() {
  setlocale(LC_ALL, "");
  if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
    setlocale(LC_CTYPE, "C.UTF-8");  // what is shown is UTF-8
  }
  initscr();
  raw();  // Ctrl-C is a key like others: the terminal is put in order
  noecho();
  keypad(stdscr, TRUE);
  set_escdelay(25);
  curs_set(0);
}

Screen::~Screen() { endwin(); }

size_t Screen::Rows() const {
  return static_cast<size_t>(std::max(LINES - kHeadRows - kFootRows, 1));
}

void Screen::Draw(const View& view, size_t selected, size_t* first,
                  const std::string& message) {
  const size_t rows = Rows();
  if (selected < *first) *first = selected;
  if (selected >= *first + rows) *first = selected - rows + 1;
  erase();
  attron(A_BOLD);
  Put(0, Fit(view.title, Width()));
  attroff(A_BOLD);
  Put(1, Fit(view.about, Width()));
  mvhline(2, 0, ACS_HLINE, COLS);
  const bool labels =
      std::any_of(view.lines.begin(), view.lines.end(),
                  [](const ViewLine& line) { return !line.label.empty(); });
  uint64_t largest = 0;
  for (const ViewLine& line : view.lines) {
    if (Width() >= kRoomForBars) largest = std::max(largest, line.bytes);
  }
  for (size_t i = 0; i < rows && *first + i < view.lines.size(); ++i) {
    const size_t at = *first + i;
    if (at == selected) attron(A_REVERSE);
    const std::string text = TextOf(view.lines[at], labels, largest);
    Put(kHeadRows + static_cast<int>(i), Padded(text, Width(), false));
    if (at == selected) attroff(A_REVERSE);
  }
  attron(message.empty() ? A_DIM : A_BOLD);
  const std::string position =
      view.lines.empty()
          ? std::string()
          : absl::StrCat(" ", selected + 1, "/", view.lines.size());
  const size_t room = Width() - std::min(Width(), position.size() + 1);
  Put(LINES - 1,
      Padded(message.empty() ? kKeys : message, room, false) + position);
  attroff(message.empty() ? A_DIM : A_BOLD);
  refresh();
}

void Screen::DrawHelp() {
  static constexpr const char* kLines[] = {
      "up, down, j, k     the line above, below",
      "page up, page down",
      "home, g, end, G    the first line, the last",
      "enter, right       tree: what the object retains; else the object",
      "left, backspace    back",
      "t                  the tree: what would be freed with it",
      "o                  the object: its fields",
      "r                  what refers to it",
      "p                  why it is alive: the path from a root",
      "/                  an object by name (Foo::BAR, $x, Foo.@bar[:key],",
      "                   Session, suspect:1, 0x…, #17), or a part of a text",
      "s                  sort: by retained bytes, by name, as it was",
      "q                  quit",
      "",
      "t, o, r and p are about the object of the marked line."};
  erase();
  attron(A_BOLD);
  Put(0, "Keys");
  attroff(A_BOLD);
  int y = 2;
  for (const char* const line : kLines) Put(y++, Fit(line, Width()));
  Put(LINES - 1, "any key goes on");
  refresh();
}

Key Screen::Read() {
  switch (getch()) {
    case KEY_UP:
    case 'k':
      return Key::kUp;
    case KEY_DOWN:
    case 'j':
      return Key::kDown;
    case KEY_PPAGE:
      return Key::kPageUp;
    case KEY_NPAGE:
    case ' ':
      return Key::kPageDown;
    case KEY_HOME:
    case 'g':
      return Key::kHome;
    case KEY_END:
    case 'G':
      return Key::kEnd;
    case KEY_ENTER:
    case KEY_RIGHT:
    case '\n':
    case '\r':
      return Key::kOpen;
    case KEY_LEFT:
    case KEY_BACKSPACE:
    case 127:
    case '\b':
      return Key::kBack;
    case 't':
      return Key::kTree;
    case 'o':
      return Key::kObject;
    case 'r':
      return Key::kReferrers;
    case 'p':
      return Key::kPath;
    case '/':
      return Key::kGoTo;
    case 's':
      return Key::kSort;
    case '?':
    case 'h':
      return Key::kHelp;
    case KEY_RESIZE:
      return Key::kResized;
    case 'q':
    case 3:    // Ctrl-C
    case 4:    // Ctrl-D
    case ERR:  // the terminal is gone
      return Key::kQuit;
    default:
      return Key::kOther;
  }
}

std::string Screen::Ask(const std::string& prompt) {
  std::string text;
  while (true) {
    Put(LINES - 1, Fit(prompt + text + "_", Width() - 1));
    refresh();
    const int key = getch();
    if (key == '\n' || key == '\r' || key == KEY_ENTER) return text;
    if (key == 27 || key == 3 || key == ERR) return {};
    if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
      if (!text.empty()) text.pop_back();
    } else if (key >= ' ' && key < 127 && text.size() < 64) {
      text += static_cast<char>(key);
    }
  }
}

}  // namespace heapq

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/object_argument.h"
#include "cli/app/session.h"
#include "cli/explore/screen.h"
#include "cli/explore/views.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// Somebody's way through a heap: the views they opened, and where in each.
class Walk {
 public:
  Walk(HeapDb* db, Screen* screen) : db_(*db), screen_(*screen) {}

  absl::Status Begin(uint32_t id) {
    ASSIGN_OR_RETURN(View view, ReadView(&db_, ViewKind::kTree, id));
    stops_.push_back({std::move(view)});
    return absl::OkStatus();
  }

  // Until the user quits.
  void Run() {
    while (true) {
      Stop& stop = stops_.back();
      screen_.Draw(stop.view, stop.selected, &stop.first, message_);
      message_.clear();
      const Key key = screen_.Read();
      if (key == Key::kQuit) return;
      Do(key);
    }
  }

 private:
  struct Stop {
    View view;
    size_t selected = 0;
    size_t first = 0;
    LineOrder order = LineOrder::kAsRead;
  };

  void Do(Key key) {
    const View& view = stops_.back().view;
    switch (key) {
      case Key::kUp:
        Move(-1);
        break;
      case Key::kDown:
        Move(1);
        break;
      case Key::kPageUp:
        Move(-static_cast<int64_t>(screen_.Rows()));
        break;
      case Key::kPageDown:
        Move(static_cast<int64_t>(screen_.Rows()));
        break;
      case Key::kHome:
        Move(INT32_MIN);
        break;
      case Key::kEnd:
        Move(INT32_MAX);
        break;
      case Key::kOpen:
        Open(view.kind == ViewKind::kTree ? ViewKind::kTree : ViewKind::kObject,
             LineId());
        break;
      case Key::kBack:
        if (stops_.size() > 1) stops_.pop_back();
        break;
      case Key::kTree:
        Open(ViewKind::kTree, MeantId());
        break;
      case Key::kObject:
        Open(ViewKind::kObject, MeantId());
        break;
      case Key::kReferrers:
        Open(ViewKind::kReferrers, MeantId());
        break;
      case Key::kPath:
        Open(ViewKind::kPath, MeantId());
        break;
      case Key::kGoTo:
        GoTo();
        break;
      case Key::kSort:
        Sort();
        break;
      case Key::kHelp:
        screen_.DrawHelp();
        screen_.Read();
        break;
      default:
        break;
    }
  }

  void Move(int64_t by) {
    Stop& stop = stops_.back();
    const auto last = static_cast<int64_t>(stop.view.lines.size()) - 1;
    const int64_t to = static_cast<int64_t>(stop.selected) + by;
    stop.selected =
        static_cast<size_t>(std::max<int64_t>(0, std::min(to, last)));
  }

  // Returns the id of the marked line's object; 0: it has none.
  uint32_t LineId() const {
    const Stop& stop = stops_.back();
    return stop.view.lines.empty() ? 0 : stop.view.lines[stop.selected].id;
  }
  // The same, or the object that the view is about.
  uint32_t MeantId() const {
    const uint32_t id = LineId();
    return id != 0 ? id : stops_.back().view.id;
  }

  void Open(ViewKind kind, uint32_t id) {
    if (id == 0) {
      message_ = "There is no object on this line";
      return;
    }
    absl::StatusOr<View> view = ReadView(&db_, kind, id);
    if (!view.ok()) {
      message_ = std::string(view.status().message());
      return;
    }
    stops_.push_back({*std::move(view)});
  }

  void Show(absl::StatusOr<View> view) {
    if (view.ok()) {
      stops_.push_back({*std::move(view)});
    } else {
      message_ = std::string(view.status().message());
    }
  }

  void GoTo() {
    const std::string text = screen_.Ask("Find (a name, 0x…, #17, a text): ");
    if (text.empty()) return;
    const absl::StatusOr<NamedObjects> named = ReadObjectArgument(&db_, text);
    if (named.ok() && named->ids.size() == 1) {
      Open(ViewKind::kObject, named->ids.front());
      return;
    }
    if (named.ok()) {
      Show(ReadNamed(&db_, text, named->ids));
      return;
    }
    absl::StatusOr<View> found = ReadFound(&db_, text);
    if (found.ok() && found->lines.empty()) {
      message_ = std::string(named.status().message());
      return;
    }
    Show(std::move(found));
  }

  void Sort() {
    static constexpr const char* kNames[] = {"as it was", "by retained bytes",
                                             "by name"};
    Stop& stop = stops_.back();
    const int next = (static_cast<int>(stop.order) + 1) % 3;
    stop.order = static_cast<LineOrder>(next);
    SortLines(stop.order, &stop.view);
    stop.selected = 0;
    message_ = absl::StrCat("Sorted ", kNames[next]);
  }

  HeapDb& db_;
  Screen& screen_;
  std::vector<Stop> stops_;  // never empty once it has begun
  std::string message_;
};

absl::Status Run(const std::string& id, Session& session) {
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    return UsageError(
        "explore: needs a terminal; `heapq tree` and `heapq show` print");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  uint32_t start = 0;
  if (!id.empty()) {
    ASSIGN_OR_RETURN(start, Session::Id(db.get(), id));
  }
  Screen screen;
  Walk walk(db.get(), &screen);
  RETURN_IF_ERROR(walk.Begin(start));
  walk.Run();
  return absl::OkStatus();
}

}  // namespace

void AddExplore(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "explore", "Walk through the heap in the terminal, by keys");
  const auto id = std::make_shared<std::string>();
  command
      ->AddOption("id", id.get(),
                  std::string(kObjectHelp) + "; the roots if left out")
      ->ValueName("ID");
  command->WhenGiven([id, chosen] {
    *chosen = [id](Session& session) { return Run(*id, session); };
  });
}

}  // namespace heapq

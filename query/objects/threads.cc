#include "query/objects/threads.h"

#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr char kThreadsSql[] = "SELECT id FROM threads ORDER BY fiber, id";
constexpr char kFramesSql[] =
    "SELECT label, file, line FROM frames WHERE thread = ?1 ORDER BY n";
// Locals and parts of frames: "request in Session#start (app.rb:42)".
constexpr char kEdgesSql[] =
    "SELECT n.text, e.dst, o.idom FROM edges e JOIN names n ON n.id = e.label "
    "JOIN objects o ON o.id = e.dst WHERE e.src = ?1 AND e.kind IN "
    "($frame_local, $frame_part) ORDER BY e.n";
constexpr char kFieldsSql[] =
    "SELECT n.text, f.value FROM fields f JOIN names n ON n.id = f.label "
    "WHERE f.src = ?1 AND f.kind IN ($frame_local, $frame_part) ORDER BY f.n";

// As the frames' names of locals end.
std::string Where(const ThreadFrame& frame) {
  std::string what = frame.label.empty() ? "a frame" : frame.label;
  if (frame.place.file.empty()) return what;
  return absl::StrCat(what, " (", frame.place.file, ":", frame.place.line, ")");
}

// Parts of a frame that no program can name.
bool IsInternalFrameSlot(std::string_view name) {
  return name == "iseq" || name == "ment" || name == "env" || name == "cref" ||
         name.substr(0, 1) == "(";
}

class ThreadReader {
 public:
  explicit ThreadReader(HeapDb* db) : db_(*db), describe_(db) {}

  absl::StatusOr<std::vector<ThreadInfo>> Read() {
    std::vector<uint32_t> ids;
    ASSIGN_OR_RETURN(Statement * rows, db_.Cached(kThreadsSql));
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) break;
      ids.push_back(static_cast<uint32_t>(rows->Int(0)));
    }
    std::vector<ThreadInfo> threads;
    for (const uint32_t id : ids) {
      ThreadInfo thread;
      ASSIGN_OR_RETURN(thread.object, describe_.Summary(id));
      ASSIGN_OR_RETURN(thread.status, describe_.Property(id, "status"));
      RETURN_IF_ERROR(ReadFrames(id, &thread));
      RETURN_IF_ERROR(ReadValues(id, &thread));
      threads.push_back(std::move(thread));
    }
    return threads;
  }

 private:
  absl::Status ReadFrames(uint32_t id, ThreadInfo* thread) {
    ASSIGN_OR_RETURN(Statement * rows, db_.Cached(kFramesSql));
    rows->Bind(1, int64_t{id});
    while (true) {
      ASSIGN_OR_RETURN(const bool row, rows->Step());
      if (!row) return absl::OkStatus();
      ThreadFrame frame;
      frame.label = rows->Text(0);
      frame.place.file = rows->Text(1);
      frame.place.line = static_cast<uint32_t>(rows->Int(2));
      thread->frames.push_back(std::move(frame));
    }
  }

  absl::Status ReadValues(uint32_t id, ThreadInfo* thread) {
    // Frames of the same code at the same line share their locals' names;
    // the innermost one shows them all.
    std::map<std::string, ThreadFrame*> by_place;
    for (ThreadFrame& frame : thread->frames) {
      by_place.emplace(Where(frame), &frame);
    }
    const auto frame_of = [&by_place](std::string_view label,
                                      std::string* name) -> ThreadFrame* {
      const size_t in = label.find(" in ");
      if (in == std::string_view::npos) return nullptr;
      *name = label.substr(0, in);
      const auto found = by_place.find(std::string(label.substr(in + 4)));
      return found == by_place.end() ? nullptr : found->second;
    };
    struct Reference {
      std::string label;
      uint32_t dst;
      bool only_here;  // the thread dominates it
    };
    std::vector<Reference> references;
    ASSIGN_OR_RETURN(Statement * edges, db_.Cached(kEdgesSql));
    edges->Bind(1, int64_t{id});
    while (true) {
      ASSIGN_OR_RETURN(const bool row, edges->Step());
      if (!row) break;
      references.push_back({std::string(edges->Text(0)),
                            static_cast<uint32_t>(edges->Int(1)),
                            edges->Int(2) == int64_t{id}});
    }
    // Which frame has an object of its own; null: more than one.
    std::map<uint32_t, ThreadFrame*> keeper;
    for (const auto& [label, dst, only_here] : references) {
      FrameValue value;
      ThreadFrame* frame = frame_of(label, &value.name);
      if (only_here) {
        const auto [kept, first] = keeper.emplace(dst, frame);
        if (!first && kept->second != frame) kept->second = nullptr;
      }
      if (frame == nullptr || IsInternalFrameSlot(value.name)) continue;
      ASSIGN_OR_RETURN(const ObjectSummary object, describe_.Summary(dst));
      value.id = dst;
      value.address = object.address;
      value.value = object.label;
      value.retained = object.retained.value_or(0);
      frame->values.push_back(std::move(value));
    }
    for (const auto& [dst, frame] : keeper) {
      if (frame == nullptr) continue;
      ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(dst));
      frame->retained += object.retained.value_or(0);
    }
    ASSIGN_OR_RETURN(Statement * fields, db_.Cached(kFieldsSql));
    fields->Bind(1, int64_t{id});
    while (true) {
      ASSIGN_OR_RETURN(const bool row, fields->Step());
      if (!row) return absl::OkStatus();
      FrameValue value;
      ThreadFrame* frame = frame_of(fields->Text(0), &value.name);
      if (frame == nullptr || IsInternalFrameSlot(value.name)) continue;
      value.value = fields->Text(1);
      frame->values.push_back(std::move(value));
    }
  }

  HeapDb& db_;
  ObjectLabeler describe_;
};

}  // namespace

absl::StatusOr<std::vector<ThreadInfo>> ReadThreads(HeapDb* db) {
  return ThreadReader(db).Read();
}

}  // namespace heapq

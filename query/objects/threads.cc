#include "query/objects/threads.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

constexpr char kThreadsSql[] = "SELECT id FROM threads ORDER BY fiber, id";
constexpr char kFramesSql[] =
    "SELECT n, label, file, line FROM frames WHERE thread = ?1 ORDER BY n";
// Locals and parts of frames: the frame, the name, the value.
constexpr char kEdgesSql[] =
    "SELECT v.n, x.text, e.dst, o.idom FROM edges e JOIN frame_values v ON "
    "v.id = e.label JOIN names x ON x.id = v.name JOIN objects o ON o.id = "
    "e.dst WHERE e.src = ?1 AND e.kind IN ($frame_local, $frame_part) ORDER BY "
    "e.n";
constexpr char kFieldsSql[] =
    "SELECT v.n, x.text, f.value FROM fields f JOIN frame_values v ON v.id = "
    "f.label JOIN names x ON x.id = v.name WHERE f.src = ?1 AND f.kind IN "
    "($frame_local, $frame_part) ORDER BY f.n";

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
      frame.n = rows->Int(0);
      frame.label = rows->Text(1);
      frame.place.file = rows->Text(2);
      frame.place.line = static_cast<uint32_t>(rows->Int(3));
      thread->frames.push_back(std::move(frame));
    }
  }

  absl::Status ReadValues(uint32_t id, ThreadInfo* thread) {
    const auto frame_of = [thread](int64_t n) -> ThreadFrame* {
      const auto frame =
          std::lower_bound(thread->frames.begin(), thread->frames.end(), n,
                           [](const ThreadFrame& each, int64_t wanted) {
                             return each.n < wanted;
                           });
      return frame == thread->frames.end() || frame->n != n ? nullptr : &*frame;
    };
    struct Reference {
      ThreadFrame* frame;
      std::string name;
      uint32_t dst;
      bool only_here;  // the thread dominates it
    };
    std::vector<Reference> references;
    ASSIGN_OR_RETURN(Statement * edges, db_.Cached(kEdgesSql));
    edges->Bind(1, int64_t{id});
    while (true) {
      ASSIGN_OR_RETURN(const bool row, edges->Step());
      if (!row) break;
      references.push_back(
          {frame_of(edges->Int(0)), std::string(edges->Text(1)),
           static_cast<uint32_t>(edges->Int(2)), edges->Int(3) == int64_t{id}});
    }
    // Which frame has an object of its own; null: more than one.
    std::map<uint32_t, ThreadFrame*> keeper;
    for (Reference& reference : references) {
      ThreadFrame* const frame = reference.frame;
      if (reference.only_here) {
        const auto [kept, first] = keeper.emplace(reference.dst, frame);
        if (!first && kept->second != frame) kept->second = nullptr;
      }
      if (frame == nullptr || IsInternalFrameSlot(reference.name)) continue;
      ASSIGN_OR_RETURN(const ObjectSummary object,
                       describe_.Summary(reference.dst));
      FrameValue value;
      value.name = std::move(reference.name);
      value.id = reference.dst;
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
      ThreadFrame* const frame = frame_of(fields->Int(0));
      FrameValue value;
      value.name = fields->Text(1);
      if (frame == nullptr || IsInternalFrameSlot(value.name)) continue;
      value.value = fields->Text(2);
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

#include "cli/explore/views.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/search.h"
#include "query/db/dominator_children.h"
#include "query/objects/object_view.h"
#include "query/paths/path_display.h"
#include "query/paths/why_alive.h"

namespace heapq {
namespace {

constexpr uint64_t kMaxLines = 500;

// "1 field", "1,234 fields".
std::string Count(uint64_t number, const char* what) {
  return absl::StrCat(Grouped(static_cast<int64_t>(number)), " ", what,
                      number == 1 ? "" : "s");
}

class Reader {
 public:
  explicit Reader(HeapDb* db) : db_(*db), describe_(db) {}

  absl::StatusOr<View> Read(ViewKind kind, uint32_t id) {
    ASSIGN_OR_RETURN(const int64_t total, db_.MetaNumber("reachable_size"));
    total_ = static_cast<double>(std::max<int64_t>(total, 1));
    view_.kind = kind;
    view_.id = id;
    switch (kind) {
      case ViewKind::kTree:
        RETURN_IF_ERROR(ReadTree(id));
        break;
      case ViewKind::kObject:
        RETURN_IF_ERROR(ReadObject(id));
        break;
      case ViewKind::kReferrers:
        RETURN_IF_ERROR(ReadReferrers(id));
        break;
      case ViewKind::kPath:
        RETURN_IF_ERROR(ReadPath(id));
        break;
      case ViewKind::kFound:
        break;
    }
    return Finished();
  }

  absl::StatusOr<View> ReadNamed(const std::string& name,
                                 const std::vector<uint32_t>& ids) {
    RETURN_IF_ERROR(Begin(name, Count(ids.size(), "object")));
    for (const uint32_t id : ids) {
      if (view_.lines.size() == kMaxLines) {
        AddRest(absl::StrCat(
            Grouped(static_cast<int64_t>(ids.size() - kMaxLines)), " more"));
        break;
      }
      ASSIGN_OR_RETURN(const ObjectSummary object, describe_.Summary(id));
      view_.lines.push_back(LineOf(object, ""));
    }
    return Finished();
  }

  absl::StatusOr<View> ReadFound(const std::string& text) {
    ASSIGN_OR_RETURN(const SearchResult found,
                     SearchHeap(&db_, text, kMaxLines / 2, Cancellation()));
    RETURN_IF_ERROR(
        Begin("\"" + text + "\"",
              absl::StrCat(Count(found.classes.size(), "class name"), ", ",
                           Count(found.strings.size(), "text"),
                           found.whole ? "" : ", and more")));
    for (const TypeCount& each : found.classes) {
      if (each.class_id == 0) continue;
      ASSIGN_OR_RETURN(const ObjectSummary object,
                       describe_.Summary(each.class_id));
      ViewLine line = LineOf(object, Count(each.count, "instance"));
      if (each.retained.has_value()) SetRetained(*each.retained, &line);
      view_.lines.push_back(std::move(line));
    }
    for (const ObjectSummary& object : found.strings) {
      view_.lines.push_back(LineOf(object, ""));
    }
    return Finished();
  }

 private:
  absl::Status Begin(std::string title, std::string about) {
    ASSIGN_OR_RETURN(const int64_t total, db_.MetaNumber("reachable_size"));
    total_ = static_cast<double>(std::max<int64_t>(total, 1));
    view_.kind = ViewKind::kFound;
    view_.title = std::move(title);
    view_.about = std::move(about);
    return absl::OkStatus();
  }

  View Finished() {
    for (size_t i = 0; i < view_.lines.size(); ++i) view_.lines[i].place = i;
    return std::move(view_);
  }

  void SetRetained(uint64_t bytes, ViewLine* line) const {
    line->bytes = bytes;
    line->retained = HumanBytes(bytes);
    line->share =
        absl::StrFormat("%.1f%%", 100 * static_cast<double>(bytes) / total_);
  }

  ViewLine LineOf(const ObjectSummary& object, std::string label) const {
    ViewLine line;
    if (object.retained) SetRetained(*object.retained, &line);
    line.label = std::move(label);
    line.text = object.label;
    if (object.place.known()) {
      absl::StrAppend(&line.text, "  ", object.place.Text());
    }
    line.id = object.id;
    return line;
  }

  absl::Status SetTitle(uint32_t id) {
    ASSIGN_OR_RETURN(const ObjectSummary object, describe_.Summary(id));
    view_.title = object.label;
    view_.about = absl::StrCat(
        AddressText(object.address), ", ",
        object.class_name.empty() ? std::string(ObjectTypeName(object.type))
                                  : object.class_name,
        ", ", HumanBytes(object.size),
        object.retained
            ? absl::StrCat(", retains ", HumanBytes(*object.retained))
            : "");
    return absl::OkStatus();
  }

  void Tell(const std::string& what) {
    absl::StrAppend(&view_.about, " | ", what);
  }

  // A line for what is not listed.
  void AddRest(const std::string& what) {
    ViewLine line;
    line.text = "… " + what;
    view_.lines.push_back(std::move(line));
  }

  absl::Status ReadTree(uint32_t id) {
    if (id == 0) {
      view_.title = "The roots";
      view_.about = HumanBytes(static_cast<uint64_t>(total_));
    } else {
      RETURN_IF_ERROR(SetTitle(id));
    }
    ASSIGN_OR_RETURN(const std::vector<DominatorChild> children,
                     DominatorChildReader(&db_).Children(id, kMaxLines + 1));
    Tell(children.empty() ? "nothing else would be freed with it"
                          : "what would be freed with it:");
    for (const DominatorChild& child : children) {
      if (view_.lines.size() == kMaxLines) {
        AddRest("and what retains less");
        break;
      }
      ASSIGN_OR_RETURN(const ObjectSummary object, describe_.Summary(child.id));
      view_.lines.push_back(LineOf(object, ""));
    }
    return absl::OkStatus();
  }

  absl::Status ReadObject(uint32_t id) {
    RETURN_IF_ERROR(SetTitle(id));
    ObjectViews views(&db_);
    ASSIGN_OR_RETURN(const ObjectView object, views.Show(id, kMaxLines));
    Tell(absl::StrCat(Count(object.field_count, "field"), ", ",
                      Count(object.referrer_count, "referrer")));
    for (const FieldView& field : object.fields) {
      std::string label = (field.weak ? "weakly: " : "") + field.label;
      if (field.object) {
        view_.lines.push_back(LineOf(*field.object, std::move(label)));
      } else {
        ViewLine line;
        line.label = std::move(label);
        line.text = field.value;
        view_.lines.push_back(std::move(line));
      }
    }
    if (object.field_count > object.fields.size()) {
      AddRest(absl::StrCat(Grouped(static_cast<int64_t>(object.field_count -
                                                        object.fields.size())),
                           " more; `heapq show -n` lists them"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadReferrers(uint32_t id) {
    RETURN_IF_ERROR(SetTitle(id));
    ObjectViews views(&db_);
    ASSIGN_OR_RETURN(const Paged<Neighbour> page,
                     views.Referrers(id, {0, kMaxLines}));
    Tell(Count(page.total, "referrer") + ":");
    for (const Neighbour& row : page.rows) {
      view_.lines.push_back(
          LineOf(row.object, (row.weak ? "weakly: " : "") + row.label));
    }
    if (page.total > page.rows.size()) {
      AddRest(absl::StrCat(
          Grouped(static_cast<int64_t>(page.total - page.rows.size())),
          " more; `heapq referrers --skip ", page.rows.size(), "` lists them"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadPath(uint32_t id) {
    RETURN_IF_ERROR(SetTitle(id));
    Retention retention(&db_);
    ASSIGN_OR_RETURN(const WhyAlive why, retention.Why(id, WhyAliveOptions()));
    Tell(why.paths.empty() ? "no root reaches it" : "is alive through:");
    if (why.paths.empty()) return absl::OkStatus();
    const RetentionPath& path = why.paths.front();
    for (const PathLine& line : LinesOf(path)) {
      if (line.omitted_before > 0) {
        AddRest(absl::StrCat(line.omitted_before, " more"));
      }
      view_.lines.push_back(LineOf(line.step->object, line.label));
    }
    const LeakPoint leak = LeakPointOf(path);
    if (leak.place.known()) {
      Tell(absl::StrCat("look at ", leak.place.Text(), ": ", leak.text));
    }
    return absl::OkStatus();
  }

  HeapDb& db_;
  ObjectLabeler describe_;
  double total_ = 1;
  View view_;
};

}  // namespace

absl::StatusOr<View> ReadNamed(HeapDb* db, const std::string& name,
                               const std::vector<uint32_t>& ids) {
  return Reader(db).ReadNamed(name, ids);
}

absl::StatusOr<View> ReadFound(HeapDb* db, const std::string& text) {
  return Reader(db).ReadFound(text);
}

void SortLines(LineOrder order, View* view) {
  const auto is_rest = [](const ViewLine& line) {
    return line.id == 0 && line.label.empty();
  };
  std::sort(view->lines.begin(), view->lines.end(),
            [&](const ViewLine& a, const ViewLine& b) {
              if (is_rest(a) != is_rest(b)) return is_rest(b);
              if (order == LineOrder::kRetained && a.bytes != b.bytes) {
                return a.bytes > b.bytes;
              }
              if (order == LineOrder::kText) {
                const int label = a.label.compare(b.label);
                if (label != 0) return label < 0;
                const int text = a.text.compare(b.text);
                if (text != 0) return text < 0;
              }
              return a.place < b.place;
            });
}

absl::StatusOr<View> ReadView(HeapDb* db, ViewKind kind, uint32_t id) {
  return Reader(db).Read(kind, id);
}

}  // namespace heapq

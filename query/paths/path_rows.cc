#include "query/paths/path_rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

// A chain repeats one to so many hops, and at least three times.
constexpr size_t kMaxUnitLength = 4;
constexpr size_t kMinTimes = 3;

bool IsClass(const ObjectSummary& object) {
  return object.type == ObjectType::kClass ||
         object.type == ObjectType::kModule;
}

// "Session#@user", "Session.@cache", "a reference of Session": the label of a
// hop with what holds it. `holder`: the object that the hop leaves.
std::string LabelWithHolder(const ObjectSummary& holder, const PathStep& step) {
  const std::string& label = step.edge_label;
  const std::string& owner = IsClass(holder) ? holder.label : holder.class_name;
  if (owner.empty()) return label;
  switch (step.edge.kind) {
    case EdgeKind::kIvar:
      return absl::StrCat(owner, IsClass(holder) ? "." : "#", label);
    case EdgeKind::kCvar:
      return absl::StrCat(owner, ".", label);
    case EdgeKind::kMember:  // ".name"
      return absl::StrCat(owner, "#", label.substr(label.empty() ? 0 : 1));
    case EdgeKind::kRef:
      // Dumps by ObjectSpace name no reference; "… of Session" may be there.
      return label.find(" of ") == std::string::npos
                 ? absl::StrCat(label, " of ", owner)
                 : label;
    default:
      return label;
  }
}

// Entries of a collection differ only by their index or key.
bool IsEntry(const PathStep& step) {
  switch (step.edge.kind) {
    case EdgeKind::kIndex:
    case EdgeKind::kHashKey:
    case EdgeKind::kHashValueOf:
      return true;
    case EdgeKind::kHashValue:  // a symbol is a name that the program chose
      return step.edge_name.empty() || step.edge_name[0] != ':';
    default:
      return false;
  }
}

bool Alike(const PathRow& a, const PathRow& b) {
  const PathStep& x = *a.step;
  const PathStep& y = *b.step;
  return x.edge.src != 0 && y.edge.src != 0 && x.edge.kind == y.edge.kind &&
         x.edge.weak == y.edge.weak && x.object.type == y.object.type &&
         x.object.class_name == y.object.class_name && a.hops == b.hops &&
         (a.label == b.label || (IsEntry(x) && IsEntry(y)));
}

// How often the `unit` rows from `begin` on repeat.
size_t Times(const std::vector<PathRow>& rows, size_t begin, size_t unit) {
  size_t end = begin + unit;
  while (end < rows.size() && rows[end].omitted_before == 0 &&
         Alike(rows[end], rows[end - unit])) {
    ++end;
  }
  // A gap within the first unit is not a chain.
  for (size_t i = begin + 1; i < std::min(begin + unit, rows.size()); ++i) {
    if (rows[i].omitted_before != 0) return 1;
  }
  return (std::min(end, rows.size()) - begin) / unit;
}

std::vector<PathRow> WithoutChains(std::vector<PathRow> rows) {
  std::vector<PathRow> folded;
  for (size_t begin = 0; begin < rows.size();) {
    size_t best_unit = 1;
    size_t best_times = 1;
    for (size_t unit = 1; unit <= kMaxUnitLength; ++unit) {
      const size_t times = Times(rows, begin, unit);
      if (times < kMinTimes || times * unit <= best_times * best_unit) {
        continue;
      }
      best_unit = unit;
      best_times = times;
    }
    PathRow row = rows[begin];
    if (best_times > 1) {
      row.times = best_times;
      row.hops = 0;
      row.label.clear();
      for (size_t i = 0; i < best_unit * best_times; ++i) {
        const PathRow& each = rows[begin + i];
        row.hops += each.hops;
        row.step = each.step;
        if (i >= best_unit) continue;
        absl::StrAppend(&row.label, i == 0 ? "" : " → ",
                        IsEntry(*each.step) ? "[*]" : each.label);
      }
    }
    folded.push_back(std::move(row));
    begin += best_unit * best_times;
  }
  return folded;
}

}  // namespace

std::string LabelInPath(const PathRow& row) {
  const PathStep& step = *row.step;
  const bool captured = step.edge.src != 0 && row.times == 1 &&
                        step.edge.kind == EdgeKind::kLocal &&
                        step.closure.has_value() && !step.edge_name.empty();
  return captured ? absl::StrCat("local ", step.edge_name) : row.label;
}

std::string NameOf(const RetentionPath& path, size_t step) {
  const PathStep& at = path.steps[step];
  if (at.edge.src == 0) {
    // Of a class that starts its own path the root's name is the label.
    return absl::StartsWith(path.root.name, "$") ? path.root.name
                                                 : at.object.label;
  }
  if (at.edge.kind == EdgeKind::kConst) return at.edge_label;
  const bool collection = at.object.type == ObjectType::kArray ||
                          at.object.type == ObjectType::kHash;
  const bool named = at.edge.kind == EdgeKind::kIvar ||
                     at.edge.kind == EdgeKind::kCvar ||
                     at.edge.kind == EdgeKind::kMember;
  return collection && named && step > 0 && at.omitted_before == 0
             ? LabelWithHolder(path.steps[step - 1].object, at)
             : at.object.label;
}

std::vector<PathRow> RowsOf(const RetentionPath& path, Hops hops,
                            size_t most_rows) {
  std::vector<PathRow> rows;
  std::vector<PathLine> lines;
  if (hops == Hops::kFolded) {
    lines = LinesOf(path);
  } else {
    for (const PathStep& step : path.steps) {
      lines.push_back({step.omitted_before, step.edge_label, &step});
    }
  }
  const PathStep* const first = path.steps.data();
  const PathStep* next = first;  // the first step that no row stands for
  for (PathLine& line : lines) {
    PathRow row;
    row.step = line.step;
    row.hops = static_cast<uint64_t>(line.step - next) + 1;
    for (; next <= line.step; ++next)
      row.omitted_before += next->omitted_before;
    row.label = line.step == first || line.step->edge.weak ||
                        line.step->omitted_before != 0
                    ? std::move(line.label)
                    : LabelWithHolder(line.step[-1].object, *line.step);
    rows.push_back(std::move(row));
  }
  if (hops == Hops::kEach) return rows;
  rows = WithoutChains(std::move(rows));
  if (rows.size() <= most_rows || most_rows < 3) return rows;
  // The middle is left out.
  const size_t front = most_rows / 2;
  const size_t back = rows.size() - (most_rows - front);
  uint64_t omitted = 0;
  for (size_t i = front; i < back; ++i) {
    omitted += rows[i].omitted_before + rows[i].hops;
  }
  rows[back].omitted_before += omitted;
  rows.erase(rows.begin() + static_cast<ptrdiff_t>(front),
             rows.begin() + static_cast<ptrdiff_t>(back));
  return rows;
}

}  // namespace heapq

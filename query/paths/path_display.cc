#include "query/paths/path_display.h"

#include "absl/strings/str_cat.h"
#include "query/paths/path_rows.h"

namespace heapq {
namespace {

bool IsKind(const PathStep& step, EdgeKind kind) {
  return step.edge.src != 0 && step.edge.kind == kind;
}

// The next line says it all: `Foo::BAR` names Foo, and a captured local names
// the block.
bool IsRedundant(const PathStep& step, const PathStep* next, bool named_root) {
  if (next == nullptr || next->omitted_before != 0) return false;
  if (IsKind(*next, EdgeKind::kConst)) {
    return step.edge.src == 0 ? !named_root : IsKind(step, EdgeKind::kConst);
  }
  // A class that starts its own path: `a constant or variable of Foo`.
  if (step.edge.src == 0 && IsKind(*next, EdgeKind::kRef) &&
      step.edge_label == step.object.label) {
    return true;
  }
  // captured variables, perhaps of outer blocks, then one of them
  return step.closure.has_value() && next->closure.has_value() &&
         !IsKind(step, EdgeKind::kLocal) &&
         (IsKind(*next, EdgeKind::kLocal) || IsKind(*next, EdgeKind::kPart));
}

}  // namespace

std::vector<PathLine> LinesOf(const RetentionPath& path) {
  std::vector<PathLine> lines;
  const bool named_root = !path.root.name.empty();
  for (size_t i = 0; i < path.steps.size(); ++i) {
    const PathStep& step = path.steps[i];
    const PathStep* next =
        i + 1 < path.steps.size() ? &path.steps[i + 1] : nullptr;
    if (IsRedundant(step, next, named_root)) continue;
    std::string label = step.edge_label;
    if (step.edge.weak && step.edge.src != 0) {
      label = absl::StrCat("weakly: ", label);
    }
    lines.push_back({step.omitted_before, std::move(label), &step});
  }
  return lines;
}

LeakPoint LeakPointOf(const RetentionPath& path) {
  // The last block that captured something is the most specific.
  for (size_t i = path.steps.size(); i-- > 0;) {
    const PathStep& step = path.steps[i];
    if (!step.closure.has_value() || !step.closure->place.known()) continue;
    const std::string block =
        step.closure->label.empty() ? "a block" : step.closure->label;
    if (IsKind(step, EdgeKind::kLocal)) {
      return {absl::StrCat(block, " captures local ", step.edge_name),
              step.closure->place};
    }
    return {
        absl::StrCat(block, " captures ",
                     step.edge_name == "self" ? "self" : "what leads to it"),
        step.closure->place};
  }
  // Then a frame that still runs, or the nearest holder of which it is known
  // where it was made.
  for (size_t i = path.steps.size(); i-- > 0;) {
    const PathStep& step = path.steps[i];
    if (i + 1 < path.steps.size() && step.object.place.known()) {
      return {absl::StrCat(NameOf(path, i), " was made there"),
              step.object.place};
    }
    if (step.frame.known()) {
      return {absl::StrCat("a frame that still runs has it as ",
                           IsKind(step, EdgeKind::kFrameLocal) ? "local " : "",
                           step.edge_name),
              step.frame};
    }
  }
  const PathStep& last = path.steps.back();
  if (last.object.place.known()) {
    return {
        absl::StrCat(NameOf(path, path.steps.size() - 1), " was made there"),
        last.object.place};
  }
  return {};
}

}  // namespace heapq

#include "cli/output/outline_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/output/fit.h"
#include "cli/output/terminal.h"

namespace heapq {
namespace {

// Levels that are indented where lines have any length.
constexpr size_t kMostLevels = 20;
// Cells of a level, and of the text of the deepest one at least.
constexpr size_t kIndent = 2;
constexpr size_t kLeastText = 36;

}  // namespace

// The lines of the tree, printed before the text of a row.
struct OutlineWriter::Branches {
  std::string first;  // on its own line: "│ └ "
  std::string rest;   // on further lines
};

std::string OutlineWriter::Figures(
    const std::vector<std::string>& cells) const {
  std::string text;
  for (size_t i = 0; i < widths_.size(); ++i) {
    const std::string& cell = i < cells.size() ? cells[i] : std::string();
    const size_t width = DisplayWidth(cell);
    text.append(widths_[i] - std::min(width, widths_[i]), ' ');
    absl::StrAppend(&text, cell, "  ");
  }
  return text;
}

void OutlineWriter::PrintRow(const OutlineRow& row, const Branches& branches) {
  const std::string figures = Figures(row.figures);
  const size_t before = DisplayWidth(figures) + DisplayWidth(branches.first);
  const size_t room =
      options_.columns > before ? options_.columns - before : kLeastText;
  const std::string blank(DisplayWidth(figures), ' ');
  const auto fitted = [&](const std::string& text, size_t cells) {
    return options_.columns == 0 ? text : Shortened(text, cells);
  };
  const bool has_place = !row.place.empty() &&
                         row.object.find(row.place) == std::string::npos &&
                         row.reference.find(row.place) == std::string::npos;
  std::string reference = row.reference;
  std::string object = row.object;
  if (reference == object) object.clear();
  if (reference.empty()) std::swap(reference, object);
  const bool two_lines =
      options_.columns != 0 && !object.empty() &&
      DisplayWidth(reference) + 2 + DisplayWidth(object) > room;
  out_ << figures << branches.first;
  const auto styled = [&](const std::string& text) {
    return Styled(text, Style::kBold, options_.color && row.marked);
  };
  if (object.empty() || two_lines) {
    out_ << styled(fitted(reference, room - (two_lines ? 1 : 0)))
         << (two_lines ? ":" : "");
  } else {
    out_ << styled(reference) << ": " << object;
  }
  if (has_place && options_.columns == 0) out_ << "  " << row.place;
  out_ << '\n';
  const std::string below = blank + branches.rest + "  ";
  if (two_lines) out_ << below << fitted(object, room - 2) << '\n';
  if (has_place && options_.columns != 0) {
    out_ << below
         << Styled(fitted(row.place, room - 2), Style::kDim, options_.color)
         << '\n';
  }
}

void OutlineWriter::Print(std::vector<OutlineRow> rows) {
  widths_.clear();
  for (const std::string& title : titles_) {
    widths_.push_back(DisplayWidth(title));
  }
  for (OutlineRow& row : rows) {
    for (std::string* text :
         {&row.reference, &row.object, &row.place, &row.before}) {
      *text = SafeText(*text);
    }
    for (size_t i = 0; i < std::min(widths_.size(), row.figures.size()); ++i) {
      widths_[i] = std::max(widths_[i], DisplayWidth(row.figures[i]));
    }
  }
  std::string head = Figures(titles_);
  const size_t used = DisplayWidth(head) + kLeastText;
  levels_ = options_.columns == 0 ? kMostLevels
            : options_.columns > used
                ? std::min(kMostLevels, (options_.columns - used) / kIndent)
                : 0;
  head.erase(head.find_last_not_of(' ') + 1);
  out_ << Styled(head, Style::kDim, options_.color) << '\n';
  // From the end: whether a row of a depth follows before one above it.
  std::vector<bool> follows;
  std::vector<std::vector<bool>> sisters(rows.size());
  for (size_t i = rows.size(); i-- > 0;) {
    const size_t depth = std::min(rows[i].depth, levels_);
    follows.resize(depth + 1, false);
    sisters[i] = follows;
    follows[depth] = true;
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<bool>& more = sisters[i];
    const size_t depth = more.size() - 1;
    Branches branches;
    for (size_t d = 1; d < depth; ++d) {
      branches.first += more[d] ? "│ " : "  ";
    }
    branches.rest = branches.first;
    if (depth > 0) {
      branches.first += more[depth] ? "├ " : "└ ";
      branches.rest += more[depth] ? "│ " : "  ";
    }
    if (!rows[i].before.empty()) {
      out_ << std::string(DisplayWidth(Figures({})), ' ') << branches.rest
           << rows[i].before << '\n';
    }
    PrintRow(rows[i], branches);
  }
}

}  // namespace heapq

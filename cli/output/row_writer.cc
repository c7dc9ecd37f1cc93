#include "cli/output/row_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/output/fit.h"
#include "cli/output/json_writer.h"
#include "cli/output/terminal.h"

namespace heapq {
namespace {

// A table's columns are as wide as its first rows want; later rows may push.
constexpr size_t kRowsMeasured = 1000;
// Cells that a text keeps when columns are made narrower: an address fits.
constexpr size_t kLeastText = 18;

std::string Plain(const RowCell& cell) {
  if (const auto* number = std::get_if<int64_t>(&cell)) {
    return absl::StrCat(*number);
  }
  if (const auto* number = std::get_if<uint64_t>(&cell)) {
    return absl::StrCat(*number);
  }
  if (const auto* number = std::get_if<double>(&cell)) {
    return absl::StrFormat("%.15g", *number);
  }
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return {};
}

std::optional<int64_t> Whole(const RowCell& cell) {
  if (const auto* number = std::get_if<int64_t>(&cell)) return *number;
  if (const auto* number = std::get_if<uint64_t>(&cell)) {
    return static_cast<int64_t>(*number);
  }
  return std::nullopt;
}

class TableWriter : public RowWriter {
 public:
  TableWriter(std::vector<RowColumn> columns, std::ostream* out,
              const Options& options)
      : columns_(std::move(columns)),
        out_(*out),
        color_(options.color),
        line_(options.columns),
        compact_(options.compact),
        shown_(columns_.size(), true) {
    for (const RowColumn& column : columns_) {
      widths_.push_back(DisplayWidth(SafeText(column.title)));
    }
  }

  void Head(std::string_view, const RowCell&) override {}

  void Row(const std::vector<RowCell>& cells) override {
    std::vector<std::string> texts;
    for (size_t i = 0; i < columns_.size(); ++i) {
      texts.push_back(CellText(columns_[i], cells[i]));
      if (!measured_) {
        widths_[i] = std::max(widths_[i], DisplayWidth(texts.back()));
      }
    }
    if (measured_) {
      Print(texts);
      return;
    }
    held_.push_back(std::move(texts));
    if (held_.size() == kRowsMeasured) Flush(/*last=*/false);
  }

  void Finish() override { Flush(/*last=*/true); }

 private:
  // `last`: there are no more rows than those held.
  void Flush(bool last) {
    if (measured_) return;
    measured_ = true;
    if (line_ != 0 && LineWidth() > line_) Fit(last);
    std::vector<std::string> titles;
    for (const RowColumn& column : columns_) {
      titles.push_back(SafeText(column.title));
    }
    Print(titles, true);
    for (const std::vector<std::string>& row : held_) Print(row);
    held_.clear();
  }

  size_t LineWidth() const {
    size_t width = 0;
    for (size_t i = 0; i < widths_.size(); ++i) {
      if (shown_[i]) width += widths_[i] + (width == 0 ? 0 : 2);
    }
    return width;
  }

  // Leaves out columns that are empty in all rows, then shortens the widest
  // texts. A table that still does not fit stays as wide as it is.
  void Fit(bool last) {
    for (size_t i = 0; last && !held_.empty() && i < shown_.size(); ++i) {
      shown_[i] = std::any_of(
          held_.begin(), held_.end(),
          [i](const std::vector<std::string>& row) { return !row[i].empty(); });
    }
    for (size_t excess = LineWidth() - std::min(LineWidth(), line_); excess > 0;
         --excess) {
      size_t widest = widths_.size();
      for (size_t i = 0; i < widths_.size(); ++i) {
        if (shown_[i] && columns_[i].kind == RowColumn::kText &&
            widths_[i] > kLeastText &&
            (widest == widths_.size() || widths_[i] > widths_[widest])) {
          widest = i;
        }
      }
      if (widest == widths_.size()) return;
      --widths_[widest];
      fitted_ = true;
    }
  }

  void Print(const std::vector<std::string>& texts, bool title = false) {
    std::string line;
    for (size_t i = 0; i < texts.size(); ++i) {
      if (!shown_[i]) continue;
      if (!line.empty()) line.append("  ");
      const bool left = columns_[i].kind == RowColumn::kText;
      const std::string text =
          left && fitted_ ? Shortened(texts[i], widths_[i]) : texts[i];
      const size_t width = DisplayWidth(text);
      const std::string pad(
          !compact_ && width < widths_[i] ? widths_[i] - width : 0, ' ');
      if (!left) line.append(pad);
      line.append(text);
      if (left) line.append(pad);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out_ << (title ? Styled(line, Style::kBold, color_) : line) << '\n';
  }

  const std::vector<RowColumn> columns_;
  std::ostream& out_;
  const bool color_;
  const size_t line_;  // cells; 0: any number
  const bool compact_;
  std::vector<bool> shown_;  // by column
  bool fitted_ = false;      // texts are shortened to widths_
  std::vector<size_t> widths_;
  std::vector<std::vector<std::string>> held_;
  bool measured_ = false;
};

class JsonRowWriter : public RowWriter {
 public:
  JsonRowWriter(const std::vector<RowColumn>& columns, std::ostream* out)
      : json_(out) {
    // Keys of a JSON object must differ.
    for (const RowColumn& column : columns) {
      std::string key = column.key;
      for (int n = 2; std::count(keys_.begin(), keys_.end(), key) != 0; ++n) {
        key = absl::StrCat(column.key, "_", n);
      }
      keys_.push_back(std::move(key));
    }
    json_.BeginMap().Key("schema_version").Number(1);
  }

  void Head(std::string_view key, const RowCell& value) override {
    json_.Key(key);
    Value(value);
  }

  void Row(const std::vector<RowCell>& cells) override {
    BeginRows();
    json_.BeginMap();
    for (size_t i = 0; i < keys_.size(); ++i) {
      json_.Key(keys_[i]);
      Value(cells[i]);
    }
    json_.EndMap();
  }

  void Finish() override {
    BeginRows();
    json_.EndArray().EndMap();
    json_.Finish();
  }

 private:
  void BeginRows() {
    if (std::exchange(begun_, true)) return;
    json_.Key("rows").BeginArray();
  }

  void Value(const RowCell& cell) {
    if (const auto* number = std::get_if<int64_t>(&cell)) {
      json_.Signed(*number);
    } else if (const auto* unsigned_number = std::get_if<uint64_t>(&cell)) {
      json_.Number(*unsigned_number);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      json_.Real(*real);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      json_.Text(*text);
    } else {
      json_.Null();
    }
  }

  JsonWriter json_;
  std::vector<std::string> keys_;
  bool begun_ = false;
};

class CsvWriter : public RowWriter {
 public:
  CsvWriter(const std::vector<RowColumn>& columns, std::ostream* out,
            const Options& options)
      : out_(*out), options_(options) {
    std::vector<RowCell> keys;
    keys.reserve(columns.size());
    for (const RowColumn& column : columns) keys.emplace_back(column.key);
    Row(keys);
  }

  void Head(std::string_view, const RowCell&) override {}

  void Row(const std::vector<RowCell>& cells) override {
    for (size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out_ << ',';
      std::string text = Plain(cells[i]);
      if (options_.terminal) text = SafeText(text);
      if (options_.escape_formulas && IsFormula(cells[i], text)) {
        text.insert(0, 1, '\'');
      }
      if (text.find_first_of(",\"\r\n") == std::string::npos) {
        out_ << text;
        continue;
      }
      out_ << '"';
      for (const char c : text) {
        if (c == '"') out_ << '"';
        out_ << c;
      }
      out_ << '"';
    }
    out_ << '\n';
  }

  void Finish() override {}

 private:
  // Excel and LibreOffice run a cell that begins so. A number is harmless.
  static bool IsFormula(const RowCell& cell, std::string_view text) {
    return std::holds_alternative<std::string>(cell) && !text.empty() &&
           std::string_view("=+-@\t\r").find(text.front()) !=
               std::string_view::npos;
  }

  std::ostream& out_;
  const Options options_;
};

}  // namespace

RowCell CellOrNull(std::string_view text) {
  if (text.empty()) return RowCell();
  return RowCell(std::string(text));
}

RowCell CellOrNull(const std::optional<uint64_t>& number) {
  if (!number.has_value()) return RowCell();
  return RowCell(*number);
}

std::string CellText(const RowColumn& column, const RowCell& cell) {
  const std::optional<int64_t> whole = Whole(cell);
  if (whole.has_value() && column.kind == RowColumn::kBytes && *whole >= 0) {
    return HumanBytes(static_cast<uint64_t>(*whole));
  }
  if (whole.has_value() && column.kind == RowColumn::kCount) {
    return Grouped(*whole);
  }
  if (whole.has_value() && column.kind == RowColumn::kCountChange) {
    return absl::StrCat(*whole < 0 ? "" : "+", Grouped(*whole));
  }
  if (whole.has_value() && column.kind == RowColumn::kBytesChange) {
    return SignedBytes(*whole);
  }
  return SafeText(Plain(cell));
}

std::unique_ptr<RowWriter> RowWriter::Make(Format format,
                                           std::vector<RowColumn> columns,
                                           std::ostream* out,
                                           const Options& options) {
  switch (format) {
    case Format::kJson:
      return std::make_unique<JsonRowWriter>(columns, out);
    case Format::kCsv:
      return std::make_unique<CsvWriter>(columns, out, options);
    case Format::kTable:
      break;
  }
  return std::make_unique<TableWriter>(std::move(columns), out, options);
}

}  // namespace heapq

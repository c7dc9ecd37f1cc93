#ifndef HEAPQ_CLI_OUTPUT_ROW_WRITER_H_
#define HEAPQ_CLI_OUTPUT_ROW_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace heapq {

enum class Format { kTable, kJson, kCsv };

// A column of an answer. `key` names it in JSON and CSV, `title` in a table.
struct RowColumn {
  enum Kind {
    kText,
    kCount,        // grouped by thousands in a table
    kBytes,        // in human units in a table
    kNumber,       // as it is
    kCountChange,  // as kCount and kBytes, always with a sign
    kBytesChange,
  };
  std::string key;
  std::string title;
  Kind kind = kText;
};

// null, a number, or a text. Bytes are exact; only a table rounds them.
using RowCell =
    std::variant<std::monostate, int64_t, uint64_t, double, std::string>;
RowCell CellOrNull(std::string_view text);
RowCell CellOrNull(const std::optional<uint64_t>& number);
// A cell as people read it, one line and safe for a terminal: "1.2 MB".
std::string CellText(const RowColumn& column, const RowCell& cell);

// Prints the rows of an answer as they come: for people in aligned columns,
// as JSON `{"schema_version":1,…,"rows":[{…}]}`, or as CSV (RFC 4180).
class RowWriter {
 public:
  // A figure about the whole answer; only JSON has a place for it. Before the
  // first row.
  virtual void Head(std::string_view key, const RowCell& value) = 0;
  virtual void Row(const std::vector<RowCell>& cells) = 0;
  // Call once, last.
  virtual void Finish() = 0;
  virtual ~RowWriter() = default;

  struct Options {
    bool terminal = false;  // the stream is one
    bool color = false;
    // Cells of a line of a table: columns without a text are left out, and
    // texts shortened, as far as needed. 0: any number.
    size_t columns = 0;
    bool compact =
        false;  // a table's cells are not padded, nor empty at its end
    // CSV: put ' before texts that a spreadsheet would run as a formula.
    bool escape_formulas = false;
  };

  // `out` must outlive the writer.
  static std::unique_ptr<RowWriter> Make(Format format,
                                         std::vector<RowColumn> columns,
                                         std::ostream* out,
                                         const Options& options);
};

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_ROW_WRITER_H_

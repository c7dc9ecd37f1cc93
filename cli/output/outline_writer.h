#ifndef HEAPQ_CLI_OUTPUT_OUTLINE_WRITER_H_
#define HEAPQ_CLI_OUTPUT_OUTLINE_WRITER_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace heapq {

// A line of a path or of a tree.
struct OutlineRow {
  std::vector<std::string> figures;  // as many as the outline has titles
  size_t depth = 0;                  // the top has 0
  std::string reference;  // "@handlers"; empty: only the object is printed
  std::string object;     // "Hash (1 entry)"
  std::string place;      // "app.rb:14"; not printed if `object` has it
  std::string before;     // a line to print above this one; empty: none
  bool marked = false;    // the reference is printed in bold
};

// Prints a path or a tree as text: figures in columns at the left, then
// "reference: object", indented and connected by lines as in `tree`.
class OutlineWriter {
 public:
  struct Options {
    // Cells of a line; a longer one is continued below, then shortened in the
    // middle. 0: any number.
    size_t columns = 0;
    bool color = false;
  };

  // `out` must outlive the writer.
  OutlineWriter(std::vector<std::string> titles, std::ostream* out,
                const Options& options)
      : titles_(std::move(titles)), out_(*out), options_(options) {}

  // Rows stand depth first. Their texts are made safe for a terminal here.
  void Print(std::vector<OutlineRow> rows);

 private:
  struct Branches;

  void PrintRow(const OutlineRow& row, const Branches& branches);
  std::string Figures(const std::vector<std::string>& cells) const;

  const std::vector<std::string> titles_;
  std::ostream& out_;
  const Options options_;
  std::vector<size_t> widths_;
  size_t levels_ = 0;  // depths above it are not indented any further
};

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_OUTLINE_WRITER_H_

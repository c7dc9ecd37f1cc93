#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/output/suspect_text.h"
#include "cli/output/terminal.h"
#include "cli/output/tree_outline.h"
#include "cli/report/report_format.h"
#include "cli/report/report_summary.h"
#include "cli/report/report_tables.h"
#include "query/db/heap_db.h"
#include "query/labels/ruby_inspect.h"
#include "query/memory/memory_bands.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

constexpr size_t kMaxCharacters = 160;
constexpr size_t kOutlineLines = 30;
constexpr int kOutlineDepth = 6;

// Prose: nothing in it is taken for markup.
std::string Prose(std::string_view text) {
  std::string escaped;
  for (const char c : OneLine(text, kMaxCharacters)) {
    if (std::string_view("\\`*_[]<>|~&#@").find(c) != std::string_view::npos) {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

// A code span (CommonMark 6.1): fenced by more backticks than it holds. Pipes
// would end a table's cell even here.
std::string Code(std::string_view text) {
  std::string line = OneLine(text, kMaxCharacters);
  if (line.empty()) return line;
  size_t longest = 0;
  size_t run = 0;
  std::string content;
  for (const char c : line) {
    run = c == '`' ? run + 1 : 0;
    if (run > longest) longest = run;
    if (c == '|') content += '\\';
    content += c;
  }
  const std::string fence(longest + 1, '`');
  const char* const pad = line.front() == '`' || line.back() == '`' ? " " : "";
  return absl::StrCat(fence, pad, content, pad, fence);
}

bool IsText(const RowColumn& column) { return column.kind == RowColumn::kText; }

class MarkdownReport {
 public:
  MarkdownReport(const HeapReport& report, std::ostream* out)
      : report_(report), out_(*out) {}

  void Write() {
    out_ << "# " << Prose(TitleOf(report_)) << "\n\n"
         << Prose(OriginOf(report_.info)) << "\n\n";
    for (const std::string& line : MemoryHeadlineOf(report_)) {
      out_ << "* " << Prose(line) << "\n";
    }
    for (const std::string& line : HeadlineOf(report_)) {
      out_ << "* " << Prose(line) << "\n";
    }
    WriteMemory();
    WriteSuspects();
    WriteSection(GrowthSection(report_), {});
    WriteTree();
    WriteSection(ContentSection(report_), {});
    std::vector<std::string> notes = report_.waste.notes;
    notes.insert(notes.end(), report_.why_unreachable.begin(),
                 report_.why_unreachable.end());
    WriteSection(WasteSection(report_), notes);
    WriteThreads();
    out_ << "\n## The dump\n\n| | |\n|---|---|\n";
    for (const auto& [name, value] : FactsOf(report_.info)) {
      out_ << "| " << Prose(name) << " | " << Prose(value) << " |\n";
    }
  }

 private:
  void WriteMemory() {
    if (!report_.memory) return;
    const MemorySplit& split = report_.memory->split;
    out_ << "\n## Where the memory is\n\n| part | bytes | share "
            "|\n|---|--:|--:|\n";
    for (const BandBytes& band : BandsOf(split)) {
      out_ << "| " << Prose(NameOf(band.band)) << " | "
           << HumanBytes(band.bytes) << " | "
           << absl::StrFormat("%.0f%%", 100 * band.share) << " |\n";
    }
  }

  void WriteSuspects() {
    out_ << "\n## Suspects\n";
    if (report_.suspects.rows.empty()) out_ << "\nThere is none.\n";
    size_t number = 0;
    for (const Suspect& suspect : report_.suspects.rows) {
      out_ << "\n### " << ++number << ". " << Prose(SentenceOf(suspect))
           << "\n\n";
      if (!suspect.path.steps.empty()) {
        WritePath(suspect.path);
        const LeakPoint& leak = suspect.look_at;
        if (leak.place.known()) {
          out_ << "\n**Look at " << Code(leak.place.Text())
               << "**: " << Prose(leak.text) << "\n";
        }
      }
      const std::string address = AddressText(suspect.object.address);
      out_ << "\n`heapq why-alive " << address << "`, fingerprint `"
           << suspect.fingerprint << "`\n";
    }
  }

  void WritePath(const RetentionPath& path) {
    out_ << "| reference | object | size | retained |\n|---|---|--:|--:|\n";
    for (const PathLine& line : LinesOf(path)) {
      if (line.omitted_before > 0) {
        out_ << "| … " << line.omitted_before << " more | | | |\n";
      }
      const ObjectSummary& object = line.step->object;
      out_ << "| " << Code(line.label) << " | " << Code(object.label) << " | "
           << HumanBytes(object.size) << " | "
           << (object.retained ? HumanBytes(*object.retained) : "") << " |\n";
    }
  }

  void WriteSection(const ReportSection& section,
                    const std::vector<std::string>& notes) {
    if (section.tables.empty() && notes.empty()) return;
    out_ << "\n## " << section.title << "\n";
    for (const std::string& note : notes) out_ << "\n" << Prose(note) << "\n";
    for (const ReportTable& table : section.tables) WriteTable(table);
  }

  void WriteTable(const ReportTable& table) {
    out_ << "\n### " << table.title << "\n\n|";
    for (const RowColumn& column : table.columns) {
      out_ << " " << column.title << " |";
    }
    out_ << "\n|";
    for (const RowColumn& column : table.columns) {
      out_ << (IsText(column) ? "---|" : "--:|");
    }
    out_ << "\n";
    for (const std::vector<RowCell>& row : table.rows) {
      out_ << "|";
      for (size_t i = 0; i < row.size(); ++i) {
        const std::string text = CellText(table.columns[i], row[i]);
        out_ << " " << (IsText(table.columns[i]) ? Code(text) : text) << " |";
      }
      out_ << "\n";
    }
    if (table.total > table.rows.size()) {
      out_ << "\nThe first " << table.rows.size() << " of " << table.total
           << ".\n";
    }
  }

  void WriteTree() {
    out_ << "\n## Retained bytes\n\n";
    for (const OutlineLine& line :
         OutlineOf(report_.tree, kOutlineLines, kOutlineDepth)) {
      out_ << std::string(static_cast<size_t>(line.depth) * 2, ' ') << "* "
           << HumanBytes(line.node->retained) << " "
           << Code(HeldText(*line.node)) << "\n";
    }
  }

  void WriteThreads() {
    if (report_.threads.rows.empty()) return;
    out_ << "\n## Threads and fibers\n";
    for (const ThreadInfo& thread : report_.threads.rows) {
      out_ << "\n### " << Prose(thread.object.label)
           << (thread.status.empty() ? "" : ", ") << Prose(thread.status);
      if (thread.object.retained) {
        out_ << ", retains " << HumanBytes(*thread.object.retained);
      }
      out_ << "\n\n";
      for (const ThreadFrame& frame : thread.frames) {
        out_ << "* " << Code(frame.label.empty() ? "?" : frame.label) << " "
             << Code(frame.place.Text()) << "\n";
        for (const FrameValue& value : frame.values) {
          out_ << "  * " << Code(value.name + " = " + value.value);
          if (value.retained > 0) {
            out_ << " (retains " << HumanBytes(value.retained) << ")";
          }
          out_ << "\n";
        }
      }
    }
    if (report_.threads.total > report_.threads.rows.size()) {
      out_ << "\nThe first " << report_.threads.rows.size() << " of "
           << report_.threads.total << ".\n";
    }
  }

  const HeapReport& report_;
  std::ostream& out_;
};

}  // namespace

void WriteMarkdownReport(const HeapReport& report, std::ostream* out) {
  MarkdownReport(report, out).Write();
}

}  // namespace heapq

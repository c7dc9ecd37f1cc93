#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cli/output/json_writer.h"
#include "cli/output/suspect_text.h"
#include "cli/output/terminal.h"
#include "cli/output/tree_outline.h"
#include "cli/report/html_page.h"
#include "cli/report/report_format.h"
#include "cli/report/report_summary.h"
#include "cli/report/report_tables.h"
#include "query/db/heap_db.h"
#include "query/db/no_roots.h"
#include "query/labels/ruby_inspect.h"
#include "query/memory/memory_bands.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

constexpr size_t kOutlineLines = 60;
constexpr int kOutlineDepth = 8;
constexpr size_t kReasons = 3;
constexpr size_t kNodeText = 100;  // characters of a node's label

// Returns the colour class of a node in the chart: see page.css.
int ColourOf(ObjectType type) {
  switch (type) {
    case ObjectType::kClass:
    case ObjectType::kModule:
    case ObjectType::kIclass:
    case ObjectType::kImemo:
      return 1;
    case ObjectType::kObject:
    case ObjectType::kStruct:
      return 2;
    case ObjectType::kArray:
    case ObjectType::kHash:
      return 3;
    case ObjectType::kString:
    case ObjectType::kSymbol:
    case ObjectType::kRegexp:
      return 4;
    case ObjectType::kData:
      return 5;
    default:
      return 0;
  }
}

const char* LevelTextOf(SuspectLevel level) {
  switch (level) {
    case SuspectLevel::kLikely:
      return "Likely a leak";
    case SuspectLevel::kPossible:
      return "Possibly a leak";
    case SuspectLevel::kLarge:
      break;
  }
  return "Large";
}

// A sentence that begins with an article, as one begins; names stay.
std::string Capitalized(std::string text) {
  if (absl::StartsWith(text, "a ") || absl::StartsWith(text, "an ")) {
    text[0] = 'A';
  }
  return text;
}

class HtmlReport {
 public:
  HtmlReport(const HeapReport& report, HtmlWriter* html)
      : report_(report), html_(*html) {}

  void Write() {
    BeginPage(TitleOf(report_), &html_);
    WriteHeader();
    html_.Raw("<main>\n");
    WriteAnswer();
    WriteHeadline();
    WriteOtherSuspects();
    WriteSection(GrowthSection(report_), {});
    WriteTree();
    WriteSection(ContentSection(report_), {});
    WriteWaste();
    WriteThreads();
    WriteFacts();
    html_.Raw("</main>\n");
    EndPage(&html_);
  }

 private:
  void WriteHeader() {
    html_.Raw("<header class=\"top\"><div>\n<h1>")
        .Text(TitleOf(report_))
        .Raw("</h1>\n<p>")
        .Text(OriginOf(report_.info))
        .Raw("</p></div>\n");
    if (html_.linked()) WriteSearchForm(&html_);
    html_.Raw("</header>\n<nav><a href=\"#suspects\">Suspects</a>");
    if (report_.growth) html_.Raw("<a href=\"#growth\">What grew</a>");
    html_.Raw("<a href=\"#retained\">Retained bytes</a>");
    for (const ReportTable& table : ContentSection(report_).tables) {
      html_.Raw("<a")
          .Attribute("href", "#" + table.key)
          .Raw(">")
          .Text(table.title)
          .Raw("</a>");
    }
    html_.Raw("<a href=\"#waste\">Waste</a>");
    if (!report_.threads.rows.empty()) {
      html_.Raw("<a href=\"#threads\">Threads</a>");
    }
    html_.Raw("<a href=\"#dump\">The dump</a></nav>\n");
  }

  // The first screen: the largest suspect, or that there is none.
  void WriteAnswer() {
    html_.Raw("<section id=\"suspects\">");
    if (report_.suspects.rows.empty()) {
      html_.Raw("<h2>")
          .Text(report_.has_roots ? NoSuspectsOf(report_)
                                  : std::string(kNoRoots))
          .Raw("</h2>\n");
    } else {
      WriteSuspect(report_.suspects.rows.front(), 1);
    }
    html_.Raw("</section>\n");
  }

  void WriteHeadline() {
    html_.Raw("<section id=\"headline\"><h2>In short</h2>\n");
    if (report_.memory) WriteMemory(*report_.memory);
    html_.Raw("<ul>\n");
    for (const std::string& line : HeadlineOf(report_)) {
      if (!IsOfSuspect(line)) {
        html_.Raw("<li>").Text(line).Raw("</li>\n");
      }
    }
    html_.Raw("</ul>\n");
    if (!report_.memory) {
      html_.Raw("<p class=\"about\">Memory of the process: ")
          .Text(absl::StrCat(kNoMemoryAccount, "."))
          .Raw("</p>\n");
    }
    html_.Raw("</section>\n");
  }

  // The page has a section on each suspect.
  bool IsOfSuspect(const std::string& line) const {
    const std::vector<Suspect>& rows = report_.suspects.rows;
    return std::any_of(rows.begin(), rows.end(), [&](const Suspect& suspect) {
      return absl::StartsWith(line, SentenceOf(suspect));
    });
  }

  // The bar needs no style of its own: rectangles have their places as
  // percentages, as the policy of the page forbids style attributes.
  void WriteMemory(const MemorySummary& memory) {
    const MemorySplit& split = memory.split;
    for (const std::string& line : MemoryHeadlineOf(report_)) {
      html_.Raw("<p class=\"verdict\">").Text(line).Raw("</p>\n");
    }
    html_.Raw("<figure id=\"memory\"><figcaption>Where the memory is: ")
        .Text(absl::StrCat(HumanBytes(split.total), " resident"))
        .Raw("</figcaption>\n<svg width=\"100%\" height=\"28\" role=\"img\"")
        .Attribute("aria-label", TextLegend(split))
        .Raw(">");
    double begin = 0;
    for (const BandBytes& band : BandsOf(split)) {
      html_.Raw("<rect height=\"28\"")
          .Attribute("class", KeyOf(band.band))
          .Attribute("x", absl::StrFormat("%.2f%%", 100 * begin))
          .Attribute("width", absl::StrFormat("%.2f%%", 100 * band.share))
          .Raw("/>");
      begin += band.share;
    }
    html_.Raw("</svg>\n<ul class=\"bands\">\n");
    for (const BandBytes& band : BandsOf(split)) {
      html_.Raw("<li><svg width=\"12\" height=\"12\" aria-hidden=\"true\">")
          .Raw("<rect width=\"12\" height=\"12\" rx=\"2\"")
          .Attribute("class", KeyOf(band.band))
          .Raw("/></svg> ")
          .Text(NameOf(band.band))
          .Raw(" <b>")
          .Text(HumanBytes(band.bytes))
          .Raw("</b> ")
          .Text(absl::StrFormat("%.0f%%", 100 * band.share))
          .Raw("</li>\n");
    }
    html_.Raw("</ul>\n");
    for (const std::string& advice : memory.finding.advice) {
      html_.Raw("<p class=\"about\">").Text(advice + ".").Raw("</p>\n");
    }
    html_.Raw("</figure>\n");
  }

  void WriteOtherSuspects() {
    const std::vector<Suspect>& rows = report_.suspects.rows;
    if (rows.size() < 2) return;
    html_.Raw("<section id=\"others\"><h2>Other suspects</h2>\n")
        .Raw("<p class=\"about\">")
        .Text(report_.share == 0
                  ? std::string("The references that lead to each from a root.")
                  : absl::StrFormat(
                        "What keeps at least %.1f%% of the reachable bytes, "
                        "and the references that lead to it from a root.",
                        100 * report_.share))
        .Raw("</p>\n");
    for (size_t i = 1; i < rows.size(); ++i) WriteSuspect(rows[i], i + 1);
    if (report_.suspects.total > rows.size()) {
      html_.Raw("<p class=\"about\">")
          .Text(absl::StrCat("The largest ", rows.size(), " of ",
                             report_.suspects.total, "."))
          .Raw("</p>\n");
    }
    html_.Raw("</section>\n");
  }

  void WriteSuspect(const Suspect& suspect, size_t number) {
    // "Shop::BUS keeps 3.7 MB (10.6% of the heap) in 1,550 entries", and what
    // these are.
    const std::string sentence = SentenceOf(suspect);
    const size_t end = std::min(sentence.find(": "), sentence.size());
    const std::string level(SuspectLevelName(suspect.level));
    html_.Raw(number == 1 ? "<article class=\"first\">" : "<article>")
        .Raw("<p><span")
        .Attribute("class", "level " + level)
        .Raw(">")
        .Text(LevelTextOf(suspect.level))
        .Raw("</span></p>\n")
        .Raw(number == 1 ? "<h2>" : "<h3>")
        .Text(number == 1 ? Capitalized(sentence.substr(0, end))
                          : absl::StrCat(number, ". ", sentence.substr(0, end)))
        .Raw(number == 1 ? "</h2>\n" : "</h3>\n");
    // The end of the path shows it.
    const std::string content =
        end < sentence.size() ? sentence.substr(end + 2) : std::string();
    if (!content.empty() && content != suspect.held) {
      html_.Raw("<p>").Text(content).Raw(".</p>\n");
    }
    if (!suspect.path.steps.empty()) {
      WritePath(suspect.path, &html_, suspect.held);
      const LeakPoint& leak = suspect.look_at;
      if (leak.place.known()) {
        html_.Raw("<p class=\"look\">Look at <code>")
            .Text(leak.place.Text())
            .Raw("</code>: ")
            .Text(leak.text)
            .Raw("</p>\n");
      }
    }
    WriteReasons(suspect);
    html_.Raw("<p class=\"about\">")
        .Address(suspect.object.address)
        .Raw(", fingerprint <code>")
        .Text(suspect.fingerprint)
        .Raw("</code>, <code class=\"command\">heapq why-alive ")
        .Text(AddressText(suspect.object.address))
        .Raw("</code></p></article>\n");
  }

  void WriteReasons(const Suspect& suspect) {
    std::vector<std::string> reasons;
    for (const Evidence& evidence : suspect.evidence) {
      if (reasons.size() < kReasons) reasons.push_back(evidence.text);
    }
    if (reasons.empty()) return;
    html_.Raw("<p class=\"about\">Why: ")
        .Text(absl::StrJoin(reasons, "; "))
        .Raw(".</p>\n");
  }

  void WriteSection(const ReportSection& section,
                    const std::vector<std::string>& notes) {
    if (section.tables.empty() && notes.empty()) return;
    html_.Raw("<section")
        .Attribute("id", section.key)
        .Raw("><h2>")
        .Text(section.title)
        .Raw("</h2>\n");
    for (const std::string& note : notes) {
      html_.Raw("<p class=\"about\">").Text(note).Raw("</p>\n");
    }
    for (const ReportTable& table : section.tables) WriteTable(table, &html_);
    html_.Raw("</section>\n");
  }

  void WriteWaste() {
    std::vector<std::string> notes = {absl::StrCat(
        HumanBytes(report_.waste.bytes), " in all; no object counts twice.")};
    for (const std::string& note : report_.waste.notes) notes.push_back(note);
    for (const std::string& why : report_.why_unreachable) {
      notes.push_back(why);
    }
    WriteSection(WasteSection(report_), notes);
  }

  void WriteTree() {
    const DominatorTree& tree = report_.tree;
    html_.Raw("<section id=\"retained\"><h2>Retained bytes</h2>\n")
        .Raw("<p class=\"about\">The dominator tree: what would be freed ")
        .Raw("with an object stands below it, siblings of one class as one. ")
        .Text(tree.whole ? "" : "Only its largest nodes. ")
        .Raw("</p>\n<div id=\"chart\" hidden></div>\n");
    html_.Raw("<details id=\"outline\" open><summary>The largest as a list")
        .Raw("</summary><div class=\"scroll\"><table><thead><tr>")
        .Raw("<th class=\"n\" scope=\"col\">retained</th>")
        .Raw("<th class=\"n\" scope=\"col\">share</th>")
        .Raw("<th scope=\"col\">object</th><th scope=\"col\">address</th>")
        .Raw("</tr></thead><tbody>\n");
    const double total =
        std::max(1.0, static_cast<double>(tree.nodes.front().retained));
    for (const OutlineLine& line :
         OutlineOf(tree, kOutlineLines, kOutlineDepth)) {
      html_.Raw("<tr><td class=\"n\">")
          .Text(HumanBytes(line.node->retained))
          .Raw("</td><td class=\"n\">")
          .Text(absl::StrFormat(
              "%.1f%%", 100 * static_cast<double>(line.node->retained) / total))
          .Raw("</td><td")
          .Attribute("class", absl::StrCat("d", line.depth))
          .Raw("><code>")
          .Text(HeldText(*line.node))
          .Raw("</code></td><td class=\"a\">");
      if (line.node->id != 0) html_.Address(line.node->address);
      html_.Raw("</td></tr>\n");
    }
    html_.Raw("</tbody></table></div></details>\n");
    WriteTreeData();
    html_.Raw("</section>\n");
  }

  // [above, label, held as, count, size, retained, address, colour] a node, as
  // chart.js reads it.
  void WriteTreeData() {
    std::ostringstream text;
    JsonWriter json(&text, JsonWriter::kCompact);
    json.BeginArray();
    for (const DominatorNode& node : report_.tree.nodes) {
      json.BeginArray().Number(node.parent);
      json.Text(OneLine(node.label, kNodeText));
      json.Text(OneLine(node.held_as, kNodeText));
      json.Number(node.count).Number(node.size).Number(node.retained);
      json.Text(node.id == 0 ? "" : AddressText(node.address));
      json.Number(static_cast<uint64_t>(ColourOf(node.type))).EndArray();
    }
    json.EndArray();
    json.Finish();
    // In JSON these stand only inside of strings; so nothing in there can end
    // the element or open a comment.
    html_.Raw("<script type=\"application/json\" id=\"tree\"")
        .Raw(html_.linked() ? " data-linked>" : ">")
        .Raw(absl::StrReplaceAll(
            text.str(), {{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}}))
        .Raw("</script>\n");
  }

  void WriteThreads() {
    const Limited<ThreadInfo>& threads = report_.threads;
    if (threads.rows.empty()) return;
    html_.Raw("<section id=\"threads\"><h2>Threads and fibers</h2>\n");
    if (threads.total > threads.rows.size()) {
      html_.Raw("<p class=\"about\">")
          .Text(absl::StrCat("The ", threads.rows.size(),
                             " that retain most, of ", threads.total, "."))
          .Raw("</p>\n");
    }
    for (const ThreadInfo& thread : threads.rows) WriteThread(thread);
    html_.Raw("</section>\n");
  }

  void WriteThread(const ThreadInfo& thread) {
    html_.Raw("<details class=\"thread\"><summary><code>")
        .Text(thread.object.label)
        .Raw("</code>");
    if (!thread.status.empty()) html_.Raw(", ").Text(thread.status);
    if (thread.object.retained) {
      html_.Raw(", retains ").Text(HumanBytes(*thread.object.retained));
    }
    html_.Raw(", ")
        .Text(absl::StrCat(thread.frames.size(),
                           thread.frames.size() == 1 ? " frame" : " frames"))
        .Raw(" ")
        .Address(thread.object.address)
        .Raw("</summary><div class=\"scroll\"><table><tbody>\n");
    for (const ThreadFrame& frame : thread.frames) {
      html_.Raw("<tr class=\"frame\"><td colspan=\"2\"><code>")
          .Text(frame.label.empty() ? "?" : frame.label)
          .Raw("</code></td><td class=\"n\"><code>")
          .Text(frame.place.Text())
          .Raw("</code></td></tr>\n");
      for (const FrameValue& value : frame.values) {
        html_.Raw("<tr><td class=\"d1\"><code>")
            .Text(value.name)
            .Raw("</code></td><td><code>")
            .Text(value.value)
            .Raw("</code></td><td class=\"n\">")
            .Text(value.retained == 0 ? "" : HumanBytes(value.retained))
            .Raw("</td></tr>\n");
      }
    }
    html_.Raw("</tbody></table></div></details>\n");
  }

  void WriteFacts() {
    html_.Raw("<section id=\"dump\"><h2>The dump</h2>\n<dl>\n");
    for (const auto& [name, value] : FactsOf(report_.info)) {
      html_.Raw("<dt>").Text(name).Raw("</dt><dd>").Text(value).Raw("</dd>\n");
    }
    html_.Raw("</dl></section>\n");
  }

  const HeapReport& report_;
  HtmlWriter& html_;
};

}  // namespace

void WriteHtmlReport(const HeapReport& report, HtmlWriter* html) {
  HtmlReport(report, html).Write();
}

}  // namespace heapq

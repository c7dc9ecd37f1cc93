#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/percentage.h"
#include "cli/app/rules_option.h"
#include "cli/app/session.h"
#include "cli/output/output_file.h"
#include "cli/output/terminal.h"
#include "cli/report/html_writer.h"
#include "cli/report/report_format.h"
#include "indexer/base/output_target.h"
#include "indexer/base/status_macros.h"
#include "query/report/report.h"

namespace heapq {
namespace {

constexpr char kDefaultFile[] = "report.html";
// Somebody reads Markdown from its beginning to its end.
constexpr size_t kMarkdownRows = 25;

struct Options {
  std::string file;
  std::string against;
  bool markdown = false;
  std::string share;
  std::optional<size_t> rows;
  std::string rules;
};

absl::Status Run(const Options& options, Session& session) {
  RETURN_IF_ERROR(UseRules(options.rules));
  if (session.format() == Format::kCsv) {
    return UsageError(
        "report: has many tables, which CSV has not; use --format json or a "
        "command such as top-types");
  }
  const bool json = session.format() == Format::kJson;
  if (json && options.markdown) {
    return UsageError("report: give either --md or --format json, not both");
  }
  ReportOptions report_options;
  if (!options.share.empty()) {
    ASSIGN_OR_RETURN(report_options.share, ParseShare(options.share));
  }
  if (options.markdown) report_options.rows = kMarkdownRows;
  if (options.rows) report_options.rows = *options.rows;
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db,
                   session.OpenDb(Session::Reads::kMuch));
  std::unique_ptr<HeapDb> older;
  if (!options.against.empty()) {
    ASSIGN_OR_RETURN(older,
                     session.OpenDb(options.against, Session::Reads::kMuch));
  }
  ASSIGN_OR_RETURN(const HeapReport report,
                   ReadReport(db.get(), older.get(), report_options));
  const bool html = !json && !options.markdown;
  std::string file = options.file;
  if (file.empty() && html) file = kDefaultFile;
  if (file == "-") file.clear();
  const bool stays = !file.empty() && IsReplaceable(file);
  RETURN_IF_ERROR(WriteOutput(file, &session.out(), [&](std::ostream* out) {
    if (json) {
      WriteJsonReport(report, out);
    } else if (options.markdown) {
      WriteMarkdownReport(report, out);
    } else {
      HtmlWriter writer(out, /*linked=*/false);
      WriteHtmlReport(report, &writer);
    }
    return absl::OkStatus();
  }));
  if (!stays) return absl::OkStatus();
  session.Note(absl::StrCat(
      file, html ? ": written; open it in a browser" : ": written"));
  session.Next({session.Command("serve")});
  return absl::OkStatus();
}

}  // namespace

void AddReport(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "report", "One page to look at: suspects, the tree, tables, threads");
  const auto options = std::make_shared<Options>();
  command
      ->AddOption("-o,--output", &options->file,
                  "File to write; - for standard output. Default: report.html; "
                  "Markdown and JSON go to standard output. A FIFO, a device "
                  "or /dev/fd/N is written through")
      ->ValueName("FILE");
  command
      ->AddOption("--against", &options->against,
                  "An older heap.db of the same process: shows what grew")
      ->ValueName("OLD.db");
  command->AddFlag("--md", &options->markdown,
                   "Markdown; --format json gives JSON, else it is HTML");
  command->AddOption("--share", &options->share, "As for `suspects`")
      ->ValueName("PERCENT");
  command
      ->AddOption("--rows", &options->rows,
                  "Of each table at most (200; Markdown: 25)")
      ->Between(1, 2000)
      ->ValueName("N");
  AddRulesOption(command, &options->rules);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

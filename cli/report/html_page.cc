#include "cli/report/html_page.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "cli/output/terminal.h"
#include "cli/report/assets.h"
#include "query/db/heap_db.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

constexpr uint64_t kBarWidth = 72;  // pixels

// As Content-Security-Policy names a text that may run.
std::string HashSource(std::string_view sha256) {
  return absl::StrCat("'sha256-",
                      absl::Base64Escape(absl::HexStringToBytes(
                          absl::string_view(sha256.data(), sha256.size()))),
                      "'");
}

double NumberOf(const RowCell& cell) {
  if (const auto* number = std::get_if<int64_t>(&cell)) {
    return static_cast<double>(*number);
  }
  if (const auto* number = std::get_if<uint64_t>(&cell)) {
    return static_cast<double>(*number);
  }
  if (const auto* number = std::get_if<double>(&cell)) return *number;
  return 0;
}

bool IsText(const RowColumn& column) { return column.kind == RowColumn::kText; }

void WriteCell(const RowColumn& column, const RowCell& cell, HtmlWriter* html) {
  const auto* const text = std::get_if<std::string>(&cell);
  if (IsAddress(column) && text != nullptr) {
    html->Raw("<td class=\"a\">").Address(*text);
  } else if (IsText(column)) {
    html->Raw("<td><code>").Text(CellText(column, cell)).Raw("</code>");
  } else {
    html->Raw("<td class=\"n\"");
    // The visible number is rounded; the exact one is for sorting.
    const bool rounded = column.kind == RowColumn::kBytes ||
                         column.kind == RowColumn::kBytesChange;
    RowColumn exact = column;
    exact.kind = RowColumn::kNumber;
    if (rounded) html->Attribute("data-v", CellText(exact, cell));
    html->Raw(">").Text(CellText(column, cell));
  }
  html->Raw("</td>");
}

}  // namespace

std::string ContentSecurityPolicy(bool served) {
  return absl::StrCat("default-src 'none'; script-src ",
                      HashSource(kPageScriptSha256), "; style-src ",
                      HashSource(kPageStyleSha256),
                      "; img-src data:; base-uri 'none'; form-action ",
                      served ? "'self'" : "'none'");
}

void BeginPage(std::string_view title, HtmlWriter* html) {
  html->Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n")
      .Raw("<meta charset=\"utf-8\">\n")
      .Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"")
      .Raw(ContentSecurityPolicy(html->linked()))
      .Raw("\">\n<meta name=\"viewport\" content=\"width=device-width\">\n")
      .Raw("<meta name=\"color-scheme\" content=\"light dark\">\n")
      .Raw("<meta name=\"referrer\" content=\"no-referrer\">\n")
      .Raw("<link rel=\"icon\" href=\"data:,\">\n<title>")
      .Text(title)
      .Raw("</title>\n<style>")
      .Raw(kPageStyle)
      .Raw("</style>\n</head>\n<body>\n");
}

void EndPage(HtmlWriter* html) {
  html->Raw("<script>").Raw(kPageScript).Raw("</script>\n</body>\n</html>\n");
}

void WriteTable(const ReportTable& table, HtmlWriter* html) {
  size_t measure = table.columns.size();
  double most = 0;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.measure.empty() && table.columns[i].key == table.measure) {
      measure = i;
    }
  }
  if (measure < table.columns.size()) {
    for (const auto& row : table.rows) {
      most = std::max(most, NumberOf(row[measure]));
    }
  }
  html->Raw("<div class=\"list\"").Attribute("id", table.key);
  html->Raw("><h3>").Text(table.title).Raw("</h3>\n");
  if (!table.about.empty()) {
    html->Raw("<p class=\"about\">").Text(table.about).Raw("</p>\n");
  }
  html->Raw("<div class=\"scroll\"><table data-list>\n<thead><tr>");
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const RowColumn& column = table.columns[i];
    html->Raw(IsText(column) ? "<th" : "<th class=\"n\"")
        .Raw(" scope=\"col\">")
        .Text(column.title)
        .Raw("</th>");
    if (i == measure) html->Raw("<td class=\"bar\"></td>");
  }
  html->Raw("</tr></thead>\n<tbody>\n");
  for (const auto& row : table.rows) {
    html->Raw("<tr>");
    for (size_t i = 0; i < table.columns.size(); ++i) {
      WriteCell(table.columns[i], row[i], html);
      if (i != measure) continue;
      const double share = most <= 0 ? 0 : NumberOf(row[i]) / most;
      const auto width = static_cast<uint64_t>(
          std::lround(std::max(0.0, share) * static_cast<double>(kBarWidth)));
      html->Raw("<td class=\"bar\">");
      if (width > 0) {
        html->Raw("<svg height=\"8\" aria-hidden=\"true\"")
            .Attribute("width", width)
            .Raw("><rect width=\"100%\" height=\"8\"/></svg>");
      }
      html->Raw("</td>");
    }
    html->Raw("</tr>\n");
  }
  html->Raw("</tbody></table></div>\n");
  if (table.total > table.rows.size()) {
    html->Raw("<p class=\"about\">The first ")
        .Text(absl::StrCat(table.rows.size(), " of ", table.total))
        .Raw(".</p>\n");
  }
  html->Raw("</div>\n");
}

void WritePath(const RetentionPath& path, HtmlWriter* html,
               const std::string& held) {
  html->Raw("<ol class=\"path\">\n");
  for (const PathLine& line : LinesOf(path)) {
    if (line.omitted_before > 0) {
      html->Raw("<li class=\"gap\">\u2026 ")
          .Text(Grouped(static_cast<int64_t>(line.omitted_before)))
          .Raw(" more</li>\n");
    }
    const ObjectSummary& object = line.step->object;
    html->Raw("<li><div>");
    if (line.label != object.label) {
      html->Raw("<code class=\"ref\">").Text(line.label).Raw("</code> ");
    }
    if (html->linked()) {
      html->Raw("<a")
          .Attribute("href", ObjectUrl(AddressText(object.address)))
          .Raw(">");
    }
    html->Raw("<code>").Text(object.label).Raw("</code>");
    if (html->linked()) html->Raw("</a>");
    const std::string place = object.place.Text();
    if (!place.empty() && object.label.find(place) == std::string::npos) {
      html->Raw(" <code class=\"place\">").Text(place).Raw("</code>");
    }
    html->Raw("</div><div class=\"n\" title=\"retained\">")
        .Text(object.retained ? HumanBytes(*object.retained) : "")
        .Raw("</div></li>\n");
  }
  if (!held.empty()) {
    html->Raw("<li class=\"held\"><div><code>")
        .Text(held)
        .Raw("</code></div></li>\n");
  }
  html->Raw("</ol>\n");
}

void WriteSearchForm(HtmlWriter* html, std::string_view text) {
  html->Raw("<form class=\"search\" action=\"/search\" role=\"search\">")
      .Raw("<input type=\"search\" name=\"q\" aria-label=\"Look for\" ")
      .Raw("placeholder=\"0x7f\u2026, #17, class or text\"")
      .Attribute("value", text)
      .Raw("><button>Find</button> <a href=\"/sql\">SQL</a></form>\n");
}

}  // namespace heapq

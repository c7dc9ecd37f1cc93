#include "cli/serve/site.h"

#include <chrono>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/output/terminal.h"
#include "cli/report/html_page.h"
#include "cli/report/html_writer.h"
#include "cli/report/report_format.h"
#include "cli/serve/object_page.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/search.h"
#include "query/db/sql_query.h"

namespace heapq {
namespace {

constexpr uint64_t kFound = 100;      // classes and strings a search shows
constexpr uint64_t kInstances = 200;  // of a class
constexpr char kFirstSql[] =
    "SELECT address, class, size, retained FROM v_objects ORDER BY retained "
    "DESC LIMIT 20";

bool StartsWith(const std::string& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}

unsigned StatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kPermissionDenied:
      return 400;
    case absl::StatusCode::kCancelled:
      return 503;
    default:
      return 500;
  }
}

ReportTable ClassTable(const std::vector<TypeCount>& classes) {
  ReportTable table{"classes",
                    "Classes",
                    "",
                    {{"class", "class"},
                     {"count", "objects", RowColumn::kCount},
                     {"size", "size", RowColumn::kBytes},
                     {"retained", "retained", RowColumn::kBytes},
                     {"address", "class at"}},
                    {},
                    0,
                    ""};
  for (const TypeCount& row : classes) {
    table.rows.push_back({row.name, row.count, row.size,
                          CellOrNull(row.retained), AddressText(row.address)});
  }
  return table;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Site>> Site::Open(const Options& options) {
  std::unique_ptr<Site> site(new Site(options));
  ASSIGN_OR_RETURN(site->pool_, DbPool::Open(options.db, options.threads));
  return site;
}

HttpResponse Site::Answer(const HttpRequest& request) {
  HttpResponse response;
  std::string text = request.Query("q");
  if (request.path == "/search" && !text.empty()) {
    const auto lease = pool_->Take();
    const absl::StatusOr<uint32_t> id = lease->get()->ParseId(text);
    if (id.ok()) {
      const absl::StatusOr<ObjectRow> object = lease->get()->Object(*id);
      if (object.ok()) {
        return Redirect(ObjectUrl(AddressText(object->address)));
      }
    }
  }
  absl::StatusOr<std::string> page = Page(request);
  if (page.ok()) {
    response.body = *std::move(page);
  } else {
    response.status = StatusOf(page.status());
    response.body = ErrorPage(page.status());
  }
  return response;
}

absl::StatusOr<std::string> Site::Page(const HttpRequest& request) {
  static constexpr std::string_view kObject = "/object/";
  static constexpr std::string_view kInstancesOf = "/instances/";
  const std::string& path = request.path;
  if (path == "/") return Report();
  if (path == "/search") return Search(request.Query("q"));
  if (path == "/sql") return Sql(request.Query("q"));
  if (StartsWith(path, kObject)) {
    return Object(path.substr(kObject.size()), request.Query("skip"));
  }
  if (StartsWith(path, kInstancesOf)) {
    return InstancesOf(path.substr(kInstancesOf.size()));
  }
  return absl::NotFoundError("there is no such page; / is the report");
}

Cancellation Site::Deadline() const {
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(options_.seconds);
  return Cancellation::Unless([this, end] {
    return !stopping_.load() && std::chrono::steady_clock::now() < end;
  });
}

absl::StatusOr<std::string> Site::Report() {
  const std::lock_guard<std::mutex> lock(report_mutex_);
  if (!report_.empty()) return report_;
  const auto lease = pool_->Take();
  std::unique_ptr<HeapDb> older;
  if (!options_.older.empty()) {
    ASSIGN_OR_RETURN(older, HeapDb::Open(options_.older));
  }
  absl::StatusOr<HeapReport> report;
  {
    const ScopedCancellation scope(
        &lease->get()->connection(),
        Cancellation::Unless([this] { return !stopping_.load(); }));
    report = ReadReport(lease->get(), older.get(), options_.report);
  }
  RETURN_IF_ERROR(report.status());
  std::ostringstream out;
  HtmlWriter html(&out, /*linked=*/true);
  WriteHtmlReport(*report, &html);
  report_ = out.str();
  return report_;
}

absl::StatusOr<std::string> Site::Search(const std::string& text) {
  const auto lease = pool_->Take();
  ASSIGN_OR_RETURN(const SearchResult found,
                   SearchHeap(lease->get(), text, kFound, Deadline()));
  std::ostringstream out;
  HtmlWriter html(&out, /*linked=*/true);
  BeginObjectPage(absl::StrCat("Search: ", text), "", text, &html);
  if (!found.classes.empty()) WriteTable(ClassTable(found.classes), &html);
  if (!found.strings.empty()) {
    WriteTable(ObjectTable("strings", "Strings and symbols", found.strings),
               &html);
  }
  if (found.classes.empty() && found.strings.empty()) {
    html.Raw("<p>Nothing has this in its name or text.</p>\n");
  }
  if (!found.whole) html.Raw("<p class=\"about\">There is more.</p>\n");
  html.Raw("</main>\n");
  EndPage(&html);
  return out.str();
}

absl::StatusOr<std::string> Site::Object(const std::string& id,
                                         const std::string& skip) {
  const auto lease = pool_->Take();
  ASSIGN_OR_RETURN(const uint32_t number, lease->get()->ParseId(id));
  uint64_t first = 0;
  if (!skip.empty() && !absl::SimpleAtoi(skip, &first)) {
    return absl::InvalidArgumentError("skip is not a number");
  }
  std::ostringstream out;
  HtmlWriter html(&out, /*linked=*/true);
  RETURN_IF_ERROR(WriteObjectPage(lease->get(), number, first, &html));
  return out.str();
}

absl::StatusOr<std::string> Site::InstancesOf(const std::string& id) {
  const auto lease = pool_->Take();
  ASSIGN_OR_RETURN(const uint32_t number, lease->get()->ParseId(id));
  ObjectLabeler describe(lease->get());
  ASSIGN_OR_RETURN(const ObjectSummary object, describe.Summary(number));
  ASSIGN_OR_RETURN(const Instances instances,
                   FindInstances(lease->get(), number, kInstances, Deadline()));
  std::ostringstream out;
  HtmlWriter html(&out, /*linked=*/true);
  BeginObjectPage(absl::StrCat("Instances of ", object.label), "", "", &html);
  ReportTable table = ObjectTable("objects", "Objects", instances.rows);
  table.total = instances.total;
  WriteTable(table, &html);
  html.Raw("</main>\n");
  EndPage(&html);
  return out.str();
}

absl::StatusOr<std::string> Site::Sql(const std::string& sql) {
  std::ostringstream out;
  HtmlWriter html(&out, /*linked=*/true);
  BeginObjectPage("SQL", "", "", &html);
  html.Raw("<form action=\"/sql\"><textarea name=\"q\" aria-label=\"SQL\" ")
      .Raw("spellcheck=\"false\">")
      .Raw(EscapedHtml(SafeLines(sql.empty() ? kFirstSql : sql)))
      .Raw("</textarea>\n<p><button>Run</button> <span class=\"soft\">")
      .Text(absl::StrCat("Reading only; at most ", options_.rows, " rows and ",
                         options_.seconds, " seconds. "))
      .Raw("Tables and views: docs/reference/schema.md.</span></p></form>\n");
  if (!sql.empty()) {
    const auto lease = pool_->Take();
    absl::Status status =
        WriteRows(lease->get(), sql, options_.rows, Deadline(), &html);
    lease->get()->connection().SetCancellation({});
    if (absl::IsCancelled(status)) {
      status = absl::CancelledError("sql: stopped, it took too long");
    }
    if (!status.ok()) {
      html.Raw("<p class=\"error\">")
          .Text(std::string(status.message()))
          .Raw("</p>\n");
    }
  }
  html.Raw("</main>\n");
  EndPage(&html);
  return out.str();
}

std::string Site::ErrorPage(const absl::Status& status) {
  std::ostringstream out;
  HtmlWriter html(&out, /*linked=*/true);
  BeginObjectPage("Not found", "", "", &html);
  html.Raw("<p class=\"error\">")
      .Text(std::string(status.message()))
      .Raw("</p>\n</main>\n");
  EndPage(&html);
  return out.str();
}

}  // namespace heapq

#include "indexer/store/store_writer.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "indexer/base/background.h"
#include "indexer/base/status_macros.h"
#include "indexer/sqlite/connection.h"
#include "indexer/sqlite/page_file.h"
#include "indexer/sqlite/sorted_table_writer.h"
#include "indexer/store/bulk_tables.h"
#include "indexer/store/iseq_table.h"
#include "indexer/store/masked_paths.h"
#include "indexer/store/sample_tables.h"
#include "indexer/store/schema.h"
#include "indexer/store/small_tables.h"
#include "indexer/store/totals.h"

namespace heapq {
namespace {

absl::Status CreateTables(Connection* connection) {
  RETURN_IF_ERROR(connection->Execute(
      absl::StrCat("PRAGMA application_id=", kApplicationId,
                   "; PRAGMA user_version=", kSchemaVersion)));
  for (const auto* statements : {&SchemaTables(), &SchemaBulkIndexes()}) {
    for (const std::string& statement : *statements) {
      RETURN_IF_ERROR(connection->Execute(statement));
    }
  }
  return absl::OkStatus();
}

// How the large tables get into a file whose tables were created: makes their
// writers, and hands the file back to libsqlite3 when all of them are through.
class BulkFile {
 public:
  virtual ~BulkFile() = default;
  virtual absl::StatusOr<std::unique_ptr<SortedTableWriter>> Make(
      BTreeWriter::Kind kind, const std::string& table, int columns) = 0;
  virtual absl::StatusOr<std::unique_ptr<Connection>> Finish() = 0;
};

// Root pages can only be looked up while libsqlite3 has the file, pages only
// be appended while it has not.
class PagesBulkFile : public BulkFile {
 public:
  static absl::StatusOr<std::unique_ptr<BulkFile>> Open(
      const std::string& path, std::unique_ptr<Connection> connection) {
    auto bulk = std::make_unique<PagesBulkFile>();
    bulk->path_ = path;
    for (const char* table :
         {"objects", "objects_class", "dominated", "edges", "referrers",
          "weak_edges", "strings", "fields", "names", "sites", "roots",
          "classes", "iseqs", "envs", "paths", "path_objects",
          "top_retainers"}) {
      ASSIGN_OR_RETURN(bulk->roots_[table], connection->RootPage(table));
    }
    RETURN_IF_ERROR(connection->Close());
    ASSIGN_OR_RETURN(bulk->file_, PageFile::Open(path));
    return std::unique_ptr<BulkFile>(std::move(bulk));
  }
  absl::StatusOr<std::unique_ptr<SortedTableWriter>> Make(
      BTreeWriter::Kind kind, const std::string& table, int) override {
    return std::make_unique<PageTableWriter>(kind, file_.get(),
                                             roots_.at(table));
  }
  absl::StatusOr<std::unique_ptr<Connection>> Finish() override {
    RETURN_IF_ERROR(file_->Finish());
    return Connection::Reopen(path_);
  }

 private:
  std::string path_;
  std::map<std::string, uint32_t> roots_;
  std::unique_ptr<PageFile> file_;
};

class InsertsBulkFile : public BulkFile {
 public:
  static absl::StatusOr<std::unique_ptr<BulkFile>> Open(
      std::unique_ptr<Connection> connection) {
    RETURN_IF_ERROR(connection->Execute("BEGIN"));
    auto bulk = std::make_unique<InsertsBulkFile>();
    bulk->connection_ = std::move(connection);
    return std::unique_ptr<BulkFile>(std::move(bulk));
  }
  absl::StatusOr<std::unique_ptr<SortedTableWriter>> Make(
      BTreeWriter::Kind kind, const std::string& table, int columns) override {
    if (columns == 0) return std::unique_ptr<SortedTableWriter>();
    return InsertTableWriter::Make(kind, connection_.get(), table, columns);
  }
  absl::StatusOr<std::unique_ptr<Connection>> Finish() override {
    RETURN_IF_ERROR(connection_->Execute("COMMIT"));
    return std::move(connection_);
  }

 private:
  std::unique_ptr<Connection> connection_;
};

}  // namespace

class StoreWriter::Impl {
 public:
  Impl(StoreContent content, StoreOptions options,
       std::unique_ptr<BulkFile> file)
      : content_(std::move(content)),
        file_(std::move(file)),
        tables_(*content_.heap, Maker(), std::move(options)),
        iseqs_(*content_.heap),
        samples_(*content_.heap, content_.samples) {}

  absl::Status WriteGraph() {
    return tables_.WriteGraph(content_.text, &iseqs_);
  }

  absl::Status WriteAnswers(const Analysis& analysis) {
    // Counted while the large tables are written.
    Background<Counted> counting([this, &analysis](const Cancellation& stop) {
      return Count(analysis, stop);
    });
    RETURN_IF_ERROR(tables_.WriteAnswers(analysis));
    const Cancellation cancellation =
        Cancellation::By([this] { return tables_.CheckCancelled(); });
    ASSIGN_OR_RETURN(const Counted counted, counting.Get(cancellation));
    iseqs_.Qualify(counted.totals.classes);
    const StoreAnswers answers{analysis, counted.totals, iseqs_, counted.paths};
    RETURN_IF_ERROR(WriteMiddlingTables(Maker(), *content_.heap, answers));
    ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                     file_->Finish());
    connection->SetCancellation(cancellation);
    RETURN_IF_ERROR(connection->Execute("BEGIN"));
    RETURN_IF_ERROR(WriteSmallTables(connection.get(), content_, answers));
    RETURN_IF_ERROR(samples_.Write(connection.get(), counted.paths.sampled));
    for (const auto* statements : {&SchemaIndexes(), &SchemaViews()}) {
      for (const std::string& statement : *statements) {
        RETURN_IF_ERROR(connection->Execute(statement));
      }
    }
    RETURN_IF_ERROR(connection->Execute("COMMIT"));
    return connection->Close();
  }

 private:
  struct Counted {
    Totals totals;
    MaskedPaths paths;
  };

  absl::StatusOr<Counted> Count(const Analysis& analysis,
                                const Cancellation& stop) {
    ASSIGN_OR_RETURN(Totals totals,
                     SumUp(*content_.heap, analysis, iseqs_, stop));
    ASSIGN_OR_RETURN(MaskedPaths paths,
                     FoldPaths(*content_.heap, analysis, totals.classes,
                               samples_.objects(), stop));
    return Counted{std::move(totals), std::move(paths)};
  }

  MakeTableWriter Maker() {
    return [this](BTreeWriter::Kind kind, const std::string& table,
                  int columns) { return file_->Make(kind, table, columns); };
  }

  const StoreContent content_;
  const std::unique_ptr<BulkFile> file_;
  BulkTables tables_;
  IseqTable iseqs_;
  const SampleTables samples_;
};

absl::StatusOr<std::unique_ptr<StoreWriter>> StoreWriter::Create(
    const std::string& path, StoreContent content, StoreOptions options) {
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                   Connection::Create(path));
  RETURN_IF_ERROR(CreateTables(connection.get()));
  absl::StatusOr<std::unique_ptr<BulkFile>> file =
      options.plain_inserts ? InsertsBulkFile::Open(std::move(connection))
                            : PagesBulkFile::Open(path, std::move(connection));
  if (!file.ok()) return file.status();
  return std::unique_ptr<StoreWriter>(new StoreWriter(std::make_unique<Impl>(
      std::move(content), std::move(options), *std::move(file))));
}

StoreWriter::StoreWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StoreWriter::~StoreWriter() = default;

absl::Status StoreWriter::WriteGraph() { return impl_->WriteGraph(); }

absl::Status StoreWriter::WriteAnswers(const Analysis& analysis) {
  return impl_->WriteAnswers(analysis);
}

}  // namespace heapq

#include "indexer/store/store_writer.h"

#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/sqlite/connection.h"
#include "indexer/sqlite/page_file.h"
#include "indexer/sqlite/sorted_table_writer.h"
#include "indexer/store/bulk_tables.h"
#include "indexer/store/class_table.h"
#include "indexer/store/iseq_table.h"
#include "indexer/store/schema.h"
#include "indexer/store/small_tables.h"

namespace heapq {
namespace {

absl::Status CreateTables(Connection* connection) {
  RETURN_IF_ERROR(connection->Execute(
      absl::StrCat("PRAGMA application_id=", kApplicationId,
                   "; PRAGMA user_version=", kSchemaVersion)));
  for (const std::string& statement : SchemaTables()) {
    RETURN_IF_ERROR(connection->Execute(statement));
  }
  return absl::OkStatus();
}

absl::Status WriteRest(Connection* connection, const StoreContent& content,
                       const ClassTable& classes, const IseqTable& iseqs) {
  RETURN_IF_ERROR(connection->Execute("BEGIN"));
  RETURN_IF_ERROR(WriteSmallTables(connection, content, classes, iseqs));
  for (const auto* statements : {&SchemaIndexes(), &SchemaViews()}) {
    for (const std::string& statement : *statements) {
      RETURN_IF_ERROR(connection->Execute(statement));
    }
  }
  RETURN_IF_ERROR(connection->Execute("COMMIT"));
  return connection->Close();
}

// Root pages can only be looked up while libsqlite3 has the file, pages only
// be appended while it has not.
absl::Status WriteBulkByPages(const std::string& path,
                              std::unique_ptr<Connection> connection,
                              const StoreContent& content,
                              const StoreOptions& options, IseqTable* iseqs) {
  std::map<std::string, uint32_t> roots;
  for (const char* table : {"objects", "dominated", "edges", "referrers",
                            "weak_edges", "strings", "fields"}) {
    ASSIGN_OR_RETURN(roots[table], connection->RootPage(table));
  }
  RETURN_IF_ERROR(connection->Close());
  connection.reset();
  ASSIGN_OR_RETURN(const std::unique_ptr<PageFile> file, PageFile::Open(path));
  const MakeTableWriter make =
      [&](BTreeWriter::Kind kind, const std::string& table,
          int) -> absl::StatusOr<std::unique_ptr<SortedTableWriter>> {
    return std::make_unique<PageTableWriter>(kind, file.get(), roots[table]);
  };
  RETURN_IF_ERROR(WriteBulkTables(content, make, options.go_on, iseqs));
  return file->Finish();
}

absl::Status WriteBulkByInserts(Connection* connection,
                                const StoreContent& content,
                                const StoreOptions& options, IseqTable* iseqs) {
  RETURN_IF_ERROR(connection->Execute("BEGIN"));
  const MakeTableWriter make =
      [&](BTreeWriter::Kind kind, const std::string& table,
          int columns) -> absl::StatusOr<std::unique_ptr<SortedTableWriter>> {
    return InsertTableWriter::Make(kind, connection, table, columns);
  };
  RETURN_IF_ERROR(WriteBulkTables(content, make, options.go_on, iseqs));
  return connection->Execute("COMMIT");
}

}  // namespace

absl::Status WriteStore(const std::string& path, const StoreContent& content,
                        const StoreOptions& options) {
  const ClassTable classes(*content.heap, *content.analysis);
  IseqTable iseqs(*content.heap, classes);
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                   Connection::Create(path));
  RETURN_IF_ERROR(CreateTables(connection.get()));
  if (options.plain_inserts) {
    RETURN_IF_ERROR(
        WriteBulkByInserts(connection.get(), content, options, &iseqs));
  } else {
    RETURN_IF_ERROR(WriteBulkByPages(path, std::move(connection), content,
                                     options, &iseqs));
    ASSIGN_OR_RETURN(connection, Connection::Reopen(path));
  }
  return WriteRest(connection.get(), content, classes, iseqs);
}

}  // namespace heapq

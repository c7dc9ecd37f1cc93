#include "indexer/store/schema.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

// The label of an edge or field `e` as text, and the tables that it needs.
constexpr char kLabel[] =
    "CASE k.label_is WHEN 'name' THEN n.text WHEN 'index' THEN e.label WHEN "
    "'object' THEN coalesce(s.value, '#' || e.label) WHEN 'frame_value' THEN "
    "(SELECT x.text || ' in ' || coalesce(f.label, 'a frame') FROM "
    "frame_values "
    "v JOIN names x ON x.id = v.name LEFT JOIN frames f ON f.thread = e.src "
    "AND f.n = v.n WHERE v.id = e.label) END";
constexpr char kJoinLabel[] =
    "JOIN edge_kinds k ON k.kind = e.kind LEFT JOIN names n ON n.id = e.label "
    "AND k.label_is = 'name' LEFT JOIN strings s ON s.id = e.label AND "
    "k.label_is = 'object'";

}  // namespace

const std::vector<std::string>& SchemaTables() {
  static const auto* const kTables = new std::vector<std::string>{
      "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
      "CREATE TABLE names(id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
      "CREATE TABLE edge_kinds(kind INTEGER PRIMARY KEY, name TEXT NOT NULL, "
      "label_is TEXT NOT NULL)",
      "CREATE TABLE types(type INTEGER PRIMARY KEY, name TEXT NOT NULL, count "
      "INTEGER NOT NULL, size INTEGER NOT NULL)",
      "CREATE TABLE sites(id INTEGER PRIMARY KEY, file INTEGER, line INTEGER, "
      "method INTEGER, count INTEGER NOT NULL, size INTEGER NOT NULL, retained "
      "INTEGER NOT NULL)",
      "CREATE TABLE objects(id INTEGER PRIMARY KEY, address INTEGER NOT NULL, "
      "type INTEGER NOT NULL, kind INTEGER, class INTEGER, size INTEGER NOT "
      "NULL, flags INTEGER NOT NULL, name INTEGER, site INTEGER, generation "
      "INTEGER, tier INTEGER, parent INTEGER, depth INTEGER, jump INTEGER, "
      "idom INTEGER, retained INTEGER)",
      "CREATE TABLE edges(src INTEGER NOT NULL, n INTEGER NOT NULL, dst "
      "INTEGER NOT NULL, kind INTEGER NOT NULL, label INTEGER NOT NULL, "
      "PRIMARY KEY(src, n)) WITHOUT ROWID",
      "CREATE TABLE referrers(dst INTEGER NOT NULL, src INTEGER NOT NULL, n "
      "INTEGER NOT NULL, PRIMARY KEY(dst, src, n)) WITHOUT ROWID",
      "CREATE TABLE weak_edges(src INTEGER NOT NULL, n INTEGER NOT NULL, dst "
      "INTEGER NOT NULL, kind INTEGER NOT NULL, label INTEGER NOT NULL, "
      "PRIMARY KEY(src, n)) WITHOUT ROWID",
      "CREATE TABLE fields(src INTEGER NOT NULL, n INTEGER NOT NULL, at "
      "INTEGER NOT NULL, kind INTEGER NOT NULL, label INTEGER NOT NULL, value "
      "TEXT, PRIMARY KEY(src, n)) WITHOUT ROWID",
      "CREATE TABLE roots(n INTEGER PRIMARY KEY, category TEXT NOT NULL, name "
      "TEXT, dst INTEGER NOT NULL, weak INTEGER NOT NULL)",
      "CREATE TABLE strings(id INTEGER PRIMARY KEY, value TEXT)",
      "CREATE TABLE classes(id INTEGER PRIMARY KEY, name TEXT, superclass "
      "INTEGER, \"real\" INTEGER, count INTEGER NOT NULL, size INTEGER NOT "
      "NULL, retained INTEGER NOT NULL, instances INTEGER NOT NULL)",
      "CREATE TABLE iseqs(id INTEGER PRIMARY KEY, label TEXT, file TEXT, line "
      "INTEGER, type TEXT, parent INTEGER)",
      "CREATE TABLE envs(id INTEGER PRIMARY KEY, iseq INTEGER)",
      "CREATE TABLE frames(thread INTEGER NOT NULL, n INTEGER NOT NULL, label "
      "TEXT, file TEXT, line INTEGER, iseq INTEGER, PRIMARY KEY(thread, n)) "
      "WITHOUT ROWID",
      "CREATE TABLE frame_values(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, "
      "name INTEGER NOT NULL)",
      "CREATE TABLE threads(id INTEGER PRIMARY KEY, fiber INTEGER NOT NULL)",
      "CREATE TABLE top_retainers(rank INTEGER PRIMARY KEY, id INTEGER NOT "
      "NULL, retained INTEGER NOT NULL)",
      "CREATE TABLE dominated(idom INTEGER NOT NULL, retained INTEGER NOT "
      "NULL, id INTEGER NOT NULL, type INTEGER NOT NULL, kind INTEGER, class "
      "INTEGER, size INTEGER, PRIMARY KEY(idom, retained DESC, id)) WITHOUT "
      "ROWID",
      "CREATE TABLE namespaces(name TEXT PRIMARY KEY, count INTEGER NOT NULL, "
      "size INTEGER NOT NULL, retained INTEGER NOT NULL) WITHOUT ROWID",
      "CREATE TABLE files(name TEXT PRIMARY KEY, gem TEXT NOT NULL, count "
      "INTEGER NOT NULL, size INTEGER NOT NULL, retained INTEGER NOT NULL) "
      "WITHOUT ROWID",
      "CREATE TABLE gems(name TEXT PRIMARY KEY, count INTEGER NOT NULL, size "
      "INTEGER NOT NULL, retained INTEGER NOT NULL) WITHOUT ROWID",
      "CREATE TABLE unreachable(name TEXT PRIMARY KEY, count INTEGER NOT NULL, "
      "size INTEGER NOT NULL) WITHOUT ROWID",
      "CREATE TABLE waste(place INTEGER PRIMARY KEY, kind TEXT NOT NULL, "
      "fix TEXT NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL)",
      "CREATE TABLE waste_owners(place INTEGER PRIMARY KEY, owner TEXT "
      "NOT NULL, kind TEXT NOT NULL, fix TEXT NOT NULL, count INTEGER NOT "
      "NULL, bytes INTEGER NOT NULL)",
      "CREATE TABLE waste_strings(place INTEGER PRIMARY KEY, value TEXT "
      "NOT NULL, copies INTEGER NOT NULL, bytes INTEGER NOT NULL)",
      "CREATE TABLE paths(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, hop "
      "INTEGER NOT NULL, kind INTEGER NOT NULL, label TEXT, what INTEGER NOT "
      "NULL, type INTEGER NOT NULL, name TEXT, class INTEGER, iseq INTEGER, "
      "first INTEGER NOT NULL, tier INTEGER NOT NULL, count INTEGER NOT NULL, "
      "size INTEGER NOT NULL, bytes INTEGER NOT NULL, elements INTEGER NOT "
      "NULL, keys INTEGER NOT NULL, entries INTEGER NOT NULL, fan INTEGER NOT "
      "NULL, holders INTEGER NOT NULL, depth INTEGER NOT NULL)",
      "CREATE TABLE path_objects(path INTEGER NOT NULL, n INTEGER NOT NULL, id "
      "INTEGER NOT NULL, PRIMARY KEY(path, n)) WITHOUT ROWID",
      "CREATE TABLE allocation_frames(id INTEGER PRIMARY KEY, file TEXT NOT "
      "NULL, line INTEGER NOT NULL, method TEXT NOT NULL)",
      "CREATE TABLE allocation_stacks(id INTEGER PRIMARY KEY, caller INTEGER, "
      "frame INTEGER NOT NULL)",
      "CREATE TABLE allocation_samples(id INTEGER PRIMARY KEY, stack INTEGER, "
      "weight INTEGER NOT NULL, generation INTEGER NOT NULL, path INTEGER)",
      "CREATE TABLE drops(n INTEGER PRIMARY KEY, reason TEXT NOT NULL, line "
      "INTEGER NOT NULL, byte INTEGER NOT NULL, detail TEXT)",
  };
  return *kTables;
}

const std::vector<std::string>& SchemaBulkIndexes() {
  static const auto* const kIndexes = new std::vector<std::string>{
      "CREATE INDEX objects_class ON objects(class) WHERE class IS NOT NULL",
  };
  return *kIndexes;
}

const std::vector<std::string>& SchemaIndexes() {
  static const auto* const kIndexes = new std::vector<std::string>{
      "CREATE INDEX weak_edges_dst ON weak_edges(dst)",
      "CREATE INDEX roots_dst ON roots(dst)",
      "CREATE INDEX envs_iseq ON envs(iseq)",
      "CREATE INDEX classes_name ON classes(name)",
  };
  return *kIndexes;
}

const std::vector<std::string>& SchemaViews() {
  static const auto* const kViews = new std::vector<std::string>{
      "CREATE VIEW v_objects AS SELECT o.id, printf('0x%x', o.address) AS "
      "address, t.name AS type, c.name AS class, k.text AS kind, n.text AS "
      "name, o.size, o.retained, o.depth, f.text AS file, s.line, m.text AS "
      "method, o.generation FROM objects o JOIN types t ON t.type = o.type "
      "LEFT JOIN "
      "classes raw ON raw.id = o.class AND o.type <> 28 LEFT JOIN classes c "
      "ON c.id = "
      "raw.\"real\" LEFT JOIN names k ON k.id = o.kind LEFT JOIN names n ON "
      "n.id = o.name LEFT JOIN sites s ON s.id = o.site LEFT JOIN names f ON "
      "f.id = s.file LEFT JOIN names m ON m.id = s.method",
      "CREATE VIEW v_sites AS SELECT s.id, f.text AS file, s.line, m.text AS "
      "method, s.count, s.size, s.retained FROM sites s LEFT JOIN names f ON "
      "f.id = s.file LEFT JOIN names m ON m.id = s.method",
      absl::StrCat("CREATE VIEW v_edges AS SELECT e.src, e.n, e.dst, k.name AS "
                   "kind, ",
                   kLabel, " AS label FROM edges e ", kJoinLabel,
                   " UNION ALL SELECT o.id, NULL, o.class, 'class', NULL FROM "
                   "objects o WHERE o.class IS NOT NULL"),
      absl::StrCat("CREATE VIEW v_referrers AS SELECT r.dst, r.src, r.n, "
                   "k.name AS kind, ",
                   kLabel,
                   " AS label FROM referrers r JOIN edges e ON e.src = r.src "
                   "AND e.n = r.n ",
                   kJoinLabel,
                   " UNION ALL SELECT c.id, o.id, NULL, 'class', NULL FROM "
                   "classes c CROSS JOIN objects o ON o.class = c.id"),
      absl::StrCat("CREATE VIEW v_weak_edges AS SELECT e.src, e.n, e.dst, "
                   "k.name AS kind, ",
                   kLabel, " AS label FROM weak_edges e ", kJoinLabel),
      absl::StrCat(
          "CREATE VIEW v_fields AS SELECT e.src, e.n, k.name AS kind, ", kLabel,
          " AS label, e.value FROM fields e ", kJoinLabel),
      "CREATE VIEW v_roots AS SELECT r.category, r.name, r.weak, o.id, "
      "o.address, o.type, o.class, o.size, o.retained FROM roots r JOIN "
      "v_objects o ON o.id = r.dst",
      "CREATE VIEW v_classes AS SELECT id, name, count, size, retained FROM "
      "classes WHERE count > 0 ORDER BY count DESC, name",
      "CREATE VIEW v_top_retainers AS SELECT t.rank, o.id, o.address, o.type, "
      "o.class, o.kind, o.name, o.size, t.retained FROM top_retainers t JOIN "
      "v_objects o ON o.id = t.id",
      "CREATE VIEW v_allocations AS SELECT o.id, o.address, o.type, o.class, "
      "o.size, a.weight, f.file, f.line, f.method, a.stack FROM "
      "allocation_samples a JOIN v_objects o ON o.id = a.id LEFT JOIN "
      "allocation_stacks s ON s.id = a.stack LEFT JOIN allocation_frames f ON "
      "f.id = s.frame",
      "CREATE VIEW v_closures AS SELECT e.id, printf('0x%x', o.address) AS "
      "address, i.label, i.file, i.line, o.retained FROM envs e JOIN objects "
      "o ON o.id = e.id LEFT JOIN iseqs i ON i.id = e.iseq",
  };
  return *kViews;
}

absl::StatusOr<bool> HasHeapDbHeader(const std::string& path) {
  constexpr absl::string_view kMagic("SQLite format 3\0", 16);
  constexpr size_t kIdAt = 68;
  char header[kIdAt + 4];
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t n = fd < 0 ? -1 : read(fd, header, sizeof(header));
  const int error = errno;
  if (fd >= 0) close(fd);
  if (n < 0) {
    return absl::UnavailableError(
        absl::StrCat(path, ": cannot read: ", std::strerror(error)));
  }
  if (n < static_cast<ssize_t>(sizeof(header))) return false;
  const auto* id = reinterpret_cast<const uint8_t*>(header + kIdAt);
  return absl::string_view(header, kMagic.size()) == kMagic &&
         (int64_t{id[0]} << 24 | id[1] << 16 | id[2] << 8 | id[3]) ==
             kApplicationId;
}

absl::Status CheckSchema(Connection* connection, const std::string& path) {
  const std::string no_heap_db = absl::StrCat(
      path, ": no heap.db; make one with `heapq load DUMP --db FILE`");
  ASSIGN_OR_RETURN(
      Statement kind,
      connection->Prepare("SELECT application_id, user_version FROM "
                          "pragma_application_id, pragma_user_version"));
  const absl::StatusOr<bool> has_kind = kind.Step();
  if (!has_kind.ok() || !*has_kind || kind.Int(0) != kApplicationId) {
    return absl::InvalidArgumentError(no_heap_db);
  }
  if (kind.Int(1) != kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": a heap.db of schema ", kind.Int(1), ", this heapq reads ",
        kSchemaVersion, "; load the dump again"));
  }
  std::set<std::string> wanted;
  for (const auto* statements : {&SchemaTables(), &SchemaBulkIndexes(),
                                 &SchemaIndexes(), &SchemaViews()}) {
    wanted.insert(statements->begin(), statements->end());
  }
  ASSIGN_OR_RETURN(Statement found,
                   connection->Prepare("SELECT sql FROM sqlite_schema WHERE "
                                       "sql IS NOT NULL"));
  while (true) {
    const absl::StatusOr<bool> row = found.Step();
    if (!row.ok()) {
      return absl::DataLossError(
          absl::StrCat(path, ": damaged (", std::string(row.status().message()),
                       "); load the dump again"));
    }
    if (!*row) break;
    if (wanted.erase(std::string(found.Text(0))) == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          path,
          ": holds something that heapq did not write; load the dump "
          "again"));
    }
  }
  if (!wanted.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": incomplete; load the dump again"));
  }
  return absl::OkStatus();
}

}  // namespace heapq

#include "cli/export/fleet.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/export/dump_id.h"
#include "indexer/base/status_macros.h"
#include "query/aggregates/class_histogram.h"
#include "query/db/heap_rows.h"
#include "query/paths/path_display.h"
#include "query/suspects/largest_paths.h"
#include "query/suspects/suspects.h"

namespace heapq {
namespace {

// A share that is worth a row: the fleet's table shows which one counts.
constexpr double kMinShare = 0.01;
// Rows of the table `fingerprints`.
constexpr size_t kFingerprints = 1000;

class FleetReader {
 public:
  FleetReader(HeapDb* db, DumpKey key, FleetRow row)
      : db_(*db), key_(std::move(key)), rows_(db), row_(row) {}

  absl::Status Read() {
    for (const FleetTable& table : FleetTables()) {
      table_ = &table;
      RETURN_IF_ERROR(ReadTable(table.name));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadTable(std::string_view name) {
    if (name == "types") return Types();
    if (name == "suspects") return Suspects();
    if (name == "fingerprints") return Fingerprints();
    if (name == "roots") return Roots();
    if (name == "objects") return Objects();
    if (name == "edges") return Edges();
    return Dumps();
  }

  absl::Status Put(const std::vector<FleetCell>& cells) {
    return row_(*table_, cells);
  }

  // Behind the columns that identify the dump.
  absl::Status PutOfDump(const std::vector<FleetCell>& cells) {
    FleetCell time;
    if (!key_.time.empty()) time = std::string_view(key_.time);
    std::vector<FleetCell> all = {key_.dump, std::string_view(key_.host),
                                  std::string_view(key_.app), key_.pid, time};
    all.insert(all.end(), cells.begin(), cells.end());
    return row_(*table_, all);
  }

  static FleetCell OrNull(const std::optional<uint64_t>& number) {
    return number.has_value() ? FleetCell(*number) : FleetCell();
  }

  absl::Status Types() {
    ASSIGN_OR_RETURN(const std::vector<TypeCount> types, TypesByName(&db_));
    for (const TypeCount& type : types) {
      RETURN_IF_ERROR(PutOfDump({std::string_view(type.name), type.count,
                                 type.size, OrNull(type.retained)}));
    }
    return absl::OkStatus();
  }

  static std::string PathText(const RetentionPath& path) {
    std::string text;
    for (const PathLine& line : LinesOf(path)) {
      if (!text.empty()) text += " → ";
      if (line.omitted_before > 0) text += "… → ";
      text += line.label;
    }
    return text;
  }

  absl::Status Suspects() {
    ASSIGN_OR_RETURN(const std::vector<Suspect> suspects,
                     FindSuspects(&db_, kMinShare));
    uint64_t rank = 0;
    for (const Suspect& suspect : suspects) {
      const std::string path = PathText(suspect.path);
      const std::string address = AddressText(suspect.object.address);
      const Place& place = suspect.look_at.place;
      const std::string_view class_name = suspect.held_class;
      RETURN_IF_ERROR(PutOfDump(
          {++rank, std::string_view(suspect.fingerprint), class_name,
           suspect.count, suspect.retained, suspect.share,
           uint64_t{suspect.object.id}, std::string_view(address),
           std::string_view(suspect.object.label), std::string_view(path),
           std::string_view(place.file), uint64_t{place.line}}));
    }
    return absl::OkStatus();
  }

  absl::Status Fingerprints() {
    ASSIGN_OR_RETURN(const std::vector<FingerprintTotal> totals,
                     LargestPaths(&db_, kFingerprints));
    for (const FingerprintTotal& one : totals) {
      RETURN_IF_ERROR(PutOfDump(
          {std::string_view(one.fingerprint), std::string_view(one.class_name),
           one.count, one.size, one.bytes, std::string_view(one.path),
           uint64_t{one.object}}));
    }
    return absl::OkStatus();
  }

  absl::Status Roots() {
    uint64_t n = 0;
    return rows_.Roots([&](const RootRow& root) {
      return Put({key_.dump, n++, std::string_view(root.category),
                  std::string_view(root.name), uint64_t{root.dst}, root.weak});
    });
  }

  absl::Status Objects() {
    return rows_.Nodes([this](const NodeRow& node) {
      const std::string address = AddressText(node.address);
      FleetCell idom;
      if (node.reachable) idom = uint64_t{node.idom};
      FleetCell generation;
      if (node.generation.has_value()) generation = uint64_t{*node.generation};
      return Put({key_.dump, uint64_t{node.id}, std::string_view(address),
                  ObjectTypeName(node.type), node.class_name, node.kind,
                  node.name, node.size, OrNull(node.retained), idom, node.file,
                  uint64_t{node.line}, node.method, generation});
    });
  }

  absl::Status Edges() {
    return rows_.Edges([this](const EdgeRow& edge) -> absl::Status {
      ASSIGN_OR_RETURN(const std::string label, rows_.Label(edge));
      return Put({key_.dump, uint64_t{edge.src}, edge.weak, edge.n,
                  uint64_t{edge.dst}, EdgeKindName(edge.kind),
                  std::string_view(label)});
    });
  }

  absl::Status Dumps() {
    const HeapInfo& info = key_.info;
    return PutOfDump(
        {std::string_view(key_.ruby), std::string_view(info.format),
         std::string_view(info.source), info.objects, info.size, info.reachable,
         info.reachable_size, info.edges, info.truncated});
  }

  HeapDb& db_;
  const DumpKey key_;
  HeapRows rows_;
  const FleetRow row_;
  const FleetTable* table_ = nullptr;
};

}  // namespace

absl::Status ReadFleetRows(HeapDb* db, const ExportOptions& options,
                           uint64_t* dump, FleetRow row) {
  ASSIGN_OR_RETURN(DumpKey key, ReadDumpKey(db, options));
  *dump = key.dump;
  return FleetReader(db, std::move(key), row).Read();
}

}  // namespace heapq

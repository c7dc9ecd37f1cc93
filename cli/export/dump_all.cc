// Writes the format of ObjectSpace.dump_all: an object a line, the roots before
// them.
#include <string>
#include <vector>

#include "cli/export/exporter.h"
#include "cli/output/json_writer.h"
#include "indexer/base/status_macros.h"
#include "query/db/heap_rows.h"

namespace heapq {
namespace {

class DumpAllWriter {
 public:
  DumpAllWriter(HeapDb* db, std::ostream* out)
      : db_(*db), rows_(db), out_(*out), json_(out, JsonWriter::kCompact) {}

  absl::Status Write() {
    addresses_.assign(db_.last_id() + size_t{1}, 0);
    RETURN_IF_ERROR(rows_.Nodes([this](const NodeRow& node) {
      if (node.id < addresses_.size()) addresses_[node.id] = node.address;
      return absl::OkStatus();
    }));
    RETURN_IF_ERROR(WriteRoots());
    RETURN_IF_ERROR(rows_.NodesWithEdges(
        [this](const NodeRow& node) {
          End();
          // Objects without a record in the dump have none here.
          if (node.type != ObjectType::kGhost) Begin(node);
          return Written(out_);
        },
        [this](const EdgeRow& edge) {
          // The format has the class under a key of its own, and nothing for
          // what the garbage collector does not follow.
          if (edge.weak || edge.kind == EdgeKind::kClass || !open_) {
            return absl::OkStatus();
          }
          if (!in_references_) json_.Key("references").BeginArray();
          in_references_ = true;
          json_.Text(Address(edge.dst));
          if (edge.kind == EdgeKind::kSuper) superclass_ = edge.dst;
          return Written(out_);
        }));
    End();
    return Written(out_);
  }

 private:
  std::string Address(uint32_t id) const {
    return AddressText(id < addresses_.size() ? addresses_[id] : 0);
  }

  // Rows of one category may lie apart; a line each, as Ruby has it.
  absl::Status WriteRoots() {
    std::string category;
    bool open = false;
    RETURN_IF_ERROR(rows_.Roots([&](const RootRow& root) {
      if (root.weak) return absl::OkStatus();
      if (!open || root.category != category) {
        if (open) json_.EndArray().EndMap().Finish();
        category = root.category;
        json_.BeginMap().Key("type").Text("ROOT").Key("root").Text(category);
        json_.Key("references").BeginArray();
        open = true;
      }
      json_.Text(Address(root.dst));
      return Written(out_);
    }));
    if (open) json_.EndArray().EndMap().Finish();
    return absl::OkStatus();
  }

  void Begin(const NodeRow& node) {
    std::string_view type = ObjectTypeName(node.type);
    if (type.substr(0, 2) == "T_") type.remove_prefix(2);
    json_.BeginMap().Key("address").Text(AddressText(node.address));
    json_.Key("type").Text(type);
    if (node.class_id != 0) json_.Key("class").Text(Address(node.class_id));
    if (!node.name.empty()) {
      // A symbol's own text is its value there.
      json_.Key(node.type == ObjectType::kSymbol ? "value" : "name");
      json_.Text(node.name);
    }
    if (!node.kind.empty()) {
      json_.Key(node.type == ObjectType::kImemo ? "imemo_type" : "struct");
      json_.Text(node.kind);
    }
    const auto flag = [&](const char* key, ObjectFlag bit) {
      if ((node.flags & bit) != 0) json_.Key(key).Bool(true);
    };
    flag("frozen", kFrozen);
    flag("embedded", kEmbedded);
    flag("fstring", kFstring);
    flag("shared", kShared);
    flag("singleton", kSingleton);
    // Ruby leaves out values that are not text.
    const bool whole = (node.flags & (kEscaped | kTruncated)) == 0;
    if (node.type == ObjectType::kString && node.text.has_value() && whole) {
      json_.Key("bytesize").Number(node.text->size());
      json_.Key("value").Text(*node.text);
    }
    if (!node.file.empty()) {
      json_.Key("file").Text(node.file).Key("line").Number(node.line);
    }
    if (!node.method.empty()) json_.Key("method").Text(node.method);
    if (node.generation.has_value()) {
      json_.Key("generation").Number(*node.generation);
    }
    json_.Key("memsize").Number(node.size);
    if ((node.flags & kOld) != 0) {
      json_.Key("flags").BeginMap().Key("old").Bool(true).EndMap();
    }
    open_ = true;
  }

  void End() {
    if (!open_) return;
    if (in_references_) json_.EndArray();
    if (superclass_ != 0) json_.Key("superclass").Text(Address(superclass_));
    json_.EndMap().Finish();
    open_ = in_references_ = false;
    superclass_ = 0;
  }

  HeapDb& db_;
  HeapRows rows_;
  std::ostream& out_;
  JsonWriter json_;
  std::vector<uint64_t> addresses_;  // by id
  bool open_ = false;
  bool in_references_ = false;
  uint32_t superclass_ = 0;  // of the object at hand
};

}  // namespace

absl::Status WriteDumpAll(HeapDb* db, const ExportOptions& /*options*/,
                          std::ostream* out) {
  return DumpAllWriter(db, out).Write();
}

}  // namespace heapq

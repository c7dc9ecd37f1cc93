// A document a line for mongoimport. Keys are fixed words: what the heap names
// is never one. A document of an object with very many references goes on in
// others, {"_id":"17+1","of":17,…}, as records of a dump do: MongoDB takes no
// document of 16 MB.
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/export/exporter.h"
#include "cli/output/json_writer.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/utf8.h"
#include "query/db/heap_rows.h"

namespace heapq {
namespace {

constexpr size_t kMaxTextLength = 1 << 20;  // bytes
constexpr size_t kMaxBytes = 4 << 20;       // of a document's references
constexpr size_t kBytesOfReference = 100;   // without its label, at most

class MongoWriter {
 public:
  MongoWriter(HeapDb* db, std::ostream* out)
      : rows_(db), out_(*out), json_(out, JsonWriter::kCompact) {}

  absl::Status Write() {
    RETURN_IF_ERROR(WriteRoots());
    RETURN_IF_ERROR(rows_.NodesWithEdges(
        [this](const NodeRow& node) {
          End();
          Begin(node);
          return Written(out_);
        },
        [this](const EdgeRow& edge) { return Reference(edge); }));
    End();
    return Written(out_);
  }

 private:
  absl::Status WriteRoots() {
    uint64_t n = 0;
    return rows_.Roots([&](const RootRow& root) {
      json_.BeginMap().Key("_id").Text(absl::StrCat("root+", n++));
      json_.Key("root").Text(root.category);
      if (!root.name.empty()) Text("name", root.name);
      json_.Key("to").Number(root.dst);
      if (root.weak) json_.Key("weak").Bool(true);
      json_.EndMap().Finish();
      return Written(out_);
    });
  }

  void Begin(const NodeRow& node) {
    id_ = node.id;
    parts_ = 0;
    json_.BeginMap().Key("_id").Number(node.id);
    json_.Key("address").Text(AddressText(node.address));
    json_.Key("type").Text(ObjectTypeName(node.type));
    if (!node.class_name.empty()) Text("class", node.class_name);
    if (!node.kind.empty()) Text("kind", node.kind);
    if (!node.name.empty()) Text("name", node.name);
    if (node.text.has_value()) Text("value", *node.text);
    json_.Key("size").Number(node.size);
    if (node.retained.has_value()) {
      json_.Key("retained").Number(*node.retained);
    }
    if (node.reachable) json_.Key("idom").Number(node.idom);
    if (!node.file.empty()) {
      Text("file", node.file);
      json_.Key("line").Number(node.line);
    }
    if (!node.method.empty()) Text("method", node.method);
    if (node.generation.has_value()) {
      json_.Key("generation").Number(*node.generation);
    }
    BeginReferences();
  }

  void BeginReferences() {
    json_.Key("refs").BeginArray();
    bytes_ = 0;
    open_ = true;
  }

  void End() {
    if (!open_) return;
    json_.EndArray().EndMap().Finish();
    open_ = false;
  }

  void Text(std::string_view key, std::string_view text) {
    json_.Key(key).Text(Short(text));
    if (text.size() > kMaxTextLength) json_.Key("truncated").Bool(true);
  }

  static std::string_view Short(std::string_view text) {
    if (text.size() <= kMaxTextLength) return text;
    text = text.substr(0, kMaxTextLength);
    return text.substr(0, ValidUtf8Prefix(text));
  }

  absl::Status Reference(const EdgeRow& edge) {
    ASSIGN_OR_RETURN(const std::string label, rows_.Label(edge));
    const std::string_view shown = Short(label);
    // An escaped byte takes up to six.
    bytes_ += kBytesOfReference + 6 * shown.size();
    if (bytes_ > kMaxBytes) {
      End();
      json_.BeginMap().Key("_id").Text(absl::StrCat(id_, "+", ++parts_));
      json_.Key("of").Number(id_);
      BeginReferences();
    }
    json_.BeginMap().Key("to").Number(edge.dst);
    json_.Key("kind").Text(EdgeKindName(edge.kind));
    if (!label.empty()) json_.Key("label").Text(shown);
    if (edge.weak) json_.Key("weak").Bool(true);
    json_.EndMap();
    return Written(out_);
  }

  HeapRows rows_;
  std::ostream& out_;
  JsonWriter json_;
  uint64_t id_ = 0;
  uint64_t parts_ = 0;  // documents of this object, besides the first
  size_t bytes_ = 0;    // of the references in this document, at most
  bool open_ = false;
};

}  // namespace

absl::Status WriteMongo(HeapDb* db, const ExportOptions& /*options*/,
                        std::ostream* out) {
  return MongoWriter(db, out).Write();
}

}  // namespace heapq

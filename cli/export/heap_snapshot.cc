// V8's heap snapshot: two long arrays of numbers, for nodes and for edges in
// the nodes' order, and a table of the texts that these number. Object ids,
// which must differ and be odd, are 2 × id + 1.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/str_cat.h"
#include "cli/export/exporter.h"
#include "cli/export/node_name.h"
#include "cli/output/json_writer.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/utf8.h"
#include "indexer/model/object_kind.h"
#include "query/db/heap_rows.h"

namespace heapq {
namespace {

constexpr uint64_t kNodeFields = 7;
constexpr size_t kMaxTextLength = 256;  // bytes; strings may be megabytes

// Places in the lists of types below.
enum NodeType {
  kHiddenNode = 0,
  kStringNode = 2,
  kObjectNode = 3,
  kCodeNode = 4,
  kClosureNode = 5,
  kRegexpNode = 6,
  kNumberNode = 7,
  kSyntheticNode = 9,
  kSymbolNode = 12,
};
constexpr const char* kNodeTypes[] = {"hidden",
                                      "array",
                                      "string",
                                      "object",
                                      "code",
                                      "closure",
                                      "regexp",
                                      "number",
                                      "native",
                                      "synthetic",
                                      "concatenated string",
                                      "sliced string",
                                      "symbol",
                                      "bigint"};

enum EdgeType {
  kContextEdge = 0,
  kElementEdge = 1,
  kPropertyEdge = 2,
  kInternalEdge = 3,
  kHiddenEdge = 4,
  kWeakEdge = 6,
};
constexpr const char* kEdgeTypes[] = {
    "context", "element", "property", "internal", "hidden", "shortcut", "weak"};

// Texts and their numbers.
class TextTable {
 public:
  uint64_t Of(std::string_view text) {
    if (text.size() > kMaxTextLength) {
      text = text.substr(0, kMaxTextLength);
      text = text.substr(0, ValidUtf8Prefix(text));
    }
    const auto [found, is_new] =
        numbers_.try_emplace(std::string(text), texts_.size());
    if (is_new) texts_.push_back(&found->first);
    return found->second;
  }
  const std::vector<const std::string*>& texts() const { return texts_; }

 private:
  absl::node_hash_map<std::string, uint64_t> numbers_;
  std::vector<const std::string*> texts_;
};

NodeType NodeTypeOfImemo(ObjectKind kind) {
  return kind == ObjectKind::kIseq || kind == ObjectKind::kMethodEntry
             ? kCodeNode
             : kHiddenNode;
}

NodeType TypeOf(const NodeRow& node) {
  switch (node.type) {
    case ObjectType::kString:
      return kStringNode;
    case ObjectType::kSymbol:
      return kSymbolNode;
    case ObjectType::kRegexp:
      return kRegexpNode;
    case ObjectType::kFloat:
    case ObjectType::kBignum:
    case ObjectType::kRational:
    case ObjectType::kComplex:
      return kNumberNode;
    case ObjectType::kImemo:
      return NodeTypeOfImemo(KindOf(node.kind));
    case ObjectType::kData:
      return KindOf(node.kind) == ObjectKind::kProc ? kClosureNode
                                                    : kObjectNode;
    case ObjectType::kIclass:
    case ObjectType::kNode:
    case ObjectType::kGhost:
    case ObjectType::kUnknown:
      return kHiddenNode;
    default:
      return kObjectNode;
  }
}

// Objects of one class have one name, so that the tools put them together;
// texts are their own.
std::string NameOf(const NodeRow& node) {
  if (node.type == ObjectType::kSymbol) {
    return absl::StrCat(":", std::string(node.name));
  }
  if (node.text.has_value()) return std::string(*node.text);
  return NodeName(node);
}

class SnapshotWriter {
 public:
  SnapshotWriter(HeapDb* db, std::ostream* out)
      : db_(*db), rows_(db), out_(*out), json_(out, JsonWriter::kCompact) {}

  absl::Status Write() {
    RETURN_IF_ERROR(ReadRoots());
    RETURN_IF_ERROR(CountEdges());
    json_.BeginMap();
    WriteMeta();
    RETURN_IF_ERROR(WriteNodes());
    RETURN_IF_ERROR(WriteEdges());
    for (const char* empty :
         {"trace_function_infos", "trace_tree", "samples", "locations"}) {
      json_.Key(empty).BeginArray().EndArray();
    }
    json_.Key("strings").BeginArray();
    for (const std::string* text : texts_.texts()) json_.Text(*text);
    json_.EndArray().EndMap().Finish();
    return absl::OkStatus();
  }

 private:
  struct Category {
    std::string name;
    std::vector<RootRow> roots;
  };

  absl::Status ReadRoots() {
    absl::flat_hash_map<std::string, size_t> places;
    return rows_.Roots([&](const RootRow& root) {
      const auto [at, is_new] =
          places.try_emplace(root.category, categories_.size());
      if (is_new) categories_.push_back({root.category, {}});
      categories_[at->second].roots.push_back(root);
      return absl::OkStatus();
    });
  }

  // The nodes: the root, "(GC roots)", a node for each category, the objects.
  uint64_t FirstObject() const { return 2 + categories_.size(); }

  absl::Status CountEdges() {
    places_.assign(db_.last_id() + uint64_t{1}, 0);
    edge_counts_.assign(places_.size(), 0);
    node_count_ = FirstObject();
    RETURN_IF_ERROR(rows_.Nodes([this](const NodeRow& node) {
      if (node.reachable) {
        places_[node.id] = static_cast<uint32_t>(node_count_++);
      }
      return absl::OkStatus();
    }));
    edge_count_ = 1 + categories_.size();
    for (const Category& category : categories_) {
      edge_count_ += category.roots.size();
    }
    return rows_.Edges([this](const EdgeRow& edge) {
      if (Shown(edge)) {
        ++edge_counts_[edge.src];
        ++edge_count_;
      }
      return absl::OkStatus();
    });
  }

  bool Shown(const EdgeRow& edge) const {
    return places_[edge.src] != 0 && places_[edge.dst] != 0;
  }

  template <size_t kCount>
  void Texts(const char* const (&texts)[kCount]) {
    json_.BeginArray();
    for (const char* text : texts) json_.Text(text);
    json_.EndArray();
  }

  void WriteMeta() {
    static constexpr const char* kNodeFieldNames[] = {
        "type",       "name",          "id",          "self_size",
        "edge_count", "trace_node_id", "detachedness"};
    static constexpr const char* kEdgeFieldNames[] = {"type", "name_or_index",
                                                      "to_node"};
    static constexpr const char* kLocationFields[] = {
        "object_index", "script_id", "line", "column"};
    json_.Key("snapshot").BeginMap().Key("meta").BeginMap();
    json_.Key("node_fields");
    Texts(kNodeFieldNames);
    json_.Key("node_types").BeginArray();
    Texts(kNodeTypes);
    for (const char* type :
         {"string", "number", "number", "number", "number", "number"}) {
      json_.Text(type);
    }
    json_.EndArray().Key("edge_fields");
    Texts(kEdgeFieldNames);
    json_.Key("edge_types").BeginArray();
    Texts(kEdgeTypes);
    json_.Text("string_or_number").Text("node").EndArray();
    json_.Key("trace_function_info_fields").BeginArray().EndArray();
    json_.Key("trace_node_fields").BeginArray().EndArray();
    json_.Key("sample_fields").BeginArray().EndArray();
    json_.Key("location_fields");
    Texts(kLocationFields);
    json_.EndMap();
    json_.Key("node_count").Number(node_count_);
    json_.Key("edge_count").Number(edge_count_);
    json_.Key("trace_function_count").Number(0).EndMap();
  }

  void Node(NodeType type, const std::string& name, uint64_t id, uint64_t size,
            uint64_t edges) {
    json_.Number(type).Number(texts_.Of(name)).Number(id).Number(size);
    json_.Number(edges).Number(0).Number(0);
  }

  absl::Status WriteNodes() {
    json_.Key("nodes").BeginArray();
    names_.assign(places_.size(), 0);
    Node(kSyntheticNode, "", 1, 0, 1);
    // Not the id of an object: these are odd.
    Node(kSyntheticNode, "(GC roots)", 2, 0, categories_.size());
    uint64_t id = 4;
    for (const Category& category : categories_) {
      Node(kSyntheticNode, absl::StrCat("(", category.name, ")"), id, 0,
           category.roots.size());
      id += 2;
    }
    RETURN_IF_ERROR(rows_.Nodes([this](const NodeRow& node) {
      if (!node.reachable) return absl::OkStatus();
      const std::string name = NameOf(node);
      Node(TypeOf(node), name, 2 * uint64_t{node.id} + 1, node.size,
           edge_counts_[node.id]);
      names_[node.id] = static_cast<uint32_t>(texts_.Of(name));
      return Written(out_);
    }));
    json_.EndArray();
    return absl::OkStatus();
  }

  void Edge(EdgeType type, uint64_t name_or_index, uint64_t place) {
    json_.Number(type).Number(name_or_index).Number(place * kNodeFields);
  }

  absl::Status WriteEdges() {
    json_.Key("edges").BeginArray();
    Edge(kElementEdge, 0, 1);
    for (size_t i = 0; i < categories_.size(); ++i) {
      Edge(kElementEdge, i, 2 + i);
    }
    for (const Category& category : categories_) {
      uint64_t n = 0;
      for (const RootRow& root : category.roots) {
        const uint64_t place = places_[root.dst];
        if (root.weak) {
          Edge(kWeakEdge, texts_.Of(root.name), place);
        } else if (root.name.empty()) {
          Edge(kElementEdge, n, place);
        } else {
          Edge(kPropertyEdge, texts_.Of(root.name), place);
        }
        ++n;
      }
    }
    RETURN_IF_ERROR(rows_.Edges([this](const EdgeRow& edge) {
      if (Shown(edge)) RETURN_IF_ERROR(WriteEdge(edge));
      return Written(out_);
    }));
    json_.EndArray();
    return absl::OkStatus();
  }

  absl::Status WriteEdge(const EdgeRow& edge) {
    const uint64_t place = places_[edge.dst];
    if (edge.weak) {
      Edge(kWeakEdge, texts_.Of(EdgeKindName(edge.kind)), place);
      return absl::OkStatus();
    }
    switch (edge.kind) {
      case EdgeKind::kRef:
        Edge(kHiddenEdge, static_cast<uint64_t>(edge.n), place);
        return absl::OkStatus();
      case EdgeKind::kIndex:
        Edge(kElementEdge, static_cast<uint64_t>(edge.label), place);
        return absl::OkStatus();
      case EdgeKind::kClass:
      case EdgeKind::kSuper:
        Edge(kInternalEdge, texts_.Of(EdgeKindName(edge.kind)), place);
        return absl::OkStatus();
      case EdgeKind::kHashKey:
        Edge(kInternalEdge, texts_.Of(absl::StrCat("key ", edge.label)), place);
        return absl::OkStatus();
      default:
        break;
    }
    ASSIGN_OR_RETURN(const uint64_t text, LabelOf(edge));
    EdgeType type = kPropertyEdge;
    if (edge.kind == EdgeKind::kPart || edge.kind == EdgeKind::kItem) {
      type = kInternalEdge;
    } else if (edge.kind == EdgeKind::kLocal) {
      type = kContextEdge;
    }
    Edge(type, text, place);
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> LabelOf(const EdgeRow& edge) {
    if (LabelTypeOf(edge.kind) == LabelType::kFrameValue) {
      ASSIGN_OR_RETURN(const std::string label, rows_.Label(edge));
      return texts_.Of(label);
    }
    const auto key = std::make_pair(edge.kind, edge.label);
    const auto known = labels_.find(key);
    if (known != labels_.end()) return known->second;
    std::string text;
    if (edge.kind == EdgeKind::kHashValueOf) {
      const auto id = static_cast<uint32_t>(edge.label);
      if (id < names_.size()) text = *texts_.texts()[names_[id]];
    } else {
      ASSIGN_OR_RETURN(const std::string_view name, rows_.Name(edge.label));
      text = name;
    }
    if (edge.kind == EdgeKind::kHashValue ||
        edge.kind == EdgeKind::kHashValueOf) {
      text = absl::StrCat("[", text, "]");
    }
    return labels_[key] = texts_.Of(text);
  }

  HeapDb& db_;
  HeapRows rows_;
  std::ostream& out_;
  JsonWriter json_;
  TextTable texts_;
  std::vector<Category> categories_;
  uint64_t node_count_ = 0;
  uint64_t edge_count_ = 0;
  // By id.
  std::vector<uint32_t> places_;  // 0: not in the snapshot
  std::vector<uint32_t> edge_counts_;
  std::vector<uint32_t> names_;  // numbers of texts
  absl::flat_hash_map<std::pair<EdgeKind, int64_t>, uint64_t> labels_;
};

}  // namespace

absl::Status WriteHeapSnapshot(HeapDb* db, const ExportOptions& /*options*/,
                               std::ostream* out) {
  return SnapshotWriter(db, out).Write();
}

}  // namespace heapq

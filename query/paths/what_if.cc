#include "query/paths/what_if.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "indexer/base/status_macros.h"
#include "query/db/edges.h"
#include "query/db/frame_values.h"
#include "query/graph/db_graph.h"
#include "query/graph/removal.h"
#include "query/labels/edge_label.h"
#include "query/labels/object_label.h"
#include "query/labels/object_names.h"

namespace heapq {
namespace {

constexpr uint64_t kLabelsTold = 5;  // where the asked one is missing

// The colon between a holder and a label: the first single one outside of
// brackets. npos: there is none.
size_t ColonAfterHolder(const std::string& text) {
  const size_t prefix = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
  const bool has_prefix = text.compare(0, prefix, "class") == 0 ||
                          text.compare(0, prefix, "thread") == 0;
  size_t i = has_prefix && prefix != std::string::npos ? prefix + 1 : 0;
  for (int depth = 0; i < text.size(); ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']') --depth;
    if (text[i] != ':' || depth > 0) continue;
    if (i + 1 == text.size() || text[i + 1] != ':') return i;
    ++i;
  }
  return std::string::npos;
}

class DroppingReader {
 public:
  explicit DroppingReader(HeapDb* db)
      : db_(*db),
        describe_(db),
        labels_(db, &describe_),
        edges_(db),
        graph_(db) {}

  absl::Status AddObject(const std::string& text) {
    ASSIGN_OR_RETURN(const NamedObjects named, FindByName(&db_, text));
    drop_.objects.insert(drop_.objects.end(), named.ids.begin(),
                         named.ids.end());
    if (named.ids.size() > 1) {
      answer_.dropped.push_back(absl::StrCat(named.ids.size(), " × ", text));
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const ObjectSummary object,
                     describe_.Summary(named.ids.front()));
    answer_.dropped.push_back(object.label);
    return absl::OkStatus();
  }

  absl::Status AddReference(const std::string& text) {
    const size_t colon = ColonAfterHolder(text);
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", text, "\" is not a reference; expected HOLDER:LABEL, as in ",
          "0x7f…:@cache or root:$bus"));
    }
    const std::string holder = text.substr(0, colon);
    const std::string label = text.substr(colon + 1);
    if (holder == "root") return AddRoot(label);
    ASSIGN_OR_RETURN(const uint32_t id, FindOneByName(&db_, holder));
    return AddEdge(id, label);
  }

  absl::StatusOr<WhatIfAnswer> Read() {
    ASSIGN_OR_RETURN(const RemovalEffect gone,
                     FindRemovalEffect(&graph_, drop_));
    answer_.objects = gone.objects;
    answer_.size = gone.size;
    ASSIGN_OR_RETURN(const int64_t size, db_.MetaNumber("reachable_size"));
    answer_.reachable_size = static_cast<uint64_t>(size);
    RETURN_IF_ERROR(Tally(gone.sums));
    for (const References& references : drop_.references) {
      if (std::binary_search(gone.ids.begin(), gone.ids.end(),
                             references.held)) {
        continue;
      }
      ASSIGN_OR_RETURN(ObjectSummary object,
                       describe_.Summary(references.held));
      answer_.staying.push_back(std::move(object));
    }
    return std::move(answer_);
  }

 private:
  absl::Status AddRoot(const std::string& label) {
    std::vector<uint32_t> held;
    {
      ASSIGN_OR_RETURN(Statement * rows,
                       db_.Cached("SELECT DISTINCT dst FROM roots WHERE NOT "
                                  "weak ORDER BY n"));
      while (true) {
        ASSIGN_OR_RETURN(const bool row, rows->Step());
        if (!row) break;
        held.push_back(static_cast<uint32_t>(rows->Int(0)));
      }
    }
    bool found = false;
    for (const uint32_t id : held) {
      ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges_.Roots(id));
      for (const RootRow& root : roots) {
        if (root.weak) continue;
        if (label != root.name && label != EdgeLabels::OfRoot(root)) continue;
        drop_.references.push_back({0, id, 1});
        found = true;
      }
    }
    if (!found) {
      return absl::NotFoundError(
          absl::StrCat("no root is called \"", label,
                       "\"; see `heapq sql \"SELECT * FROM v_roots\"`"));
    }
    answer_.dropped.push_back(label);
    return absl::OkStatus();
  }

  absl::Status AddEdge(uint32_t id, const std::string& label) {
    ASSIGN_OR_RETURN(const ObjectRow holder, db_.Object(id));
    Page page;
    page.count = ~uint64_t{0} >> 1;
    ASSIGN_OR_RETURN(const Paged<EdgeRow> out, edges_.Out(holder, page));
    std::vector<std::string> known;
    bool found = false;
    for (const EdgeRow& edge : out.rows) {
      if (edge.weak) continue;
      ASSIGN_OR_RETURN(std::string own, labels_.Of(edge));
      ASSIGN_OR_RETURN(const std::string name,
                       LabelName(&db_, edge.kind, edge.label));
      if (label == own || label == name) {
        drop_.references.push_back({id, edge.dst, 1});
        found = true;
      } else if (known.size() < kLabelsTold) {
        known.push_back(std::move(own));
      }
    }
    ASSIGN_OR_RETURN(const std::string holder_label, describe_.Label(holder));
    if (!found) {
      return absl::NotFoundError(absl::StrCat(
          holder_label, " has no reference \"", label, "\"",
          known.empty() ? "" : "; it has ", absl::StrJoin(known, ", "),
          out.total > kLabelsTold ? ", …" : ""));
    }
    answer_.dropped.push_back(absl::StrCat(label, " of ", holder_label));
    return absl::OkStatus();
  }

  absl::Status Tally(const std::vector<RemovalEffect::Sum>& sums) {
    for (const RemovalEffect::Sum& sum : sums) {
      ClassTally& tally = answer_.classes.emplace_back();
      tally.count = sum.objects;
      tally.size = sum.size;
      if (sum.class_id != 0) {
        ASSIGN_OR_RETURN(tally.name, describe_.ClassPath(sum.class_id));
      } else {
        tally.name =
            absl::StrCat("(", std::string(ObjectTypeName(sum.type)), ")");
      }
    }
    std::sort(answer_.classes.begin(), answer_.classes.end(),
              [](const ClassTally& a, const ClassTally& b) {
                return std::tie(b.size, b.count, a.name) <
                       std::tie(a.size, a.count, b.name);
              });
    return absl::OkStatus();
  }

  HeapDb& db_;
  ObjectLabeler describe_;
  EdgeLabels labels_;
  Edges edges_;
  DbGraph graph_;
  Removal drop_;
  WhatIfAnswer answer_;
};

}  // namespace

absl::StatusOr<WhatIfAnswer> ReadDropping(
    HeapDb* db, const std::vector<std::string>& objects,
    const std::vector<std::string>& references) {
  DroppingReader reader(db);
  for (const std::string& object : objects) {
    RETURN_IF_ERROR(reader.AddObject(object));
  }
  for (const std::string& reference : references) {
    RETURN_IF_ERROR(reader.AddReference(reference));
  }
  return reader.Read();
}

}  // namespace heapq

#include "query/objects/object_view.h"

#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

std::vector<std::string> FlagNames(uint8_t flags) {
  struct Name {
    ObjectFlag flag;
    const char* name;
  };
  static constexpr Name kNames[] = {
      {kFrozen, "frozen"},     {kOld, "old"},
      {kShared, "shared"},     {kFstring, "fstring"},
      {kEmbedded, "embedded"}, {kSingleton, "singleton"},
      {kEscaped, "escaped"},   {kTruncated, "truncated"}};
  std::vector<std::string> names;
  for (const Name& name : kNames) {
    if ((flags & name.flag) != 0) names.emplace_back(name.name);
  }
  return names;
}

}  // namespace

absl::Status ObjectViews::AddEdge(const EdgeRow& edge, ObjectView* view) {
  FieldView field;
  field.kind = EdgeKindName(edge.kind);
  field.weak = edge.weak;
  ASSIGN_OR_RETURN(field.label, labels_.Of(edge));
  ASSIGN_OR_RETURN(field.object, describe_.Summary(edge.dst));
  view->fields.push_back(std::move(field));
  return absl::OkStatus();
}

absl::StatusOr<ObjectView> ObjectViews::Show(uint32_t id,
                                             uint64_t most_fields) {
  ObjectView view;
  ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
  ASSIGN_OR_RETURN(view.object, describe_.Summary(object));
  view.data_kind = object.kind;
  view.flags = FlagNames(object.flags);
  view.allocated_in = object.method;
  view.generation = object.generation;
  view.reachable = object.reachable;
  ASSIGN_OR_RETURN(view.text, describe_.Text(id));
  ASSIGN_OR_RETURN(const std::vector<RootRow> roots, edges_.Roots(id));
  for (const RootRow& root : roots) {
    view.roots.push_back((root.weak ? "weakly: " : "") +
                         EdgeLabels::OfRoot(root));
  }

  ASSIGN_OR_RETURN(const Paged<EdgeRow> edges,
                   edges_.Out(object, {0, most_fields}));
  ASSIGN_OR_RETURN(const std::vector<FieldRow> fields,
                   edges_.Fields(id, most_fields));
  // A field says how many strong edges of the record stand before it.
  size_t next = 0;
  int64_t passed = 0;
  const auto add_fields = [&](int64_t before) -> absl::Status {
    for (; next < fields.size() && fields[next].at <= before; ++next) {
      FieldView field;
      field.kind = EdgeKindName(fields[next].kind);
      ASSIGN_OR_RETURN(field.label, labels_.OfField(id, fields[next].kind,
                                                    fields[next].label));
      field.value = fields[next].value;
      view.fields.push_back(std::move(field));
    }
    return absl::OkStatus();
  };
  for (const EdgeRow& edge : edges.rows) {
    if (edge.kind != EdgeKind::kClass) {
      RETURN_IF_ERROR(add_fields(edge.weak ? INT64_MAX : passed));
      ++passed;
    }
    RETURN_IF_ERROR(AddEdge(edge, &view));
  }
  RETURN_IF_ERROR(add_fields(INT64_MAX));
  if (view.fields.size() > most_fields) view.fields.resize(most_fields);
  ASSIGN_OR_RETURN(const uint64_t field_rows, edges_.FieldCount(id));
  view.field_count = edges.total + field_rows;
  ASSIGN_OR_RETURN(const Paged<EdgeRow> referrers, edges_.In(object, {0, 0}));
  view.referrer_count = referrers.total;
  return view;
}

absl::StatusOr<Neighbour> ObjectViews::Seen(const EdgeRow& edge,
                                            uint32_t other) {
  Neighbour neighbour;
  neighbour.kind = EdgeKindName(edge.kind);
  neighbour.weak = edge.weak;
  ASSIGN_OR_RETURN(neighbour.label, labels_.Of(edge));
  ASSIGN_OR_RETURN(neighbour.object, describe_.Summary(other));
  return neighbour;
}

absl::StatusOr<Paged<Neighbour>> ObjectViews::Refs(uint32_t id, Page page) {
  ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
  ASSIGN_OR_RETURN(const Paged<EdgeRow> edges, edges_.Out(object, page));
  Paged<Neighbour> result;
  result.total = edges.total;
  for (const EdgeRow& edge : edges.rows) {
    ASSIGN_OR_RETURN(Neighbour neighbour, Seen(edge, edge.dst));
    result.rows.push_back(std::move(neighbour));
  }
  return result;
}

absl::StatusOr<Paged<Neighbour>> ObjectViews::Referrers(uint32_t id,
                                                        Page page) {
  ASSIGN_OR_RETURN(const ObjectRow object, db_.Object(id));
  ASSIGN_OR_RETURN(const Paged<EdgeRow> edges, edges_.In(object, page));
  Paged<Neighbour> result;
  result.total = edges.total;
  for (const EdgeRow& edge : edges.rows) {
    ASSIGN_OR_RETURN(Neighbour neighbour, Seen(edge, edge.src));
    result.rows.push_back(std::move(neighbour));
  }
  return result;
}

}  // namespace heapq

#include "cli/why_alive/more_objects.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/app/percentage.h"
#include "cli/output/outline_writer.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/paths/cut_references.h"
#include "query/paths/merged_class_paths.h"

namespace heapq {
namespace {

std::string Times(uint64_t count, const std::string& what) {
  return absl::StrCat(Grouped(static_cast<int64_t>(count)), " ", what,
                      count == 1 ? "" : "s");
}

std::string OutcomeName(const CutReferences& answer) {
  if (!answer.reachable) return "unreachable";
  switch (answer.outcome) {
    case Cut::kFound:
      return answer.references.empty() ? "passing" : "found";
    case Cut::kFixed:
      return "fixed";
    case Cut::kTooMany:
      return "too_many";
    case Cut::kGaveUp:
      return "gave_up";
  }
  return "";
}

std::string CutHeadline(const CutReferences& answer,
                        const CutOptions& options) {
  const std::string& label = answer.object.label;
  if (!answer.reachable) {
    return absl::StrCat(label, " is not reachable: nothing needs to be cut");
  }
  switch (answer.outcome) {
    case Cut::kFound:
      if (answer.references.empty()) {
        return absl::StrCat(label,
                            " is held by caches or the machine stack alone: "
                            "nothing can be cut, it goes by itself");
      }
      return absl::StrCat(Times(answer.references.size(), "reference"),
                          " must go to free ", label, ": ",
                          Times(answer.freed_objects, "object"), ", ",
                          HumanBytes(answer.freed_size), " in all");
    case Cut::kFixed:
      return absl::StrCat(label,
                          " can't be freed: nothing on this way to it is a "
                          "reference that a program could clear");
    case Cut::kTooMany:
      return absl::StrCat("more than ", options.most_references,
                          " references must go to free ", label);
    case Cut::kGaveUp:
      return absl::StrCat("given up: more than ", options.most_visited,
                          " objects lead to ", label);
  }
  return label;
}

// "1,024 × Session", or the one object.
std::string HopText(const ClassPathHop& hop) {
  if (hop.object) return hop.object->label;
  return absl::StrCat(Grouped(static_cast<int64_t>(hop.merged.objects)), " × ",
                      hop.class_name);
}

// The tree in columns, with all its figures.
void WriteMergedRows(const MergedClassPaths& paths, Session& session) {
  const MergedPaths& merged = paths.merged;
  auto rows = session.Rows({{"depth", "depth", RowColumn::kCount},
                            {"instances", "instances", RowColumn::kCount},
                            {"size", "size", RowColumn::kBytes},
                            {"retained", "retained", RowColumn::kBytes},
                            {"objects", "objects", RowColumn::kCount},
                            {"reference", "reference"},
                            {"object", "object"},
                            {"address", "at"},
                            {"left_out", "left out", RowColumn::kCount}});
  rows->Head("class", CellOrNull(paths.class_name));
  rows->Head("instances", merged.targets);
  rows->Head("unreachable", merged.unreachable);
  rows->Head("size", merged.size);
  rows->Head("retained", merged.retained);
  for (const ClassPathHop& hop : paths.hops) {
    // Long lists would push everything off the screen.
    const size_t indent =
        session.is_table() ? 2 * std::min<size_t>(hop.merged.depth - 1, 20) : 0;
    rows->Row(
        {uint64_t{hop.merged.depth}, hop.merged.targets, hop.merged.size,
         hop.merged.retained, hop.merged.objects,
         std::string(indent, ' ') + hop.edge, HopText(hop),
         hop.object ? RowCell(AddressText(hop.object->address)) : RowCell(),
         hop.merged.left_out});
  }
  rows->Finish();
}

// The tree for people, indented.
void WriteMergedOutline(const MergedClassPaths& paths, Session& session) {
  std::vector<OutlineRow> rows;
  for (const ClassPathHop& hop : paths.hops) {
    OutlineRow row;
    row.figures = {Grouped(static_cast<int64_t>(hop.merged.targets)),
                   HumanBytes(hop.merged.retained)};
    row.depth = hop.merged.depth - 1;
    row.reference = hop.edge;
    const std::string object = HopText(hop);
    if (object != hop.edge) row.object = object;
    if (hop.merged.left_out > 0) {
      absl::StrAppend(row.object.empty() ? &row.reference : &row.object, " (",
                      Grouped(static_cast<int64_t>(hop.merged.left_out)),
                      " more below)");
    }
    rows.push_back(std::move(row));
  }
  OutlineWriter::Options options;
  options.columns = session.columns();
  options.color = session.color();
  OutlineWriter({"instances", "retained"}, &session.out(), options)
      .Print(std::move(rows));
}

// `of`: what the objects are, after "1,024 objects".
void PrintMerged(const MergedClassPaths& paths, const std::string& of,
                 const std::string& min_share, Session& session) {
  const MergedPaths& merged = paths.merged;
  if (session.is_table()) {
    std::string head = absl::StrCat(
        Times(merged.targets, "object"), of,
        merged.targets == 1 ? " is" : " are", " alive, ",
        HumanBytes(merged.size), ", retaining ", HumanBytes(merged.retained));
    if (merged.unreachable > 0) {
      absl::StrAppend(&head, "; ",
                      Grouped(static_cast<int64_t>(merged.unreachable)),
                      " more not reachable");
    }
    session.out() << Styled(SafeText(head), Style::kBold, session.color())
                  << '\n';
  }
  if (session.is_table() && !session.options().wide) {
    WriteMergedOutline(paths, session);
  } else {
    WriteMergedRows(paths, session);
  }
  session.Note(absl::StrCat(
      "Each line is a hop of the best paths; its figures are those of the "
      "instances at or below it. Hops with less than ",
      min_share, " of them are left out"));
  session.Next(
      {session.Command("why-alive ADDRESS"), session.Command("tree ADDRESS")});
}

}  // namespace

absl::Status RunCut(HeapDb* db, uint32_t id, Session& session) {
  const CutOptions options;
  ASSIGN_OR_RETURN(const CutReferences answer,
                   ReadReferencesToCut(db, id, options));
  if (session.is_table()) {
    session.out() << Styled(SafeText(CutHeadline(answer, options)),
                            Style::kBold, session.color())
                  << '\n';
  }
  auto rows = session.Rows({{"kind", "kind"},
                            {"reference", "reference"},
                            {"holder", "of"},
                            {"holder_address", "at"},
                            {"held", "to"},
                            {"held_address", "at"},
                            {"place", "place"}});
  rows->Head("outcome", OutcomeName(answer));
  rows->Head("object", AddressText(answer.object.address));
  rows->Head("passing_left", std::string(answer.passing_left ? "yes" : "no"));
  rows->Head("freed_objects", answer.freed_objects);
  rows->Head("freed_size", answer.freed_size);
  for (const NamedReference& reference : answer.references) {
    const auto& holder = reference.holder;
    rows->Row({reference.kind, reference.label,
               holder ? RowCell(holder->label) : RowCell(),
               holder ? RowCell(AddressText(holder->address)) : RowCell(),
               reference.held.label, AddressText(reference.held.address),
               CellOrNull(holder ? holder->place.Text() : "")});
  }
  rows->Finish();
  if (answer.passing_left && !answer.references.empty()) {
    session.Note(
        "A cache or the machine stack holds it as well: it goes when these "
        "are overwritten, some time after the cut");
  }
  const std::string address = AddressText(answer.object.address);
  session.Next(
      {session.Command(answer.reachable ? "why-alive " + address + " --paths 3"
                                        : "referrers " + address)});
  return absl::OkStatus();
}

absl::Status RunAllOf(HeapDb* db, const std::string& class_name,
                      const std::string& min_share, Session& session) {
  ASSIGN_OR_RETURN(const double share, ParseShare(min_share));
  ASSIGN_OR_RETURN(const MergedClassPaths paths,
                   ReadClassPaths(db, class_name, share));
  PrintMerged(paths, " of class " + class_name, min_share, session);
  return absl::OkStatus();
}

absl::Status RunMerged(HeapDb* db, const std::vector<uint32_t>& ids,
                       const std::string& min_share, Session& session) {
  ASSIGN_OR_RETURN(const double share, ParseShare(min_share));
  ASSIGN_OR_RETURN(const MergedClassPaths paths,
                   ReadMergedPaths(db, ids, share));
  PrintMerged(paths, "", min_share, session);
  return absl::OkStatus();
}

}  // namespace heapq

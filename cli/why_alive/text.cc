#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/output/fit.h"
#include "cli/output/outline_writer.h"
#include "cli/output/short_paths.h"
#include "cli/output/terminal.h"
#include "cli/why_alive/output.h"
#include "query/paths/path_display.h"

namespace heapq {
namespace {

// The paths of one answer as text.
class PathPrinter {
 public:
  // `columns` of the terminal; 0: there is none, texts stay as they are.
  PathPrinter(size_t columns, Session* session)
      : columns_(columns), session_(*session) {}

  // Call it for each path before the first is printed: the places of all paths
  // are shortened alike.
  void NotePlaces(const std::vector<PathRow>& rows) {
    for (const PathRow& row : rows) {
      places_.Add(row.step->object.place.Text());
      places_.Add(row.label);
      places_.Add(row.step->object.label);
    }
  }

  // One hop, or one chain of them, a line.
  void PrintOutline(const std::vector<PathRow>& rows,
                    const PathLeakStatus& judged, const PathStep* first) {
    std::vector<OutlineRow> lines;
    for (const PathRow& row : rows) {
      const ObjectSummary& object = row.step->object;
      OutlineRow line;
      line.figures = {Retained(object)};
      line.depth = lines.size();
      line.reference = LabelOf(row);
      line.object = Short(object.label);
      line.place = Short(object.place.Text());
      if (row.omitted_before > 0) {
        line.before = absl::StrCat(
            "… ", Grouped(static_cast<int64_t>(row.omitted_before)),
            row.omitted_before == 1 ? " hop …" : " hops …");
      }
      line.marked = judged.IsSuspect(static_cast<size_t>(row.step - first));
      lines.push_back(std::move(line));
    }
    OutlineWriter::Options options;
    options.columns = columns_;
    options.color = session_.color();
    OutlineWriter({"retained"}, &session_.out(), options)
        .Print(std::move(lines));
  }

  // Prints which objects of the path should be alive, which not, and which
  // references are to blame. `rows`: of the path, folded.
  void PrintLiveness(const RetentionPath& path, const PathLeakStatus& judged,
                     const std::vector<PathRow>& rows) {
    const size_t first = judged.first_suspect;
    const size_t last = first + judged.suspects;
    if (first > 0) Note("Alive for a reason: ", path, judged, first - 1);
    if (judged.suspects == 0) return;
    if (judged.steps[last - 1].liveness == LeakStatus::kDead) {
      Note("Should be dead: ", path, judged, last - 1);
    }
    std::vector<std::string> labels;
    for (const PathRow& row : rows) {
      if (judged.IsSuspect(static_cast<size_t>(row.step - path.steps.data()))) {
        labels.push_back(LabelOf(row));
      }
    }
    session_.Note(absl::StrCat("Suspect: ", absl::StrJoin(labels, " → ")));
  }

  void NoteRoot() {
    const std::string root = places_.Root();
    if (columns_ == 0 || root.empty()) return;
    session_.Note(absl::StrCat("Paths without a gem are below ", root));
  }

 private:
  static std::string Retained(const ObjectSummary& object) {
    return object.retained.has_value() ? HumanBytes(*object.retained) : "";
  }

  std::string Short(const std::string& text) const {
    return columns_ == 0 ? text : places_.Shorten(text);
  }

  // "140 × Node#@next".
  std::string LabelOf(const PathRow& row) const {
    const std::string label = Short(LabelInPath(row));
    return row.times == 1
               ? label
               : absl::StrCat(Grouped(static_cast<int64_t>(row.times)), " × ",
                              label);
  }

  // "EventBus::INSTANCE (constant of a loaded class)".
  void Note(const char* title, const RetentionPath& path,
            const PathLeakStatus& judged, size_t step) {
    session_.Note(absl::StrCat(title, NameOf(path, step), " (",
                               judged.steps[step].reason, ")"));
  }

  const size_t columns_;
  Session& session_;
  ShortPaths places_;
};

std::string Count(uint64_t n, const char* noun) {
  return absl::StrCat(Grouped(static_cast<int64_t>(n)), " ", noun,
                      n == 1 ? "" : "s");
}

// `rows`: of the first path.
std::string Headline(const WhyAliveAnswer& answer,
                     const std::vector<PathRow>& rows) {
  const WhyAlive& why = answer.why;
  const std::string& label =
      why.paths.empty()
          ? why.object.label
          : NameOf(why.paths.front(), why.paths.front().steps.size() - 1);
  if (!answer.has_roots) {
    return absl::StrCat("Whether ", label, " is alive is not known");
  }
  switch (why.verdict) {
    case Verdict::kAlive: {
      if (why.paths.empty()) {  // of what --exclude leaves
        return absl::StrCat(label, " is alive only by what is excluded");
      }
      const uint64_t length = why.paths.front().length;
      std::string text = absl::StrCat(label, " is alive, ",
                                      Count(length, "hop"), " from a root");
      if (rows.size() != length) {
        absl::StrAppend(&text, " (", Count(rows.size(), "line"),
                        "; --all-hops shows each hop)");
      }
      return text;
    }
    case Verdict::kWeakOnly:
      return absl::StrCat(label, " is only weakly held");
    case Verdict::kUnreachable:
      return absl::StrCat(label, " is not reachable from any root");
  }
  return label;
}

// "0x7f…, T_OBJECT, class Session, 40 B, retains 2.2 kB".
std::string Facts(const ObjectSummary& object) {
  std::string facts = absl::StrCat(AddressText(object.address), ", ",
                                   std::string(ObjectTypeName(object.type)));
  if (!object.class_name.empty()) {
    absl::StrAppend(&facts, ", class ", object.class_name);
  }
  absl::StrAppend(&facts, ", ", HumanBytes(object.size));
  if (object.retained.has_value()) {
    absl::StrAppend(&facts, ", retains ", HumanBytes(*object.retained));
  }
  if (object.place.known()) {
    absl::StrAppend(&facts, ", ", object.place.Text());
  }
  return facts;
}

// The path as a table, all that is known in columns.
void PrintWide(const std::vector<PathRow>& rows, Session& session) {
  auto table = session.Rows({{"left_out", "left out", RowColumn::kCount},
                             {"reference", "reference"},
                             {"object", "object"},
                             {"size", "size", RowColumn::kBytes},
                             {"retained", "retained", RowColumn::kBytes},
                             {"place", "place"}});
  for (const PathRow& row : rows) {
    const ObjectSummary& object = row.step->object;
    table->Row({row.omitted_before,
                row.times == 1
                    ? row.label
                    : absl::StrCat(Grouped(static_cast<int64_t>(row.times)),
                                   " × ", row.label),
                object.label, object.size, CellOrNull(object.retained),
                object.place.Text()});
  }
  table->Finish();
}

void PrintLeakPoint(const LeakPoint& leak, Session& session) {
  if (!leak.place.known()) {
    session.Note(
        "No file and line is known on this path: dump with allocation "
        "tracing (objspace's trace_object_allocations_start) to see where "
        "these were made");
    return;
  }
  session.out() << Styled(SafeText(absl::StrCat("Look at ", leak.place.Text(),
                                                ": ", leak.text)),
                          Style::kBold, session.color())
                << '\n';
}

void PrintNext(const WhyAlive& why, Session& session) {
  const std::string address = AddressText(why.object.address);
  std::vector<std::string> next;
  if (why.verdict == Verdict::kAlive) {
    if (why.paths.empty()) {
      next.push_back(session.Command("why-alive " + address));
      session.Next(next);
      return;
    }
    if (why.paths.size() == 1) {
      next.push_back(session.Command("why-alive " + address + " --paths 3"));
    }
    // Shows what else the nearest holder holds.
    const std::vector<PathStep>& steps = why.paths.front().steps;
    if (steps.size() > 1) {
      const PathStep& holder = steps[steps.size() - 2];
      next.push_back(
          session.Command((holder.closure.has_value() ? "owner " : "show ") +
                          AddressText(holder.object.address)));
    }
  } else {
    next.push_back(session.Command("referrers " + address));
  }
  session.Next(next);
}

}  // namespace

void PrintWhyAliveText(const WhyAliveAnswer& answer, Hops hops,
                       Session& session) {
  const WhyAlive& why = answer.why;
  std::ostream& out = session.out();
  PathPrinter printer(session.columns(), &session);
  std::vector<std::vector<PathRow>> rows;
  for (const RetentionPath& path : why.paths) {
    rows.push_back(RowsOf(path, hops));
    printer.NotePlaces(rows.back());
  }
  const std::string headline =
      Headline(answer, rows.empty() ? std::vector<PathRow>() : rows.front());
  out << Styled(SafeText(headline), Style::kBold, session.color()) << '\n';
  out << SafeText(Facts(why.object)) << '\n';
  for (const std::string& note : why.notes) out << SafeText(note) << '\n';
  for (size_t i = 0; i < why.paths.size(); ++i) {
    out << '\n';
    if (why.paths.size() > 1) {
      out << "Path " << i + 1 << " of " << why.paths.size() << ":\n";
    }
    const RetentionPath& path = why.paths[i];
    const PathLeakStatus& judged = answer.judged[i];
    if (session.options().wide) {
      PrintWide(rows[i], session);
    } else {
      printer.PrintOutline(rows[i], judged, path.steps.data());
    }
    printer.PrintLiveness(path, judged, RowsOf(path, Hops::kFolded));
  }
  if (!why.paths.empty()) {
    printer.NoteRoot();
    out << '\n';
    PrintLeakPoint(LeakPointOf(why.paths.front(), answer.judged.front()),
                   session);
  }
  PrintNext(why, session);
}

}  // namespace heapq

#include "indexer/load/load.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/output/figures.h"
#include "cli/output/progress_bar.h"
#include "cli/output/terminal.h"
#include "indexer/base/status_macros.h"
#include "query/db/no_roots.h"

namespace heapq {
namespace {

constexpr size_t kDropsShown = 5;

struct Options {
  std::string dump;
  std::string status;
  bool strict = false;
  std::string decoder = "scanner";
  std::optional<uint64_t> max_memory;
};

// Reports losses on stderr in all formats.
void WarnOfDrops(const LoadSummary& summary, const std::string& dump,
                 Session& session) {
  for (const auto& [reason, count] : summary.drops.totals()) {
    size_t shown = 0;
    std::string places;
    for (const Drop& drop : summary.drops.first()) {
      if (drop.reason != reason) continue;
      if (++shown > kDropsShown) break;
      absl::StrAppend(&places, places.empty() ? " " : "; ", dump, ":",
                      drop.line, " (byte ", drop.byte, "): ", drop.detail);
    }
    if (count > kDropsShown) absl::StrAppend(&places, "; …");
    session.Warn(absl::StrCat("dropped ", Grouped(static_cast<int64_t>(count)),
                              " ", reason, ":", places));
  }
  if (summary.texts_cut > 0) session.Warn(CutTexts(summary.texts_cut));
}

std::vector<Figure> FiguresOf(const LoadSummary& summary) {
  return {{"format", std::string(TraitsOf(summary.format).name)},
          {"records", summary.records},
          {"objects", summary.objects},
          {"ghosts", summary.ghosts},
          {"edges", summary.edges},
          {"weak_edges", summary.weak_edges},
          {"roots", summary.roots},
          {"has_roots", summary.has_roots},
          {"shapes", summary.shapes},
          {"size", summary.size},
          {"reachable", summary.reachable},
          {"reachable_size", summary.reachable_size},
          {"truncated", summary.truncated},
          {"texts_cut", summary.texts_cut}};
}

void PrintSummary(const LoadSummary& summary, Session& session) {
  const std::string& db = session.options().db;
  if (session.is_table()) {
    std::ostream& out = session.out();
    const auto count = [](uint64_t n) {
      return Grouped(static_cast<int64_t>(n));
    };
    out << SafeText(db) << ": " << count(summary.objects)
        << (summary.objects == 1 ? " object, " : " objects, ")
        << HumanBytes(summary.size) << ", from "
        << TraitsOf(summary.format).article << TraitsOf(summary.format).name
        << " file\n";
    out << "  references  " << count(summary.edges) << " strong, "
        << count(summary.weak_edges) << " weak\n";
    out << "  roots       " << count(summary.roots) << "\n";
    out << "  reachable   " << count(summary.reachable) << " objects, "
        << HumanBytes(summary.reachable_size) << "\n";
    if (summary.shapes > 0) {
      out << "  shapes      " << count(summary.shapes)
          << (summary.shapes == 1 ? " record" : " records")
          << " of object shapes, which are not objects\n";
    }
    if (summary.ghosts > 0) {
      out << "  missing     " << count(summary.ghosts)
          << " objects are referred to that the dump does not hold\n";
    }
    uint64_t dropped = 0;
    for (const auto& [reason, n] : summary.drops.totals()) dropped += n;
    if (dropped > 0) {
      out << "  dropped     " << count(dropped)
          << (dropped == 1 ? " place" : " places")
          << " of the dump could not be used\n";
    }
    if (summary.truncated) out << "  The dump was cut: its end is missing.\n";
    if (!summary.has_roots) {
      out << "  " << kNoRoots << ".\n";
      session.Next({session.Command("top-types"), session.Command("waste")});
      return;
    }
    session.Next({session.Command("suspects"), session.Command("top-types"),
                  session.Command("why-alive ADDRESS")});
    return;
  }
  if (session.format() == Format::kJson) {
    JsonWriter json(&session.out());
    json.BeginMap().Key("schema_version").Number(1);
    json.Key("db").Text(db);
    WriteFigures(FiguresOf(summary), &json);
    json.Key("dropped").BeginMap();
    for (const auto& [reason, count] : summary.drops.totals()) {
      json.Key(reason).Number(count);
    }
    json.EndMap().EndMap().Finish();
    return;
  }
  auto rows = session.Rows({{"figure", "figure"}, {"value", "value"}});
  WriteFigures(FiguresOf(summary), rows.get());
  WriteFigures("dropped_", summary.drops.totals(), rows.get());
  rows->Finish();
}

absl::Status Run(const Options& options, Session& session) {
  const Interruption interruption(session);
  ProgressBar bar(&session.err(), session.shows_progress());
  LoadOptions load;
  load.input = options.dump;
  load.output = session.options().db;
  load.status_file = options.status;
  load.strict = options.strict;
  load.yajl_only = options.decoder == "yajl";
  load.max_memory = options.max_memory;
  load.progress = [&bar](std::string_view stage, uint64_t done,
                         uint64_t total) {
    // While writing, rows are counted, which say nothing to a user.
    bar.Show(stage, done, total,
             stage == "writing" ? ProgressBar::kShare : ProgressBar::kBytes);
  };
  load.cancellation = session.cancellation();
  const absl::StatusOr<LoadSummary> summary = Load(load);
  bar.Clear();
  if (!summary.ok()) {
    const absl::Status& status = summary.status();
    if (absl::IsCancelled(status)) {
      return absl::CancelledError(absl::StrCat(
          "load was interrupted; ", session.options().db, " is as it was"));
    }
    if (options.strict && absl::IsDataLoss(status)) {
      return WithExitCode(status, kExitDamaged);
    }
    return status;
  }
  WarnOfDrops(*summary, options.dump, session);
  PrintSummary(*summary, session);
  return absl::OkStatus();
}

}  // namespace

void AddLoad(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "load",
      "Read a heap dump into heap.db (format 2, ObjectSpace.dump_all; "
      "plain, gzip, zstd)");
  const auto options = std::make_shared<Options>();
  command->AddOption("dump", &options->dump, "The dump, or - for stdin")
      ->Required()
      ->ValueName("FILE");
  command
      ->AddOption("--status", &options->status,
                  "Saved /proc/PID/smaps_rollup or status, if the dump has no "
                  "account of memory")
      ->ValueName("FILE");
  command->AddFlag("--strict", &options->strict,
                   "Fail at the first damaged place (exit code 3)");
  // Hidden option: decode with the slow reference decoder, for debugging.
  command->AddOption("--decoder", &options->decoder, "")
      ->OneOf({"scanner", "yajl"})
      ->Hidden();
  command
      ->AddSize("--max-memory", &options->max_memory,
                "Refuse a dump that takes more memory, as 512M or 4G (what is "
                "free; 0: any amount)")
      ->ValueName("SIZE");
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

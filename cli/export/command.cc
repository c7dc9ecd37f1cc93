#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/session.h"
#include "cli/export/exporter.h"
#include "cli/output/output_file.h"
#include "cli/output/progress_bar.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

struct Options {
  std::string to;
  std::string file;
  std::string table;
  std::string around;
  std::string stacks = "dominators";
  bool schema = false;
  ExportOptions of_format;
};

absl::Status WriteFolder(const Exporter& exporter, HeapDb* db,
                         const Options& options,
                         const FdStream::Progress& progress) {
  if (mkdir(options.file.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::UnavailableError(absl::StrCat(
        options.file,
        ": cannot make the folder: ", std::generic_category().message(errno)));
  }
  for (const std::string_view table : exporter.tables) {
    ExportOptions of_table = options.of_format;
    of_table.table = table;
    RETURN_IF_ERROR(WriteOutput(
        absl::StrCat(options.file, "/", std::string(table), ".",
                     std::string(exporter.name)),
        nullptr,
        [&](std::ostream* out) { return exporter.write(db, of_table, out); },
        progress));
  }
  return absl::OkStatus();
}

std::string List(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", std::string(word));
  }
  return text;
}

// An option that the format knows nothing of is a mistake, not to be ignored.
absl::Status CheckUsage(const Exporter& exporter, const Options& options) {
  const std::string format(exporter.name);
  const auto& tables = exporter.tables;
  if (!options.table.empty() &&
      std::find(tables.begin(), tables.end(), options.table) == tables.end()) {
    return UsageError(
        tables.empty()
            ? absl::StrCat("export: ", format, " takes no --table")
            : absl::StrCat("export: ", format, " has no table ", options.table,
                           "; it has ", List(tables)));
  }
  if (!tables.empty() && options.table.empty() &&
      (options.file.empty() || options.file == "-")) {
    return UsageError(
        absl::StrCat("export: ", format,
                     " is several tables: name a folder with -o, or one of ",
                     List(tables), " with --table"));
  }
  if (exporter.takes_around == options.around.empty()) {
    return UsageError(
        absl::StrCat("export: ", format,
                     exporter.takes_around
                         ? " needs --around ID: the whole heap cannot be drawn"
                         : " takes no --around"));
  }
  if (options.of_format.by_allocation && !exporter.has_stacks) {
    return UsageError(absl::StrCat("export: ", format, " has no stacks"));
  }
  if (options.schema && exporter.write_schema == nullptr) {
    return UsageError(absl::StrCat("export: ", format, " has no --schema"));
  }
  if (!exporter.is_for_fleets &&
      !(options.of_format.app + options.of_format.host).empty()) {
    return UsageError(
        absl::StrCat("export: ", format, " takes no --app and --host"));
  }
  return absl::OkStatus();
}

absl::Status Run(const Options& given, Session& session) {
  const std::vector<Exporter>& exporters = Exporters();
  const auto exporter =
      std::find_if(exporters.begin(), exporters.end(),
                   [&](const Exporter& one) { return one.name == given.to; });
  Options options = given;
  options.of_format.by_allocation = given.stacks == "allocations";
  RETURN_IF_ERROR(CheckUsage(*exporter, options));
  if (given.schema) {
    return WriteOutput(given.file, &session.out(), exporter->write_schema);
  }
  // These formats hold a heap's texts unchanged, and so also characters that
  // steer a terminal.
  if (WritesToTerminal(given.file, session.out_is_terminal())) {
    return absl::FailedPreconditionError(
        "export: this is not for a terminal; name a file with -o, or redirect "
        "the output");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db,
                   session.OpenDb(Session::Reads::kMuch));
  options.of_format.table = options.table;
  options.of_format.escape_formulas = session.options().escape_formulas;
  if (!options.around.empty()) {
    ASSIGN_OR_RETURN(options.of_format.around,
                     Session::Id(db.get(), options.around));
  }
  ProgressBar bar(&session.err(), session.shows_progress());
  const auto progress = [&bar](uint64_t bytes) {
    bar.Show("exporting", bytes, 0);
  };
  if (!exporter->tables.empty() && options.table.empty()) {
    return WriteFolder(*exporter, db.get(), options, progress);
  }
  if (!options.file.empty() && options.file != "-") bar.Show("exporting", 0, 0);
  return WriteOutput(
      options.file, &session.out(),
      [&](std::ostream* out) {
        return exporter->write(db.get(), options.of_format, out);
      },
      progress);
}

}  // namespace

void AddExport(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command =
      app->AddCommand("export", "The heap in another tool's format");
  const auto options = std::make_shared<Options>();
  std::vector<std::string> names;
  std::string help = "Format:";
  for (const Exporter& exporter : Exporters()) {
    names.emplace_back(exporter.name);
    absl::StrAppend(&help, names.size() == 1 ? " " : ", ",
                    std::string(exporter.name), " (",
                    std::string(exporter.for_whom), ")");
  }
  command->AddOption("--to", &options->to, help)
      ->Required()
      ->OneOf(names)
      ->ValueName("FORMAT");
  command
      ->AddOption("-o,--output", &options->file,
                  "File to write; it appears when it is complete. A FIFO, a "
                  "device or /dev/fd/N is written through. Default, and -: "
                  "standard output. A folder for csv")
      ->ValueName("FILE");
  command
      ->AddOption("--table", &options->table,
                  "csv: only this one: objects, edges, roots, classes, "
                  "namespaces")
      ->ValueName("NAME");
  command
      ->AddOption("--around", &options->around,
                  "dot: the object in the middle: an id or a name")
      ->ValueName("ID");
  command
      ->AddOption("--depth", &options->of_format.depth,
                  "dot: hops from that object")
      ->ShowDefault();
  command
      ->AddOption("--stacks", &options->stacks,
                  "folded, speedscope, pprof: who retains the memory, or the "
                  "code that allocated it, where allocations were sampled")
      ->OneOf({"dominators", "allocations"})
      ->ValueName("dominators|allocations")
      ->ShowDefault();
  command->AddFlag("--schema", &options->schema,
                   "clickhouse, postgres: only the statements that make the "
                   "tables");
  command
      ->AddOption("--app", &options->of_format.app,
                  "clickhouse, postgres, openmetrics: the program; default: "
                  "as the dump says")
      ->ValueName("NAME");
  command
      ->AddOption("--host", &options->of_format.host, "the same of the machine")
      ->ValueName("NAME");
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

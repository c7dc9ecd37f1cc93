#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/export/exporter.h"
#include "cli/session.h"
#include "indexer/base/status_macros.h"
#include "indexer/load/replacement_file.h"

namespace heapq {
namespace {

struct Options {
  std::string to;
  std::string file;
  std::string table;
  std::string around;
  bool schema = false;
  ExportOptions of_format;
};

using Write = std::function<absl::Status(std::ostream* out)>;

absl::Status WriteTo(const Write& write, const std::string& name,
                     std::ostream* out) {
  errno = 0;
  absl::Status status = write(out);
  out->flush();
  const absl::Status written = Written(*out);
  if (written.ok()) return status;
  // Whatever it was that could not be written, this is why.
  const absl::Status& why = status.ok() ? written : status;
  return absl::ResourceExhaustedError(
      absl::StrCat("can't write ", name, ": ", why.message(),
                   "; free space on the disk or name another file with -o"));
}

absl::Status WriteFile(const Write& write, const std::string& name) {
  ASSIGN_OR_RETURN(ReplacementFile file, ReplacementFile::Make(name));
  std::ofstream out(file.path(), std::ios::binary);
  RETURN_IF_ERROR(WriteTo(write, name, &out));
  out.close();
  return file.PutInPlace();
}

absl::Status WriteOne(const Write& write, const std::string& file,
                      Session& session) {
  if (!file.empty() && file != "-") return WriteFile(write, file);
  // A reader that leaves is an error like others, not a signal.
  signal(SIGPIPE, SIG_IGN);
  return WriteTo(write, "the output", &session.out());
}

absl::Status WriteFolder(const Exporter& exporter, HeapDb* db,
                         const Options& options) {
  if (mkdir(options.file.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::UnavailableError(absl::StrCat(
        options.file,
        ": cannot make the folder: ", std::generic_category().message(errno)));
  }
  for (const std::string_view table : exporter.tables) {
    ExportOptions of_table = options.of_format;
    of_table.table = table;
    RETURN_IF_ERROR(WriteFile(
        [&](std::ostream* out) { return exporter.write(db, of_table, out); },
        absl::StrCat(options.file, "/", std::string(table), ".",
                     std::string(exporter.name))));
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
    return UsageError(absl::StrCat(
        "export: ", format,
        exporter.takes_around ? " needs --around ID: a whole heap is no picture"
                              : " takes no --around"));
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
  RETURN_IF_ERROR(CheckUsage(*exporter, given));
  if (given.schema) {
    return WriteOne(exporter->write_schema, given.file, session);
  }
  // What is in a heap goes into these formats as it is, so also what would
  // steer a terminal.
  if ((given.file.empty() || given.file == "-") &&
      &session.out() == &std::cout && isatty(STDOUT_FILENO) != 0) {
    return absl::FailedPreconditionError(
        "export: this is not for a terminal; name a file with -o, or redirect "
        "the output");
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db,
                   session.OpenDb(Session::Reads::kMuch));
  Options options = given;
  options.of_format.table = options.table;
  if (!options.around.empty()) {
    ASSIGN_OR_RETURN(options.of_format.around,
                     Session::Id(db.get(), options.around));
  }
  if (!exporter->tables.empty() && options.table.empty()) {
    return WriteFolder(*exporter, db.get(), options);
  }
  return WriteOne(
      [&](std::ostream* out) {
        return exporter->write(db.get(), options.of_format, out);
      },
      options.file, session);
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
                  "File to write; it appears when it is whole. Without, or "
                  "with -: standard output. A folder for csv")
      ->ValueName("FILE");
  command
      ->AddOption("--table", &options->table,
                  "csv: only this one: objects, edges, roots, classes, "
                  "namespaces")
      ->ValueName("NAME");
  command
      ->AddOption("--around", &options->around,
                  "dot: the object in the middle: 0x…, decimal, or #N")
      ->ValueName("ID");
  command
      ->AddOption("--depth", &options->of_format.depth,
                  "dot: hops from that object")
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

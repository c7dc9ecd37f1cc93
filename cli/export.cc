#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
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
};

absl::Status WriteTo(const Exporter& exporter, HeapDb* db,
                     const std::string& name, std::ostream* out) {
  RETURN_IF_ERROR(exporter.write(db, out));
  out->flush();
  if (out->good()) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("can't write ", name, errno == 0 ? "" : ": ",
                   errno == 0 ? "" : std::generic_category().message(errno),
                   "; free space on the disk or name another file with -o"));
}

absl::Status Run(const Options& options, Session& session) {
  const std::vector<Exporter>& exporters = Exporters();
  const auto exporter =
      std::find_if(exporters.begin(), exporters.end(),
                   [&](const Exporter& one) { return one.name == options.to; });
  ASSIGN_OR_RETURN(const std::unique_ptr<HeapDb> db, session.OpenDb());
  errno = 0;
  if (options.file.empty()) {
    return WriteTo(*exporter, db.get(), "the output", &session.out());
  }
  ASSIGN_OR_RETURN(ReplacementFile file, ReplacementFile::Make(options.file));
  std::ofstream out(file.path(), std::ios::binary);
  RETURN_IF_ERROR(WriteTo(*exporter, db.get(), options.file, &out));
  out.close();
  return file.PutInPlace();
}

}  // namespace

void AddExport(CLI::App* app, Action* chosen) {
  CLI::App* const command =
      app->add_subcommand("export", "The heap in another tool's format");
  const auto options = std::make_shared<Options>();
  std::vector<std::string> names;
  std::string help = "Format:";
  for (const Exporter& exporter : Exporters()) {
    names.emplace_back(exporter.name);
    absl::StrAppend(&help, names.size() == 1 ? " " : ", ",
                    std::string(exporter.name), " (",
                    std::string(exporter.for_whom), ")");
  }
  command->add_option("--to", options->to, help)
      ->required()
      ->check(CLI::IsMember(names))
      ->type_name("FORMAT");
  command
      ->add_option("-o,--output", options->file,
                   "File to write; it appears when it is whole. Without: "
                   "standard output")
      ->type_name("FILE");
  command->callback([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq

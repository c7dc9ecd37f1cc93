#include "cli/output/output_file.h"

#include <cerrno>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"
#include "indexer/load/replacement_file.h"

namespace heapq {
namespace {

absl::Status WriteTo(const std::string& name, std::ostream* out,
                     absl::FunctionRef<absl::Status(std::ostream*)> write) {
  RETURN_IF_ERROR(write(out));
  out->flush();
  if (out->good()) return absl::OkStatus();
  if (errno == EPIPE) {
    return absl::UnavailableError(
        absl::StrCat(name, ": its reader has gone away"));
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("can't write ", name, errno == 0 ? "" : ": ",
                   errno == 0 ? "" : std::generic_category().message(errno),
                   "; free space on the disk or name another file with -o"));
}

}  // namespace

absl::Status WriteOutput(const std::string& path, std::ostream* otherwise,
                         absl::FunctionRef<absl::Status(std::ostream*)> write) {
  errno = 0;
  if (path.empty()) return WriteTo("the output", otherwise, write);
  ASSIGN_OR_RETURN(ReplacementFile file, ReplacementFile::Make(path));
  std::ofstream out(file.path(), std::ios::binary);
  RETURN_IF_ERROR(WriteTo(path, &out, write));
  out.close();
  return file.PutInPlace();
}

}  // namespace heapq

#ifndef HEAPQ_QUERY_SUSPECTS_CODE_OWNER_H_
#define HEAPQ_QUERY_SUSPECTS_CODE_OWNER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"
#include "query/suspects/path_tree.h"
#include "query/suspects/source_code.h"

namespace heapq {

// Whose code something is.
enum class CodeOwner {
  kUnknown,
  kRuby,  // Ruby, its standard library, this gem
  kGem,
  kApplication,
};

// By path: folders of gems and of Ruby, as rubygems, Debian and Bundler lay
// them out. Relative and generated paths are kUnknown.
CodeOwner OwnerOfFile(std::string_view file);

// Where a class is defined, as far as its methods tell.
struct ClassCode {
  CodeOwner owner = CodeOwner::kUnknown;
  Place place;        // of the first method of the owner's; may be unknown
  bool is_c = false;  // only C functions
};

// Finds out whose code classes are, by the files of their methods. Looks only
// at the classes that it is asked about.
class CodeOwners {
 public:
  // `db` must outlive it.
  explicit CodeOwners(HeapDb* db) : db_(*db), describe_(db) {}

  // A class by its path; its namespaces decide where it has no methods.
  absl::StatusOr<ClassCode> OfClass(const std::string& name);
  // The class, or the code, of the objects of a path.
  absl::StatusOr<CodeOwner> Of(const PathNode& node);
  // An iseq's label, file and line.
  absl::StatusOr<IseqName> Iseq(uint32_t id);
  // The iseq of a proc, method, env or method entry; 0: none.
  absl::StatusOr<uint32_t> IseqOf(uint32_t id);
  // Method entries of a class, at most `limit`.
  absl::StatusOr<std::vector<uint32_t>> Methods(uint32_t class_id,
                                                int64_t limit);
  // Files of the application, as far as the dump names code in them.
  absl::StatusOr<std::vector<std::string>> ApplicationFiles();
  // The source files, where this machine has them.
  SourceCode& source() { return source_; }

 private:
  absl::StatusOr<ClassCode> ByMethods(const std::string& name);
  absl::StatusOr<int64_t> NameNumber(const char* text);

  HeapDb& db_;
  ObjectLabeler describe_;
  std::map<std::string, ClassCode> classes_;
  std::map<uint32_t, IseqName> iseqs_;
  SourceCode source_;
  std::optional<std::vector<std::string>> application_files_;
  int64_t ment_ = -2, iseq_ = -2;  // numbers of names; -2: not looked up
};

// Ruby's own classes, which every program uses to hold its data.
bool IsCoreClass(std::string_view name);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_CODE_OWNER_H_

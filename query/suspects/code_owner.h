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

// What the methods of a class do, as far as call caches show it. A call cache
// refers to the method that was called, so that a method that one refers to has
// run.
struct ClassActions {
  bool known = false;    // the call caches of the dump tell what has run
  bool acts = false;     // a method has run that is not called while loading
  bool removes = false;  // one of these calls a method such as Hash#delete
  // One of these calls a method of a collection whose name the dump lacks.
  bool may_remove = false;
  bool exposes = false;  // an accessor hands out a variable
  bool adds = false;     // one of these makes what is held, or is called so
  bool makes_at_load = false;  // what is held is made only while loading
  std::string removal;         // the method that removes
  // The method that most probably adds: it makes the objects held, or its name
  // says so, or it is the first that acts. Not known if none acts.
  std::string label;
  Place place;
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
  // What has run of a class's methods; `held`: the classes of the objects that
  // it holds, other than those that have literals.
  absl::StatusOr<ClassActions> ActionsOf(const std::string& name,
                                         const std::vector<uint32_t>& held);
  // Whether the dump shows calls of a method, all by code that runs only while
  // a program starts. `label`: "Bus#off", "Bus.off".
  absl::StatusOr<bool> RunsOnlyAtLoad(const std::string& class_name,
                                      const std::string& label);
  // Whether the dump shows that a method of a class has run; `label`:
  // "Bus#off", "Bus.off".
  absl::StatusOr<bool> HasRun(const std::string& class_name,
                              const std::string& label);
  // The block that threads or fibers of a path run: one of the application's
  // if there is one, else the first. 0: none is known.
  absl::StatusOr<uint32_t> BlockOf(const PathNode& node, uint32_t path);
  // Files of the application, as far as the dump names code in them.
  absl::StatusOr<std::vector<std::string>> ApplicationFiles();
  // The source files, where this machine has them.
  SourceCode& source() { return source_; }

 private:
  // Of larger classes, so many methods are looked at.
  static constexpr int64_t kMaxMethods = 60;

  absl::StatusOr<ClassCode> ByMethods(const std::string& name);
  absl::Status ReadKinds();
  // Classes of a name, and their singleton classes.
  absl::StatusOr<std::vector<uint32_t>> ClassesOf(const std::string& name);
  // Whether a method is one of the class itself, as far as the dump tells.
  absl::StatusOr<bool> IsOwnMethod(uint32_t class_id, uint32_t method);
  absl::StatusOr<bool> WasCalled(uint32_t method);
  // Whether an iseq or a block in it calls what removes from a collection.
  enum class Removal { kNone, kUnknown, kCalled };
  absl::StatusOr<Removal> Removes(uint32_t iseq);
  // Whether the code that calls a method runs only while a program starts.
  absl::StatusOr<bool> IsCalledOnlyAtBoot(uint32_t method);
  absl::StatusOr<bool> RefersTo(uint32_t iseq,
                                const std::vector<uint32_t>& classes);
  // Methods of a class and its singleton class with a name.
  absl::StatusOr<std::vector<uint32_t>> MethodsNamed(
      const std::string& class_name, const std::string& label);
  absl::StatusOr<std::vector<uint32_t>> WithBlocks(uint32_t iseq);

  HeapDb& db_;
  ObjectLabeler describe_;
  std::map<std::string, ClassCode> classes_;
  std::map<uint32_t, IseqName> iseqs_;
  SourceCode source_;
  std::optional<std::vector<std::string>> application_files_;
  // Numbers of the names of kinds of objects; -1: nothing has the name.
  struct Kinds {
    int64_t ment = -1, iseq = -1, callcache = -1, constcache = -1;
  };
  std::optional<Kinds> kinds_;
};

// A file of code that was made from a text, "(eval)" or "(eval at a.rb:1)".
bool IsEvalFile(std::string_view file);

// Ruby's own classes, which every program uses to hold its data.
bool IsCoreClass(std::string_view name);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_CODE_OWNER_H_

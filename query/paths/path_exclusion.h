#ifndef HEAPQ_QUERY_PATHS_PATH_EXCLUSION_H_
#define HEAPQ_QUERY_PATHS_PATH_EXCLUSION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/edges.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"

namespace heapq {

// The references and objects that a path must not use, by name:
//
//   Session         no instance of the class; a module, or a class without
//                   instances: not the module itself
//   Session::*      no instance of a class below Session
//   @cache          no instance or class variable of this name
//   Session#@cache  only that of instances of Session
//   Session.@cache  only that of the class or module Session
//   Shop::BUS       no constant of this name
//   $bus            no global variable of this name
//   [:request]      no entry of a Hash with this key
class PathExclusion {
 public:
  // `db` must outlive it. Errors: kInvalidArgument (a name of no such form),
  // kNotFound (a class or constant that the dump does not have).
  static absl::StatusOr<PathExclusion> Parse(
      HeapDb* db, const std::vector<std::string>& names);

  // Returns whether a path must not lead through `object`, or begin at `root`,
  // or follow `edge` from `holder`.
  absl::StatusOr<bool> OfObject(const ObjectRow& object);
  bool OfRoot(const RootRow& root) const;
  absl::StatusOr<bool> OfEdge(const ObjectRow& holder, const EdgeRow& edge);
  // Returns whether it must not go from `holder` to `dst`, by any reference.
  absl::StatusOr<bool> OfHop(Edges* edges, const ObjectRow& holder,
                             uint32_t dst);

 private:
  struct Reference {
    std::string owner;      // class path; empty: any holder
    bool of_class = false;  // the holder is the class itself
    std::string name;       // "@cache", "BUS", ":request"
    bool is_key = false;
  };

  explicit PathExclusion(HeapDb* db) : db_(*db), describe_(db) {}

  absl::Status Add(const std::string& name);
  absl::Status AddConstant(const std::string& name);

  HeapDb& db_;
  ObjectLabeler describe_;
  std::vector<std::string> classes_;     // whose instances are excluded
  std::vector<std::string> namespaces_;  // "Session::"
  std::vector<uint32_t> objects_;
  std::vector<std::string> globals_;
  std::vector<Reference> references_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_PATHS_PATH_EXCLUSION_H_

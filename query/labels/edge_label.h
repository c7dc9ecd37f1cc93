#ifndef HEAPQ_QUERY_LABELS_EDGE_LABEL_H_
#define HEAPQ_QUERY_LABELS_EDGE_LABEL_H_

#include <string>

#include "absl/status/statusor.h"
#include "query/db/heap_db.h"
#include "query/labels/object_label.h"

namespace heapq {

// Says how a holder calls what it holds, as a Ruby person would: `@handlers`,
// `EventBus::INSTANCE`, `[:request]`, `local job in frame Worker#run
// (worker.rb:10) of Thread "main"`. `db` and `describer` must outlive it.
class EdgeLabels {
 public:
  EdgeLabels(HeapDb* db, ObjectLabeler* describer)
      : db_(*db), describe_(*describer) {}

  // `closure`: what runs with the locals of `edge.src`, an env, when it was
  // reached through a proc; null: it was not, or is not known.
  absl::StatusOr<std::string> Of(const EdgeRow& edge,
                                 const IseqName* closure = nullptr);
  // For fields, which have a holder, a kind and a label but no target.
  absl::StatusOr<std::string> OfField(uint32_t src, EdgeKind kind,
                                      int64_t label);

  // "$bus", "the machine stack (maybe)", "finalizer of #<File:0x…>", …
  static std::string OfRoot(const RootRow& root);

 private:
  absl::StatusOr<std::string> Constant(uint32_t src, const std::string& name);
  absl::StatusOr<std::string> Local(uint32_t env, const std::string& name,
                                    const IseqName* closure);
  absl::StatusOr<std::string> InFrame(const EdgeRow& edge);
  absl::StatusOr<std::string> Method(uint32_t src, const std::string& name);
  absl::StatusOr<std::string> NamedPart(const EdgeRow& edge,
                                        const std::string& name,
                                        const IseqName* closure);
  absl::StatusOr<std::string> Item(uint32_t src, const std::string& name);
  absl::StatusOr<std::string> Nameless(const EdgeRow& edge);

  HeapDb& db_;
  ObjectLabeler& describe_;
};

}  // namespace heapq

#endif  // HEAPQ_QUERY_LABELS_EDGE_LABEL_H_

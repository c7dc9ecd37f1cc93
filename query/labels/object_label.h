#ifndef HEAPQ_QUERY_LABELS_OBJECT_LABEL_H_
#define HEAPQ_QUERY_LABELS_OBJECT_LABEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/db/class_resolver.h"
#include "query/db/heap_db.h"

namespace heapq {

class RuleLabels;

// A file and a line; empty and 0 where they are not known.
struct Place {
  std::string file;
  uint32_t line = 0;

  bool known() const { return !file.empty(); }
  // "app.rb:42", or "".
  std::string Text() const;
};

// An object as the answers show it. Sizes are bytes.
struct ObjectSummary {
  uint32_t id = 0;
  uint64_t address = 0;
  ObjectType type = ObjectType::kUnknown;
  std::string class_name;  // as obj.class answers; empty: it has none
  std::string label;       // one line, as Ruby would show it
  Place place;  // of its code, for code and closures; else of its allocation
  uint64_t size = 0;
  std::optional<uint64_t> retained;
};

// An iseq as people name it: "block in Session#start".
struct IseqName {
  uint32_t id = 0;
  std::string label;
  std::string type;
  Place place;
  uint32_t parent = 0;

  // "Session#start (app.rb:42)".
  std::string Text() const;
};

// Gives objects the names that people know them by.
class ObjectLabeler {
 public:
  // `db` must outlive the describer.
  explicit ObjectLabeler(HeapDb* db);

  absl::StatusOr<ObjectSummary> Summary(uint32_t id);
  absl::StatusOr<ObjectSummary> Summary(const ObjectRow& object);
  absl::StatusOr<std::string> Label(const ObjectRow& object);

  // Returns the name of obj.class; empty: it has no class, or an unknown one.
  absl::StatusOr<std::string> ClassName(const ObjectRow& object);
  // The path of a class or module; "#<Class:0x…>" for one without a name.
  absl::StatusOr<std::string> ClassPath(uint32_t class_id);

  // nullopt if `id` is not an iseq.
  absl::StatusOr<std::optional<IseqName>> Iseq(uint32_t id);
  // Returns the code of a proc or of an env's locals, by its part "iseq".
  absl::StatusOr<std::optional<IseqName>> IseqOf(uint32_t id);
  // The target of the named part of an object; 0: it has none.
  absl::StatusOr<uint32_t> Part(uint32_t id, const std::string& name);
  // The text of a property or part that is not a reference; "" if there is
  // none.
  absl::StatusOr<std::string> Property(uint32_t id, const std::string& name);

  // The text of a string, number or regexp as the dump has it; nullopt: none.
  absl::StatusOr<std::optional<std::string>> Text(uint32_t id);

  // A hash's key between brackets: `:request`, `"key"`, `#<User:0x…>`.
  absl::StatusOr<std::string> KeyText(uint32_t key);

 private:
  // By the rules in use; empty: none fits.
  absl::StatusOr<std::string> LabelByRules(const ObjectRow& object);
  absl::StatusOr<std::string> CollectionLabel(const ObjectRow& object);
  // Entries of an array or hash; nullopt: the dump does not say.
  absl::StatusOr<std::optional<uint64_t>> Entries(const ObjectRow& object);
  absl::StatusOr<std::string> DataLabel(const ObjectRow& object);
  absl::StatusOr<std::string> ImemoLabel(const ObjectRow& object);
  absl::StatusOr<std::string> StringLabel(const ObjectRow& object);
  absl::StatusOr<Place> PlaceOf(const ObjectRow& object);

  HeapDb& db_;
  ClassResolver classes_;
  std::shared_ptr<RuleLabels> by_rules_;
};

// Objects of these kinds have locals or code: see ObjectRow::kind.
bool IsProc(const ObjectRow& object);
bool IsEnv(const ObjectRow& object);
bool IsIseq(const ObjectRow& object);
bool IsThread(const ObjectRow& object);

}  // namespace heapq

#endif  // HEAPQ_QUERY_LABELS_OBJECT_LABEL_H_

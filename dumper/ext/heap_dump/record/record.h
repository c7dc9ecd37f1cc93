#ifndef HEAP_DUMP_RECORD_RECORD_H_
#define HEAP_DUMP_RECORD_RECORD_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "heap/direct_references.h"
#include "record/json_writer.h"
#include "record/walk_options.h"
#include "text/redaction.h"
#include "text/ruby_text.h"
#include "util/arena.h"

namespace heap_dump {

// Writes one record after the other and keeps format.md's promise: the
// references of a record outside of "weak" are what the GC marks through the
// object, each at least once, and no others. What a field wants to name that
// the GC does not mark goes to "weak"; what it marks and no field named goes
// to "refs".
class Record {
 public:
  // `written`: the objects that the dump has; nothing else is referred to.
  // Null: all. `redaction` says what is shown of names and numbers; null: all
  // of them.
  Record(JsonWriter* json, Arena* arena, const MarkedObjects* written,
         const Redaction* redaction)
      : json_(json),
        written_(written),
        redaction_(redaction),
        reachable_(arena, written),
        entries_(arena),
        names_(arena),
        weak_(arena),
        group_(arena),
        hashes_(arena),
        scratch_(arena) {}
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  // --- The record ---

  // Opens the object's record and asks the GC what it marks.
  void Begin(VALUE object);
  // Opens the roots' record; targets come by reachable()->Add.
  void BeginRoots();
  // Writes "refs" and "weak" and closes the record. Returns how many
  // references stood in "refs".
  size_t End();

  // Whose record is open; 0: the roots'.
  VALUE object() const { return object_; }
  JsonWriter* json() { return json_; }
  ReachableSet* reachable() { return &reachable_; }
  ArenaVector<char>* scratch() { return &scratch_; }
  const Redaction* redaction() const { return redaction_; }
  bool Has(VALUE target) const { return reachable_.Has(target); }

  // --- Parts: fields that are one value ---

  // Writes the key and a value. An object that the GC does not mark through
  // this one is recorded as weak, and no field is written. Returns whether one
  // was.
  bool Field(const char* key, VALUE value);
  // Like Field, for a pointer to an object; null writes no field.
  bool Part(const char* key, VALUE object) {
    return object != 0 && Field(key, object);
  }
  // Like Part, but silently skips references that the GC does not mark.
  bool StrongPart(const char* key, VALUE object) {
    return object != 0 && reachable_.Has(object) && Field(key, object);
  }
  // Text of any bytes, made readable: one that is not the program's.
  void TextField(const char* key, TextView text);
  // A name that the program gave, the label of its code, the path of its code.
  void NameField(const char* key, TextView name);
  void LabelField(const char* key, TextView label);
  void FileField(const char* key, TextView path);
  // The name as a value. Uses scratch().
  void Name(TextView name);
  // Appends what is shown of them.
  void AppendName(TextView name, ArenaVector<char>* to) const;
  void AppendLabel(TextView label, ArenaVector<char>* to) const;
  void AppendFile(TextView path, ArenaVector<char>* to) const;

  // --- Lists: fields that are several values ---

  // A list may go on in further records; only between these calls, and not
  // within a map.
  void BeginList(const char* key);
  // A value of the list. A reference must be one that the GC marks.
  void Item(VALUE value);
  void BeforeItem();
  void AfterItem() { ++item_; }
  void EndList();

  // --- Name maps ---

  // Collects entries for the map that EndNameMap writes. Names live until
  // then.
  void BeginNameMap() {
    entries_.Clear();
    names_.Clear();
  }
  // An entry with a name that the program gave.
  void Entry(TextView name, VALUE value);
  void Entry(ID id, VALUE value);
  // An entry with a name of Ruby's or of ours.
  void OwnEntry(TextView name, VALUE value);
  // Writes what was collected, if anything was; long ones go on in further
  // records if `splits`, which is to be false within another map.
  void EndNameMap(const char* key, bool splits = true);

  // --- Others ---

  // A value as format.md §2 has it; a reference gets named by it.
  void Value(VALUE value);
  // The same for what may be a reference that the GC does not mark: it is
  // noted as weak, and no value stands in its place.
  void MarkedValue(VALUE value);
  // `name` says what the reference is, as a literal; null: not known. A target
  // that the dump does not have is left out.
  void WeakReference(VALUE target, const char* name = nullptr) {
    if (IsWritten(target)) weak_.Push({name, target});
  }
  // Writes all unnamed targets for which `belongs` is true as a list.
  template <typename Belongs>
  void Group(const char* key, Belongs belongs) {
    group_.Clear();
    reachable_.ForEachUnnamed([&](VALUE target) {
      if (!belongs(target)) return false;
      group_.Push(target);
      return true;
    });
    if (group_.empty()) return;
    BeginList(key);
    for (VALUE target : group_) Item(target);
    EndList();
  }
  // The same for one target: a part, not a list.
  template <typename Belongs>
  void One(const char* key, Belongs belongs) {
    VALUE found = 0;
    reachable_.ForEachUnnamed([&](VALUE target) {
      if (found != 0 || !belongs(target)) return false;
      found = target;
      return true;
    });
    if (found == 0) return;
    json_->Key(key);
    json_->Number(found);
  }

  // A record that is longer goes on in another; half of what readers accept.
  static constexpr size_t kLongest = 4 << 20;

  // Ends this record and opens a continuation of it.
  void Continue();
  // For a long text: the continuation begins at this byte.
  void ContinueFrom(uint64_t from);

 private:
  struct NameEntry {
    size_t name_offset;  // in names_, if `copied`
    TextView name;
    VALUE value;
  };

  struct Weak {
    const char* name;
    VALUE target;
  };

  void WriteWeak();
  // The weak references of one name, as a list, as far as they fit into this
  // record.
  void WriteWeakOf(const char* name, bool in_map);

  // Whether a document could not have these names as keys.
  bool NeedsPairs();
  bool HasNameTwice();
  // Whether the value may stand in the map, or is noted as weak.
  bool Belongs(VALUE value);
  void WriteName(const NameEntry& entry, bool as_key);
  TextView NameOfEntry(const NameEntry& entry) const {
    return entry.name.data != nullptr
               ? entry.name
               : TextView{names_.begin() + entry.name_offset, entry.name.size};
  }
  bool Long() const { return json_->record_size() > kLongest; }

  bool IsWritten(VALUE object) const {
    return written_ == nullptr || written_->Has(object);
  }

  JsonWriter* const json_;
  const MarkedObjects* const written_;
  const Redaction* const redaction_;
  ReachableSet reachable_;
  ArenaVector<NameEntry> entries_;
  ArenaVector<char> names_;
  ArenaVector<Weak> weak_;
  ArenaVector<VALUE> group_;
  ArenaVector<uint64_t> hashes_;
  ArenaVector<char> scratch_;
  // 0: the roots' record.
  VALUE object_ = 0;
  int parts_ = 0;
  const char* list_ = nullptr;
  uint64_t item_ = 0;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_RECORD_RECORD_H_

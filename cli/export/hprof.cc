// The Java heap dump that Eclipse MAT and VisualVM open. Ids are Ruby's
// addresses. Classes and modules are classes there, and what they hold are
// their static members. Of other objects, named references are fields, the
// rest is in the array `references`. A tool there counts bytes by its own
// rules, so `memory` makes up for the difference, and `size` and `retained` are
// heapq's own figures.
#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/export/dump_id.h"
#include "cli/export/exporter.h"
#include "cli/export/hprof_classes.h"
#include "cli/export/hprof_file.h"
#include "indexer/base/status_macros.h"
#include "indexer/base/utf8.h"
#include "query/db/heap_rows.h"

namespace heapq {
namespace {

// Ids that are no addresses: of classes that Ruby has not, and of the arrays
// beside an object. No process on x86-64 or ARM has memory there.
constexpr uint64_t kJavaClasses = uint64_t{1} << 60;
constexpr uint64_t kTypeClasses = uint64_t{1} << 61;
constexpr uint64_t kBesides = uint64_t{1} << 62;
enum Beside { kReferences, kMemory, kText, kChars, kBesideCount };

enum JavaClass : uint64_t {
  kObjectClass = kJavaClasses,
  kClassClass,
  kLoaderClass,
  kStringClass,
  kReferenceClass,
  kWeakClass,
  kSoftClass,
  kFinalClass,
  kPhantomClass,
  kSystemClass,
  kPropertiesClass,
  kObjectsClass,
  kBytesClass,
  kCharsClass,
  kProperties,  // two objects
  kPropertyTable,
};
constexpr std::pair<JavaClass, const char*> kJavaNames[] = {
    {kObjectClass, "java/lang/Object"},
    {kClassClass, "java/lang/Class"},
    {kLoaderClass, "java/lang/ClassLoader"},
    {kStringClass, "java/lang/String"},
    // VisualVM computes no sizes without these.
    {kReferenceClass, "java/lang/ref/Reference"},
    {kWeakClass, "java/lang/ref/WeakReference"},
    {kSoftClass, "java/lang/ref/SoftReference"},
    {kFinalClass, "java/lang/ref/FinalReference"},
    {kPhantomClass, "java/lang/ref/PhantomReference"},
    {kSystemClass, "java/lang/System"},
    {kPropertiesClass, "java/util/Properties"},
    {kObjectsClass, "[Ljava/lang/Object;"},
    {kBytesClass, "[B"},
    {kCharsClass, "[C"},
};

// As a 64-bit JVM counts them.
constexpr uint64_t kObjectHeader = 16;
constexpr uint64_t kArrayHeader = 24;
constexpr uint64_t kWord = 8;
constexpr uint64_t kMaxArrayLength = 1 << 30;
// Bytes of the arrays `memory` that a file may have: as many as Ruby's objects
// in nearly all heaps, and bounded by what the heap.db really holds.
constexpr uint64_t kMinMemoryBudget = 64 << 20;
constexpr uint64_t kMemoryPerDbByte = 16;

constexpr size_t kMaxTextLength = 256;  // bytes; strings may be megabytes
constexpr size_t kMaxStatics = 30000;   // the format's number has 16 bits

class HprofWriter {
 public:
  HprofWriter(HeapDb* db, std::ostream* out)
      : db_(*db), rows_(db), file_(out) {}

  absl::Status Write() {
    ASSIGN_OR_RETURN(const DumpKey key, ReadDumpKey(&db_, ExportOptions()));
    file_.Begin(key.milliseconds);
    RETURN_IF_ERROR(classes_.Read(
        &db_, [this](std::string_view name) { file_.AddName(name); }));
    RETURN_IF_ERROR(FindMemoryCap());
    AddFieldNames();
    RETURN_IF_ERROR(LoadClasses());
    RETURN_IF_ERROR(WriteTypeClasses());
    // Classes before their instances, as every reader likes it.
    RETURN_IF_ERROR(Objects(true));
    RETURN_IF_ERROR(Objects(false));
    RETURN_IF_ERROR(Roots());
    return file_.Finish();
  }

 private:
  struct Reference {
    std::string name;  // of a field or static member; empty: it has none
    uint64_t address = 0;
  };

  static uint64_t Besides(uint32_t id, Beside which) {
    return kBesides + kBesideCount * uint64_t{id} + which;
  }
  // The id of a class that is named after a type.
  static uint64_t TypeClass(size_t place) { return kTypeClasses + place; }

  uint64_t ClassOf(uint32_t id) const {
    const uint32_t place = classes_.ClassOf(id);
    const HprofClasses::InstanceClass& one = classes_.classes()[place];
    return one.id == 0 ? TypeClass(place) : classes_.AddressOf(one.id);
  }

  // Names must differ, or the tools take two classes for one.
  std::string ClassName(const NodeRow& node) {
    std::string name(node.name);
    const std::string address = AddressText(node.address);
    if (name.empty()) name = absl::StrCat("(anonymous) ", address);
    if ((node.flags & kSingleton) != 0) name = absl::StrCat("singleton ", name);
    if (!class_names_.emplace(name, node.id).second) {
      absl::StrAppend(&name, " ", address);
    }
    return name;
  }

  // Sizes in a heap.db are what the dump claims, and may be anything.
  absl::Status FindMemoryCap() {
    std::error_code error;
    const uint64_t file = std::filesystem::file_size(db_.path(), error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat(db_.path(), ": cannot read: ", error.message()));
    }
    memory_cap_ =
        classes_.SizeCap(std::max(kMinMemoryBudget, kMemoryPerDbByte * file));
    return absl::OkStatus();
  }

  void AddFieldNames() {
    for (const char* name :
         {"value", "referent", "defaults", "table", "props"}) {
      file_.AddName(name);
    }
    const HprofClasses::InstanceClass none;
    for (const auto& member : FieldsOf(&none)) file_.AddName(member.name);
    for (const HprofClasses::InstanceClass& one : classes_.classes()) {
      for (const std::string& name : one.fields) file_.AddName(name);
    }
  }

  absl::Status LoadClasses() {
    for (const auto& [id, name] : kJavaNames) file_.LoadClass(id, name);
    for (size_t i = 0; i < classes_.classes().size(); ++i) {
      const HprofClasses::InstanceClass& one = classes_.classes()[i];
      if (one.id == 0) file_.LoadClass(TypeClass(i), one.name);
    }
    return rows_.Nodes([this](const NodeRow& node) {
      if (classes_.IsClass(node.id)) {
        file_.LoadClass(node.address, ClassName(node));
      }
      return absl::OkStatus();
    });
  }

  static std::vector<HprofFile::Member> FieldsOf(
      const HprofClasses::InstanceClass* one) {
    std::vector<HprofFile::Member> fields;
    if (one == nullptr) return fields;
    for (const std::string& name : one->fields) {
      fields.push_back({name, HprofFile::kReference});
    }
    for (const char* name : {"text", "references", "memory"}) {
      fields.push_back({name, HprofFile::kReference});
    }
    fields.push_back({"size", HprofFile::kLong});
    fields.push_back({"retained", HprofFile::kLong});
    return fields;
  }

  absl::Status WriteTypeClasses() {
    for (const auto& [id, name] : kJavaNames) {
      std::vector<HprofFile::Member> fields;
      if (id == kStringClass) fields = {{"value", HprofFile::kReference}};
      if (id == kReferenceClass) {
        fields = {{"referent", HprofFile::kReference}};
      }
      if (id == kPropertiesClass) {
        fields = {{"defaults", HprofFile::kReference},
                  {"table", HprofFile::kReference}};
      }
      std::vector<HprofFile::Member> statics;
      if (id == kSystemClass) {
        statics = {{"props", HprofFile::kReference, kProperties}};
      }
      uint64_t super = kObjectClass;
      if (id == kObjectClass) super = 0;
      if (id >= kWeakClass && id <= kPhantomClass) super = kReferenceClass;
      RETURN_IF_ERROR(file_.WriteClass(id, super, statics, fields));
    }
    RETURN_IF_ERROR(file_.WriteReferences(kPropertyTable, kObjectsClass, {}));
    RETURN_IF_ERROR(file_.WriteInstance(kProperties, kPropertiesClass,
                                        {0, kPropertyTable}));
    for (size_t i = 0; i < classes_.classes().size(); ++i) {
      const HprofClasses::InstanceClass& one = classes_.classes()[i];
      if (one.id != 0) continue;
      RETURN_IF_ERROR(
          file_.WriteClass(TypeClass(i), kObjectClass, {}, FieldsOf(&one)));
    }
    return absl::OkStatus();
  }

  // One pass over the heap: `are_classes` or the other objects.
  absl::Status Objects(bool are_classes) {
    NodeRow node;
    std::string text;
    bool open = false;
    const auto end = [&]() -> absl::Status {
      if (!open) return absl::OkStatus();
      open = false;
      return are_classes ? Class(node) : Instance(node, text);
    };
    RETURN_IF_ERROR(rows_.NodesWithEdges(
        [&](const NodeRow& next) -> absl::Status {
          RETURN_IF_ERROR(end());
          if (classes_.IsClass(next.id) != are_classes || next.address == 0) {
            return absl::OkStatus();
          }
          node = next;
          text = ToValidUtf8(next.text.value_or(
              next.type == ObjectType::kSymbol ? next.name : ""));
          open = true;
          held_.clear();
          return absl::OkStatus();
        },
        [&](const EdgeRow& edge) -> absl::Status {
          if (!open || edge.weak) return absl::OkStatus();
          return Hold(edge, node);
        }));
    return end();
  }

  absl::Status Hold(const EdgeRow& edge, const NodeRow& node) {
    Reference reference;
    reference.address = classes_.AddressOf(edge.dst);
    if (reference.address == 0) return absl::OkStatus();
    if (classes_.IsClass(edge.src)) {
      ASSIGN_OR_RETURN(reference.name, HprofClasses::MemberName(&rows_, edge));
    } else if (edge.kind == EdgeKind::kClass) {
      // Being an instance of it is the reference.
      if (edge.dst == node.real_class_id) return absl::OkStatus();
    } else {
      ASSIGN_OR_RETURN(const std::string_view name,
                       HprofClasses::FieldName(&rows_, edge));
      reference.name = name;
    }
    held_.push_back(std::move(reference));
    return absl::OkStatus();
  }

  // The array of what has no field; its id, or 0.
  absl::StatusOr<uint64_t> WriteRest(uint32_t id,
                                     const std::vector<uint64_t>& rest,
                                     uint64_t* bytes) {
    if (rest.empty()) return 0;
    *bytes += kArrayHeader + kWord * rest.size();
    const uint64_t array = Besides(id, kReferences);
    RETURN_IF_ERROR(file_.WriteReferences(array, kObjectsClass, rest));
    return array;
  }

  // Bytes that Ruby counts and that are not in `bytes`.
  absl::StatusOr<uint64_t> WriteMemory(uint32_t id, uint64_t size,
                                       uint64_t bytes) {
    if (size < bytes + kArrayHeader) return 0;
    const uint64_t array = Besides(id, kMemory);
    RETURN_IF_ERROR(file_.WriteBytes(
        array,
        std::min({size - bytes - kArrayHeader, memory_cap_, kMaxArrayLength})));
    return array;
  }

  absl::Status Class(const NodeRow& node) {
    std::vector<HprofFile::Member> statics;
    std::vector<uint64_t> rest;
    for (const Reference& reference : held_) {
      if (statics.size() < kMaxStatics) {
        statics.push_back(
            {reference.name, HprofFile::kReference, reference.address});
      } else {
        rest.push_back(reference.address);
      }
    }
    uint64_t bytes = kWord * statics.size();
    ASSIGN_OR_RETURN(const uint64_t more, WriteRest(node.id, rest, &bytes));
    ASSIGN_OR_RETURN(const uint64_t memory,
                     WriteMemory(node.id, node.size, bytes));
    statics.push_back({"references", HprofFile::kReference, more});
    statics.push_back({"memory", HprofFile::kReference, memory});
    statics.push_back({"size", HprofFile::kLong, node.size});
    statics.push_back(
        {"retained", HprofFile::kLong, node.retained.value_or(0)});
    return file_.WriteClass(node.address, kObjectClass, statics,
                            FieldsOf(classes_.Of(node.id)));
  }

  absl::Status Instance(const NodeRow& node, std::string_view text) {
    const HprofClasses::InstanceClass& one =
        classes_.classes()[classes_.ClassOf(node.id)];
    std::vector<uint64_t> values(one.fields.size(), 0);
    std::vector<uint64_t> rest;
    for (const Reference& reference : held_) {
      const auto place = reference.name.empty()
                             ? one.places.end()
                             : one.places.find(reference.name);
      if (place == one.places.end() || values[place->second] != 0) {
        rest.push_back(reference.address);
      } else {
        values[place->second] = reference.address;
      }
    }
    uint64_t bytes = kObjectHeader + kWord * (one.fields.size() + 5);
    uint64_t string = 0;
    if (!text.empty()) {
      if (text.size() > kMaxTextLength) {
        text = text.substr(0, kMaxTextLength);
        text = text.substr(0, ValidUtf8Prefix(text));
      }
      string = Besides(node.id, kText);
      bytes += kObjectHeader + kWord + kArrayHeader + 2 * text.size();
      const uint64_t chars = Besides(node.id, kChars);
      RETURN_IF_ERROR(file_.WriteChars(chars, text));
      RETURN_IF_ERROR(file_.WriteInstance(string, kStringClass, {chars}));
    }
    ASSIGN_OR_RETURN(const uint64_t more, WriteRest(node.id, rest, &bytes));
    ASSIGN_OR_RETURN(const uint64_t memory,
                     WriteMemory(node.id, node.size, bytes));
    values.insert(values.end(),
                  {string, more, memory, node.size, node.retained.value_or(0)});
    return file_.WriteInstance(node.address, ClassOf(node.id), values);
  }

  absl::Status Roots() {
    return rows_.Roots([this](const RootRow& root) {
      const uint64_t address = classes_.AddressOf(root.dst);
      if (root.weak || address == 0) return absl::OkStatus();
      HprofFile::Root kind = HprofFile::kSystemRoot;
      if (root.category == "machine_context") kind = HprofFile::kUnknownRoot;
      if (!root.name.empty()) kind = HprofFile::kGlobalRoot;
      return file_.WriteRoot(kind, address);
    });
  }

  HeapDb& db_;
  HeapRows rows_;
  HprofFile file_;
  HprofClasses classes_;
  std::map<std::string, uint32_t> class_names_;
  std::vector<Reference> held_;  // of the object at hand
  uint64_t memory_cap_ = 0;      // bytes of an array `memory`
};

}  // namespace

absl::Status WriteHprof(HeapDb* db, const ExportOptions& /*options*/,
                        std::ostream* out) {
  return HprofWriter(db, out).Write();
}

}  // namespace heapq

#ifndef HEAPQ_CLI_EXPORT_HPROF_FILE_H_
#define HEAPQ_CLI_EXPORT_HPROF_FILE_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

namespace heapq {

// The layer of HPROF 1.0.2 that knows bytes and records, not Ruby: big-endian
// numbers, ids of eight bytes, records with tag and length, heap dump segments
// of bounded size. See "HPROF Agent", the file of OpenJDK's hat and of the
// JVM's heapDumper.cpp, for the format.
class HprofFile {
 public:
  enum Root : uint8_t {
    kUnknownRoot = 0xff,
    kGlobalRoot = 0x01,  // "JNI global": a root with a name
    kSystemRoot = 0x05,  // "sticky class": the virtual machine's own
  };
  enum Type : uint8_t { kReference = 2, kChar = 5, kByte = 8, kLong = 11 };

  // A member of a class: a static one with its value, or a field of instances.
  struct Member {
    std::string_view name;
    Type type = kReference;
    uint64_t value = 0;  // of static members
  };

  // `out` must outlive it.
  explicit HprofFile(std::ostream* out) : out_(*out) {}

  // First the names and classes, then the heap dump: its segments must follow
  // each other without another record in between. Call Begin, then AddName and
  // LoadClass for all that the heap dump uses, then the rest.
  void Begin(uint64_t milliseconds);
  // A name of a member that WriteClass will be given.
  void AddName(std::string_view name) { NameOf(name); }
  void LoadClass(uint64_t id, std::string_view name);
  absl::Status WriteRoot(Root kind, uint64_t id);
  absl::Status WriteClass(uint64_t id, uint64_t super,
                          const std::vector<Member>& statics,
                          const std::vector<Member>& fields);
  // `values` in the order of the class's fields, each of eight bytes.
  absl::Status WriteInstance(uint64_t id, uint64_t class_id,
                             const std::vector<uint64_t>& values);
  absl::Status WriteReferences(uint64_t id, uint64_t class_id,
                               const std::vector<uint64_t>& elements);
  // UTF-16 of a text that is valid UTF-8.
  absl::Status WriteChars(uint64_t id, std::string_view text);
  // Bytes that are all 0.
  absl::Status WriteBytes(uint64_t id, uint64_t length);
  // Call once, last.
  absl::Status Finish();

 private:
  // Writes a string record the first time. In the heap dump, 0 for a name that
  // was not added.
  uint64_t NameOf(std::string_view name);
  void Record(uint8_t tag, uint64_t length);
  absl::Status Flush();
  absl::Status FlushIfFull();

  std::ostream& out_;
  std::string segment_;
  absl::flat_hash_map<std::string, uint64_t> names_;
  uint32_t classes_ = 0;
  bool in_heap_dump_ = false;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_EXPORT_HPROF_FILE_H_

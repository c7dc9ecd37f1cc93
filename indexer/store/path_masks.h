#ifndef HEAPQ_INDEXER_STORE_PATH_MASKS_H_
#define HEAPQ_INDEXER_STORE_PATH_MASKS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "indexer/heap/heap.h"
#include "indexer/model/masked_path.h"
#include "indexer/model/object_kind.h"
#include "indexer/store/class_table.h"

namespace heapq {

// A hop or an object as a masked path shows it. Equal masks are one path.
struct HopMask {
  MaskedHop hop = MaskedHop::kEdge;
  EdgeKind edge = EdgeKind::kRef;
  uint32_t label = 0;

  uint64_t Packed() const {
    return uint64_t{static_cast<uint8_t>(hop)} << 40 |
           uint64_t{static_cast<uint8_t>(edge)} << 32 | label;
  }
};
struct ObjectMask {
  MaskedObject what = MaskedObject::kInstance;
  ObjectType type = ObjectType::kGhost;  // kGhost where it does not matter
  uint32_t value = 0;                    // a name, or the iseq

  uint64_t Packed() const {
    return uint64_t{static_cast<uint8_t>(what)} << 40 |
           uint64_t{static_cast<uint8_t>(type)} << 32 | value;
  }
};

// Masks the hops and objects of one heap. `heap` and `classes` must outlive it.
class PathMasks {
 public:
  PathMasks(const Heap& heap, const ClassTable& classes);

  ObjectMask OfObject(ObjectId id);
  // `edge`: number of an edge in heap.edges; -1: the class edge.
  HopMask OfEdge(ObjectId src, int64_t edge, ObjectId dst);
  HopMask OfRoot(const RootEntry& root);

  bool IsClassLike(ObjectId id) const {
    const ObjectType type = heap_.type[id];
    return type == ObjectType::kClass || type == ObjectType::kModule;
  }
  // A class or module that has a name of its own.
  bool IsNamedClass(ObjectId id) const;
  // A collection whose references are elements.
  bool HasElements(ObjectId id) const;
  // The code that a proc, method or env runs; 0: none.
  ObjectId CodeOf(ObjectId id) const;
  // Shallow size without a thread's stack; 0 for tables of tracing.
  uint64_t SizeOf(ObjectId id) const;
  bool IsTracer(ObjectId id) const { return KindIs(id, kTracer); }
  // Classes, method entries, iseqs, caches.
  bool IsCode(ObjectId id) const;

  StringTable& texts() { return texts_; }

 private:
  enum KindFlag : uint8_t {
    kThread = 1,
    kProcLike = 2,
    kEnvLike = 4,
    kIseqLike = 8,
    kCodeLike = 16,
    kTracer = 32,
    kNoList = 64,  // its references are not elements
  };
  static uint8_t FlagsOf(ObjectKind kind);
  bool KindIs(ObjectId id, uint8_t flags) const {
    return (kind_flags_[heap_.kind[id]] & flags) != 0;
  }
  // The name of an instance's class, and whether it is that of a superclass.
  struct ClassMask {
    uint32_t name = 0;
    bool below = false;
  };
  ClassMask MaskOfClass(ObjectId id);
  // Finds the names that many classes share but for digits.
  void FindNumberedClasses();
  // The name of a class, without digits where it is one of these.
  uint32_t TextOfClass(std::string_view name);
  // Whether the label of edge `e` of `src` is one of many that differ only in
  // digits: a program made them from data.
  bool IsNumbered(ObjectId src, uint32_t e);
  void FindNumbered(ObjectId src, EdgeKind kind);
  uint32_t TextOf(uint32_t name, bool masked);
  uint32_t TextOfFrameValue(ObjectId thread, const FrameValueEntry& value);
  ObjectId IseqAmong(ObjectId id) const;

  const Heap& heap_;
  const ClassTable& classes_;
  StringTable texts_;
  std::vector<uint8_t> kind_flags_;  // by name: KindFlag
  std::vector<uint32_t> plain_;      // by name: number in texts_, 0: not yet
  std::vector<uint32_t> masked_;     // the same without digits
  absl::flat_hash_map<ObjectId, ClassMask> class_masks_;
  absl::flat_hash_set<std::string> numbered_classes_;  // without digits
  std::vector<bool> numbered_;  // by name: IsNumbered said so
  // The last argument of FindNumbered.
  std::pair<ObjectId, EdgeKind> searched_ = {0, EdgeKind::kRef};
  uint32_t own_thread_ = 0;  // name
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_PATH_MASKS_H_

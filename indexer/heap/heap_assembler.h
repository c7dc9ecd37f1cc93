#ifndef HEAPQ_INDEXER_HEAP_HEAP_ASSEMBLER_H_
#define HEAPQ_INDEXER_HEAP_HEAP_ASSEMBLER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "indexer/base/cancellation.h"
#include "indexer/base/column.h"
#include "indexer/heap/address_table.h"
#include "indexer/heap/heap.h"
#include "indexer/heap/heap_text.h"
#include "indexer/heap/record_batch.h"
#include "indexer/heap/record_sink.h"
#include "indexer/heap/text_spill.h"

namespace heapq {

// Gathers the records of a dump, in whatever order, and makes a Heap of them.
// While records come in, objects are known by handles (AddressTable) and kept
// in columns in the order of the file; Finish gives out the ids.
class HeapAssembler : public RecordSink {
 public:
  // The numbers in the heap of a batch's names and sites.
  struct BatchNumbers {
    std::vector<uint32_t> names;
    std::vector<uint32_t> sites;
  };

  // `spill_dir`: where temporary text goes.
  explicit HeapAssembler(const std::string& spill_dir);

  uint32_t Name(std::string_view text) override;
  uint32_t FrameValue(uint32_t n, std::string_view name) override;
  void Edge(EdgeLabel label, uint64_t target) override;
  void WeakEdge(EdgeLabel label, uint64_t target) override;
  void Field(EdgeLabel label, std::string_view text) override;
  void MaybeEdge(EdgeLabel label, uint64_t number) override;
  void Frame(uint32_t n, std::string_view label, std::string_view file,
             uint32_t line, uint64_t iseq) override;
  bool CommitObject(const ObjectRecord& record) override;
  bool CommitContinuation(uint64_t address, std::string_view text) override;
  void Abandon() override;
  void Root(std::string_view category, std::string_view name, uint64_t target,
            bool weak) override;
  void Samples(AllocationSamples samples) override {
    samples_ = std::move(samples);
  }

  // Adds the objects [begin, end) of a batch, as if they came one by one; no
  // record may be open. `duplicate` hears of each that is dropped because the
  // heap has an object there. `numbers` is what earlier calls for this batch
  // left, empty for the first. Returns how many were added.
  uint64_t Add(const RecordBatch& batch, size_t begin, size_t end,
               BatchNumbers* numbers,
               absl::FunctionRef<void(const RecordBatch::Object&)> duplicate);

  // Sets the share of the dump, above 0 and at most 1, that was added so far.
  // Full columns then grow to the size of the whole at once.
  void SetShare(double share) { share_ = share; }

  // Objects whose text goes on for more than a megabyte in continuations: the
  // rest of it was passed over.
  uint64_t texts_cut() const { return cut_.size(); }
  AllocationSamples TakeSamples() { return std::move(samples_); }
  // Not OK once a limit was passed (2^32 edges, 30 GiB of slots).
  const absl::Status& status() const { return status_; }
  uint64_t object_count() const { return handle_.size() - 1; }
  // Strong and weak ones so far, class edges not counted.
  uint64_t edge_count() const {
    return strong_.target.size() + weak_.target.size();
  }
  // Bytes of memory that what was gathered takes, room to grow not counted.
  size_t held_bytes() const;

  // Call once, last. `text` serves `heap`'s texts and outlives this.
  // An error of `cancellation` ends it.
  absl::Status Finish(Heap* heap, std::unique_ptr<HeapText>* text,
                      const Cancellation& cancellation);

 private:
  using Handle = AddressTable::Handle;

  // Strong or weak edges in the order of the file.
  struct Edges {
    Column<Handle> target;
    Column<EdgeKind> kind;
    Column<uint32_t> label;  // as in EdgeRows, but a Handle for kObject
    size_t committed = 0;

    size_t held_bytes() const {
      return target.size() *
             (sizeof(Handle) + sizeof(EdgeKind) + sizeof(uint32_t));
    }
    template <typename Visit>
    void ForEachColumn(Visit visit) {
      visit(&target);
      visit(&kind);
      visit(&label);
    }
    // The new ones are to be written.
    void Extend(size_t count) {
      const size_t size = target.size() + count;
      ForEachColumn([size](auto* c) { c->resize_for_overwrite(size); });
    }
    void Truncate() { Resize(committed); }
    void Resize(size_t size) {
      ForEachColumn([size](auto* c) { c->resize(size); });
    }
  };
  struct Continuation {
    Handle object;
    uint32_t begin;
    uint32_t end;
    bool weak;
  };
  // Few objects have weak edges. The range ends where the next one begins.
  struct WeakRange {
    uint32_t ordinal;
    uint32_t begin;
  };
  struct Maybe {
    uint32_t edge;
    uint64_t number;
  };

  // Many words are no addresses, so they stay out of the address table.
  struct Word {
    Handle imemo;
    uint64_t word;
  };

  template <typename T>
  void MakeRoom(size_t more, Column<T>* column) const;
  void MakeRoomFor(const RecordBatch& batch, size_t begin, size_t end);
  Handle InternTarget(uint64_t address);
  Handle ClassHandle(Handle object, ObjectType type, uint64_t address);
  void TooManyEdges();
  void Add(Edges* edges, EdgeLabel label, Handle target);
  void ReferToTargets(Edges* edges);
  void Close(Handle owner);
  uint32_t SiteOf(const Site& site);
  void Number(const RecordBatch& batch, BatchNumbers* numbers);
  void AddPart(const RecordBatch::Edge* begin, const RecordBatch::Edge* end,
               const BatchNumbers& numbers, Edges* edges);
  void SettleMaybeEdges();
  void CarryText(Handle owner, std::string_view text);
  void AddSite(uint32_t site, uint32_t generation);
  template <typename Visit>
  void ForEachRange(bool weak, Visit visit) const;
  absl::Status MakeRows(bool weak, const Cancellation& cancellation,
                        EdgeRows* rows);
  absl::Status MakeColumns(const Cancellation& cancellation, Heap* heap);
  void MakeRootsAndFrames(Heap* heap);

  absl::Status status_;
  double share_ = 0;  // 0: not known
  std::shared_ptr<AddressTable> addresses_;
  StringTable names_;
  AllocationSamples samples_;

  // By ordinal, from 1: the n-th object of the file. Entry 0 is unused.
  Column<Handle> handle_;
  Column<Handle> class_;
  Column<uint64_t> size_;
  Column<ObjectType> type_;
  Column<uint8_t> flags_;
  Column<uint32_t> kind_;
  Column<uint32_t> name_;
  Column<uint32_t> site_;
  Column<uint32_t> generation_;
  bool any_site_ = false;

  Edges strong_;
  Column<uint32_t> strong_begin_;  // by ordinal
  Edges weak_;
  std::vector<WeakRange> weak_ranges_;
  std::vector<Continuation> continuations_;
  absl::flat_hash_map<Handle, size_t> carried_text_;  // bytes
  std::vector<Handle> cut_;
  std::vector<Maybe> maybe_;
  size_t maybe_committed_ = 0;
  std::vector<Word> imemo_words_;
  std::vector<RootEntry> roots_;
  std::vector<Handle> root_targets_;
  std::vector<FrameEntry> frames_;
  std::vector<Handle> frame_threads_;
  std::vector<Handle> frame_iseqs_;
  size_t frames_committed_ = 0;
  std::vector<FrameValueEntry> frame_values_;  // [0] unused
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t>
      frame_value_numbers_;  // by frame and name
  Column<Site> sites_;
  // Numbers of sites, found by what they are.
  struct SiteHash {
    const Column<Site>* sites;
    size_t operator()(uint32_t i) const {
      const Site& site = (*sites)[i];
      return absl::HashOf(site.file, site.method, site.line);
    }
  };
  struct SameSite {
    const Column<Site>* sites;
    bool operator()(uint32_t i, uint32_t j) const {
      const Site& a = (*sites)[i];
      const Site& b = (*sites)[j];
      return a.file == b.file && a.method == b.method && a.line == b.line;
    }
  };
  absl::flat_hash_set<uint32_t, SiteHash, SameSite> site_numbers_;
  std::unique_ptr<TextSpill> strings_;
  std::unique_ptr<TextSpill> fields_;
  std::vector<Handle> field_labels_;  // objects, of what is not committed
  size_t fields_committed_ = 0;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_HEAP_HEAP_ASSEMBLER_H_

#include "indexer/store/sample_tables.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "indexer/base/status_macros.h"
#include "indexer/heap/address_table.h"
#include "indexer/sqlite/inserter.h"

namespace heapq {
namespace {

// Stacks as a tree: a stack is a frame and the stack that called it, so that
// callers in common have one row. Rows count from 1 in their order.
class StackTree {
 public:
  struct Row {
    uint32_t caller;  // 0: none
    uint32_t frame;
  };

  // The row of a stack.
  uint32_t Add(const AllocationSamples& samples, uint32_t stack) {
    uint32_t row = 0;
    for (uint32_t i = samples.stack_begin[stack + 1];
         i-- > samples.stack_begin[stack];) {
      const auto [known, is_new] =
          numbers_.try_emplace({row, samples.stack_frames[i]},
                               static_cast<uint32_t>(rows_.size()) + 1);
      if (is_new) rows_.push_back({row, samples.stack_frames[i]});
      row = known->second;
    }
    return row;
  }
  const std::vector<Row>& rows() const { return rows_; }

 private:
  std::vector<Row> rows_;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, uint32_t> numbers_;
};

}  // namespace

SampleTables::SampleTables(const Heap& heap, const AllocationSamples* samples)
    : samples_(samples) {
  if (samples == nullptr) return;
  std::vector<std::pair<ObjectId, uint32_t>> found;
  for (uint32_t i = 0; i < samples->samples.size(); ++i) {
    const ObjectId id = heap.addresses->Find(samples->samples[i].address);
    if (id != 0 && id <= heap.object_count) found.emplace_back(id, i);
  }
  std::sort(found.begin(), found.end());
  for (const auto& [id, sample] : found) {
    if (!objects_.empty() && objects_.back() == id) continue;
    objects_.push_back(id);
    sample_of_.push_back(sample);
  }
}

absl::Status SampleTables::WriteFrames(Connection* connection) const {
  ASSIGN_OR_RETURN(Inserter frames,
                   Inserter::Make(connection, "allocation_frames", 4));
  for (size_t i = 0; i < samples_->frames.size(); ++i) {
    const AllocationSamples::Frame& frame = samples_->frames[i];
    RETURN_IF_ERROR(frames.Int(static_cast<int64_t>(i) + 1)
                        .Text(frame.file)
                        .Int(frame.line)
                        .Text(frame.method)
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status SampleTables::Write(Connection* connection,
                                 const std::vector<uint32_t>& paths) const {
  if (samples_ == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(WriteFrames(connection));
  StackTree tree;
  ASSIGN_OR_RETURN(Inserter rows,
                   Inserter::Make(connection, "allocation_samples", 5));
  for (size_t i = 0; i < objects_.size(); ++i) {
    const AllocationSamples::Sample& sample = samples_->samples[sample_of_[i]];
    RETURN_IF_ERROR(rows.Int(objects_[i])
                        .IntOrNull(tree.Add(*samples_, sample.stack))
                        .Int(static_cast<int64_t>(sample.weight))
                        .Int(sample.generation)
                        .IntOrNull(paths[i])
                        .Run());
  }
  ASSIGN_OR_RETURN(Inserter stacks,
                   Inserter::Make(connection, "allocation_stacks", 3));
  for (size_t i = 0; i < tree.rows().size(); ++i) {
    RETURN_IF_ERROR(stacks.Int(static_cast<int64_t>(i) + 1)
                        .IntOrNull(tree.rows()[i].caller)
                        .Int(int64_t{tree.rows()[i].frame} + 1)
                        .Run());
  }
  return absl::OkStatus();
}

}  // namespace heapq

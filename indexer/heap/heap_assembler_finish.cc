// HeapAssembler's second half: what was gathered gets its ids and its order.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "indexer/base/background.h"
#include "indexer/base/cancellation.h"
#include "indexer/base/status_macros.h"
#include "indexer/heap/assembled_text.h"
#include "indexer/heap/heap_assembler.h"
#include "indexer/heap/permutation.h"

namespace heapq {
namespace {

// Numbers from here on are no Integers of a program that the first gem's
// format would have written, but addresses.
constexpr uint64_t kSurelyAddress = uint64_t{1} << 28;

}  // namespace

// Numbers of the first gem's format that turn out to be no references become
// fields, and their edges are taken out of the rows.
void HeapAssembler::SettleMaybeEdges() {
  if (maybe_.empty()) return;
  size_t next = 0;   // in maybe_
  size_t write = 0;  // in strong_
  // That format has no continuations, but a file may have anything.
  size_t piece = 0;  // in continuations_
  std::vector<uint32_t> removed;
  for (size_t i = 1; i < handle_.size(); ++i) {
    const size_t begin = strong_begin_[i];
    const size_t end =
        i + 1 < handle_.size() ? strong_begin_[i + 1] : strong_.target.size();
    strong_begin_[i] = static_cast<uint32_t>(write);
    for (size_t e = begin; e < end; ++e) {
      if (next < maybe_.size() && maybe_[next].edge == e) {
        const uint64_t number = maybe_[next++].number;
        if (number >= kSurelyAddress) {
          addresses_->Refer(strong_.target[e]);
        } else if (!addresses_->IsDefined(strong_.target[e])) {
          while (
              piece < continuations_.size() &&
              (continuations_[piece].weak || continuations_[piece].end <= e)) {
            ++piece;
          }
          const bool continued =
              piece < continuations_.size() && continuations_[piece].begin <= e;
          FieldHead head;
          head.at = static_cast<uint32_t>(write - strong_begin_[i]);
          head.kind = strong_.kind[e];
          head.label = strong_.label[e];
          AppendField(continued ? continuations_[piece].object : handle_[i],
                      head, absl::StrCat(number), fields_.get());
          if (!continuations_.empty()) {
            removed.push_back(static_cast<uint32_t>(e));
          }
          continue;
        }
      }
      strong_.target[write] = strong_.target[e];
      strong_.kind[write] = strong_.kind[e];
      strong_.label[write] = strong_.label[e];
      ++write;
    }
  }
  strong_.Resize(write);
  const auto moved = [&removed](uint32_t edge) {
    return edge - static_cast<uint32_t>(
                      std::lower_bound(removed.begin(), removed.end(), edge) -
                      removed.begin());
  };
  for (Continuation& continuation : continuations_) {
    if (continuation.weak) continue;
    continuation.begin = moved(continuation.begin);
    continuation.end = moved(continuation.end);
  }
  continuations_.erase(
      std::remove_if(continuations_.begin(), continuations_.end(),
                     [](const Continuation& continuation) {
                       return continuation.begin == continuation.end;
                     }),
      continuations_.end());
}

// Visits where the edges of objects lie, as (id, begin, end): for each object
// what its record brought, then what continuations added, in the order of the
// file. `handle_` holds ids by then.
template <typename Visit>
void HeapAssembler::ForEachRange(bool weak, Visit visit) const {
  const auto total =
      static_cast<uint32_t>((weak ? weak_ : strong_).target.size());
  size_t next_piece = 0;  // of continuations: they lie between two records
  const auto record = [&](uint32_t ordinal, uint32_t begin, uint32_t end) {
    const auto& pieces = continuations_;
    while (next_piece < pieces.size() && (pieces[next_piece].weak != weak ||
                                          pieces[next_piece].begin < begin)) {
      ++next_piece;
    }
    if (next_piece < pieces.size() && pieces[next_piece].begin < end) {
      end = pieces[next_piece].begin;
    }
    visit(handle_[ordinal], begin, end);
  };
  if (weak) {
    for (size_t i = 0; i < weak_ranges_.size(); ++i) {
      record(weak_ranges_[i].ordinal, weak_ranges_[i].begin,
             i + 1 < weak_ranges_.size() ? weak_ranges_[i + 1].begin : total);
    }
  } else {
    for (uint32_t i = 1; i < strong_begin_.size(); ++i) {
      record(i, strong_begin_[i],
             i + 1 < strong_begin_.size() ? strong_begin_[i + 1] : total);
    }
  }
  for (const Continuation& piece : continuations_) {
    if (piece.weak == weak) {
      visit(addresses_->IdOf(piece.object), piece.begin, piece.end);
    }
  }
}

absl::Status HeapAssembler::MakeRows(bool weak,
                                     const Cancellation& cancellation,
                                     EdgeRows* rows) {
  Edges& edges = weak ? weak_ : strong_;
  const size_t size =
      size_t{addresses_->defined_count()} + addresses_->ghost_count() + 1;
  const size_t count = edges.target.size();
  rows->count = count;
  constexpr size_t kPiece = 16 * kCancellationInterval;
  for (size_t e = 0; e < count; e += kPiece) {
    RETURN_IF_ERROR(cancellation.Check());
    addresses_->ToIds(edges.target.data() + e, std::min(kPiece, count - e));
  }
  for (size_t e = 0; e < count; ++e) {
    if (e % kCancellationInterval == 0) RETURN_IF_ERROR(cancellation.Check());
    if (LabelTypeOf(edges.kind[e]) == LabelType::kObject) {
      edges.label[e] = addresses_->IdOf(edges.label[e]);
    }
  }
  rows->begin.resize(size + 1);
  if (count == 0) return absl::OkStatus();
  // begin[id + 1] counts, then says where to write, then where the row ends.
  ForEachRange(weak, [&](ObjectId id, uint32_t begin, uint32_t end) {
    rows->begin[id + 1] += end - begin;
  });
  uint32_t sum = 0;
  for (uint32_t& begin : rows->begin) sum += std::exchange(begin, sum);
  RETURN_IF_ERROR(cancellation.Check());
  Permutation by_id;
  ForEachRange(weak, [&](ObjectId id, uint32_t begin, uint32_t end) {
    by_id.Move(begin, rows->begin[id + 1], end - begin);
    rows->begin[id + 1] += end - begin;
  });
  if (!weak) strong_begin_.reset();
  for (Column<uint32_t>* column : {&edges.target, &edges.label}) {
    RETURN_IF_ERROR(cancellation.Check());
    by_id.Apply(count, column);
  }
  by_id.Apply(count, &edges.kind);
  rows->dst = std::move(edges.target);
  rows->kind = std::move(edges.kind);
  rows->label = std::move(edges.label);
  return absl::OkStatus();
}

// `handle_` holds ids by then.
absl::Status HeapAssembler::MakeColumns(const Cancellation& cancellation,
                                        Heap* heap) {
  const size_t size = size_t{heap->last_id()} + 1;
  Permutation by_id;
  for (uint32_t i = 0; i < handle_.size(); ++i) by_id.Move(i, handle_[i], 1);
  addresses_->ToIds(class_.data(), class_.size());
  const auto take = [&](auto* by_ordinal, auto* column) -> absl::Status {
    by_id.Apply(size, by_ordinal);
    *column = std::move(*by_ordinal);
    return cancellation.Check();
  };
  RETURN_IF_ERROR(take(&class_, &heap->class_of));
  RETURN_IF_ERROR(take(&size_, &heap->size));
  RETURN_IF_ERROR(take(&type_, &heap->type));
  RETURN_IF_ERROR(take(&flags_, &heap->flags));
  RETURN_IF_ERROR(take(&kind_, &heap->kind));
  RETURN_IF_ERROR(take(&name_, &heap->name));
  if (any_site_) {
    RETURN_IF_ERROR(take(&site_, &heap->site));
    RETURN_IF_ERROR(take(&generation_, &heap->generation));
  }
  for (const Handle owner : cut_) {
    heap->flags[addresses_->IdOf(owner)] |= kTruncated;
  }
  return absl::OkStatus();
}

void HeapAssembler::MakeRootsAndFrames(Heap* heap) {
  for (size_t i = 0; i < roots_.size(); ++i) {
    roots_[i].dst = addresses_->IdOf(root_targets_[i]);
  }
  heap->roots = std::move(roots_);
  for (size_t i = 0; i < frames_.size(); ++i) {
    frames_[i].thread = addresses_->IdOf(frame_threads_[i]);
    frames_[i].iseq = frame_iseqs_[i] == AddressTable::kNoHandle
                          ? 0
                          : addresses_->IdOf(frame_iseqs_[i]);
  }
  std::stable_sort(frames_.begin(), frames_.end(),
                   [](const FrameEntry& a, const FrameEntry& b) {
                     return std::make_pair(a.thread, a.n) <
                            std::make_pair(b.thread, b.n);
                   });
  heap->frames = std::move(frames_);
  heap->frame_values = std::move(frame_values_);
}

absl::Status HeapAssembler::Finish(Heap* heap, std::unique_ptr<HeapText>* text,
                                   const Cancellation& cancellation) {
  Abandon();
  RETURN_IF_ERROR(status_);
  SettleMaybeEdges();
  RETURN_IF_ERROR(cancellation.Check());
  addresses_->Finish();
  heap->object_count = addresses_->defined_count();
  heap->ghost_count = addresses_->ghost_count();
  heap->addresses = addresses_;
  addresses_->ToIds(handle_.data(), handle_.size());
  RETURN_IF_ERROR(cancellation.Check());

  // The edges meanwhile: with what follows they share only what both read.
  Background<EdgeRows> making_rows(
      [this](const Cancellation& stop) -> absl::StatusOr<EdgeRows> {
        EdgeRows rows;
        RETURN_IF_ERROR(MakeRows(false, stop, &rows));
        return rows;
      });
  RETURN_IF_ERROR(MakeRows(true, cancellation, &heap->weak_edges));
  RETURN_IF_ERROR(MakeColumns(cancellation, heap));
  MakeRootsAndFrames(heap);
  for (const Word& word : imemo_words_) {
    const ObjectId target = addresses_->Find(word.word);
    if (target == 0) continue;
    heap->imemo_words.push_back({addresses_->IdOf(word.imemo), target});
  }
  heap->names = std::move(names_);
  heap->sites = std::move(sites_);
  const auto to_id = [this](Handle handle) { return addresses_->IdOf(handle); };
  strings_->MapOwners(to_id);
  RETURN_IF_ERROR(cancellation.Check());
  fields_->MapOwners(to_id);
  ASSIGN_OR_RETURN(heap->edges, making_rows.Get(cancellation));
  handle_.reset();
  *text = std::make_unique<AssembledText>(addresses_, std::move(strings_),
                                          std::move(fields_));
  return absl::OkStatus();
}

}  // namespace heapq

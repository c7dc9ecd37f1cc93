#include "indexer/heap/imemo_words.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

#include "indexer/heap/heap_limits.h"
#include "indexer/model/object_kind.h"

namespace heapq {
namespace {

// The type of object that the word of a kind refers to.
enum class Fits { kIseq, kClass, kHash, kMethodOrCref, kData, kAny };

struct SecondWord {
  ObjectKind kind;
  Fits fits;
  std::string_view part;  // name of the edge
};

constexpr SecondWord kSecondWords[] = {
    {ObjectKind::kEnv, Fits::kIseq, "iseq"},
    {ObjectKind::kMethodEntry, Fits::kClass, "defined_class"},
    {ObjectKind::kCref, Fits::kHash, "refinements"},
    {ObjectKind::kSvar, Fits::kMethodOrCref, "cref_or_ment"},
    {ObjectKind::kConstCache, Fits::kAny, "value"},
    {ObjectKind::kIseq, Fits::kData, "wrapper"},
};

bool IsOfType(Fits fits, ObjectType type, ObjectKind kind) {
  switch (fits) {
    case Fits::kIseq:
      return type == ObjectType::kImemo && kind == ObjectKind::kIseq;
    case Fits::kClass:
      return type == ObjectType::kClass || type == ObjectType::kModule ||
             type == ObjectType::kIclass;
    case Fits::kHash:
      return type == ObjectType::kHash;
    case Fits::kMethodOrCref:
      return type == ObjectType::kImemo &&
             (kind == ObjectKind::kMethodEntry || kind == ObjectKind::kCref);
    case Fits::kData:
      return type == ObjectType::kData;
    case Fits::kAny:
      return true;
  }
  return false;
}

struct NewEdge {
  ObjectId src;
  ObjectId dst;
  uint32_t label;
};

// Moves the elements [begin, end) to `shift` places further up.
template <typename T>
void ShiftUp(size_t begin, size_t end, size_t shift, Column<T>* column) {
  std::memmove(column->data() + begin + shift, column->data() + begin,
               (end - begin) * sizeof(T));
}

// Puts each new edge behind the last edge of its holder; `added` is ordered by
// holder.
void Insert(const std::vector<NewEdge>& added, EdgeRows* rows) {
  const size_t count = rows->count;
  const size_t grown = count + added.size();
  rows->dst.resize(grown);
  rows->kind.resize(grown);
  rows->label.resize(grown);
  size_t end = count;
  for (size_t i = added.size(); i-- > 0;) {
    const NewEdge& edge = added[i];
    const size_t at = rows->begin[edge.src + 1];
    ShiftUp(at, end, i + 1, &rows->dst);
    ShiftUp(at, end, i + 1, &rows->kind);
    ShiftUp(at, end, i + 1, &rows->label);
    rows->dst[at + i] = edge.dst;
    rows->kind[at + i] = EdgeKind::kPart;
    rows->label[at + i] = edge.label;
    end = at;
  }
  uint32_t before = 0;
  for (size_t id = 0; id < rows->begin.size(); ++id) {
    while (before < added.size() && added[before].src < id) ++before;
    rows->begin[id] += before;
  }
  rows->count = grown;
}

}  // namespace

bool MarksSecondWord(std::string_view imemo_kind) {
  const ObjectKind kind = KindOf(imemo_kind);
  return std::any_of(std::begin(kSecondWords), std::end(kSecondWords),
                     [&](const SecondWord& word) { return word.kind == kind; });
}

absl::Status AddImemoWords(Heap* heap) {
  std::vector<ImemoWord> words;
  std::swap(words, heap->imemo_words);
  std::sort(
      words.begin(), words.end(),
      [](const ImemoWord& a, const ImemoWord& b) { return a.imemo < b.imemo; });
  std::vector<NewEdge> added;
  // Interning below adds names, but none of a kind.
  const std::vector<ObjectKind> kinds = KindsByName(heap->names);
  for (const SecondWord& word : kSecondWords) {
    const size_t first = added.size();
    for (const ImemoWord& found : words) {
      if (kinds[heap->kind[found.imemo]] != word.kind ||
          !IsOfType(word.fits, heap->type[found.word],
                    kinds[heap->kind[found.word]])) {
        continue;
      }
      added.push_back({found.imemo, found.word, 0});
    }
    if (added.size() == first) continue;
    const uint32_t label = heap->names.Intern(word.part);
    for (size_t i = first; i < added.size(); ++i) added[i].label = label;
  }
  if (added.empty()) return absl::OkStatus();
  if (heap->edges.count + added.size() > kMaxEdges) {
    return absl::OutOfRangeError(
        "the dump has more than 2^32 references, which is more than this "
        "program can number");
  }
  std::sort(added.begin(), added.end(),
            [](const NewEdge& a, const NewEdge& b) { return a.src < b.src; });
  Insert(added, &heap->edges);
  return absl::OkStatus();
}

}  // namespace heapq

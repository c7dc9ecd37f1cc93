#include "util/arena.h"

#include <sys/mman.h>

namespace heap_dump {

struct Arena::Header {
  int64_t size_class;
  Header* next_free;
};

struct Arena::Chunk {
  Chunk* next;
  size_t size;
};

namespace {

constexpr size_t kChunkSize = 1 << 20;
constexpr int kSmallestClass = 5;  // 32 bytes, half of them the header
// From here on, 256 KiB, a block has a chunk to itself.
constexpr int kOwnChunkClass = 18;

int ClassOf(size_t size) {
  int size_class = kSmallestClass;
  while ((size_t{1} << size_class) < size) ++size_class;
  return size_class;
}

}  // namespace

Arena::~Arena() {
  while (chunks_ != nullptr) {
    Chunk* const chunk = chunks_;
    chunks_ = chunk->next;
    munmap(chunk, chunk->size);
  }
}

void* Arena::Allocate(size_t size) {
  static_assert(sizeof(Header) == 16 && sizeof(Chunk) == 16,
                "blocks are aligned to 16 bytes");
  Header* const header =
      size > kLargest ? nullptr : Take(ClassOf(size + sizeof(Header)));
  if (header == nullptr) {
    failed_ = true;
    return nullptr;
  }
  return header + 1;
}

Arena::Header* Arena::Take(int size_class) {
  Header* header = free_[size_class];
  if (header != nullptr) {
    free_[size_class] = header->next_free;
    return header;
  }
  const size_t size = size_t{1} << size_class;
  if (size_class >= kOwnChunkClass) {
    Chunk* const chunk = AddChunk(sizeof(Chunk) + size);
    if (chunk == nullptr) return nullptr;
    header = reinterpret_cast<Header*>(chunk + 1);
  } else {
    if (static_cast<size_t>(end_ - next_) < size) {
      Chunk* const chunk = AddChunk(kChunkSize);
      if (chunk == nullptr) return nullptr;
      next_ = reinterpret_cast<char*>(chunk + 1);
      end_ = reinterpret_cast<char*>(chunk) + kChunkSize;
    }
    header = reinterpret_cast<Header*>(next_);
    next_ += size;
  }
  header->size_class = size_class;
  return header;
}

Arena::Chunk* Arena::AddChunk(size_t size) {
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  Chunk* const chunk = static_cast<Chunk*>(memory);
  *chunk = {chunks_, size};
  chunks_ = chunk;
  return chunk;
}

// The system moves the pages; a copy would touch twice as many.
Arena::Header* Arena::GrowOwnChunk(Header* header, int size_class) {
  Chunk* const chunk = reinterpret_cast<Chunk*>(header) - 1;
  Chunk** link = &chunks_;
  while (*link != chunk) link = &(*link)->next;
  const size_t size = sizeof(Chunk) + (size_t{1} << size_class);
  void* const memory = mremap(chunk, chunk->size, size, MREMAP_MAYMOVE);
  if (memory == MAP_FAILED) return nullptr;
  *link = static_cast<Chunk*>(memory);
  (*link)->size = size;
  header = reinterpret_cast<Header*>(*link + 1);
  header->size_class = size_class;
  return header;
}

void* Arena::Reallocate(void* block, size_t size) {
  if (block == nullptr) return Allocate(size);
  Header* const header = static_cast<Header*>(block) - 1;
  const size_t had = (size_t{1} << header->size_class) - sizeof(Header);
  if (size <= had) return block;
  if (header->size_class >= kOwnChunkClass && size <= kLargest) {
    Header* const grown = GrowOwnChunk(header, ClassOf(size + sizeof(Header)));
    if (grown != nullptr) return grown + 1;
    failed_ = true;
    return nullptr;
  }
  void* const larger = Allocate(size);
  if (larger == nullptr) return nullptr;
  memcpy(larger, block, had);
  Free(block);
  return larger;
}

void Arena::Free(void* block) {
  if (block == nullptr) return;
  Header* const header = static_cast<Header*>(block) - 1;
  header->next_free = free_[header->size_class];
  free_[header->size_class] = header;
}

yajl_alloc_funcs Arena::YajlFunctions() {
  return {
      [](void* arena, size_t size) {
        return static_cast<Arena*>(arena)->Allocate(size);
      },
      [](void* arena, void* block, size_t size) {
        return static_cast<Arena*>(arena)->Reallocate(block, size);
      },
      [](void* arena, void* block) { static_cast<Arena*>(arena)->Free(block); },
      this};
}

}  // namespace heap_dump

#include "arena.h"

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
  static_assert(sizeof(Header) == 16, "blocks are aligned to 16 bytes");
  constexpr size_t kTooLarge = size_t{1} << (kClasses - 2);
  Header* header = size > kTooLarge ? nullptr : Take(ClassOf(size + 16));
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
  if (static_cast<size_t>(end_ - next_) < size) {
    const size_t needed = size + sizeof(Chunk);
    const size_t chunk_size = needed > kChunkSize / 4 ? needed : kChunkSize;
    void* memory = mmap(nullptr, chunk_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    Chunk* const chunk = static_cast<Chunk*>(memory);
    *chunk = {chunks_, chunk_size};
    chunks_ = chunk;
    header = reinterpret_cast<Header*>(chunk + 1);
    if (chunk_size == kChunkSize) {
      next_ = reinterpret_cast<char*>(header) + size;
      end_ = static_cast<char*>(memory) + chunk_size;
    }
  } else {
    header = reinterpret_cast<Header*>(next_);
    next_ += size;
  }
  header->size_class = size_class;
  return header;
}

void* Arena::Reallocate(void* block, size_t size) {
  if (block == nullptr) return Allocate(size);
  const size_t had =
      (size_t{1} << (static_cast<Header*>(block) - 1)->size_class) - 16;
  if (size <= had) return block;
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

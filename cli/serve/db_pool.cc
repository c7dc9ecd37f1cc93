#include "cli/serve/db_pool.h"

#include <utility>

#include "indexer/base/status_macros.h"

namespace heapq {

absl::StatusOr<std::unique_ptr<DbPool>> DbPool::Open(const std::string& path,
                                                     size_t count) {
  std::unique_ptr<DbPool> pool(new DbPool());
  for (size_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(std::unique_ptr<HeapDb> db, HeapDb::Open(path));
    pool->free_.push_back(std::move(db));
  }
  return pool;
}

std::unique_ptr<DbPool::Lease> DbPool::Take() {
  std::unique_lock<std::mutex> lock(mutex_);
  returned_.wait(lock, [this] { return !free_.empty(); });
  std::unique_ptr<HeapDb> db = std::move(free_.back());
  free_.pop_back();
  return std::make_unique<Lease>(this, std::move(db));
}

DbPool::Lease::~Lease() {
  const std::lock_guard<std::mutex> lock(pool_.mutex_);
  pool_.free_.push_back(std::move(db_));
  pool_.returned_.notify_one();
}

}  // namespace heapq

#ifndef HEAP_DUMP_TESTS_DUMPER_TEXTS_H_
#define HEAP_DUMP_TESTS_DUMPER_TEXTS_H_

#include <memory>
#include <string>

#include "text/text.h"
#include "util/arena.h"

namespace heap_dump {

// A copy of a text in memory of exactly its size, so that the sanitizer sees
// any byte that is read beyond it.
class Exact {
 public:
  explicit Exact(const std::string& text)
      : size_(text.size()), data_(new char[text.size()]) {
    text.copy(data_.get(), size_);
  }
  operator TextView() const { return {data_.get(), size_}; }
  const char* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  const size_t size_;
  const std::unique_ptr<char[]> data_;
};

// Returns what `append`, called with a vector, appends to it.
template <typename AppendTo>
std::string Appended(AppendTo append) {
  Arena arena;
  ArenaVector<char> to(&arena);
  append(&to);
  return std::string(to.begin(), to.size());
}

}  // namespace heap_dump

#endif  // HEAP_DUMP_TESTS_DUMPER_TEXTS_H_

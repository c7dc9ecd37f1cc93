#ifndef HEAP_DUMP_UTIL_OUTPUT_H_
#define HEAP_DUMP_UTIL_OUTPUT_H_

#include <cstddef>
#include <cstdint>

namespace heap_dump {

// A sink for bytes. The first error stays: every later Write fails too.
class Output {
 public:
  Output() = default;
  virtual ~Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  virtual bool Write(const char* data, size_t size) = 0;

  // errno of the first failure, or 0.
  int error() const { return error_; }
  // Bytes written.
  uint64_t total() const { return total_; }

 protected:
  bool Fail(int error) {
    if (error_ == 0) error_ = error;
    return false;
  }
  void Count(size_t size) { total_ += size; }

 private:
  int error_ = 0;
  uint64_t total_ = 0;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_UTIL_OUTPUT_H_

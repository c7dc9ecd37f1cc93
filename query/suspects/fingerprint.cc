#include "query/suspects/fingerprint.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace heapq {
namespace {

// FNV-1a, which gives the same value on every machine.
class Fnv {
 public:
  void Add(std::string_view text) {
    for (const char c : text) AddByte(static_cast<unsigned char>(c));
    AddByte(0);  // "a", "bc" differs from "ab", "c"
  }
  uint64_t value() const { return value_; }

 private:
  void AddByte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace

std::string WithoutAddresses(std::string_view text) {
  std::string masked;
  for (size_t i = 0; i < text.size(); ++i) {
    masked.push_back(text[i]);
    if (text[i] != 'x' || i == 0 || text[i - 1] != '0') continue;
    while (i + 1 < text.size() &&
           absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1]))) {
      ++i;
    }
  }
  return masked;
}

std::string Fingerprint(const std::vector<std::string>& masked_path,
                        std::string_view held) {
  Fnv hash;
  for (const std::string& hop : masked_path) hash.Add(WithoutAddresses(hop));
  hash.Add(WithoutAddresses(held));
  return absl::StrFormat("%016x", hash.value());
}

}  // namespace heapq

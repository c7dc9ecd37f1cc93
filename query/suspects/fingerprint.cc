#include "query/suspects/fingerprint.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace heapq {
void FingerprintHash::Add(std::string_view text) {
  for (const char c : WithoutAddresses(text)) {
    AddByte(static_cast<unsigned char>(c));
  }
  AddByte(0);  // "a", "bc" differs from "ab", "c"
}

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
  FingerprintHash hash;
  for (const std::string& hop : masked_path) hash.Add(hop);
  hash.Add(held);
  return FingerprintText(hash.value());
}

std::string FingerprintText(uint64_t hash) {
  return absl::StrFormat("%016x", hash);
}

}  // namespace heapq

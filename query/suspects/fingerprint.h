#ifndef HEAPQ_QUERY_SUSPECTS_FINGERPRINT_H_
#define HEAPQ_QUERY_SUSPECTS_FINGERPRINT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heapq {

// The hash behind a fingerprint: FNV-1a, which gives the same value on every
// machine. Add the texts of a masked path from the root down, then the class
// of the objects held.
class FingerprintHash {
 public:
  // Adds one text, without the addresses in it.
  void Add(std::string_view text);
  uint64_t value() const { return value_; }

 private:
  void AddByte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
  uint64_t value_ = 0xcbf29ce484222325;
};

// Identifies the same accumulation in every process and dump: a hash of the
// masked path (one text a hop, from the root down, without addresses, indexes
// and data) and of the class of what is held. It depends on nothing else: not
// on thresholds, ranks or the order of the objects. 16 hexadecimal digits.
std::string Fingerprint(const std::vector<std::string>& masked_path,
                        std::string_view held);

// A hash as the 16 hexadecimal digits of a fingerprint.
std::string FingerprintText(uint64_t hash);

// "#<Class:0x00007f12>" becomes "#<Class:0x>".
std::string WithoutAddresses(std::string_view text);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_FINGERPRINT_H_

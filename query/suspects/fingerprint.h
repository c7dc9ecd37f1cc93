#ifndef HEAPQ_QUERY_SUSPECTS_FINGERPRINT_H_
#define HEAPQ_QUERY_SUSPECTS_FINGERPRINT_H_

#include <string>
#include <string_view>
#include <vector>

namespace heapq {

// Identifies the same accumulation in every process and dump: a hash of the
// masked path (one text a hop, from the root down, without addresses, indexes
// and data) and of the class of what is held. It depends on nothing else: not
// on thresholds, ranks or the order of the objects. 16 hexadecimal digits.
std::string Fingerprint(const std::vector<std::string>& masked_path,
                        std::string_view held);

// "#<Class:0x00007f12>" becomes "#<Class:0x>".
std::string WithoutAddresses(std::string_view text);

}  // namespace heapq

#endif  // HEAPQ_QUERY_SUSPECTS_FINGERPRINT_H_

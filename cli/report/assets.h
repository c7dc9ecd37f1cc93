#ifndef HEAPQ_CLI_REPORT_ASSETS_H_
#define HEAPQ_CLI_REPORT_ASSETS_H_

#include <string_view>

namespace heapq {

// Files of assets/ as the build has put them together, and the SHA-256 of
// each in hexadecimal digits. Free of "</".
extern const std::string_view kPageStyle;
extern const std::string_view kPageStyleSha256;
extern const std::string_view kPageScript;
extern const std::string_view kPageScriptSha256;

}  // namespace heapq

#endif  // HEAPQ_CLI_REPORT_ASSETS_H_

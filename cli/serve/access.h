#ifndef HEAPQ_CLI_SERVE_ACCESS_H_
#define HEAPQ_CLI_SERVE_ACCESS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cli/serve/http.h"

namespace heapq {

// Who may ask, and for what. A heap holds passwords: other web sites, other
// machines, and with a token other users of this one, get nothing.
class Access {
 public:
  // `token`: empty, or what a request must bring. `loopback`: only this
  // machine can connect.
  Access(std::string token, bool loopback)
      : token_(std::move(token)), loopback_(loopback) {}

  // nullopt: the request may be answered. Else what to answer instead:
  //   405  any method but GET and HEAD
  //   403  a name for this machine that a foreign site's DNS gave it (DNS
  //        rebinding), or a request that another site's page makes
  //   401  no token, or a wrong one
  //   303  the right token in the address: from now on a cookie has it
  std::optional<HttpResponse> Refuse(const HttpRequest& request) const;

  // 128 random bits in hexadecimal digits.
  static absl::StatusOr<std::string> NewToken();

 private:
  std::optional<HttpResponse> CheckToken(const HttpRequest& request) const;

  const std::string token_;
  const bool loopback_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_SERVE_ACCESS_H_

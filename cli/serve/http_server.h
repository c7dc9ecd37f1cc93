#ifndef HEAPQ_CLI_SERVE_HTTP_SERVER_H_
#define HEAPQ_CLI_SERVE_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/serve/http.h"

namespace heapq {

// Serves HTTP/1.1 by GNU libmicrohttpd, within bounds: so many connections,
// so much memory for a request's head, no body, so long for a client to ask
// and to take the answer.
class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";  // or an IPv6 one, without brackets
    uint16_t port = 0;                  // 0: any that is free
    unsigned threads = 4;
    unsigned connections = 256;
    // With more than these open, CloseSlow closes those that wait for the rest
    // of a request, so that a client behind slow ones gets in.
    unsigned crowd = 64;
    unsigned head_bytes = 32768;
    unsigned idle_seconds = 10;     // without a byte
    unsigned request_seconds = 30;  // for a request or an answer, dripped
  };
  // Called by several threads at once.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  // Listens and answers from now on. Errors: kInvalidArgument (no address),
  // kUnavailable (in use, not allowed).
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(
      const Options& options, Handler handler);
  // Ends after the answers that are being made; open connections are closed.
  virtual ~HttpServer() = default;

  virtual uint16_t port() const = 0;
  // Closes connections that have been at one request for too long; in a crowd,
  // those as well that have sent no complete request for a quarter of a second
  // and do not take their answer for five seconds. Call it ten times a second.
  virtual void CloseSlow() = 0;
};

// An address that only this machine can connect to: 127.0.0.0/8, ::1.
// Errors: kInvalidArgument: it is not an IP address.
absl::StatusOr<bool> IsLoopback(const std::string& address);

}  // namespace heapq

#endif  // HEAPQ_CLI_SERVE_HTTP_SERVER_H_

#ifndef HEAPQ_CLI_SERVE_HTTP_H_
#define HEAPQ_CLI_SERVE_HTTP_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace heapq {

// A request as far as an answer depends on it; texts are percent-decoded.
struct HttpRequest {
  std::string method;                          // "GET"
  std::string path;                            // "/object/0x7f…"
  std::map<std::string, std::string> query;    // "q" → "Session"
  std::map<std::string, std::string> headers;  // names in lower case

  // The value, or "".
  std::string Query(const std::string& name) const;
  std::string Header(const std::string& name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// A line of plain text.
HttpResponse PlainResponse(unsigned status, const std::string& text);
// 303 to `location`, a path of ours.
HttpResponse Redirect(const std::string& location);

}  // namespace heapq

#endif  // HEAPQ_CLI_SERVE_HTTP_H_

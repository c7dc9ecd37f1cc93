#include "cli/serve/http.h"

namespace heapq {
namespace {

std::string ValueOf(const std::map<std::string, std::string>& values,
                    const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

}  // namespace

std::string HttpRequest::Query(const std::string& name) const {
  return ValueOf(query, name);
}

std::string HttpRequest::Header(const std::string& name) const {
  return ValueOf(headers, name);
}

HttpResponse PlainResponse(unsigned status, const std::string& text) {
  HttpResponse response;
  response.status = status;
  response.type = "text/plain; charset=utf-8";
  response.body = text + "\n";
  return response;
}

HttpResponse Redirect(const std::string& location) {
  HttpResponse response = PlainResponse(303, location);
  response.headers.emplace_back("Location", location);
  return response;
}

}  // namespace heapq

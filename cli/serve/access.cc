#include "cli/serve/access.h"

#include <sys/random.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace heapq {
namespace {

constexpr char kCookie[] = "heapq_token";

// "localhost" of "localhost:8080", "[::1]" of "[::1]:8080". The port is not
// looked at: a tunnel has another one at its other end.
std::string HostName(const std::string& host) {
  const size_t bracket = host.find(']');
  const size_t colon =
      host.find(':', bracket == std::string::npos ? 0 : bracket);
  return absl::AsciiStrToLower(host.substr(0, colon));
}

bool IsLoopbackName(const std::string& name) {
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

// Takes as long for a wrong text as for the right one.
bool SameText(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |=
        static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

std::string CookieOf(const HttpRequest& request) {
  const std::string header = request.Header("cookie");
  const std::string name = absl::StrCat(kCookie, "=");
  for (size_t begin = 0; begin < header.size();) {
    while (begin < header.size() && header[begin] == ' ') ++begin;
    size_t end = header.find(';', begin);
    if (end == std::string::npos) end = header.size();
    if (header.compare(begin, name.size(), name) == 0) {
      return header.substr(begin + name.size(), end - begin - name.size());
    }
    begin = end + 1;
  }
  return {};
}

// A page of another site made the browser ask, for something else than to go
// here.
bool IsForeign(const HttpRequest& request) {
  const std::string origin = request.Header("origin");
  if (!origin.empty() &&
      origin != absl::StrCat("http://", request.Header("host"))) {
    return true;
  }
  const std::string site = request.Header("sec-fetch-site");
  if (site.empty() || site == "same-origin" || site == "none") return false;
  // Somebody follows a link to the start page; nothing is computed for it
  // that depends on the link.
  return request.Header("sec-fetch-mode") != "navigate" ||
         request.Header("sec-fetch-dest") != "document" || request.path != "/";
}

}  // namespace

std::optional<HttpResponse> Access::Refuse(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response =
        PlainResponse(405, "only GET: nothing here changes");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  const std::string host = request.Header("host");
  if (loopback_ && !IsLoopbackName(HostName(host))) {
    return PlainResponse(403,
                         "this server answers as localhost and 127.0.0.1 only");
  }
  if (IsForeign(request)) {
    return PlainResponse(403, "another site's page asked for this");
  }
  if (token_.empty()) return std::nullopt;
  return CheckToken(request);
}

std::optional<HttpResponse> Access::CheckToken(
    const HttpRequest& request) const {
  if (SameText(CookieOf(request), token_)) return std::nullopt;
  const std::string given = request.Query("token");
  if (!SameText(given, token_)) {
    return PlainResponse(
        401, "a token is needed: use the address that heapq serve printed");
  }
  HttpResponse response = Redirect("/");
  response.headers.emplace_back(
      "Set-Cookie", absl::StrCat(kCookie, "=", token_,
                                 "; HttpOnly; SameSite=Strict; Path=/"));
  return response;
}

absl::StatusOr<std::string> Access::NewToken() {
  std::array<char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) !=
      static_cast<ssize_t>(bytes.size())) {
    return absl::UnavailableError("the system gave no random numbers");
  }
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace heapq

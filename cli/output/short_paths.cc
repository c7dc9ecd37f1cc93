#include "cli/output/short_paths.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <functional>

namespace heapq {
namespace {

constexpr std::string_view kGems = "/gems/";

std::string CurrentFolder() {
  char path[PATH_MAX];
  return getcwd(path, sizeof(path)) == nullptr ? std::string() : path;
}

// A path begins after one of these, or at the beginning of the text.
bool IsBefore(char c) { return c == ' ' || c == '(' || c == '<' || c == '"'; }
bool IsEnd(char c) {
  return c == ' ' || c == ')' || c == '>' || c == '"' || c == ':' || c == ',';
}

// Calls `path(begin, end)` for each absolute path in a text.
void EachPath(std::string_view text,
              const std::function<void(size_t, size_t)>& path) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '/' || (i > 0 && !IsBefore(text[i - 1]))) continue;
    const size_t begin = i;
    while (i < text.size() && !IsEnd(text[i])) ++i;
    // "/" and "/tmp" are no longer than what would stand for them.
    if (text.substr(begin + 1, i - begin - 1).find('/') !=
        std::string_view::npos) {
      path(begin, i);
    }
  }
}

// The begin of NAME-VERSION/… in the path of a gem's file; 0: it is not one.
size_t GemBegin(std::string_view path) {
  const size_t at = path.rfind(kGems);
  if (at == std::string_view::npos) return 0;
  const size_t begin = at + kGems.size();
  return path.find('/', begin) == std::string_view::npos ? 0 : begin;
}

size_t HereBegin(std::string_view path, const std::string& here) {
  const bool below = here.size() > 1 && path.size() > here.size() + 1 &&
                     path.substr(0, here.size()) == here &&
                     path[here.size()] == '/';
  return below ? here.size() + 1 : 0;
}

}  // namespace

ShortPaths::ShortPaths() : ShortPaths(CurrentFolder()) {}

void ShortPaths::Add(std::string_view text) {
  EachPath(text, [&](size_t begin, size_t end) {
    const std::string_view path = text.substr(begin, end - begin);
    if (GemBegin(path) != 0 || HereBegin(path, here_) != 0) return;
    const std::string_view folder = path.substr(0, path.rfind('/') + 1);
    if (files_ == 0) {
      common_ = folder;
      files_ = 1;
    } else {
      if (path != last_) ++files_;
      const auto [ours, theirs] = std::mismatch(common_.begin(), common_.end(),
                                                folder.begin(), folder.end());
      (void)theirs;
      common_.erase(ours, common_.end());
      common_.erase(common_.rfind('/') + 1);
    }
    last_ = path;
  });
}

std::string ShortPaths::Root() const {
  // One file is better read whole, and "/usr/" is not worth a line.
  const bool deep = std::count(common_.begin(), common_.end(), '/') > 2;
  return files_ > 1 && deep ? common_ : std::string();
}

std::string ShortPaths::Shorten(std::string_view text) const {
  const std::string root = Root();
  std::string result;
  size_t done = 0;
  EachPath(text, [&](size_t begin, size_t end) {
    const std::string_view path = text.substr(begin, end - begin);
    size_t from = std::max(GemBegin(path), HereBegin(path, here_));
    if (from == 0 && !root.empty() && path.substr(0, root.size()) == root) {
      from = root.size();
    }
    result.append(text.substr(done, begin - done)).append(path.substr(from));
    done = end;
  });
  return result.append(text.substr(done));
}

}  // namespace heapq

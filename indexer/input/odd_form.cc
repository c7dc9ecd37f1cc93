#include "indexer/input/odd_form.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace heapq {
namespace {

constexpr size_t kTarMagicAt = 257;
constexpr std::string_view kTarMagic = "ustar";

// How records of the three formats begin.
constexpr std::string_view kRecordStarts[] = {
    "{\"type\":\"ROOT\"", "{\"address\":\"0x", "{\"id\":", "{\"_id\":"};

// A word of a shell's command.
std::string Word(const std::string& path) {
  const bool plain =
      !path.empty() && std::all_of(path.begin(), path.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c >= '0' && c <= '9') ||
               std::string_view("/._-+").find(c) != std::string_view::npos;
      });
  if (plain) return path;
  std::string word = "'";
  for (const char c : path) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word.push_back(c);
    }
  }
  return word + "'";
}

// `filter` applied to the file, which may be packed, and the outcome loaded.
std::string Loading(const std::string& path, const std::string& filter) {
  const std::string file = path == "-" ? "FILE" : Word(path);
  for (const auto& [suffix, unpack] :
       {std::pair<const char*, const char*>{".gz", "gzip -dc "},
        {".tgz", "gzip -dc "},
        {".zst", "zstd -dc "}}) {
    if (absl::EndsWith(path, suffix)) {
      return absl::StrCat(unpack, file, " | ", filter, " | heapq load -");
    }
  }
  return absl::StrCat(filter, " < ", file, " | heapq load -");
}

// The first file of a tar archive as an argument, if it is a plain one.
std::string MemberOf(std::string_view head) {
  constexpr size_t kTypeAt = 156;
  constexpr size_t kNameSize = 100;
  if (head[kTypeAt] != '0' && head[kTypeAt] != '\0') return {};
  const std::string_view name = head.substr(0, kNameSize);
  return " " + Word(std::string(name.substr(0, name.find('\0'))));
}

// The bytes of UTF-16 text that begins with a brace or bracket.
bool IsUtf16(std::string_view head) {
  if (head.size() < 4) return false;
  if (head.substr(0, 2) == "\xff\xfe" || head.substr(0, 2) == "\xfe\xff") {
    return true;
  }
  const auto opens = [](char c) { return c == '{' || c == '['; };
  return (opens(head[0]) && head[1] == 0 && head[2] != 0 && head[3] == 0) ||
         (head[0] == 0 && opens(head[1]) && head[2] == 0 && head[3] != 0);
}

std::string_view FirstLine(std::string_view head) {
  return head.substr(0, head.find('\n'));
}

std::string_view WithoutSpace(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Some line of the head has a record that does not begin it.
bool HasPrefixedRecord(std::string_view head) {
  while (!head.empty()) {
    const std::string_view line = FirstLine(head);
    for (const std::string_view start : kRecordStarts) {
      const size_t at = line.find(start);
      if (at != std::string_view::npos && at > 0) return true;
    }
    head.remove_prefix(std::min(head.size(), line.size() + 1));
  }
  return false;
}

}  // namespace

std::string WrappedForm(std::string_view head, const std::string& path) {
  if (head.size() >= kTarMagicAt + kTarMagic.size() &&
      head.substr(kTarMagicAt, kTarMagic.size()) == kTarMagic) {
    return absl::StrCat("is a tar archive; load the dump in it: tar -xOf ",
                        path == "-" ? "FILE" : Word(path), MemberOf(head),
                        " | heapq load -");
  }
  if (IsUtf16(head)) {
    return absl::StrCat(
        "is UTF-16 text, as PowerShell's > writes it; a dump is UTF-8: ",
        Loading(path, "iconv -f UTF-16 -t UTF-8"));
  }
  return {};
}

std::string ReshapedForm(std::string_view head, const std::string& path) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (head.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    head.remove_prefix(kByteOrderMark.size());
  }
  if (head.substr(0, 8) == "{\"log\":\"") {
    return absl::StrCat(
        "is a log of Docker's, whose lines hold those of the dump as text: ",
        Loading(path, "jq -rj .log"));
  }
  const std::string_view first = WithoutSpace(FirstLine(head));
  if (first == "{" || first == "[") {
    return absl::StrCat(
        "is JSON laid out over several lines; a dump has a record a line: ",
        Loading(path, first == "[" ? "jq -c '.[]'" : "jq -c ."));
  }
  if (HasPrefixedRecord(head)) {
    return absl::StrCat(
        "has something in front of each record, as log lines have: ",
        Loading(path, "sed 's/^[^{]*//'"));
  }
  return {};
}

}  // namespace heapq

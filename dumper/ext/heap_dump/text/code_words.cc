#include "text/code_words.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <initializer_list>

#include "util/memory_maps.h"
#include "util/safe_read.h"

namespace heap_dump {
namespace {

// Longer words and constants are not names.
constexpr size_t kLongestWord = 255;
constexpr size_t kLongestConstant = 64;
constexpr size_t kLargestFile = 16 << 20;

constexpr uint64_t kKey[2] = {0, 0};

bool IsWordStart(unsigned char c) {
  return c == '_' || c >= 0x80 || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

bool IsWord(unsigned char c) {
  return IsWordStart(c) || (c >= '0' && c <= '9');
}

TextView Part(TextView text, size_t from, size_t size) {
  return {text.data + from, size};
}

bool StartsWith(TextView text, const char* start) {
  const size_t size = strlen(start);
  return text.size >= size && memcmp(text.data, start, size) == 0;
}

// Yields the lines of source code that are not comments, up to __END__.
template <typename Take>
void ForEachLineOfCode(TextView source, Take take) {
  bool in_comment = false;
  for (size_t at = 0; at < source.size;) {
    const char* const begin = source.data + at;
    const void* const end = memchr(begin, '\n', source.size - at);
    const size_t size = end == nullptr ? source.size - at
                                       : static_cast<const char*>(end) - begin;
    at += size + 1;
    const TextView line = {begin, size};
    if (in_comment) {
      in_comment = !StartsWith(line, "=end");
      continue;
    }
    if (StartsWith(line, "=begin")) {
      in_comment = true;
      continue;
    }
    if (StartsWith(line, "__END__")) return;
    size_t indent = 0;
    while (indent < size && (begin[indent] == ' ' || begin[indent] == '\t')) {
      ++indent;
    }
    // "#{": a line of a text that is put together.
    const bool comment = indent < size && begin[indent] == '#' &&
                         (indent + 1 == size || begin[indent + 1] != '{');
    if (!comment) take(line);
  }
}

}  // namespace

void TextSet::Add(TextView text) {
  if (used_ * 2 >= slots_.size()) Grow();
  if (slots_.empty()) return;
  const uint64_t hash = KeyedHash(kKey, text.data, text.size) | 1;
  const size_t mask = slots_.size() - 1;
  size_t i = (hash >> 1) & mask;
  while (slots_[i] != 0 && slots_[i] != hash) i = (i + 1) & mask;
  if (slots_[i] == 0) ++used_;
  slots_[i] = hash;
}

bool TextSet::Has(TextView text) const {
  if (slots_.empty()) return false;
  const uint64_t hash = KeyedHash(kKey, text.data, text.size) | 1;
  const size_t mask = slots_.size() - 1;
  size_t i = (hash >> 1) & mask;
  while (slots_[i] != 0 && slots_[i] != hash) i = (i + 1) & mask;
  return slots_[i] == hash;
}

void TextSet::Grow() {
  constexpr size_t kFirst = 1 << 12;
  ArenaVector<uint64_t> old(slots_.arena());
  old.Append(slots_.begin(), slots_.size());
  const size_t size = slots_.empty() ? kFirst : slots_.size() * 4;
  // Without memory the set stays as full as it is: then the arena has failed,
  // and the dump with it.
  if (old.size() != slots_.size() || !slots_.Reserve(size)) {
    slots_.Clear();
    return;
  }
  slots_.Clear();
  for (size_t i = 0; i < size; ++i) slots_.Push(0);
  const size_t mask = size - 1;
  for (const uint64_t hash : old) {
    if (hash == 0) continue;
    size_t i = (hash >> 1) & mask;
    while (slots_[i] != 0) i = (i + 1) & mask;
    slots_[i] = hash;
  }
}

bool IsIdentifier(TextView text) {
  if (text.size == 0 || !IsWordStart(text.data[0])) return false;
  for (size_t i = 1; i < text.size; ++i) {
    if (!IsWord(text.data[i])) return false;
  }
  return true;
}

NameParts SplitName(TextView name) {
  size_t from = 0;
  while (from < name.size && from < 2 && name.data[from] == '@') ++from;
  if (from == 0 && name.size > 0 && name.data[0] == '$') from = 1;
  size_t to = name.size;
  if (to > from + 1) {
    const char last = name.data[to - 1];
    if (last == '?' || last == '!' || last == '=') --to;
  }
  const TextView base = Part(name, from, to - from);
  if (!IsIdentifier(base)) return {{}, name, {}};
  return {Part(name, 0, from), base, Part(name, to, name.size - to)};
}

void CodeWords::AddSource(TextView source) {
  ForEachLineOfCode(source, [this](TextView line) {
    for (size_t i = 0; i < line.size;) {
      if (!IsWord(line.data[i])) {
        ++i;
        continue;
      }
      const size_t start = i;
      while (i < line.size && IsWord(line.data[i])) ++i;
      const TextView word = Part(line, start, i - start);
      if (word.size <= kLongestWord && IsIdentifier(word)) words_.Add(word);
    }
  });
}

size_t CodeWords::AddConstants(TextView bytes) {
  size_t start = 0;
  while (true) {
    const void* const end =
        memchr(bytes.data + start, '\0', bytes.size - start);
    if (end == nullptr) return bytes.size - start;
    const size_t size = static_cast<const char*>(end) - (bytes.data + start);
    const TextView text = Part(bytes, start, size);
    start += size + 1;
    if (size == 0 || size > kLongestConstant) continue;
    bool printable = true;
    for (size_t i = 0; i < size && printable; ++i) {
      printable = text.data[i] >= 0x20 && text.data[i] < 0x7f;
    }
    if (printable) AddConstant(text);
  }
}

void CodeWords::AddConstant(TextView text) {
  const TextView base = SplitName(text).base;
  words_.Add(base);
  // Linkers store a constant that is the end of another one only once, as that
  // end.
  size_t end = base.size;
  if (end == text.size && end > 0 && !IsWord(text.data[end - 1])) --end;
  for (size_t i = end; i-- > 0 && IsWord(base.data[i]);) {
    const TextView tail = Part(base, i, end - i);
    if (tail.size > 1 && tail.size < base.size && IsIdentifier(tail)) {
      words_.Add(tail);
    }
  }
}

void CodeWords::AddLibraries() {
  constexpr size_t kPiece = 1 << 16;
  MemoryMaps maps;
  MemoryMaps::Mapping mapping;
  uint64_t library = 0;
  while (maps.Next(&mapping)) {
    if (mapping.executable && mapping.inode != 0) library = mapping.inode;
    // A library's constants follow its code.
    if (mapping.inode == 0 || mapping.inode != library || mapping.executable ||
        mapping.writable || !mapping.readable) {
      continue;
    }
    size_t kept = 0;
    for (uintptr_t at = mapping.begin; at < mapping.end;) {
      const size_t size = mapping.end - at < kPiece ? mapping.end - at : kPiece;
      content_.Clear();
      if (!content_.Reserve(kLongestConstant + kPiece)) return;
      // The rest of the previous piece lies right before this one.
      if (!SafeRead(reinterpret_cast<const char*>(at - kept), content_.begin(),
                    kept + size)) {
        kept = 0;
        at += size;
        continue;
      }
      const size_t left = AddConstants({content_.begin(), kept + size});
      kept = left <= kLongestConstant ? left : 0;
      at += size;
    }
  }
}

bool CodeWords::ReadFile(TextView path) {
  char name[PATH_MAX];
  if (path.size == 0 || path.size >= sizeof(name) ||
      memchr(path.data, 0, path.size) != nullptr) {
    return false;
  }
  // No source code is there, and reading may have effects.
  for (const char* folder : {"/proc/", "/sys/", "/dev/"}) {
    if (StartsWith(path, folder)) return false;
  }
  memcpy(name, path.data, path.size);
  name[path.size] = 0;
  struct stat status;
  if (stat(name, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return false;
  constexpr size_t kPiece = 1 << 16;
  content_.Clear();
  bool ok = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  while (ok) {
    ok = content_.size() < kLargestFile &&
         content_.Reserve(content_.size() + kPiece);
    if (!ok) break;
    const ssize_t got = read(fd, content_.end(), kPiece);
    ok = got >= 0;
    if (got <= 0) break;
    content_.Shrink(content_.size() + got);
  }
  close(fd);
  return ok;
}

bool CodeWords::AddFile(TextView path, TextView shown_as) {
  if (tried_.Has(shown_as)) return files_.Has(shown_as);
  tried_.Add(shown_as);
  if (!ReadFile(path)) {
    ++unread_;
    return false;
  }
  ++read_;
  files_.Add(shown_as);
  AddSource({content_.begin(), content_.size()});
  return true;
}

}  // namespace heap_dump

#ifndef HEAP_DUMP_TEXT_CODE_WORDS_H_
#define HEAP_DUMP_TEXT_CODE_WORDS_H_

#include <cstddef>
#include <cstdint>

#include "text/text.h"
#include "util/arena.h"

namespace heap_dump {

// A set of texts, kept as 64-bit hashes.
class TextSet {
 public:
  explicit TextSet(Arena* arena) : slots_(arena) {}

  void Add(TextView text);
  bool Has(TextView text) const;

 private:
  void Grow();

  ArenaVector<uint64_t> slots_;  // 0: free
  size_t used_ = 0;
};

// An identifier without the marks around it: "@count", "count=" and "count"
// are forms of one word.
struct NameParts {
  TextView sigil;  // "", "@", "@@" or "$"
  TextView base;
  TextView suffix;  // "", "?", "!" or "="
};
// Splits a name into its parts. `base` is the whole name if it is not an
// identifier.
NameParts SplitName(TextView name);
// Whether the text is an identifier without marks.
bool IsIdentifier(TextView text);

// The words of the program's code: every identifier in the source files and
// every short string constant in the shared libraries that were given to it. A
// name that the program made from data while it ran is not among them, unless
// the code contains the same word.
//
// Makes no Ruby object and takes memory from the arena alone, so that it may be
// used in a cloned process. Reads regular files only, and never waits for a
// pipe or a device.
class CodeWords {
 public:
  explicit CodeWords(Arena* arena)
      : words_(arena), files_(arena), tried_(arena), content_(arena) {}

  // Adds the constants of the libraries that the process has mapped.
  void AddLibraries();
  // Adds the words of a source file, once; false if it cannot be read.
  // `shown_as` is the name under which the code refers to the file.
  bool AddFile(TextView path, TextView shown_as);

  // Whether the name, without sigil and suffix, is a word of the code.
  bool Has(TextView name) const { return words_.Has(SplitName(name).base); }
  // Whether words of a file of this name were added.
  bool HasFile(TextView name) const { return files_.Has(name); }

  // Files that were read, and files that could not be.
  uint64_t files() const { return read_; }
  uint64_t unread() const { return unread_; }

  // For tests: the words of source code, and of a library's constants.
  void AddSource(TextView source);
  // Returns how many bytes at the end belong to a text that is not whole.
  size_t AddConstants(TextView bytes);

 private:
  void AddConstant(TextView text);
  bool ReadFile(TextView path);

  TextSet words_;
  TextSet files_;
  TextSet tried_;
  ArenaVector<char> content_;
  uint64_t read_ = 0;
  uint64_t unread_ = 0;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_TEXT_CODE_WORDS_H_

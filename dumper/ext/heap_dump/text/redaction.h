#ifndef HEAP_DUMP_TEXT_REDACTION_H_
#define HEAP_DUMP_TEXT_REDACTION_H_

#include <cstdint>

#include "text/text.h"
#include "util/arena.h"

namespace heap_dump {

class CodeWords;

// The replacements of texts and numbers that may be data, for `strings` "hash"
// and "none". Words of the program's code stay in clear;
// anything else becomes "(redacted 0123456789abcdef)", with the keyed hash that
// a String of the same text has, or "(redacted)" if there are no hashes. Each
// function appends to `to`.
class Redaction {
 public:
  // `key` is the key of the hashes, null for none. Both live longer.
  Redaction(const uint64_t* key, const CodeWords* words)
      : key_(key), words_(words) {}

  // The name of a variable, method, constant or member.
  void AppendName(TextView name, ArenaVector<char>* to) const;
  // An immediate symbol, in `inspect` form.
  void AppendSymbol(TextView name, ArenaVector<char>* to) const;
  // The label of an iseq, "block in start".
  void AppendLabel(TextView label, ArenaVector<char>* to) const;
  // "Shop::Cart". False, and nothing appended, for what is not made of
  // constants' names.
  bool AppendClassPath(TextView path, ArenaVector<char>* to) const;
  // The path of a source file: shown if that file was read.
  void AppendFile(TextView path, ArenaVector<char>* to) const;
  // Numbers that are not ids of something may be data: account and telephone
  // numbers, amounts, coordinates.
  void AppendInteger(int64_t number, ArenaVector<char>* to) const;
  void AppendFloat(double number, ArenaVector<char>* to) const;

  // Integers nearer to zero are shown.
  static constexpr int64_t kFirstHiddenInteger = int64_t{1} << 31;
  static bool Shows(int64_t number) {
    return number < kFirstHiddenInteger && number > -kFirstHiddenInteger;
  }

 private:
  void AppendHidden(const char* kind, TextView text,
                    ArenaVector<char>* to) const;
  bool ShowsName(TextView name) const;

  const uint64_t* const key_;
  const CodeWords* const words_;
};

}  // namespace heap_dump

#endif  // HEAP_DUMP_TEXT_REDACTION_H_

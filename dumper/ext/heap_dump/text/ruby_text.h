#ifndef HEAP_DUMP_TEXT_RUBY_TEXT_H_
#define HEAP_DUMP_TEXT_RUBY_TEXT_H_

// Texts of Ruby's values. None of these functions makes a Ruby object.

#include <ruby.h>

#include "text/redaction.h"
#include "text/text.h"

namespace heap_dump {

// The bytes of a Ruby string; none for anything else.
TextView BytesOf(VALUE string);

// Returns the name of an ID; empty for an internal ID without a name.
TextView NameOf(ID id);

// An immediate other than nil, true and false as `inspect` shows it, appended
// to `to`: ":name", "42", "1.5". `redaction` may be null.
void AppendImmediate(VALUE value, const Redaction* redaction,
                     ArenaVector<char>* to);
// A T_BIGNUM in decimal, a very long one in hexadecimal.
void AppendBignum(VALUE bignum, ArenaVector<char>* to);

}  // namespace heap_dump

#endif  // HEAP_DUMP_TEXT_RUBY_TEXT_H_

#include "text/ruby_text.h"

namespace heap_dump {

TextView BytesOf(VALUE string) {
  if (string == 0 || SPECIAL_CONST_P(string) ||
      BUILTIN_TYPE(string) != T_STRING) {
    return {};
  }
  return {RSTRING_PTR(string), static_cast<size_t>(RSTRING_LEN(string))};
}

TextView NameOf(ID id) {
  if (id == 0) return {};
  return BytesOf(rb_id2str(id));
}

void AppendImmediate(VALUE value, const Redaction* redaction,
                     ArenaVector<char>* to) {
  if (FIXNUM_P(value)) {
    const int64_t number = FIX2LONG(value);
    return redaction ? redaction->AppendInteger(number, to)
                     : AppendInteger(number, to);
  }
  if (FLONUM_P(value)) {
    const double number = rb_float_value(value);
    return redaction ? redaction->AppendFloat(number, to)
                     : AppendFloat(number, to);
  }
  if (STATIC_SYM_P(value)) {
    // The text of a symbol that is an immediate lives for ever.
    const TextView name = BytesOf(rb_sym2str(value));
    return redaction ? redaction->AppendSymbol(name, to)
                     : AppendSymbol(name, to);
  }
  if (value == Qundef) return Append("(undef)", to);
  if (NIL_P(value)) return Append("nil", to);
  if (value == Qtrue) return Append("true", to);
  if (value == Qfalse) return Append("false", to);
  Append("(unknown)", to);
}

void AppendBignum(VALUE bignum, ArenaVector<char>* to) {
  const size_t words = (rb_absint_size(bignum, nullptr) + 3) / 4;
  ArenaVector<uint32_t> number(to->arena());
  if (!number.Reserve(words)) return;
  for (size_t i = 0; i < words; ++i) number.Push(0);
  const int sign = rb_integer_pack(
      bignum, number.begin(), words, sizeof(uint32_t), 0,
      INTEGER_PACK_LSWORD_FIRST | INTEGER_PACK_NATIVE_BYTE_ORDER);
  if (sign < 0) to->Push('-');
  AppendMagnitude(&number, to);
}

}  // namespace heap_dump

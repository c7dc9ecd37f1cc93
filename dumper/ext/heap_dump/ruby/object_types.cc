#include "ruby/object_types.h"

#include <ruby.h>

namespace heap_dump {

const char* ObjectTypeName(int type) {
  switch (type) {
    case T_OBJECT:
      return "T_OBJECT";
    case T_CLASS:
      return "T_CLASS";
    case T_MODULE:
      return "T_MODULE";
    case T_FLOAT:
      return "T_FLOAT";
    case T_STRING:
      return "T_STRING";
    case T_REGEXP:
      return "T_REGEXP";
    case T_ARRAY:
      return "T_ARRAY";
    case T_HASH:
      return "T_HASH";
    case T_STRUCT:
      return "T_STRUCT";
    case T_BIGNUM:
      return "T_BIGNUM";
    case T_FILE:
      return "T_FILE";
    case T_DATA:
      return "T_DATA";
    case T_MATCH:
      return "T_MATCH";
    case T_COMPLEX:
      return "T_COMPLEX";
    case T_RATIONAL:
      return "T_RATIONAL";
    case T_SYMBOL:
      return "T_SYMBOL";
    case T_IMEMO:
      return "T_IMEMO";
    case T_NODE:
      return "T_NODE";
    case T_ICLASS:
      return "T_ICLASS";
    default:
      return "T_UNKNOWN";
  }
}

}  // namespace heap_dump

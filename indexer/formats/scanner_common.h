#ifndef HEAPQ_INDEXER_FORMATS_SCANNER_COMMON_H_
#define HEAPQ_INDEXER_FORMATS_SCANNER_COMMON_H_

#include "indexer/formats/line_scanner.h"
#include "indexer/json/scan_cursor.h"

namespace heapq {

// Parts that the scanners of all formats share.

// The builtin types by name, without "T_".
template <typename Bytes>
class TypeTable {
 public:
  // A type's name that ends in a quote, and the quote.
  bool Eat(ScanCursor<Bytes>* in, ObjectType* type) const {
    const int size = Bytes::QuoteAt(in->at());
    const uint8_t number = size == 16 ? 0 : words_.Find(in->at(), size);
    if (number == 0) return false;
    *type = kTypes[number - 1];
    in->Skip(static_cast<size_t>(size) + 1);
    return true;
  }

 private:
  static constexpr ObjectType kTypes[] = {
      ObjectType::kObject, ObjectType::kClass,   ObjectType::kModule,
      ObjectType::kFloat,  ObjectType::kString,  ObjectType::kRegexp,
      ObjectType::kArray,  ObjectType::kHash,    ObjectType::kStruct,
      ObjectType::kBignum, ObjectType::kFile,    ObjectType::kData,
      ObjectType::kMatch,  ObjectType::kComplex, ObjectType::kRational,
      ObjectType::kSymbol, ObjectType::kImemo,   ObjectType::kNode,
      ObjectType::kIclass};
  static constexpr WordTable::Word kNames[] = {
      {"OBJECT", 1}, {"CLASS", 2},    {"MODULE", 3},    {"FLOAT", 4},
      {"STRING", 5}, {"REGEXP", 6},   {"ARRAY", 7},     {"HASH", 8},
      {"STRUCT", 9}, {"BIGNUM", 10},  {"FILE", 11},     {"DATA", 12},
      {"MATCH", 13}, {"COMPLEX", 14}, {"RATIONAL", 15}, {"SYMBOL", 16},
      {"IMEMO", 17}, {"NODE", 18},    {"ICLASS", 19}};

  const WordTable words_{kNames};
};

// LineScanner::Scan by a function that decodes the line that begins at its
// argument into `*object` and `batch`, and returns where the next one begins;
// null: the line is not regular.
template <typename Line>
const char* ScanLines(const char* origin, const char* begin, const char* end,
                      RecordBatch* batch, RecordBatch::Object* object,
                      Line line) {
  while (begin < end) {
    const char* const next = line(begin);
    if (next == nullptr || next > end) {
      batch->Abandon();
      break;
    }
    object->line_at = static_cast<uint32_t>(begin - origin);
    batch->Commit(*object);
    begin = next;
  }
  return begin;
}

}  // namespace heapq

#endif  // HEAPQ_INDEXER_FORMATS_SCANNER_COMMON_H_

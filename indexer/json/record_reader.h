#ifndef HEAPQ_INDEXER_JSON_RECORD_READER_H_
#define HEAPQ_INDEXER_JSON_RECORD_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "indexer/heap/record_sink.h"
#include "indexer/model/dump_format.h"

namespace heapq {

// Bytes kept of a text. A longer one is of no use in a terminal, and holding
// 100 MB of one took five times as much memory.
inline constexpr size_t kMaxText = 1 << 20;

// A JSON value that is neither map nor list. Numbers keep their digits: they
// may be wider than any machine number.
struct JsonScalar {
  enum Type { kNull, kTrue, kFalse, kNumber, kString };
  Type type = kNull;
  std::string_view text;  // of a number or string; valid UTF-8
  bool cut = false;       // more than kMaxText bytes: the rest was passed over
};

// The outcome of a record.
struct RecordOutcome {
  enum Kind {
    kCommitted,
    kNoted,  // header, roots, end …: understood, but no object
    kBad,    // dropped: `reason` and `detail` say why
    kFatal,  // the whole file can't be read: `detail`
  };
  Kind kind = kNoted;
  std::string reason;  // a key of DropReport
  std::string detail;
};

// The outcome of a second record for an object.
RecordOutcome DuplicateAddress(uint64_t address);
// The outcome of what only the beginning of a second dump brings.
RecordOutcome SecondDump();

// Understands one dump format. Gets each record as a run of events between
// Begin and either End or Abandon, and passes its content to a RecordSink.
class RecordReader {
 public:
  virtual ~RecordReader() = default;

  virtual void Begin() = 0;
  virtual void OnScalar(const JsonScalar& value) = 0;
  virtual void OnKey(std::string_view key) = 0;
  virtual void OnStartMap() = 0;
  virtual void OnEndMap() = 0;
  virtual void OnStartArray() = 0;
  virtual void OnEndArray() = 0;
  virtual RecordOutcome End() = 0;
  virtual void Abandon() = 0;

  // Objects that a LineScanner decoded in this reader's place.
  virtual void CountScanned(uint64_t /*objects*/) {}

  // Called once after the last record, before missing_end and Audit: adds the
  // objects that have no record of their own.
  virtual void Finish() {}

  // Records of object shapes so far. They describe objects and are none.
  virtual uint64_t shapes() const { return 0; }

  virtual DumpFormat format() const = 0;
  // The format has an end mark and it was not seen.
  virtual bool missing_end() const { return false; }
  // Called once after the last record: what does not add up; "" if all does.
  virtual std::string Audit() const { return {}; }
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_JSON_RECORD_READER_H_

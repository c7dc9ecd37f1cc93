#ifndef HEAPQ_INDEXER_JSON_JSON_LINE_DECODER_H_
#define HEAPQ_INDEXER_JSON_JSON_LINE_DECODER_H_

#include <yajl/yajl_parse.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "indexer/base/drop_report.h"
#include "indexer/json/line_framer.h"
#include "indexer/json/record_reader.h"

namespace heapq {

// Decodes line JSON with yajl: one record a line, with or without the `[`,
// `,` and `]` of an array laid out over lines. A line that is not a record is
// reported and skipped; what a line brings is judged at its end. Lines are
// fed piece by piece and never held as a whole.
//
// Where two programs wrote into one file, or one was killed and another went
// on, a line may begin with a part of a record and end with a whole one: that
// one is decoded.
//
// Ruby writes control bytes in file names as they are. Within a line they are
// taken for what they are; a line feed splits the record in two, and a line
// that does not begin like a record carries on the unfinished one before it.
class JsonLineDecoder : public LineHandler {
 public:
  // Both must outlive the decoder.
  JsonLineDecoder(RecordReader* reader, DropReport* drops);
  ~JsonLineDecoder() override;
  JsonLineDecoder(const JsonLineDecoder&) = delete;
  JsonLineDecoder& operator=(const JsonLineDecoder&) = delete;

  void OnPiece(std::string_view piece, LinePosition position,
               bool last) override;
  void OnLineEnd(LinePosition position) override;
  // Regular lines that another decoder understood follow: ends what the lines
  // before left open, and counts the records.
  void SkipRecords(uint64_t count);
  // The input is over.
  void Finish();

  uint64_t records() const { return records_; }
  // The input ended inside a record.
  bool truncated() const { return truncated_; }
  // A `[` began an array of records, and no `]` has ended it.
  bool open() const { return open_; }
  // Texts of which only the beginning was kept.
  uint64_t texts_cut() const { return texts_cut_; }
  // The text of the first record, at most a megabyte of it.
  const std::string& first_record() const { return first_record_; }
  // Not OK once a record made the rest of the file unreadable.
  const absl::Status& fatal() const { return fatal_; }

  // The callbacks of yajl.
  int Scalar(JsonScalar::Type type, std::string_view text);
  int Key(std::string_view key);
  int Open(bool map);
  int Close(bool map);

 private:
  enum class State {
    kStart,     // nothing of the line was seen but space and prefix
    kRecord,    // inside a record
    kComplete,  // behind a record
    kFailed,    // the rest of the line does not matter
    kCarried,   // the line before ended inside a record: undecided
  };

  void Start(std::string_view piece);
  void Carry(std::string_view piece, LinePosition position);
  void BreakOff();
  void Feed(std::string_view piece);
  void FeedChecked(std::string_view piece);
  bool MayCut(char c) const;
  void Follow(char c);
  void Trailer(std::string_view rest);
  void Fail(std::string_view detail);
  void Recover();
  void FinishRecord();
  void Renew();
  std::string_view Clean(std::string_view text);

  RecordReader* const reader_;
  DropReport* const drops_;
  yajl_handle yajl_ = nullptr;
  bool yajl_used_up_ = false;

  State state_ = State::kStart;
  LinePosition position_;  // of the line where the record began
  bool prefix_seen_ = false;
  bool last_piece_ = false;  // no further piece of the line comes
  bool in_string_ = false;   // where the next piece begins
  bool after_backslash_ = false;
  size_t string_size_ = 0;     // of the string so far, as it is written
  uint32_t since_escape_ = 0;  // bytes since one began
  bool cutting_ = false;       // passing over the rest of a string
  bool cut_ = false;           // the next text that yajl reports is that one
  uint64_t texts_cut_ = 0;
  std::string held_;  // of a carried line, until it is decided
  // The lines since the record began, for Recover; cut off if they are long.
  std::string line_;
  std::string clean_;    // scratch
  std::string escaped_;  // scratch
  uint32_t depth_ = 0;
  size_t record_end_ = 0;       // behind the record, in the piece that ends it
  std::string_view rejection_;  // why a callback stopped yajl

  std::string first_record_;
  uint64_t records_ = 0;
  bool truncated_ = false;
  bool open_ = false;
  absl::Status fatal_;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_JSON_JSON_LINE_DECODER_H_

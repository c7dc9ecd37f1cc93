#include "indexer/json/json_line_decoder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "indexer/base/utf8.h"

namespace heapq {
namespace {

// No dump nests deeper than a handful; deeper input is hostile or damaged.
constexpr uint32_t kMaxDepth = 64;
constexpr size_t kMaxFirstRecord = 1 << 20;
// A line that begins with more space than this begins no record.
constexpr size_t kMaxSpace = 1 << 16;
constexpr uint32_t kMaxEscapeLength = 6;
// Longer lines are not searched for a record behind a torn one.
constexpr size_t kMaxSearched = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

JsonLineDecoder* Self(void* context) {
  return static_cast<JsonLineDecoder*>(context);
}
std::string_view Text(const unsigned char* text, size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

int OnNull(void* c) { return Self(c)->Scalar(JsonScalar::kNull, {}); }
int OnBoolean(void* c, int value) {
  return Self(c)->Scalar(value != 0 ? JsonScalar::kTrue : JsonScalar::kFalse,
                         {});
}
int OnNumber(void* c, const char* text, size_t size) {
  return Self(c)->Scalar(JsonScalar::kNumber, {text, size});
}
int OnString(void* c, const unsigned char* text, size_t size) {
  return Self(c)->Scalar(JsonScalar::kString, Text(text, size));
}
int OnKey(void* c, const unsigned char* text, size_t size) {
  return Self(c)->Key(Text(text, size));
}
int OnStartMap(void* c) { return Self(c)->Open(true); }
int OnEndMap(void* c) { return Self(c)->Close(true); }
int OnStartArray(void* c) { return Self(c)->Open(false); }
int OnEndArray(void* c) { return Self(c)->Close(false); }

const yajl_callbacks kCallbacks = {OnNull,   OnBoolean,    nullptr,    nullptr,
                                   OnNumber, OnString,     OnStartMap, OnKey,
                                   OnEndMap, OnStartArray, OnEndArray};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool HasControlByte(std::string_view text) {
  bool found = false;
  for (const char c : text) found |= static_cast<unsigned char>(c) < 0x20;
  return found;
}

// Where the last record of any format begins in a line, by its first keys;
// npos: nowhere behind its beginning. Quotes in a string are escaped, so that a
// string can't look like it.
size_t LastRecordStart(std::string_view line) {
  for (size_t at = line.rfind("{\""); at != std::string_view::npos && at > 0;
       at = line.rfind("{\"", at - 1)) {
    std::string_view rest = line.substr(at);
    if (rest.substr(0, 14) == "{\"address\":\"0x" ||
        rest.substr(0, 14) == "{\"type\":\"ROOT\"") {
      return at;
    }
    if (rest.substr(0, 6) != "{\"id\":") continue;
    rest.remove_prefix(6);
    while (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
      rest.remove_prefix(1);
    }
    if (rest.substr(0, 6) == ",\"bt\":") return at;
  }
  return std::string_view::npos;
}

// Whether a text is one map in JSON, with what may follow a record on its line.
bool IsWholeMap(std::string_view text) {
  while (!text.empty() &&
         (IsSpace(text.back()) || text.back() == ',' || text.back() == ']')) {
    text.remove_suffix(1);
  }
  if (text.empty() || text.back() != '}') return false;
  yajl_handle yajl = yajl_alloc(nullptr, nullptr, nullptr);
  yajl_config(yajl, yajl_dont_validate_strings, 1);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const bool whole = yajl_parse(yajl, bytes, text.size()) == yajl_status_ok &&
                     yajl_complete_parse(yajl) == yajl_status_ok;
  yajl_free(yajl);
  return whole;
}

}  // namespace

JsonLineDecoder::JsonLineDecoder(RecordReader* reader, DropReport* drops)
    : reader_(reader), drops_(drops) {
  Renew();
}

JsonLineDecoder::~JsonLineDecoder() { yajl_free(yajl_); }

// An error of yajl is for good: only a new handle goes on.
void JsonLineDecoder::Renew() {
  if (yajl_ != nullptr) yajl_free(yajl_);
  yajl_ = yajl_alloc(&kCallbacks, nullptr, this);
  yajl_config(yajl_, yajl_allow_multiple_values, 1);
  yajl_config(yajl_, yajl_dont_validate_strings, 1);
  yajl_used_up_ = false;
}

int JsonLineDecoder::Scalar(JsonScalar::Type type, std::string_view text) {
  if (depth_ == 0) return 0;  // behind the record: see Trailer
  const bool cut = type == JsonScalar::kString && std::exchange(cut_, false);
  reader_->OnScalar({type, Clean(text), cut});
  return 1;
}

int JsonLineDecoder::Key(std::string_view key) {
  cut_ = false;
  reader_->OnKey(Clean(key));
  return 1;
}

int JsonLineDecoder::Open(bool map) {
  if (state_ == State::kComplete) return 0;  // see Trailer
  if (depth_ == 0) reader_->Begin();
  if (++depth_ > kMaxDepth) {
    rejection_ = "nested deeper than any dump is";
    return 0;
  }
  if (map) {
    reader_->OnStartMap();
  } else {
    reader_->OnStartArray();
  }
  return 1;
}

int JsonLineDecoder::Close(bool map) {
  --depth_;
  if (map) {
    reader_->OnEndMap();
  } else {
    reader_->OnEndArray();
  }
  if (depth_ == 0) {
    state_ = State::kComplete;
    record_end_ = yajl_get_bytes_consumed(yajl_);
  }
  return 1;
}

std::string_view JsonLineDecoder::Clean(std::string_view text) {
  if (ValidUtf8Prefix(text) == text.size()) return text;
  clean_ = ToValidUtf8(text);
  return clean_;
}

void JsonLineDecoder::OnPiece(std::string_view piece, LinePosition position,
                              bool last) {
  last_piece_ = last;
  if (state_ == State::kStart) line_.clear();
  if (state_ != State::kCarried && line_.size() <= kMaxSearched) {
    line_.append(piece.substr(0, kMaxSearched + 1 - line_.size()));
  }
  if (position.byte == 0 && state_ == State::kStart &&
      piece.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    piece.remove_prefix(kByteOrderMark.size());
  }
  switch (state_) {
    case State::kStart:
      position_ = position;
      Start(piece);
      break;
    case State::kCarried:
      Carry(piece, position);
      break;
    case State::kRecord:
      FeedChecked(piece);
      break;
    case State::kComplete:
      Trailer(piece);
      break;
    case State::kFailed:
      break;
  }
}

// Passes over what precedes a record.
void JsonLineDecoder::Start(std::string_view piece) {
  size_t i = 0;
  for (; i < piece.size(); ++i) {
    const char c = piece[i];
    if (IsSpace(c)) continue;
    if ((c == '[' || c == ',') && !prefix_seen_) {
      prefix_seen_ = true;
      open_ |= c == '[';
      continue;
    }
    if (c == ']') {
      open_ = false;
      continue;
    }
    // A byte order mark that came in pieces.
    if (position_.byte == 0 && kByteOrderMark.find(c) != std::string_view::npos)
      continue;
    break;
  }
  if (i == piece.size()) return;
  if (piece[i] != '{') {
    Fail("not a JSON object");
    return;
  }
  state_ = State::kRecord;
  in_string_ = after_backslash_ = cutting_ = cut_ = false;
  string_size_ = 0;
  FeedChecked(piece.substr(i));
}

// Decides whether a line begins a record or goes on with the one that the
// line before left unfinished.
void JsonLineDecoder::Carry(std::string_view piece, LinePosition position) {
  held_.append(piece);
  size_t i = 0;
  while (i < held_.size() && i < kMaxSpace && IsSpace(held_[i])) ++i;
  if (i == held_.size()) return;
  const bool prefixed = held_[i] == ',' || held_[i] == '[';
  if (prefixed && ++i == held_.size()) return;
  const std::string line = std::move(held_);
  held_.clear();
  if (line[i] != '{') {
    state_ = State::kRecord;
    in_string_ = true;  // nowhere else does Ruby write a line feed
    after_backslash_ = false;
    FeedChecked(absl::StrCat("\\n", line));
    return;
  }
  BreakOff();
  position_ = position;
  line_ = line;
  Start(line);
}

// The record that the line before left unfinished stays so.
void JsonLineDecoder::BreakOff() {
  Fail("the line ends inside the record");
  FinishRecord();
  line_.clear();
}

void JsonLineDecoder::SkipRecords(uint64_t count) {
  if (state_ == State::kCarried) BreakOff();
  held_.clear();
  records_ += count;
}

// Keeps track of strings behind `c`.
void JsonLineDecoder::Follow(char c) {
  if (c == '"' && !after_backslash_) {
    in_string_ = !in_string_;
    cutting_ = false;
    string_size_ = 0;
  }
  if (in_string_) ++string_size_;
  after_backslash_ = c == '\\' && !after_backslash_;
  since_escape_ = after_backslash_ ? 0 : since_escape_ + 1;
}

// A string that ends in front of `c` ends in front of a character.
bool JsonLineDecoder::MayCut(char c) const {
  if (after_backslash_ || c == '"') return false;
  if (c == '\\') return true;
  return since_escape_ >= kMaxEscapeLength &&
         (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

// Bytes below 0x20 are not JSON inside a string, but Ruby writes them there.
// Tabs and carriage returns are JSON outside of strings, so for them it must
// be known where `piece` begins: strings are followed from piece to piece. So
// can the rest of a very long one be kept from yajl, which would hold it all.
void JsonLineDecoder::FeedChecked(std::string_view piece) {
  const bool check = HasControlByte(piece);
  if (!check && last_piece_ && !in_string_) {
    Feed(piece);
    return;
  }
  const bool copy = check || string_size_ + piece.size() > kMaxText;
  escaped_.clear();
  for (const char c : piece) {
    if (!cutting_ && in_string_ && string_size_ > kMaxText && MayCut(c)) {
      Feed(escaped_);  // whatever texts came before
      escaped_.clear();
      if (state_ != State::kRecord) return;
      cutting_ = cut_ = true;
      ++texts_cut_;
    }
    const bool inside = in_string_;
    Follow(c);
    if (!copy || cutting_) continue;
    const auto byte = static_cast<unsigned char>(c);
    const bool space = c == '\t' || c == '\r';
    if (byte >= 0x20 || (space && !inside)) {
      escaped_.push_back(c);
    } else {
      absl::StrAppend(&escaped_, "\\u00", absl::Hex(byte, absl::kZeroPad2));
    }
  }
  Feed(copy ? escaped_ : piece);
}

void JsonLineDecoder::Feed(std::string_view piece) {
  rejection_ = {};
  if (records_ == 0 && first_record_.size() < kMaxFirstRecord) {
    first_record_.append(piece);
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(piece.data());
  const bool parsed = yajl_parse(yajl_, bytes, piece.size()) == yajl_status_ok;
  yajl_used_up_ |= !parsed;
  if (state_ == State::kComplete) {
    // The bytes that follow may have stopped yajl, or left it in a number
    // or a string.
    Trailer(piece.substr(std::min(record_end_, piece.size())));
    return;
  }
  if (parsed) return;
  if (!rejection_.empty()) {
    Fail(rejection_);
    return;
  }
  unsigned char* message = yajl_get_error(yajl_, 0, bytes, piece.size());
  std::string detail(reinterpret_cast<const char*>(message));
  yajl_free_error(yajl_, message);
  while (!detail.empty() && detail.back() == '\n') detail.pop_back();
  Fail(detail);
}

void JsonLineDecoder::Trailer(std::string_view rest) {
  for (const char c : rest) {
    if (c == ']') open_ = false;
    if (!IsSpace(c) && c != ',' && c != ']') {
      Fail(c == '{' ? "a second record on the line" : "text behind the record");
      return;
    }
  }
}

void JsonLineDecoder::Fail(std::string_view detail) {
  drops_->Add("malformed_line", position_.line, position_.byte, detail);
  if (records_ == 0) first_record_.clear();
  state_ = State::kFailed;
}

void JsonLineDecoder::OnLineEnd(LinePosition position) {
  if (state_ == State::kCarried) {
    held_.clear();
    return;  // a blank line; still undecided
  }
  if (state_ == State::kRecord) {
    state_ = State::kCarried;
    held_.clear();
    return;
  }
  if (state_ == State::kStart) position_ = position;
  FinishRecord();
}

// A whole record ends the line whose beginning could not be decoded.
void JsonLineDecoder::Recover() {
  if (records_ == 0 || line_.size() > kMaxSearched) return;
  const size_t at = LastRecordStart(line_);
  if (at == std::string_view::npos) return;
  const std::string rest = line_.substr(at);
  if (!IsWholeMap(rest)) return;
  line_.clear();
  position_.byte += at;
  last_piece_ = true;
  Start(rest);
  FinishRecord();
}

void JsonLineDecoder::FinishRecord() {
  if (state_ == State::kComplete && fatal_.ok()) {
    ++records_;
    const RecordOutcome outcome = reader_->End();
    if (outcome.kind == RecordOutcome::kBad) {
      drops_->Add(outcome.reason, position_.line, position_.byte,
                  outcome.detail);
    } else if (outcome.kind == RecordOutcome::kFatal) {
      fatal_ = absl::FailedPreconditionError(outcome.detail);
    }
  } else if (state_ == State::kFailed) {
    reader_->Abandon();
    yajl_used_up_ = true;
  }
  if (yajl_used_up_) Renew();
  const bool failed = state_ == State::kFailed;
  state_ = State::kStart;
  prefix_seen_ = false;
  depth_ = 0;
  if (failed) Recover();
}

void JsonLineDecoder::Finish() {
  if (state_ == State::kRecord || state_ == State::kCarried) {
    truncated_ = true;
    drops_->Add("truncated", position_.line, position_.byte,
                "the file ends inside the record");
    state_ = State::kFailed;
  }
  FinishRecord();
}

}  // namespace heapq

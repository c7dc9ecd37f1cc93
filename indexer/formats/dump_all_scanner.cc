#include "indexer/formats/dump_all_scanner.h"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "indexer/formats/dump_all_keys.h"
#include "indexer/formats/record_builder.h"
#include "indexer/formats/scanner_common.h"
#include "indexer/formats/value_schema.h"
#include "indexer/json/scan_cursor.h"

namespace heapq {
namespace {

// As DumpAllReader's kMaxHeld: longer lists are its own.
constexpr size_t kMaxReferences = (1 << 16) - 1;

template <typename Bytes>
class DumpAllScanner : public LineScanner {
 public:
  const char* Scan(const char* origin, const char* begin, const char* end,
                   RecordBatch* batch) override {
    batch_ = batch;
    file_text_ = {};
    flags_text_ = {};
    return ScanLines(origin, begin, end, batch, &object_,
                     [this](const char* p) { return Line(p); });
  }

 private:
  using Cursor = ScanCursor<Bytes>;

  // Null: the line is not regular.
  const char* Line(const char* p) {
    if (std::memcmp(p, "{\"address\":", 11) != 0) return nullptr;
    object_ = RecordBatch::Object();
    has_type_ = false;
    texts_ = {};
    file_ = method_ = line_ = 0;
    references_.superclass = references_.default_value = 0;
    references_.element_count = 0;
    references_.shared = false;
    references_.targets.clear();
    Cursor in(p + 1, batch_);
    if (!in.Key(&key_) || !in.Address(&object_.address)) return nullptr;
    while (!in.Eat('}')) {
      if (!in.Eat(',')) return nullptr;
      if (in.peek() == ' ') in.Skip(1);
      if (!in.Key(&key_) || !Value(&in)) return nullptr;
    }
    if (in.peek() != '\n' || !has_type_) return nullptr;
    End();
    return in.at() + 1;
  }

  bool Value(Cursor* in) {
    uint64_t number = 0;
    std::string_view text;
    const uint8_t row = words_.Find(key_.data(), static_cast<int>(key_.size()));
    if (row == 0) return Unknown(in);
    const DumpAllKeySpec& spec = kDumpAllKeys[row - 1];
    switch (spec.key) {
      case DumpAllKey::kAddress:
        return in->Address(&object_.address);
      case DumpAllKey::kType:
        has_type_ = true;
        return in->Eat('"') && types_.Eat(in, &object_.type);
      case DumpAllKey::kClass:
        return in->Address(&object_.class_address);
      case DumpAllKey::kSuperclass:
        return in->Address(&references_.superclass);
      case DumpAllKey::kDefault:
        return in->Address(&references_.default_value);
      case DumpAllKey::kReferences:
        return References(in);
      case DumpAllKey::kMemsize:
        return in->Number(&object_.size) && object_.size <= kMaxBytes;
      case DumpAllKey::kFlags:
        return Flags(in);
      case DumpAllKey::kFlag:
        if (in->Eat("true")) {
          object_.flags |= spec.flag;
          references_.shared |= spec.flag == kShared;
          return true;
        }
        return in->Eat("false");
      case DumpAllKey::kValue:
        object_.has_value = true;
        return in->Text(&object_.value);
      case DumpAllKey::kName:
        return in->Text(&texts_.name);
      case DumpAllKey::kKind:
        return in->Text(&texts_.kind);
      case DumpAllKey::kFile:
        return File(in);
      case DumpAllKey::kMethod:
        if (!in->Text(&text)) return false;
        method_ = batch_->names.Intern(text);
        return true;
      case DumpAllKey::kLine:
        if (!in->Number(&number)) return false;
        line_ = LineOf(number);
        return true;
      case DumpAllKey::kGeneration:
        if (!in->Number(&number)) return false;
        object_.generation = static_cast<uint32_t>(number);
        return true;
      case DumpAllKey::kElements:
        return in->Number(&references_.element_count, &texts_.count) &&
               references_.element_count <= kMaxBytes;
      case DumpAllKey::kBytesize:
        return in->Number(&number, &texts_.length) && number <= kMaxBytes;
      case DumpAllKey::kEncoding:
        if (!in->Text(&text)) return false;
        if (text != "UTF-8" && text != "US-ASCII") Property("enc", text);
        return true;
      case DumpAllKey::kIgnored:
        return in->peek() == '"' ? in->Text(&text) : in->Number(&number);
      case DumpAllKey::kFd:
        if (!in->Number(&number, &text)) return false;
        Property(key_, text);
        return true;
      case DumpAllKey::kRoot:
      case DumpAllKey::kOther:
        break;
    }
    return false;
  }

  // A key of another Ruby's.
  bool Unknown(Cursor* in) {
    for (const char c : key_) {
      if ((c < 'a' || c > 'z') && c != '_') return false;
    }
    std::string_view text;
    if (in->peek() == '"') {
      if (!in->Text(&text)) return false;
      Property(key_, text);
      return true;
    }
    if (in->Eat("true")) {
      Property(key_, "true");
      return true;
    }
    uint64_t number = 0;
    return in->Eat("false") || in->Number(&number);
  }

  void Property(std::string_view key, std::string_view text) {
    BatchOutput(batch_).Property(key, text);
  }

  bool References(Cursor* in) {
    if (!in->Eat('[')) return false;
    if (in->Eat(']')) return true;
    while (true) {
      uint64_t address = 0;
      if (!in->Address(&address)) return false;
      references_.targets.push_back(address);
      if (in->Eat(']')) return references_.targets.size() <= kMaxReferences;
      if (!in->Eat(',')) return false;
      if (in->peek() == ' ') in->Skip(1);
    }
  }

  // Neighbours mostly have the same flags.
  bool Flags(Cursor* in) {
    const char* const begin = in->at();
    if (!flags_text_.empty() &&
        std::memcmp(begin, flags_text_.data(), flags_text_.size()) == 0) {
      in->Skip(flags_text_.size());
      if (flags_old_) object_.flags |= kOld;
      return true;
    }
    if (!in->Eat('{')) return false;
    bool old = false;
    bool first = true;
    while (!in->Eat('}')) {
      if (!first) {
        if (!in->Eat(',')) return false;
        if (in->peek() == ' ') in->Skip(1);
      }
      first = false;
      std::string_view key;
      if (!in->Key(&key)) return false;
      for (const char c : key) {
        if ((c < 'a' || c > 'z') && c != '_') return false;
      }
      if (in->Eat("true")) {
        old |= key == "old";
      } else if (!in->Eat("false")) {
        return false;
      }
    }
    const auto size = static_cast<size_t>(in->at() - begin);
    if (size <= kReadAhead) flags_text_ = {begin, size};
    flags_old_ = old;
    if (old) object_.flags |= kOld;
    return true;
  }

  // Neighbours mostly have the same file.
  bool File(Cursor* in) {
    std::string_view text;
    if (!in->Text(&text)) return false;
    if (text != file_text_ || text.empty()) {
      file_text_ = text;
      file_number_ = batch_->names.Intern(text);
    }
    file_ = file_number_;
    return true;
  }

  void End() {
    texts_.value = object_.value;
    EndDumpAllObject(&object_, &references_, &texts_, BatchOutput(batch_));
    object_.kind = batch_->names.Intern(texts_.kind);
    object_.name = batch_->names.Intern(texts_.name);
    object_.site = batch_->InternSite({file_, method_, line_});
  }

  const WordTable words_ = WordTable::OfRows(kDumpAllKeys);
  const TypeTable<Bytes> types_{};
  RecordBatch* batch_ = nullptr;

  // The line so far.
  RecordBatch::Object object_;
  std::string_view key_;
  RecordTexts texts_;
  uint32_t file_ = 0;
  uint32_t method_ = 0;
  uint32_t line_ = 0;
  bool has_type_ = false;
  DumpAllReferences references_;

  // The file and flags of an earlier line.
  std::string_view file_text_;
  uint32_t file_number_ = 0;
  std::string_view flags_text_;
  bool flags_old_ = false;
};

}  // namespace

std::unique_ptr<LineScanner> MakeDumpAllScanner(bool portable) {
  if (portable) return std::make_unique<DumpAllScanner<PortableBytes>>();
  return std::make_unique<DumpAllScanner<FastBytes>>();
}

}  // namespace heapq

#include "indexer/formats/dump_all_scanner.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "indexer/formats/scanner_common.h"
#include "indexer/formats/value_schema.h"
#include "indexer/heap/imemo_words.h"
#include "indexer/json/scan_cursor.h"

namespace heapq {
namespace {

enum Key : uint8_t {
  kOther,
  kAddress,
  kType,
  kClass,
  kSuperclass,
  kDefault,
  kReferences,
  kMemsize,
  kFlags,
  kFrozenKey,
  kSharedKey,
  kFstringKey,
  kEmbeddedKey,
  kSingletonKey,
  kValue,
  kName,
  kKind,
  kFile,
  kMethod,
  kLine,
  kGeneration,
  kCount,
  kBytesize,
  kEncoding,
  kIgnoredText,
  kIgnoredNumber,
  kRoot,
  kFd,
};

const WordTable::Word kKeys[] = {{"address", kAddress},
                                 {"type", kType},
                                 {"class", kClass},
                                 {"superclass", kSuperclass},
                                 {"default", kDefault},
                                 {"references", kReferences},
                                 {"memsize", kMemsize},
                                 {"flags", kFlags},
                                 {"frozen", kFrozenKey},
                                 {"shared", kSharedKey},
                                 {"fstring", kFstringKey},
                                 {"embedded", kEmbeddedKey},
                                 {"singleton", kSingletonKey},
                                 {"value", kValue},
                                 {"name", kName},
                                 {"called_id", kName},
                                 {"mid", kName},
                                 {"struct", kKind},
                                 {"imemo_type", kKind},
                                 {"file", kFile},
                                 {"method", kMethod},
                                 {"line", kLine},
                                 {"generation", kGeneration},
                                 {"length", kCount},
                                 {"size", kCount},
                                 {"bytesize", kBytesize},
                                 {"encoding", kEncoding},
                                 {"real_class_name", kIgnoredText},
                                 {"capacity", kIgnoredNumber},
                                 {"ivars", kIgnoredNumber},
                                 {"slot_size", kIgnoredNumber},
                                 {"shape_id", kIgnoredNumber},
                                 {"root", kRoot},
                                 {"fd", kFd}};

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
    superclass_ = default_ = element_count_ = 0;
    shared_ = has_type_ = false;
    name_ = kind_ = length_ = count_ = {};
    file_ = method_ = line_ = 0;
    references_.clear();
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
    const uint8_t key = words_.Find(key_.data(), static_cast<int>(key_.size()));
    switch (key) {
      case kAddress:
        return in->Address(&object_.address);
      case kType:
        has_type_ = true;
        return in->Eat('"') && types_.Eat(in, &object_.type);
      case kClass:
        return in->Address(&object_.class_address);
      case kSuperclass:
        return in->Address(&superclass_);
      case kDefault:
        return in->Address(&default_);
      case kReferences:
        return References(in);
      case kMemsize:
        return in->Number(&object_.size) && object_.size <= kMaxBytes;
      case kFlags:
        return Flags(in);
      case kFrozenKey:
        return Flag(in, kFrozen);
      case kSharedKey:
        shared_ = in->peek() == 't' || shared_;
        return Flag(in, kShared);
      case kFstringKey:
        return Flag(in, kFstring);
      case kEmbeddedKey:
        return Flag(in, kEmbedded);
      case kSingletonKey:
        return Flag(in, kSingleton);
      case kValue:
        object_.has_value = true;
        return in->Text(&object_.value);
      case kName:
        return in->Text(&name_);
      case kKind:
        return in->Text(&kind_);
      case kFile:
        return File(in);
      case kMethod:
        if (!in->Text(&text)) return false;
        method_ = batch_->names.Intern(text);
        return true;
      case kLine:
        if (!in->Number(&number)) return false;
        line_ = LineOf(number);
        return true;
      case kGeneration:
        if (!in->Number(&number)) return false;
        object_.generation = static_cast<uint32_t>(number);
        return true;
      case kCount:
        return in->Number(&element_count_, &count_) &&
               element_count_ <= kMaxBytes;
      case kBytesize:
        return in->Number(&number, &length_) && number <= kMaxBytes;
      case kEncoding:
        if (!in->Text(&text)) return false;
        if (text != "UTF-8" && text != "US-ASCII") Property("enc", text);
        return true;
      case kIgnoredText:
        return in->Text(&text);
      case kIgnoredNumber:
        return in->Number(&number);
      case kFd:
        if (!in->Number(&number, &text)) return false;
        Property(key_, text);
        return true;
      case kOther:
        return Unknown(in);
      default:
        return false;
    }
  }

  bool Flag(Cursor* in, uint8_t flag) {
    if (in->Eat("true")) {
      object_.flags |= flag;
      return true;
    }
    return in->Eat("false");
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
    batch_->AddField(EdgeKind::kProperty, batch_->names.Intern(key), text);
  }

  bool References(Cursor* in) {
    if (!in->Eat('[')) return false;
    if (in->Eat(']')) return true;
    while (true) {
      uint64_t address = 0;
      if (!in->Address(&address)) return false;
      references_.push_back(address);
      if (in->Eat(']')) return references_.size() <= kMaxReferences;
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

  // So do their files.
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

  // What DumpAllReader does when a record ends.
  void End() {
    const bool told = AddEdges();
    if (!told && !count_.empty() &&
        (object_.type == ObjectType::kArray ||
         object_.type == ObjectType::kHash)) {
      Property("length", count_);
    }
    if (object_.type == ObjectType::kImemo) {
      if (kind_ == "env") kind_ = "VM/env";
      if (object_.class_address != 0 && !MarksSecondWord(kind_)) {
        object_.class_address = 0;
      }
    }
    if (object_.type == ObjectType::kSymbol && name_.empty()) {
      name_ = object_.value;
    }
    if (!length_.empty() && !object_.has_value) Property("length", length_);
    object_.kind = batch_->names.Intern(kind_);
    object_.name = batch_->names.Intern(name_);
    object_.site = batch_->InternSite({file_, method_, line_});
  }

  // True if these tell how many elements there are.
  bool AddEdges() {
    const size_t count = references_.size();
    size_t begin = 0;
    if (object_.type == ObjectType::kHash && element_count_ > 0 &&
        count == 2 * element_count_ + (default_ != 0 ? 1 : 0)) {
      for (; begin < 2 * element_count_; begin += 2) {
        batch_->AddEdge(EdgeKind::kHashKey, begin / 2, references_[begin]);
        batch_->AddEdge(EdgeKind::kHashValueOf, references_[begin],
                        references_[begin + 1]);
      }
    } else if (object_.type == ObjectType::kArray && !shared_ &&
               count == element_count_) {
      for (; begin < count; ++begin) {
        batch_->AddEdge(EdgeKind::kIndex, begin, references_[begin]);
      }
    }
    const bool told = begin > 0;
    for (; begin < count; ++begin) {
      const uint64_t target = references_[begin];
      if (target == superclass_ && superclass_ != 0) {
        batch_->AddEdge(EdgeKind::kSuper, 0, target);
        superclass_ = 0;  // only once
      } else if (target == default_ && default_ != 0) {
        batch_->AddEdge(EdgeKind::kPart, batch_->names.Intern("default"),
                        target);
        default_ = 0;
      } else {
        batch_->AddEdge(EdgeKind::kRef, 0, target);
      }
    }
    return told;
  }

  const WordTable words_{kKeys};
  const TypeTable<Bytes> types_{};
  RecordBatch* batch_ = nullptr;

  // The line so far.
  RecordBatch::Object object_;
  std::string_view key_, name_, kind_, length_, count_;
  uint32_t file_ = 0;
  uint32_t method_ = 0;
  uint32_t line_ = 0;
  uint64_t superclass_ = 0;
  uint64_t default_ = 0;
  uint64_t element_count_ = 0;
  bool shared_ = false;
  bool has_type_ = false;
  std::vector<uint64_t> references_;

  // What a line before had.
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

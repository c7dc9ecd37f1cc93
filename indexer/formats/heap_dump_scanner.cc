#include "indexer/formats/heap_dump_scanner.h"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "indexer/formats/heap_dump_keys.h"
#include "indexer/formats/record_builder.h"
#include "indexer/formats/scanner_common.h"
#include "indexer/formats/value_schema.h"
#include "indexer/json/scan_cursor.h"

namespace heapq {
namespace {

template <typename Bytes>
class HeapDumpScanner : public LineScanner {
 public:
  const char* Scan(const char* origin, const char* begin, const char* end,
                   RecordBatch* batch) override {
    batch_ = batch;
    return ScanLines(origin, begin, end, batch, &object_,
                     [this](const char* p) { return Line(p); });
  }

 private:
  using Cursor = ScanCursor<Bytes>;

  // Null: the line is not regular.
  const char* Line(const char* p) {
    if (std::memcmp(p, ",{\"id\":", 7) != 0) return nullptr;
    object_ = RecordBatch::Object();
    texts_ = {};
    file_ = method_ = line_ = 0;
    Cursor in(p + 7, batch_);
    if (!in.Number(&object_.address) || object_.address == 0) return nullptr;
    while (!in.Eat('}')) {
      if (!in.Eat(',') || !in.Key(&key_) || !Value(&in)) return nullptr;
    }
    if (in.peek() != '\n') return nullptr;
    End();
    return in.at() + 1;
  }

  bool Value(Cursor* in) {
    uint64_t number = 0;
    std::string_view text;
    const uint8_t row = words_.Find(key_.data(), static_cast<int>(key_.size()));
    if (row == 0) return Part(in);
    const HeapDumpKeySpec& spec = kHeapDumpKeys[row - 1];
    switch (spec.key) {
      case HeapDumpKey::kType:
        return in->Eat("\"T_") && types_.Eat(in, &object_.type);
      case HeapDumpKey::kTypeName:
        return in->Text(&texts_.kind);
      case HeapDumpKey::kClass:
        return in->Eat("null") || in->Number(&object_.class_address);
      case HeapDumpKey::kSize:
        return in->Number(&object_.size) && object_.size <= kMaxBytes;
      case HeapDumpKey::kSlotSize:
        return in->Number(&number) && number <= kMaxBytes;
      case HeapDumpKey::kLine:
        if (!in->Number(&number, &texts_.line) || number >> 32 != 0) {
          return false;
        }
        line_ = LineOf(number);
        return true;
      case HeapDumpKey::kGeneration:
        if (!in->Number(&number)) return false;
        object_.generation = static_cast<uint32_t>(number);
        return true;
      case HeapDumpKey::kLength:
        return in->Number(&number, &texts_.length) && number <= kMaxBytes;
      case HeapDumpKey::kFlag:
        if (in->Eat("true")) {
          object_.flags |= spec.flag;
          return true;
        }
        return in->Eat("false");
      case HeapDumpKey::kVal:
        if (in->peek() == '[') return Elements(in);
        object_.has_value = true;
        return in->Text(&object_.value);
      case HeapDumpKey::kName:
        return in->Text(&texts_.name);
      case HeapDumpKey::kFile:
        return Interned(in, &file_);
      case HeapDumpKey::kMethod:
        return Interned(in, &method_);
      case HeapDumpKey::kSuper:
        if (in->Eat("null")) return true;
        if (!in->Number(&number)) return false;
        batch_->AddEdge(EdgeKind::kSuper, 0, number);
        return true;
      case HeapDumpKey::kNameMap:
        return NameMap(in, spec.kind);
      case HeapDumpKey::kLocals:
        // Without its type the record is not regular.
        return !texts_.kind.empty() && NameMap(in, KindOfLocals(texts_.kind));
      case HeapDumpKey::kMethods:
        return Methods(in);
      case HeapDumpKey::kRefs:
        return List(in, EdgeKind::kRef, 0);
      case HeapDumpKey::kWeak:
        return Weak(in);
      case HeapDumpKey::kCount:
        if (!in->Number(&number, &text)) return false;
        Property(key_, text);
        return true;
      // Continuations and frames are not regular.
      case HeapDumpKey::kId:
      case HeapDumpKey::kOf:
      case HeapDumpKey::kFrom:
      case HeapDumpKey::kFrames:
      case HeapDumpKey::kPart:
        break;
    }
    return false;
  }

  static bool IsPlain(std::string_view key) {
    for (const char c : key) {
      if ((c < 'a' || c > 'z') && c != '_') return false;
    }
    return !key.empty();
  }

  void Property(std::string_view key, std::string_view text) {
    BatchOutput(batch_).Property(key, text);
  }

  bool Interned(Cursor* in, uint32_t* number) {
    std::string_view text;
    if (!in->Text(&text)) return false;
    *number = batch_->names.Intern(text);
    return true;
  }

  // A value that is not a list or map: a reference, or the text of a value.
  bool Scalar(Cursor* in, EdgeKind kind, uint64_t label) {
    std::string_view text;
    const char c = in->peek();
    if (c >= '0' && c <= '9') {
      uint64_t target = 0;
      if (!in->Number(&target)) return false;
      batch_->AddEdge(kind, label, target);
      return true;
    }
    if (c == '"') {
      if (!in->Text(&text)) return false;
    } else if (!Constant(in, &text)) {
      return false;
    }
    batch_->AddField(kind, label, text);
    return true;
  }
  bool Constant(Cursor* in, std::string_view* text) {
    if (in->Eat("null")) {
      *text = "nil";
    } else if (in->Eat("true")) {
      *text = "true";
    } else if (in->Eat("false")) {
      *text = "false";
    } else {
      return false;
    }
    return true;
  }

  // The name in front of a value of a map.
  bool NameOf(Cursor* in, uint32_t* name) {
    return Interned(in, name) && in->Eat(':');
  }

  // Calls `value` for each value of the map or list that opens here.
  template <typename Value>
  bool Each(Cursor* in, char open, char close, Value value) {
    if (!in->Eat(open)) return false;
    if (in->Eat(close)) return true;
    do {
      if (!value()) return false;
    } while (in->Eat(','));
    return in->Eat(close);
  }

  bool NameMap(Cursor* in, EdgeKind kind) {
    return Each(in, '{', '}', [&] {
      uint32_t name = 0;
      return NameOf(in, &name) && Scalar(in, kind, name);
    });
  }

  bool List(Cursor* in, EdgeKind kind, uint64_t label) {
    return Each(in, '[', ']', [&] { return Scalar(in, kind, label); });
  }

  bool Elements(Cursor* in) {
    uint64_t index = 0;
    return Each(in, '[', ']', [&] {
      if (in->peek() == '[') return HashPair(in, index++);
      return Scalar(in, EdgeKind::kIndex, index++);
    });
  }

  bool HashPair(Cursor* in, uint64_t pair) {
    in->Skip(1);
    std::string_view text;
    EdgeKind kind = EdgeKind::kHashValue;
    uint64_t label = 0;
    const char c = in->peek();
    if (c >= '0' && c <= '9') {
      if (!in->Number(&label)) return false;
      batch_->AddEdge(EdgeKind::kHashKey, pair, label);
      kind = EdgeKind::kHashValueOf;
    } else if (c == '"' ? in->Text(&text) : Constant(in, &text)) {
      label = batch_->names.Intern(text);
    } else {
      return false;
    }
    return in->Eat(',') && Scalar(in, kind, label) && in->Eat(']');
  }

  bool Methods(Cursor* in) {
    return Each(in, '{', '}', [&] {
      uint32_t name = 0;
      if (!NameOf(in, &name)) return false;
      if (in->peek() != '{') return Scalar(in, EdgeKind::kMethod, name);
      return Each(in, '{', '}', [&] {
        std::string_view key;
        if (!in->Key(&key) || !IsPlain(key)) return false;
        if (key == "ment") return Scalar(in, EdgeKind::kMethod, name);
        return Skip(in);
      });
    });
  }
  bool Skip(Cursor* in) {
    std::string_view text;
    uint64_t number = 0;
    if (in->peek() == '"') return in->Text(&text);
    return Constant(in, &text) || in->Number(&number);
  }

  bool Weak(Cursor* in) {
    uint64_t target = 0;
    if (in->peek() == '[') {
      return Each(in, '[', ']', [&] {
        if (!in->Number(&target)) return false;
        batch_->AddWeakEdge(EdgeKind::kRef, 0, target);
        return true;
      });
    }
    return Each(in, '{', '}', [&] {
      uint32_t name = 0;
      if (!NameOf(in, &name) || !in->Number(&target)) return false;
      batch_->AddWeakEdge(EdgeKind::kPart, name, target);
      return true;
    });
  }

  // Any other key.
  bool Part(Cursor* in) {
    if (!IsPlain(key_)) return false;
    const uint32_t name = batch_->names.Intern(key_);
    const char c = in->peek();
    if (c == '[') return List(in, EdgeKind::kItem, name);
    if (c == '{') return false;
    if (c >= '0' && c <= '9') return Scalar(in, EdgeKind::kPart, name);
    if (in->Eat("null")) return true;
    return Scalar(in, EdgeKind::kProperty, name);
  }

  void End() {
    texts_.value = object_.value;
    EndHeapDumpObject(&object_, &line_, &texts_, BatchOutput(batch_));
    object_.kind = batch_->names.Intern(texts_.kind);
    object_.name = batch_->names.Intern(texts_.name);
    object_.site = batch_->InternSite({file_, method_, line_});
  }

  const WordTable words_ = WordTable::OfRows(kHeapDumpKeys);
  const TypeTable<Bytes> types_{};
  RecordBatch* batch_ = nullptr;

  // The line so far.
  RecordBatch::Object object_;
  std::string_view key_;
  RecordTexts texts_;
  uint32_t file_ = 0;
  uint32_t method_ = 0;
  uint32_t line_ = 0;
};

}  // namespace

std::unique_ptr<LineScanner> MakeFieldScanner(bool portable) {
  if (portable) return std::make_unique<HeapDumpScanner<PortableBytes>>();
  return std::make_unique<HeapDumpScanner<FastBytes>>();
}

}  // namespace heapq

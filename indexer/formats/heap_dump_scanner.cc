#include "indexer/formats/heap_dump_scanner.h"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "indexer/formats/scanner_common.h"
#include "indexer/formats/value_schema.h"
#include "indexer/json/scan_cursor.h"

namespace heapq {
namespace {

enum Key : uint8_t {
  kOther,
  kBt,
  kTypeName,
  kClass,
  kSize,
  kSlotSize,
  kLine,
  kGeneration,
  kLength,
  kFlag,
  kVal,
  kName,
  kFile,
  kMethod,
  kSuper,
  kIvs,
  kCvars,
  kConsts,
  kMembers,
  kLocals,
  kVariables,
  kMethods,
  kRefs,
  kWeak,
  kCount,
  kIrregular,
};

const WordTable::Word kKeys[] = {
    {"bt", kBt},
    {"type_name", kTypeName},
    {"class", kClass},
    {"size", kSize},
    {"slot_size", kSlotSize},
    {"line", kLine},
    {"generation", kGeneration},
    {"length", kLength},
    {"frozen", kFlag},
    {"old", kFlag},
    {"shared", kFlag},
    {"fstring", kFlag},
    {"embedded", kFlag},
    {"singleton", kFlag},
    {"escaped", kFlag},
    {"truncated", kFlag},
    {"val", kVal},
    {"name", kName},
    {"file", kFile},
    {"method", kMethod},
    {"super", kSuper},
    {"ivs", kIvs},
    {"cvars", kCvars},
    {"consts", kConsts},
    {"members", kMembers},
    {"locals", kLocals},
    {"variables", kVariables},
    {"methods", kMethods},
    {"refs", kRefs},
    {"weak", kWeak},
    {"capacity", kCount},
    {"fd", kCount},
    {"arity", kCount},
    // Those of continuations, or with a meaning of their own.
    {"id", kIrregular},
    {"_id", kIrregular},
    {"of", kIrregular},
    {"from", kIrregular},
    {"frames", kIrregular},
    {"envval", kIrregular},
    {"blockprocval", kIrregular},
    {"is_lambda", kIrregular}};

const WordTable::Word kFlagNames[] = {
    {"frozen", kFrozen},     {"old", kOld},
    {"shared", kShared},     {"fstring", kFstring},
    {"embedded", kEmbedded}, {"singleton", kSingleton},
    {"escaped", kEscaped},   {"truncated", kTruncated}};

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
    name_ = kind_ = length_ = line_digits_ = {};
    file_ = method_ = line_ = 0;
    locals_seen_ = false;
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
    const auto key_size = static_cast<int>(key_.size());
    const uint8_t key = words_.Find(key_.data(), key_size);
    switch (key) {
      case kBt:
        return in->Eat("\"T_") && types_.Eat(in, &object_.type);
      case kTypeName:
        return !locals_seen_ && in->Text(&kind_);
      case kClass:
        return in->Eat("null") || in->Number(&object_.class_address);
      case kSize:
        return in->Number(&object_.size) && object_.size <= kMaxBytes;
      case kSlotSize:
        return in->Number(&number) && number <= kMaxBytes;
      case kLine:
        if (!in->Number(&number, &line_digits_) || number >> 32 != 0) {
          return false;
        }
        line_ = LineOf(number);
        return true;
      case kGeneration:
        if (!in->Number(&number)) return false;
        object_.generation = static_cast<uint32_t>(number);
        return true;
      case kLength:
        return in->Number(&number, &length_) && number <= kMaxBytes;
      case kFlag:
        if (in->Eat("true")) {
          object_.flags |= flags_.Find(key_.data(), key_size);
          return true;
        }
        return in->Eat("false");
      case kVal:
        if (in->peek() == '[') return Elements(in);
        object_.has_value = true;
        return in->Text(&object_.value);
      case kName:
        return in->Text(&name_);
      case kFile:
        return Interned(in, &file_);
      case kMethod:
        return Interned(in, &method_);
      case kSuper:
        if (in->Eat("null")) return true;
        if (!in->Number(&number)) return false;
        batch_->AddEdge(EdgeKind::kSuper, 0, number);
        return true;
      case kIvs:
        return NameMap(in, EdgeKind::kIvar);
      case kCvars:
        return NameMap(in, EdgeKind::kCvar);
      case kConsts:
        return NameMap(in, EdgeKind::kConst);
      case kMembers:
        return NameMap(in, EdgeKind::kMember);
      case kLocals:
        locals_seen_ = true;
        return NameMap(
            in, kind_ == "VM/thread" || kind_ == "thread" || kind_ == "fiber"
                    ? EdgeKind::kFiberLocal
                    : EdgeKind::kLocal);
      case kVariables:
        return NameMap(in, EdgeKind::kThreadVariable);
      case kMethods:
        return Methods(in);
      case kRefs:
        return List(in, EdgeKind::kRef, 0);
      case kWeak:
        return Weak(in);
      case kCount:
        if (!in->Number(&number, &text)) return false;
        Property(key_, text);
        return true;
      case kOther:
        return Part(in);
      default:
        return false;
    }
  }

  static bool IsPlain(std::string_view key) {
    for (const char c : key) {
      if ((c < 'a' || c > 'z') && c != '_') return false;
    }
    return !key.empty();
  }

  void Property(std::string_view key, std::string_view text) {
    batch_->AddField(EdgeKind::kProperty, batch_->names.Intern(key), text);
  }

  bool Interned(Cursor* in, uint32_t* number) {
    std::string_view text;
    if (!in->Text(&text)) return false;
    *number = batch_->names.Intern(text);
    return true;
  }

  // A value that is no list or map: a reference, or how something is shown.
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

  // Ends an object's record as HeapDumpReader does.
  void End() {
    if (kind_ == "iseq") {  // `line` is where its code begins
      if (line_ != 0) Property("line", line_digits_);
      line_ = 0;
    }
    if (!length_.empty() &&
        (!object_.has_value || (object_.flags & kTruncated) != 0)) {
      Property("length", length_);
    }
    if (object_.type == ObjectType::kSymbol && name_.empty()) {
      name_ = object_.value;
    }
    if (object_.type == ObjectType::kImemo) object_.class_address = 0;
    object_.kind = batch_->names.Intern(kind_);
    object_.name = batch_->names.Intern(name_);
    object_.site = batch_->InternSite({file_, method_, line_});
  }

  const WordTable words_{kKeys};
  const WordTable flags_{kFlagNames};
  const TypeTable<Bytes> types_{};
  RecordBatch* batch_ = nullptr;

  // The line so far.
  RecordBatch::Object object_;
  std::string_view key_, name_, kind_, length_, line_digits_;
  uint32_t file_ = 0;
  uint32_t method_ = 0;
  uint32_t line_ = 0;
  bool locals_seen_ = false;
};

}  // namespace

std::unique_ptr<LineScanner> MakeFieldScanner(bool portable) {
  if (portable) return std::make_unique<HeapDumpScanner<PortableBytes>>();
  return std::make_unique<HeapDumpScanner<FastBytes>>();
}

}  // namespace heapq

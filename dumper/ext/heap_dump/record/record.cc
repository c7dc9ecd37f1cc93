#include "record/record.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace heap_dump {
namespace {

constexpr char kRoots[] = "_ROOTS_";

bool IsReference(VALUE value) { return !SPECIAL_CONST_P(value); }

bool SameName(const char* a, const char* b) {
  return a == b || (a != nullptr && b != nullptr && strcmp(a, b) == 0);
}

}  // namespace

void Record::Begin(VALUE object) {
  object_ = object;
  parts_ = 0;
  weak_.Clear();
  reachable_.Collect(object);
  json_->BeginRecord();
  json_->Pair("id", object);
}

void Record::BeginRoots() {
  object_ = 0;
  parts_ = 0;
  weak_.Clear();
  reachable_.Clear();
  json_->BeginRecord();
  json_->Pair("id", kRoots);
}

size_t Record::End() {
  size_t unnamed = 0;
  if (object_ != 0) {
    Group("refs", [&](VALUE) { return ++unnamed > 0; });
  }
  WriteWeak();
  json_->EndRecord();
  return unnamed;
}

void Record::WriteWeak() {
  if (weak_.empty()) return;
  bool in_map = false;
  for (const Weak& each : weak_) in_map = in_map || each.name != nullptr;
  json_->Key("weak");
  if (in_map) json_->OpenMap();
  // The names are few: the search ends soon.
  for (size_t i = 0; i < weak_.size(); ++i) {
    const char* const name = weak_[i].name;
    bool done = false;
    for (size_t j = 0; j < i && !done; ++j)
      done = SameName(weak_[j].name, name);
    if (!done) WriteWeakOf(name, in_map);
  }
  if (in_map) json_->CloseMap();
}

void Record::WriteWeakOf(const char* name, bool in_map) {
  const auto open = [&] {
    if (in_map) json_->Key(name == nullptr ? "refs" : name);
    json_->OpenList();
  };
  open();
  for (const Weak& each : weak_) {
    if (!SameName(each.name, name)) continue;
    if (Long()) {
      json_->CloseList();
      if (in_map) json_->CloseMap();
      Continue();
      json_->Key("weak");
      if (in_map) json_->OpenMap();
      open();
    }
    json_->Number(each.target);
  }
  json_->CloseList();
}

void Record::Continue() {
  json_->EndRecord();
  json_->BeginRecord();
  char id[48];
  ++parts_;
  if (object_ == 0) {
    snprintf(id, sizeof(id), "%s+%d", kRoots, parts_);
  } else {
    snprintf(id, sizeof(id), "%llu+%d",
             static_cast<unsigned long long>(object_), parts_);
  }
  json_->Pair("id", id);
  if (object_ == 0) {
    json_->Pair("of", kRoots);
  } else {
    json_->Pair("of", object_);
  }
}

void Record::ContinueFrom(uint64_t from) {
  Continue();
  json_->Pair("from", from);
}

bool Record::Field(const char* key, VALUE value) {
  if (IsReference(value) && !reachable_.Has(value)) {
    WeakReference(value, key);
    return false;
  }
  json_->Key(key);
  Value(value);
  return true;
}

void Record::TextField(const char* key, TextView text) {
  json_->Key(key);
  const TextView readable = ReadableName(text.data, text.size, &scratch_);
  json_->Text(readable.data, readable.size);
}

void Record::AppendName(TextView name, ArenaVector<char>* to) const {
  redaction_ != nullptr ? redaction_->AppendName(name, to)
                        : heap_dump::AppendName(name.data, name.size, to);
}

void Record::AppendLabel(TextView label, ArenaVector<char>* to) const {
  redaction_ != nullptr ? redaction_->AppendLabel(label, to)
                        : heap_dump::AppendName(label.data, label.size, to);
}

void Record::Name(TextView name) {
  scratch_.Clear();
  AppendName(name, &scratch_);
  json_->Text(scratch_.begin(), scratch_.size());
}

void Record::NameField(const char* key, TextView name) {
  json_->Key(key);
  Name(name);
}

void Record::LabelField(const char* key, TextView label) {
  json_->Key(key);
  scratch_.Clear();
  AppendLabel(label, &scratch_);
  json_->Text(scratch_.begin(), scratch_.size());
}

void Record::AppendFile(TextView path, ArenaVector<char>* to) const {
  redaction_ != nullptr ? redaction_->AppendFile(path, to)
                        : heap_dump::AppendName(path.data, path.size, to);
}

void Record::FileField(const char* key, TextView path) {
  json_->Key(key);
  scratch_.Clear();
  AppendFile(path, &scratch_);
  json_->Text(scratch_.begin(), scratch_.size());
}

void Record::BeginList(const char* key) {
  list_ = key;
  item_ = 0;
  json_->Key(key);
  json_->OpenList();
}

void Record::BeforeItem() {
  if (!Long()) return;
  json_->CloseList();
  ContinueFrom(item_);
  json_->Key(list_);
  json_->OpenList();
}

void Record::Item(VALUE value) {
  BeforeItem();
  Value(value);
  AfterItem();
}

void Record::MarkedValue(VALUE value) {
  if (!IsReference(value)) {
    Value(value);
  } else if (reachable_.Name(value)) {
    json_->Number(value);
  } else {
    WeakReference(value);
    Value(Qundef);
  }
}

void Record::EndList() {
  json_->CloseList();
  list_ = nullptr;
}

bool Record::Belongs(VALUE value) {
  if (!IsReference(value)) return true;
  if (object_ != 0 && !reachable_.Has(value)) {
    WeakReference(value);
    return false;
  }
  return IsWritten(value);
}

void Record::Entry(TextView name, VALUE value) {
  if (redaction_ == nullptr) return OwnEntry(name, value);
  if (!Belongs(value)) return;
  const size_t offset = names_.size();
  redaction_->AppendName(name, &names_);
  entries_.Push({offset, {nullptr, names_.size() - offset}, value});
}

void Record::OwnEntry(TextView name, VALUE value) {
  if (!Belongs(value)) return;
  NameEntry entry = {0, name, value};
  if (name.size > kLongestName ||
      ValidUtf8Prefix(name.data, name.size) != name.size) {
    entry.name_offset = names_.size();
    heap_dump::AppendName(name.data, name.size, &names_);
    entry.name = {nullptr, names_.size() - entry.name_offset};
  }
  entries_.Push(entry);
}

void Record::Entry(ID id, VALUE value) {
  static constexpr char kHidden[] = "(hidden)";  // the compiler's own
  const TextView name = NameOf(id);
  if (name.size > 0) return Entry(name, value);
  OwnEntry({kHidden, sizeof(kHidden) - 1}, value);
}

bool Record::NeedsPairs() {
  for (size_t i = 0; i < entries_.size(); ++i) {
    const TextView name = NameOfEntry(entries_[i]);
    if (name.size == 0 || name.data[0] == '$' ||
        memchr(name.data, '.', name.size) != nullptr ||
        memchr(name.data, 0, name.size) != nullptr) {
      return true;
    }
  }
  return HasNameTwice();
}

bool Record::HasNameTwice() {
  // Few names: each with each.
  constexpr size_t kFew = 12;
  if (entries_.size() <= kFew) {
    for (size_t i = 1; i < entries_.size(); ++i) {
      const TextView a = NameOfEntry(entries_[i]);
      for (size_t j = 0; j < i; ++j) {
        const TextView b = NameOfEntry(entries_[j]);
        if (a.size == b.size && memcmp(a.data, b.data, a.size) == 0) {
          return true;
        }
      }
    }
    return false;
  }
  constexpr uint64_t kKey[2] = {0, 0};
  hashes_.Clear();
  for (const NameEntry& entry : entries_) {
    const TextView name = NameOfEntry(entry);
    hashes_.Push(KeyedHash(kKey, name.data, name.size));
  }
  std::sort(hashes_.begin(), hashes_.end());
  // Two names with one hash would get pairs for nothing, which does no harm.
  return std::adjacent_find(hashes_.begin(), hashes_.end()) != hashes_.end();
}

void Record::WriteName(const NameEntry& entry, bool as_key) {
  const TextView name = NameOfEntry(entry);
  as_key ? json_->Key(name.data, name.size) : json_->Text(name.data, name.size);
}

void Record::EndNameMap(const char* key, bool splits) {
  if (entries_.empty()) return;
  const bool pairs = NeedsPairs();
  const auto open = [&] {
    json_->Key(key);
    pairs ? json_->OpenList() : json_->OpenMap();
  };
  const auto close = [&] { pairs ? json_->CloseList() : json_->CloseMap(); };
  open();
  for (const NameEntry& entry : entries_) {
    if (splits && Long()) {
      close();
      Continue();
      open();
    }
    if (pairs) json_->OpenList();
    WriteName(entry, !pairs);
    Value(entry.value);
    if (pairs) json_->CloseList();
  }
  close();
  entries_.Clear();
}

void Record::Value(VALUE value) {
  if (IsReference(value)) {
    reachable_.Name(value);
    json_->Number(value);
  } else if (FIXNUM_P(value) &&
             (redaction_ == nullptr || Redaction::Shows(FIX2LONG(value)))) {
    json_->NumberAsText(FIX2LONG(value));
  } else if (NIL_P(value)) {
    json_->Null();
  } else if (value == Qtrue || value == Qfalse) {
    json_->Bool(value == Qtrue);
  } else {
    scratch_.Clear();
    AppendImmediate(value, redaction_, &scratch_);
    json_->Text(scratch_.begin(), scratch_.size());
  }
}

}  // namespace heap_dump

#include "record.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace heap_dump {
namespace {

constexpr char kRoots[] = "_ROOTS_";

bool IsReference(VALUE value) { return !SPECIAL_CONST_P(value); }

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
  if (!weak_.empty()) {
    BeginList("weak");
    for (VALUE target : weak_) {
      BeforeItem();
      json_->Number(target);
      AfterItem();
    }
    EndList();
  }
  json_->EndRecord();
  return unnamed;
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
    weak_.Push(value);
    return false;
  }
  json_->Text(key);
  Value(value);
  return true;
}

void Record::TextField(const char* key, TextView text) {
  json_->Text(key);
  const TextView readable = ReadableName(text.data, text.size, &scratch_);
  json_->Text(readable.data, readable.size);
}

void Record::BeginList(const char* key) {
  list_ = key;
  item_ = 0;
  json_->Text(key);
  json_->OpenList();
}

void Record::BeforeItem() {
  if (!Long()) return;
  json_->CloseList();
  ContinueFrom(item_);
  json_->Text(list_);
  json_->OpenList();
}

void Record::Item(VALUE value) {
  BeforeItem();
  Value(value);
  AfterItem();
}

void Record::EndList() {
  json_->CloseList();
  list_ = nullptr;
}

void Record::Entry(TextView name, VALUE value) {
  if (IsReference(value) && object_ != 0 && !reachable_.Has(value)) {
    weak_.Push(value);
    return;
  }
  NameEntry entry = {0, name, value};
  if (name.size > kLongestName ||
      ValidUtf8Prefix(name.data, name.size) != name.size) {
    entry.name_offset = names_.size();
    AppendName(name.data, name.size, &names_);
    entry.name = {nullptr, names_.size() - entry.name_offset};
  }
  entries_.Push(entry);
}

void Record::Entry(ID id, VALUE value) {
  static constexpr char kHidden[] = "(hidden)";  // the compiler's own
  const TextView name = NameOf(id);
  Entry(name.size > 0 ? name : TextView{kHidden, sizeof(kHidden) - 1}, value);
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

void Record::WriteName(const NameEntry& entry) {
  const TextView name = NameOfEntry(entry);
  json_->Text(name.data, name.size);
}

void Record::EndNameMap(const char* key, bool splits) {
  if (entries_.empty()) return;
  const bool pairs = NeedsPairs();
  const auto open = [&] {
    json_->Text(key);
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
    WriteName(entry);
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
  } else if (NIL_P(value)) {
    json_->Null();
  } else if (value == Qtrue || value == Qfalse) {
    json_->Bool(value == Qtrue);
  } else {
    scratch_.Clear();
    AppendImmediate(value, &scratch_);
    json_->Text(scratch_.begin(), scratch_.size());
  }
}

}  // namespace heap_dump

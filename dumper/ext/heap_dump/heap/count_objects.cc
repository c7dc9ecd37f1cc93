#include "heap/count_objects.h"

#include <ruby.h>
#include <yajl/yajl_gen.h>

#include <algorithm>
#include <cstring>

#include "ruby/heap_pages.h"
#include "ruby/object_types.h"
#include "ruby/ruby_private.h"
#include "text/ruby_text.h"

namespace heap_dump {
namespace {

constexpr int kTypes = 32;

// How many objects each class has: a hash table by the class's address.
class ClassCounts {
 public:
  struct Entry {
    VALUE klass;
    uint64_t count;
  };

  explicit ClassCounts(Arena* arena) : entries_(arena) { Grow(1 << 12); }

  void Add(VALUE klass) {
    if (entries_.empty()) return;
    Entry* const entry = Find(klass);
    if (entry->klass == 0) {
      entry->klass = klass;
      if (++used_ * 2 > entries_.size()) {
        ++entry->count;
        Grow(entries_.size() * 4);
        return;
      }
    }
    ++entry->count;
  }

  const ArenaVector<Entry>& entries() const { return entries_; }

 private:
  Entry* Find(VALUE klass) {
    const size_t mask = entries_.size() - 1;
    size_t i = (klass >> 3) * 0x9e3779b97f4a7c15u >> 32 & mask;
    while (entries_[i].klass != 0 && entries_[i].klass != klass) {
      i = (i + 1) & mask;
    }
    return &entries_[i];
  }

  void Grow(size_t capacity) {
    ArenaVector<Entry> old(entries_.arena());
    for (const Entry& entry : entries_) {
      if (entry.klass != 0) old.Push(entry);
    }
    entries_.Clear();
    if (!entries_.Reserve(capacity)) return;
    while (entries_.size() < capacity) entries_.Push({0, 0});
    for (const Entry& entry : old) *Find(entry.klass) = entry;
  }

  ArenaVector<Entry> entries_;
  size_t used_ = 0;
};

struct NamedCount {
  TextView name;
  uint64_t count;
};

bool Less(const NamedCount& a, const NamedCount& b) {
  const int order =
      memcmp(a.name.data, b.name.data, std::min(a.name.size, b.name.size));
  return order != 0 ? order < 0 : a.name.size < b.name.size;
}

bool Same(const NamedCount& a, const NamedCount& b) {
  return !Less(a, b) && !Less(b, a);
}

// "Ns" asks for "Ns" and "Ns::A", not for "Nsx".
bool AsksFor(const char* wanted, TextView name) {
  const size_t size = strlen(wanted);
  if (name.size < size || memcmp(name.data, wanted, size) != 0) return false;
  return name.size == size ||
         (name.size > size + 2 && memcmp(name.data + size, "::", 2) == 0);
}

// The class that Ruby code sees: no singleton, no iclass.
VALUE VisibleClass(VALUE klass) {
  for (int depth = 0; klass != 0 && !SPECIAL_CONST_P(klass) && depth < 1000;
       ++depth) {
    if (BUILTIN_TYPE(klass) == T_CLASS && !FL_TEST_RAW(klass, FL_SINGLETON)) {
      return klass;
    }
    klass = rb_class_get_superclass(klass);
  }
  return 0;
}

void CollectNamed(const ClassCounts& classes, const char* const* names,
                  size_t count, ArenaVector<NamedCount>* named) {
  for (const ClassCounts::Entry& entry : classes.entries()) {
    const VALUE klass = entry.klass == 0 ? 0 : VisibleClass(entry.klass);
    if (klass == 0) continue;
    const TextView name = BytesOf(rb_class_path_cached(klass));
    const bool wanted =
        std::any_of(names, names + count,
                    [&](const char* each) { return AsksFor(each, name); });
    if (wanted) named->Push({name, entry.count});
  }
  std::sort(named->begin(), named->end(), Less);
  // A class's singletons are counted with it.
  size_t kept = 0;
  for (const NamedCount& each : *named) {
    if (kept > 0 && Same((*named)[kept - 1], each)) {
      (*named)[kept - 1].count += each.count;
    } else {
      (*named)[kept++] = each;
    }
  }
  named->Shrink(kept);
}

class Json {
 public:
  explicit Json(ArenaVector<char>* to) : memory_(to->arena()->YajlFunctions()) {
    generator_ = yajl_gen_alloc(&memory_);
    if (generator_ == nullptr) return;
    yajl_gen_config(generator_, yajl_gen_beautify, 1);
    yajl_gen_config(generator_, yajl_gen_print_callback, Print, to);
  }
  ~Json() {
    if (generator_ != nullptr) yajl_gen_free(generator_);
  }
  Json(const Json&) = delete;
  Json& operator=(const Json&) = delete;

  bool ok() const { return generator_ != nullptr; }
  void Open() { yajl_gen_map_open(generator_); }
  void Close() { yajl_gen_map_close(generator_); }
  void Key(TextView name) {
    yajl_gen_string(generator_,
                    reinterpret_cast<const unsigned char*>(name.data),
                    name.size);
  }
  void Key(const char* name) { Key({name, strlen(name)}); }
  void Number(uint64_t number) { yajl_gen_integer(generator_, number); }

 private:
  static void Print(void* to, const char* text, size_t size) {
    Append(text, size, static_cast<ArenaVector<char>*>(to));
  }

  yajl_alloc_funcs memory_;
  yajl_gen generator_ = nullptr;
};

}  // namespace

void CountObjects(const char* const* names, size_t count,
                  ArenaVector<char>* text) {
  Arena* const arena = text->arena();
  HeapPages pages(arena);
  pages.Gather();
  ClassCounts classes(arena);
  uint64_t types[kTypes] = {};
  pages.ForEachObject([&](VALUE object, size_t) {
    const int type = BUILTIN_TYPE(object);
    ++types[type];
    if (count > 0 && type != T_IMEMO && type != T_NODE &&
        RBASIC_CLASS(object) != 0) {
      classes.Add(RBASIC_CLASS(object));
    }
    return true;
  });
  ArenaVector<NamedCount> named(arena);
  CollectNamed(classes, names, count, &named);

  Json json(text);
  if (!json.ok()) return;
  json.Open();
  json.Key("total_slots");
  json.Number(pages.slots());
  json.Key("free_slots");
  json.Number(pages.slots() - pages.CountLive());
  json.Key("basic_types");
  json.Open();
  for (int type = 0; type < kTypes; ++type) {
    if (types[type] == 0) continue;
    json.Key(ObjectTypeName(type));
    json.Number(types[type]);
  }
  json.Close();
  json.Key("user_types");
  json.Open();
  ArenaVector<char> scratch(arena);
  for (const NamedCount& each : named) {
    json.Key(ReadableName(each.name.data, each.name.size, &scratch));
    json.Number(each.count);
  }
  json.Close();
  json.Close();
}

}  // namespace heap_dump

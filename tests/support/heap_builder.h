#ifndef HEAPQ_TESTS_SUPPORT_HEAP_BUILDER_H_
#define HEAPQ_TESTS_SUPPORT_HEAP_BUILDER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heapq {

class HeapBuilder;
class TestObject;

// A value as a holder sees it: a reference, or an immediate in inspect form.
struct TestValue {
  TestValue(uint64_t id) : reference(id) {}          // NOLINT: an address
  TestValue(const TestObject& object);               // NOLINT
  TestValue(const char* inspect) : text(inspect) {}  // NOLINT
  static TestValue Nil() { return TestValue(kNil); }

  static constexpr const char* kNil = "null";  // stands for JSON null
  uint64_t reference = 0;                      // 0: an immediate
  std::string text;
};

// One object of a HeapBuilder. Setters return the object, for chains.
class TestObject {
 public:
  uint64_t id() const { return id_; }
  operator uint64_t() const { return id_; }  // NOLINT: stands for its address

  TestObject& Size(uint64_t bytes);
  TestObject& Name(std::string_view name);   // class path, iseq label, …
  TestObject& Text(std::string_view value);  // of a string
  TestObject& Flag(std::string_view flag);   // "frozen", "singleton", …
  TestObject& Property(std::string_view key, std::string_view text);
  TestObject& Number(std::string_view key, uint64_t number);
  TestObject& At(std::string_view file, uint32_t line);  // allocation site

  TestObject& Ivar(std::string_view name, TestValue value);
  TestObject& Cvar(std::string_view name, TestValue value);
  TestObject& Const(std::string_view name, TestValue value);
  TestObject& Local(std::string_view name, TestValue value);
  TestObject& Member(std::string_view name, TestValue value);
  TestObject& Method(std::string_view name, TestValue ment);
  TestObject& Element(TestValue value);
  TestObject& Pair(TestValue key, TestValue value);
  TestObject& Part(std::string_view name, TestValue value);
  TestObject& Item(std::string_view list, TestValue value);
  TestObject& Super(uint64_t super);
  TestObject& Frame(std::string_view label, std::string_view file,
                    uint32_t line, uint64_t iseq,
                    std::vector<std::pair<std::string, TestValue>> locals);
  TestObject& To(uint64_t target);      // a nameless strong reference
  TestObject& WeakTo(uint64_t target);  // a nameless weak one

 private:
  friend class HeapBuilder;
  struct Named {
    std::string name;
    TestValue value;
  };
  struct FrameOf {
    std::string label;
    std::string file;
    uint32_t line;
    uint64_t iseq;
    std::vector<std::pair<std::string, TestValue>> locals;
  };

  uint64_t id_ = 0;
  std::string type_;       // "T_OBJECT"
  std::string type_name_;  // of T_DATA and T_IMEMO
  uint64_t class_ = 0;
  uint64_t size_ = 40;
  std::string name_;
  std::optional<std::string> text_;
  std::vector<std::string> flags_;
  std::vector<std::pair<std::string, std::string>> properties_;
  std::vector<std::pair<std::string, uint64_t>> numbers_;
  std::string file_;
  uint32_t line_ = 0;
  std::vector<Named> ivars_, cvars_, consts_, locals_, members_, methods_;
  std::vector<TestValue> elements_;
  std::vector<std::pair<TestValue, TestValue>> pairs_;
  std::vector<Named> parts_, items_;
  uint64_t super_ = 0;
  std::vector<FrameOf> frames_;
  std::vector<uint64_t> refs_, weak_;
};

// Builds a heap in code and emits it as the bytes of a dump, so that every
// test of what is made of a heap also tests the way there. Addresses count up
// from 0x1000 by 40 bytes: the same dump on every run.
//
//   HeapBuilder heap;
//   auto& user = heap.Class("User");
//   auto& cache = heap.Hash().Size(4096);
//   heap.Global("$cache", cache);
//   cache.Pair(":bob", heap.Object(user).Ivar("@name", heap.String("Bob")));
//   std::string dump = heap.Format2();
//
// Objects first, edges whenever: cycles are free. References returned live as
// long as the builder.
class HeapBuilder {
 public:
  TestObject& Add(std::string_view type, uint64_t class_id = 0);
  TestObject& Class(std::string_view name);
  TestObject& Module(std::string_view name);
  TestObject& Object(uint64_t class_id) { return Add("T_OBJECT", class_id); }
  TestObject& String(std::string_view text);
  TestObject& Array() { return Add("T_ARRAY"); }
  TestObject& Hash() { return Add("T_HASH"); }
  TestObject& Struct(uint64_t class_id) { return Add("T_STRUCT", class_id); }
  TestObject& Data(std::string_view type_name, uint64_t class_id = 0);
  TestObject& Imemo(std::string_view kind);
  TestObject& Iseq(std::string_view label, std::string_view file, uint32_t line,
                   std::string_view type = "method");
  // An address that no record has.
  uint64_t Dangling() { return Address(); }

  void Root(std::string_view category, uint64_t target);
  void Global(std::string_view name, uint64_t target);
  void WeakRoot(std::string_view category, uint64_t target);

  // The dump as bytes. DumpAll leaves out what that format can't say.
  std::string Format2() const;
  std::string DumpAll() const;

 private:
  uint64_t Address() {
    const uint64_t address = next_address_;
    next_address_ += 40;
    return address;
  }

  struct RootOf {
    std::string category;
    std::string name;
    uint64_t target;
    bool weak;
  };
  uint64_t next_address_ = 0x1000;
  std::deque<TestObject> objects_;
  std::vector<RootOf> roots_;
};

}  // namespace heapq

#endif  // HEAPQ_TESTS_SUPPORT_HEAP_BUILDER_H_

#include "tests/support/random_dump.h"

#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/heap_builder.h"

namespace heapq {

std::string RandomDump(uint32_t seed, int objects) {
  std::mt19937 random(seed);
  HeapBuilder heap;
  std::vector<TestObject*> all;
  std::vector<uint64_t> targets;
  const auto add = [&](TestObject& object) {
    all.push_back(&object);
    targets.push_back(object);
  };
  for (int i = 0; i < 10; ++i) add(heap.Class(absl::StrCat("Class", i)));
  for (int i = 0; i < objects; ++i) {
    const uint64_t type = targets[random() % 10];
    switch (random() % 8) {
      case 0:
        add(heap.String(
            std::string(random() % 8 == 0 ? random() % 30000 : random() % 50,
                        static_cast<char>('a' + i % 26))));
        break;
      case 1:
        add(heap.Array());
        break;
      case 2:
        add(heap.Hash());
        break;
      case 3:
        add(heap.Iseq(absl::StrCat("m", i), "app.rb", 1 + random() % 90));
        break;
      case 4:
        add(heap.Data("thread", type));
        break;
      default:
        add(heap.Object(type).Size(random() % 100000));
        if (random() % 3 == 0) all.back()->At("a.rb", 1 + random() % 9);
    }
  }
  targets.push_back(heap.Dangling());
  const auto any = [&] { return targets[random() % targets.size()]; };
  for (TestObject* object : all) {
    for (uint32_t n = random() % 6; n > 0; --n) {
      switch (random() % 7) {
        case 0:
          object->Ivar(absl::StrCat("@v", n), any());
          break;
        case 1:
          object->Ivar(absl::StrCat("@n", n), "1.5");
          break;
        case 2:
          object->Part("env", any());
          break;
        case 3:
          object->WeakTo(any());
          break;
        case 4:
          object->Frame(absl::StrCat("m", n), "app.rb", n, any(),
                        {{"local", TestValue(any())}});
          break;
        default:
          object->To(any());
      }
    }
  }
  for (int i = 0; i < 5; ++i) heap.Root("vm", any());
  heap.Global("$g", any());
  heap.WeakRoot("finalizers", any());
  return heap.Format2() + "garbage\n";
}

}  // namespace heapq

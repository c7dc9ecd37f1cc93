#include "tests/support/rich_heap.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace heapq {
namespace {

class RichHeap {
 public:
  RichHeap(std::string_view text, HeapBuilder* heap)
      : text_(text), heap_(*heap) {}

  void Fill() {
    Classes();
    Collections();
    Code();
    Threads();
    OtherTypes();
    NotReachable();
  }

 private:
  // A name that holds the text, and differs from the others.
  std::string With(std::string_view name) const {
    return absl::StrCat(std::string(name), text_);
  }

  void Classes() {
    auto& meta = heap_.Class("Class");
    auto& base = heap_.Class(With("Base"));
    base.Super(meta);
    auto& space = heap_.Module(With("Space"));
    class_ = heap_.Class(With("Space::Thing")).Super(base).id();
    space.Const(With("Thing"), class_);
    auto& singleton = heap_.Class({}).Flag("singleton").Super(base);
    auto& iclass = heap_.Add("T_ICLASS", space).Super(base);
    singleton.To(iclass);
    bus_ = &heap_.Object(singleton).At(With("/app/bus.rb"), 7);
    singleton.Part("attached", *bus_);
    base.Cvar(With("@@registry"), *bus_).Const(With("BUS"), *bus_);
    heap_.Global(With("$bus"), *bus_);
    heap_.Root("vm", meta);
    heap_.Root(With("odd"), space);
  }

  void Collections() {
    auto& list = heap_.Array();
    auto& table = heap_.Hash().Size(4096);
    bus_->Ivar(With("@handlers"), table).Ivar(With("@list"), list);
    for (int i = 0; i < 30; ++i) {
      auto& thing = heap_.Object(class_).At(With("/app/thing.rb"), 3);
      thing.Ivar(With("@name"), heap_.String(With("name")));
      thing.Ivar("@next", i == 0 ? TestValue::Nil() : TestValue(last_));
      list.Element(thing).Element(With(":i").c_str());
      table.Pair(heap_.String(With("key")), thing);
      table.Pair(With(":key").c_str(), heap_.Array());
      last_ = thing.id();
    }
    auto& record = heap_.Struct(class_).Size(100000);
    record.Member(With("member"), *bus_).Member(With("note"), "1");
    list.Element(record).Element(heap_.Hash()).Element(heap_.Dangling());
  }

  void Code() {
    auto& outer = heap_.Iseq(With("start"), With("/app/session.rb"), 10);
    auto& block = heap_.Iseq(With("block in start"), With("/app/session.rb"),
                             12, "block");
    block.Part("parent", outer);
    iseq_ = block.id();
    auto& env = heap_.Imemo("VM/env").Part("iseq", outer);
    env.Local(With("request"), last_).Local(With("count"), With("3").c_str());
    auto& inner = heap_.Imemo("VM/env").Part("iseq", block).Part("prev", env);
    auto& proc = heap_.Data("proc", class_);
    proc.Part("env", inner).Part("iseq", block).Property("lambda", "true");
    auto& ment = heap_.Imemo("ment").Name(With("start"));
    ment.Part("owner", class_).Part("iseq", outer);
    auto& cache = heap_.Imemo("callcache");
    block.Item("literals", heap_.String(With("literal"))).To(cache);
    cache.To(ment);
    bus_->Ivar("@proc", proc);
    auto& method = heap_.Data("method", class_).Name(With("call"));
    method.Part("receiver", *bus_).Item(With("queue"), last_);
    bus_->Ivar("@method", method);
    heap_.Add("T_CLASS", class_).Name(With("Late")).Method(With("run"), ment);
  }

  void Threads() {
    auto& thread = heap_.Data("VM/thread", class_).Name(With("worker"));
    thread.Property("status", "run").Property("main", "true");
    thread.Frame(With("run"), With("/app/worker.rb"), 20, iseq_,
                 {{With("job"), TestValue(last_)}, {With("n"), "2"}});
    thread.Local(With("fiber_local"), last_).Item("machine_stack", last_);
    heap_.Root("threads", thread);
    auto& fiber = heap_.Data("fiber", class_);
    fiber.Frame(With("each"), With("/app/fiber.rb"), 2, iseq_, {});
    thread.Part("fiber", fiber);
    heap_.Root("machine_context", last_);
  }

  void OtherTypes() {
    for (const char* type :
         {"T_FLOAT", "T_REGEXP", "T_BIGNUM", "T_MATCH", "T_COMPLEX",
          "T_RATIONAL", "T_NODE", "T_NEWTYPE", "T_SYMBOL"}) {
      auto& object = heap_.Add(type, class_).Text(With("text"));
      bus_->To(object);
    }
    auto& file = heap_.Add("T_FILE", class_).Property("path", With("/tmp/x"));
    file.Number("fd", 7).Property(With("mode"), With("r+"));
    bus_->To(file).To(heap_.Data(With("own/type")));
    bus_->To(heap_.Add("T_FILE", class_).Number("fd", 3));
    auto& escaped = heap_.String(With("\\xFF")).Flag("escaped");
    bus_->Part(With("tail"), escaped.Flag("truncated").Flag("frozen"));
    for (int i = 0; i < 20; ++i) {  // the same text many times over
      bus_->To(heap_.String(With("a long text that many strings share, ") +
                            std::string(500, 'x')));
    }
  }

  void NotReachable() {
    auto& weak = heap_.Data("weakmap", class_);
    bus_->To(weak);
    weak.WeakTo(heap_.String(With("weakly held")));
    auto& a = heap_.Object(class_);
    auto& b = heap_.Object(class_).Ivar("@a", a).Ivar("@self", a);
    a.Ivar("@b", b).Ivar("@a", a);
    heap_.WeakRoot(With("weak_roots"), b);
    heap_.Add("T_OBJECT", heap_.Dangling());
  }

  const std::string text_;
  HeapBuilder& heap_;
  uint64_t class_ = 0;
  TestObject* bus_ = nullptr;
  uint64_t last_ = 0;
  uint64_t iseq_ = 0;
};

}  // namespace

void AddRichHeap(std::string_view text, HeapBuilder* heap) {
  RichHeap(text, heap).Fill();
}

}  // namespace heapq

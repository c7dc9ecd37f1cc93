// Measures the graph stages of a load on a heap in memory, next to a
// baseline of the same run: turning all edges round once.
//
//   graph_bench [--benchmark_…]            on synthetic heaps of 0.5 and 5 M
//   HEAPQ_BENCH_DUMP=FILE graph_bench      on that dump
//
// `ns/object` is CPU time. `bytes/object` is the most memory that a stage took
// on top of the heap, its results included; `of_limit` that as a share of 40
// bytes an object and 16 an edge.

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>

#include "indexer/base/column.h"
#include "indexer/graph/analysis.h"
#include "indexer/graph/dominators.h"
#include "indexer/graph/owner_search.h"
#include "indexer/heap/heap.h"
#include "indexer/read/read_dump.h"

namespace heapq {
namespace {

// A number of /proc/self/status in bytes.
double ProcessMemory(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, key.size(), key) == 0) {
      return 1024 * std::strtod(line.c_str() + key.size() + 1, nullptr);
    }
  }
  return 0;
}

// How much the peak of the resident memory rises while `work` runs.
template <typename Work>
double PeakOf(Work work) {
  std::ofstream("/proc/self/clear_refs") << "5";  // begin a new peak
  const double before = ProcessMemory("VmRSS");
  work();
  const double peak = ProcessMemory("VmHWM");
  return peak > before ? peak - before : 0;
}

// Two of five objects in a linked list, a hundred thousand nested in one
// another, the rest in containers of all sizes with references across.
Heap MakeHeap(uint32_t objects) {
  Heap heap;
  heap.object_count = objects;
  const size_t size = size_t{objects} + 1;
  heap.type.resize(size);
  heap.kind.resize(size);
  heap.class_of.resize(size);
  heap.size.resize(size);
  heap.edges.begin.resize(size + 1);
  std::mt19937 random(1);
  const uint32_t classes = 100;
  const uint32_t list_end = classes + objects / 5 * 2;
  const uint32_t nested_end =
      list_end + (objects / 10 < 100000 ? objects / 10 : 100000);
  uint32_t held = nested_end;  // objects that have a holder
  const auto edge = [&heap](ObjectId dst, EdgeKind kind) {
    heap.edges.dst.push_back(dst);
    heap.edges.kind.push_back(kind);
    heap.edges.label.push_back(0);
  };
  for (ObjectId id = 1; id <= objects; ++id) {
    heap.type[id] = id <= classes ? ObjectType::kClass : ObjectType::kObject;
    heap.class_of[id] = 1 + id % classes;
    heap.size[id] = 40;
    heap.edges.begin[id] = static_cast<uint32_t>(heap.edges.dst.size());
    if (id > classes && id < nested_end && id != list_end) {
      edge(id + 1, EdgeKind::kMember);
    } else if (id > nested_end) {
      const uint32_t width = random() % 64 == 0 ? 200 : 3;
      for (uint32_t n = random() % width; n > 0 && held < objects; --n) {
        edge(++held, EdgeKind::kIndex);
      }
      if (random() % 8 == 0) {
        edge(nested_end + random() % (objects - nested_end), EdgeKind::kIvar);
      }
    }
  }
  heap.edges.begin[size] = static_cast<uint32_t>(heap.edges.dst.size());
  heap.edges.count = heap.edges.dst.size();
  for (const uint32_t first : {1U, classes + 1, list_end + 1, nested_end + 1}) {
    heap.roots.push_back({"vm", "", first, false});
  }
  // Objects that nothing holds yet.
  while (++held <= objects) heap.roots.push_back({"vm", "", held, false});
  return heap;
}

std::shared_ptr<const Heap> HeapOf(const char* dump, uint32_t objects) {
  if (dump == nullptr) return std::make_shared<Heap>(MakeHeap(objects));
  ReadOptions options;
  const char* const folder = std::getenv("TMPDIR");
  options.spill_dir = folder == nullptr ? "/tmp" : folder;
  auto read = ReadDump(dump, options);
  if (!read.ok()) {
    std::fprintf(stderr, "graph_bench: %s\n",
                 std::string(read.status().message()).c_str());
    std::exit(1);
  }
  return std::make_shared<Heap>(std::move(read->heap));
}

// Runs `stage` over the heap, and once more for its memory.
template <typename Stage>
void Measure(benchmark::State& state, const Heap& heap, Stage stage) {
  for (auto _ : state) stage();
  const double objects = heap.last_id();
  double edges = static_cast<double>(heap.edges.count);
  for (ObjectId id = 1; id <= heap.last_id(); ++id) {
    if (heap.class_of[id] != 0) ++edges;
  }
  const double bytes = PeakOf(stage);
  state.counters["objects"] = objects;
  state.counters["edges"] = edges;
  state.counters["ns/object"] = benchmark::Counter(
      objects * 1e-9, benchmark::Counter::kIsIterationInvariantRate |
                          benchmark::Counter::kInvert);
  state.counters["bytes/object"] = bytes / objects;
  state.counters["of_limit"] = bytes / (40 * objects + 16 * edges);
}

template <typename Visit>
void ForEachSuccessor(const Heap& heap, ObjectId id, Visit visit) {
  for (uint32_t e = heap.edges.begin[id]; e < heap.edges.begin[id + 1]; ++e) {
    visit(heap.edges.dst[e]);
  }
  if (heap.class_of[id] != 0) visit(heap.class_of[id]);
}

void TurnRound(const Heap& heap) {
  const size_t size = size_t{heap.last_id()} + 1;
  Column<uint32_t> begin(size + 1);
  for (ObjectId id = 1; id < size; ++id) {
    ForEachSuccessor(heap, id, [&begin](ObjectId dst) { ++begin[dst + 1]; });
  }
  for (size_t i = 1; i <= size; ++i) begin[i] += begin[i - 1];
  Column<ObjectId> sources(begin[size]);
  for (ObjectId id = 1; id < size; ++id) {
    ForEachSuccessor(heap, id,
                     [&](ObjectId dst) { sources[begin[dst]++] = id; });
  }
  benchmark::DoNotOptimize(sources.data());
}

void Register(const std::string& name,
              const std::shared_ptr<const Heap>& heap) {
  const auto add = [&](const char* stage, auto work) {
    benchmark::RegisterBenchmark((std::string(stage) + "/" + name).c_str(),
                                 [heap, work](benchmark::State& state) {
                                   Measure(state, *heap, [&] { work(*heap); });
                                 })
        ->Unit(benchmark::kMillisecond);
  };
  add("baseline_turn_round", TurnRound);
  add("dominators_and_retained", [](const Heap& of) {
    Analysis analysis;
    ComputeDominators(of, {}, &analysis);
  });
  add("paths", [](const Heap& of) {
    Analysis analysis;
    SearchOwners(of, {}, &analysis);
  });
  add("all",
      [](const Heap& of) { benchmark::DoNotOptimize(Analyze(of).ok()); });
}

}  // namespace
}  // namespace heapq

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const char* const dump = std::getenv("HEAPQ_BENCH_DUMP");
  if (dump != nullptr) {
    heapq::Register("dump", heapq::HeapOf(dump, 0));
  } else {
    heapq::Register("500000", heapq::HeapOf(nullptr, 500000));
    heapq::Register("5000000", heapq::HeapOf(nullptr, 5000000));
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

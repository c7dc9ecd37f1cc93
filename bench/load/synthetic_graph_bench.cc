// The graph stages of a load alone, over a made-up heap in memory:
//
//   synthetic_graph_bench OBJECTS EDGES
//
// Prints CPU, and memory at its peak, per object and in all.

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "indexer/graph/analysis.h"
#include "indexer/heap/heap.h"

namespace heapq {
namespace {

constexpr uint32_t kClasses = 2000;

// Most references go to objects near by, one in eight to any.
Heap MadeUpHeap(uint32_t objects, uint64_t edges) {
  std::mt19937_64 random(1);
  const size_t size = size_t{objects} + 1;
  Heap heap;
  heap.object_count = objects;
  heap.type.resize(size);
  heap.flags.resize(size);
  heap.kind.resize(size);
  heap.class_of.resize(size);
  heap.size.resize(size);
  heap.name.resize(size);
  heap.edges.begin.resize(size + 1);
  heap.edges.count = edges;
  heap.edges.dst.resize(edges);
  heap.edges.kind.resize(edges);
  heap.edges.label.resize(edges);
  uint64_t e = 0;
  for (uint32_t id = 1; id <= objects; ++id) {
    const uint64_t bits = random();
    heap.type[id] = ObjectType::kObject;
    heap.size[id] = 40;
    heap.class_of[id] = 1 + bits % std::min(objects, kClasses);
    heap.edges.begin[id] = static_cast<uint32_t>(e);
    const uint64_t end = edges * id / objects;
    for (; e < end; ++e) {
      const uint64_t any = random();
      heap.edges.dst[e] = any % 8 == 0 ? 1 + (any >> 8) % objects
                                       : 1 + (id + (any >> 8) % 64) % objects;
      heap.edges.kind[e] = EdgeKind::kIvar;
    }
  }
  heap.edges.begin[size] = static_cast<uint32_t>(e);
  for (uint32_t i = 0; i < 100; ++i) {
    heap.roots.push_back({"vm", "", 1 + objects / 100 * i, false});
  }
  return heap;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) *
             1e-6;
}

double PeakBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

int Run(uint32_t objects, uint64_t edges) {
  const Heap heap = MadeUpHeap(objects, edges);
  const double begin = CpuSeconds();
  const double before = PeakBytes();
  const absl::StatusOr<Analysis> analysis = Analyze(heap);
  if (!analysis.ok()) {
    std::fprintf(stderr, "%s\n", analysis.status().ToString().c_str());
    return 1;
  }
  const double peak = PeakBytes();
  std::printf(
      "%u objects, %llu edges, %llu reachable: %.1f s CPU, %.2f us an object; "
      "heap %.1f GB, peak %.1f GB, %.2f x (100 B an object + 12 an edge)\n",
      objects, static_cast<unsigned long long>(edges),
      static_cast<unsigned long long>(analysis->reachable_count),
      CpuSeconds() - begin, (CpuSeconds() - begin) * 1e6 / objects,
      before / 1e9, peak / 1e9,
      peak / (100.0 * objects + 12.0 * static_cast<double>(edges)));
  return 0;
}

}  // namespace
}  // namespace heapq

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "synthetic_graph_bench OBJECTS EDGES\n");
    return 2;
  }
  return heapq::Run(static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10)),
                    std::strtoull(argv[2], nullptr, 10));
}

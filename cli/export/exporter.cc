#include "cli/export/exporter.h"

namespace heapq {

const std::vector<Exporter>& Exporters() {
  static const auto* const kExporters = new std::vector<Exporter>{
      {"heapsnapshot", "Chrome DevTools, memlab", WriteHeapSnapshot},
  };
  return *kExporters;
}

}  // namespace heapq

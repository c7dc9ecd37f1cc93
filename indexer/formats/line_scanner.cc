#include "indexer/formats/line_scanner.h"

#include "indexer/formats/dump_all_scanner.h"
#include "indexer/formats/heap_dump_scanner.h"

namespace heapq {

std::unique_ptr<LineScanner> MakeLineScanner(std::string_view format,
                                             bool portable) {
  if (format == "ObjectSpace.dump_all") return MakeDumpAllScanner(portable);
  if (format == "heap_dump 2") return MakeFieldScanner(portable);
  return nullptr;
}

}  // namespace heapq

#include "indexer/formats/line_scanner.h"

#include "indexer/formats/dump_all_scanner.h"
#include "indexer/formats/heap_dump_scanner.h"

namespace heapq {

std::unique_ptr<LineScanner> MakeLineScanner(DumpFormat format, bool portable) {
  switch (format) {
    case DumpFormat::kDumpAll:
      return MakeDumpAllScanner(portable);
    case DumpFormat::kHeapDump2:
      return MakeFieldScanner(portable);
    case DumpFormat::kHeapDump1:
    case DumpFormat::kUnknown:
      break;
  }
  return nullptr;
}

}  // namespace heapq

#ifndef HEAPQ_INDEXER_STORE_FILE_TABLE_H_
#define HEAPQ_INDEXER_STORE_FILE_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "indexer/base/column.h"
#include "indexer/heap/heap.h"
#include "indexer/store/iseq_table.h"

namespace heapq {

// The objects that came from one file of code or one gem. Sizes are bytes.
struct CodeRow {
  std::string name;
  std::string gem;  // of a file; empty in a gem's row
  uint64_t count = 0;
  uint64_t size = 0;      // shallow
  uint64_t retained = 0;  // an object inside another's is not counted
};

// The objects of one allocation site. There may be a million sites.
struct SiteTotal {
  uint64_t count = 0;
  uint64_t size = 0;
  uint64_t retained = 0;
};

// Totals by file, by gem and by allocation site. An iseq belongs to the file
// that it was compiled from, another object to the one that allocated it; where
// allocations were not traced, procs and envs to that of their iseq, and the
// others to none.
struct FileTable {
  // `retained` is left to be filled in. Takes 4 bytes an object.
  FileTable(const Heap& heap, const IseqTable& iseqs);

  // Row 0 of both is for what is not known.
  std::vector<CodeRow> files;
  std::vector<CodeRow> gems;
  Column<SiteTotal> sites;       // as heap.sites
  std::vector<uint32_t> gem_of;  // by row of `files`
  Column<uint32_t> file_of;      // row of `files`, by id
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_STORE_FILE_TABLE_H_

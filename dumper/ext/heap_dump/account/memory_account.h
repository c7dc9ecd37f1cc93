#ifndef HEAP_DUMP_ACCOUNT_MEMORY_ACCOUNT_H_
#define HEAP_DUMP_ACCOUNT_MEMORY_ACCOUNT_H_

#include "heap/dumped_objects.h"
#include "objects/object_writers.h"

namespace heap_dump {

// Remembers what only Ruby can say: the size of the heap's pages, the names of
// GC.stat's figures. To be called once from Init; without it the account has
// fewer figures.
void PrepareMemoryAccount();

// Reads GC.stat's figures. To be called before collections are forbidden, which
// changes some of them.
void ReadGcFigures();

// Writes the header's "memory": where the process has its memory, as
// docs/reference/format.md has it. `live`: the dump's objects, if it is of what
// the roots reach; null if it has garbage as well, which is then not counted
// here.
void WriteMemoryAccount(const Context& context, const DumpedObjects& objects,
                        const MarkedObjects* live, Arena* arena);

}  // namespace heap_dump

#endif  // HEAP_DUMP_ACCOUNT_MEMORY_ACCOUNT_H_

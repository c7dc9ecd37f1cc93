#ifndef HEAP_DUMP_LAYOUT_LAYOUT_TABLE_H_
#define HEAP_DUMP_LAYOUT_LAYOUT_TABLE_H_

#include "layout/layout.h"

namespace heap_dump {

// The Ruby that is loaded, whatever it was compiled for: 100 * major + minor.
int RunningVersion();

// Returns the table's row for the running Ruby. All fields are -1 if there is
// no row for this version or this kind of processor, or if HEAP_DUMP_NO_TABLE
// is set. HEAP_DUMP_TABLE="thread_name=360,hash_default=16" replaces values,
// for tests of what a wrong table does.
Layout ExpectedLayout();
// Whether ExpectedLayout is from the table.
bool IsInTable();

// A field of Layout, and what is lost without it.
struct LayoutField {
  const char* name;
  int Layout::*place;
  CapabilityIndex needed_by[5];
  int needing;  // how many of needed_by
};

enum LayoutFieldIndex {
  kIseqLocalTable,
  kIseqLocalTableSize,
  kIseqParent,
  kControlFrameSize,
  kThreadVm,
  kThreadEc,
  kThreadStatusField,
  kThreadName,
  kThreadValue,
  kEcFiber,
  kEcThread,
  kEcLocalStorage,
  kEcErrinfo,
  kEcStackStart,
  kGvlOwnerField,
  kVmTraps,
  kHashDefault,
  kWeakMap,
  kWeakKeyMap,
  kFiberEc,
  kFiberStack,
  kLayoutFields
};

extern const LayoutField kLayoutFieldsOf[kLayoutFields];

}  // namespace heap_dump

#endif  // HEAP_DUMP_LAYOUT_LAYOUT_TABLE_H_

#ifndef HEAP_DUMP_LAYOUT_PROBES_H_
#define HEAP_DUMP_LAYOUT_PROBES_H_

#include <ruby.h>

#include "layout/candidates.h"
#include "layout/layout.h"
#include "layout/layout_table.h"

namespace heap_dump {

// The results of all probes. Each probe plants known values and searches for
// their offsets.
struct Findings {
  Finding of[kLayoutFields];
  // Whether this Ruby has ObjectSpace::WeakKeyMap.
  bool has_weak_key_map = false;
  // Whether program counter, self, locals and line of frames were as expected
  // in each context; false if none was looked at.
  bool frames_are_read_rightly = false;
  // The probes ran to their end.
  bool finished = false;
};

// Whether probes may run now: on the main Ractor, outside of a signal handler.
bool MayProbe();

// Runs all probes: a few threads, fibers, objects and signal handlers for
// unused signals, all of which are removed afterwards. Exceptions from
// outside wait until the end. Returns the state of rb_protect: not 0 if the
// program was interrupted, for which the caller calls rb_jump_tag.
int RunProbes(const Layout& expected, Findings* findings);

// --- The parts; each may raise ---

// Compiles source text and gives its RubyVM::InstructionSequence.
VALUE CompileText(const char* source);
// Compiles and runs it.
VALUE EvaluateText(const char* source);
// The instruction sequence of a proc or method.
const void* IseqOf(VALUE code);

void ProbeIseqs(Findings* findings);
void ProbeHashDefaults(Findings* findings);
void ProbeWeakMaps(Findings* findings);

// Handlers of two signals that the program does not use, while it lives.
class PlantedTraps {
 public:
  // May raise.
  void Plant();
  // Raises nothing.
  void Remove();
  // Where the VM has its handlers, if this is the VM; else -1.
  int PlaceIn(const void* vm) const;

 private:
  int signals_[2] = {0, 0};
  VALUE handlers_[2] = {0, 0};
};

// Threads, fibers and their frames.
void ProbeContexts(const Layout& expected, const PlantedTraps& traps,
                   Findings* findings);
// Threads that sleep or have ended, suspended fibers.
void ProbeSleepers(Findings* findings);

}  // namespace heap_dump

#endif  // HEAP_DUMP_LAYOUT_PROBES_H_

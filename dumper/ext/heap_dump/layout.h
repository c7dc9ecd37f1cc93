#ifndef HEAP_DUMP_LAYOUT_H_
#define HEAP_DUMP_LAYOUT_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "safe_read.h"

namespace heap_dump {

// Where Ruby keeps what no function gives away: offsets in bytes, from the
// private headers of each version. The only table of them.
struct Layout {
  int api_version;  // 100 * major + minor

  // rb_iseq_constant_body
  int iseq_local_table;       // ID*
  int iseq_local_table_size;  // unsigned int
  int iseq_parent;            // rb_iseq_t*

  int control_frame_size;

  int thread_vm;      // rb_thread_t: rb_vm_t*
  int thread_ec;      // rb_execution_context_t*
  int thread_status;  // its two lowest bits: runs, sleeps, sleeps, has ended
  int thread_name;    // VALUE
  int thread_value;   // VALUE: what the block gave, when it has ended

  int ec_fiber;                 // rb_execution_context_t: rb_fiber_t*
  int ec_thread;                // rb_thread_t*
  int ec_local_storage;         // struct rb_id_table*, or:
  bool ec_local_storage_is_st;  // st_table* from IDs
  int ec_errinfo;               // VALUE: the exception that is being dealt with
  int ec_stack_start;           // VALUE*; then stack_end, size_t stack_maxsize

  // In what `thread + 24` points to (2.7: the VM, later: the Ractor), the
  // thread that has the GVL.
  int gvl_owner;

  int vm_traps;  // rb_vm_t: VALUE[], the handlers by signal number

  int hash_default;  // struct RHash: VALUE, the default value or proc

  int weak_map_table;  // struct weakmap: st_table*
  // 3.3 and later: keys and values are addresses of VALUEs.
  bool weak_map_indirect;
};

// The table's row for the Ruby that runs, or null if there is none.
const Layout* CurrentLayout();

// From here on this process does without the table and whatever else it knows
// of Ruby's insides: for a copy that is to get through where one that used
// them crashed.
void LeaveOutLayout();

// Layout::vm_traps, which moved by a word between 3.1.2 and 3.1.7; -1 for the
// releases between them, where it was not measured.
int TrapsOffset();

// What may be relied upon. `why` is for the header's "missing".
struct Capability {
  const char* name;
  bool allowed;
  const char* why;
};

enum CapabilityIndex {
  kIseqs,    // literals, parent, local names of instruction sequences
  kLocals,   // locals of an env by name; what a proc refers to
  kMethods,  // what a method entry refers to
  kFrames,   // frames of threads
  kFibers,   // frames of fibers
  kGlobals,  // global variables by name
  kWeakMaps,
  kTraps,       // signal handlers by signal
  kFinalizers,  // finalizers by object
  kCapabilities
};

const Capability& CapabilityOf(CapabilityIndex index);
inline bool May(CapabilityIndex index) { return CapabilityOf(index).allowed; }
void Forbid(CapabilityIndex index, const char* why);

template <typename T>
T ReadAt(const void* base, int offset) {
  return *reinterpret_cast<const T*>(static_cast<const char*>(base) + offset);
}

// The same in all versions of the table.
namespace layout {

// imemo numbers; 10 and 13 to 15 differ between versions.
enum Imemo {
  kEnv = 0,
  kCref = 1,
  kSvar = 2,
  kThrowData = 3,
  kIfunc = 4,
  kMemo = 5,
  kMent = 6,
  kIseq = 7,
  kTmpbuf = 8,
  kAst = 9,
  kCallinfo = 11,
  kCallcache = 12,
  kConstcache = 13,
};

struct Env {
  VALUE flags;
  const char* iseq;  // null for a C frame's
  const VALUE* ep;
  const VALUE* env;
  unsigned env_size;
};

// Where an ep points to, and around it.
constexpr int kEpMentOrCref = -2;
constexpr int kEpBlockOrPrevious = -1;
constexpr int kEpFlags = 0;
constexpr int kEpEnv = 1;
constexpr VALUE kEpIsLocal = 2;
constexpr VALUE kEpIsEscaped = 4;
// Locals lie below, then these.
constexpr int kEpWords = 3;

enum MethodType {
  kMethodIseq = 0,
  kMethodCfunc = 1,
  kMethodAttrset = 2,
  kMethodIvar = 3,
  kMethodBmethod = 4,
  kMethodZsuper = 5,
  kMethodAlias = 6,
  kMethodUndef = 7,
  kMethodNotImplemented = 8,
  kMethodOptimized = 9,
  kMethodMissing = 10,
  kMethodRefined = 11,
};

struct MethodDefinition {
  unsigned type : 4;
  unsigned rest : 28;
  int alias_count;
  VALUE body[3];  // iseq: iseq, cref; bmethod: proc; alias, refined: ment;
                  // attributes: ID, location
  ID original_id;
};

struct MethodEntry {
  VALUE flags;
  VALUE defined_class;
  const MethodDefinition* definition;
  ID called_id;
  VALUE owner;
};

struct Cref {
  VALUE flags;
  VALUE refinements;
  VALUE klass;
  VALUE next;
};

struct CapturedBlock {
  VALUE self;
  const VALUE* ep;
  VALUE code;
};

struct Proc {
  CapturedBlock block;  // symbol and proc blocks: a VALUE in place of self
  int type;
  int padding;
  unsigned flags;  // 1: from a method, 2: lambda
};
enum BlockType { kBlockIseq, kBlockIfunc, kBlockSymbol, kBlockProc };

struct ControlFrame {
  const VALUE* pc;
  const VALUE* sp;
  const char* iseq;
  VALUE self;
  const VALUE* ep;
  VALUE block_code;
};

struct ExecutionContext {
  const VALUE* vm_stack;
  size_t vm_stack_size;  // in words
  const char* cfp;
};

struct IdTable {
  int capacity;
  int count;
  int used;
  struct Item {
    uint32_t key;  // 0: free
    int collision;
    VALUE value;
  } * items;
};

struct ConstantEntry {
  int flags;
  int line;
  VALUE value;
  VALUE file;
};

struct GlobalVariable {
  int counter;
  int block_trace;
  VALUE* data;
  VALUE (*getter)(ID, VALUE*);
};
struct GlobalEntry {
  const GlobalVariable* variable;
  ID id;
};

constexpr int kIseqBody = 16;
constexpr int kBodyType = 0;
constexpr int kBodySize = 4;      // words of code
constexpr int kBodyEncoded = 8;   // VALUE*
constexpr int kBodyPathobj = 64;  // 0 while it is being compiled
// rb_fiber_t: its execution context, by value.
constexpr int kFiberEc = 80;
// Its machine stack while it is suspended: VALUE*, and its size in words.
constexpr int kFiberStack = 56;
constexpr int kFiberStackSize = 72;

}  // namespace layout

inline int ImemoType(VALUE imemo) {
  return (RBASIC(imemo)->flags >> FL_USHIFT) & 15;
}
inline bool IsImemo(VALUE object, int type) {
  return !SPECIAL_CONST_P(object) && BUILTIN_TYPE(object) == T_IMEMO &&
         ImemoType(object) == type;
}
// The kind's name; stays the same between versions where the kind does.
const char* ImemoName(int type);

inline const char* IseqBody(const void* iseq) {
  return ReadAt<const char*>(iseq, layout::kIseqBody);
}

// The struct of a T_DATA object, which newer Rubies may embed in the object.
void* DataOf(VALUE data);

}  // namespace heap_dump

#endif  // HEAP_DUMP_LAYOUT_H_

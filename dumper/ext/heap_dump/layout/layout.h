#ifndef HEAP_DUMP_LAYOUT_LAYOUT_H_
#define HEAP_DUMP_LAYOUT_LAYOUT_H_

#include <ruby.h>

#include <cstddef>
#include <cstdint>

#include "util/safe_read.h"

namespace heap_dump {

// Offsets, in bytes, of data that no function of Ruby returns. -1: unknown.
// Check a field's capability before reading it.
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

  int ec_fiber;   // rb_execution_context_t: rb_fiber_t*
  int ec_thread;  // rb_thread_t*
  // struct rb_id_table*; with kVariant added: st_table* from IDs.
  int ec_local_storage;
  int ec_errinfo;      // VALUE: the exception that is being dealt with
  int ec_stack_start;  // VALUE*; then stack_end, size_t stack_maxsize

  // In what `thread + 24` points to (2.7: the VM, later: the Ractor), the
  // thread that has the GVL.
  int gvl_owner;

  int vm_traps;  // rb_vm_t: VALUE[], the handlers by signal number

  int hash_default;  // struct RHash: VALUE, the default value or proc

  // struct weakmap: st_table*. With kVariant added (3.3 to 4.0): keys and
  // values are addresses of VALUEs. The same for struct weakkeymap.
  int weak_map;
  int weak_key_map;

  int fiber_ec;  // rb_fiber_t: its execution context, by value
  // Its machine stack while it is suspended: VALUE*, and kStackToSize behind
  // it the size in words.
  int fiber_stack;
};

// Added to an offset: what lies there has its second form.
constexpr int kVariant = 1;
constexpr int OffsetOf(int place) { return place & ~kVariant; }
constexpr bool IsVariant(int place) { return (place & kVariant) != 0; }

// The layout that this process works with, or null if it does without.
const Layout* CurrentLayout();

// From here on this process does without everything that is known of Ruby's
// insides: for a copy that is to get through where one that used them crashed.
void LeaveOutLayout();

// Where the layout is from, for the header: "table" (checked by probes),
// "probed" (this Ruby is not in the table), "unchecked" (table alone), "none".
const char* LayoutSource();

// Finds out what it can about this Ruby. PrepareLayout did so already unless
// that was at a moment at which no thread may be started.
void EnsureLayoutIsProbed();

// A part of Ruby's insides that may be relied upon, or not. `why` is for the
// header's "missing".
struct Capability {
  const char* name;
  bool allowed;
  const char* why;
};

enum CapabilityIndex {
  kIseqs,    // literals, parent of instruction sequences
  kLocals,   // locals of an env by name; what a proc refers to
  kMethods,  // what a method entry refers to
  kConstants,
  kFrames,   // frames of threads
  kFibers,   // frames of fibers
  kGlobals,  // global variables by name
  kWeakMaps,
  kWeakKeyMaps,
  kTraps,       // signal handlers by signal
  kFinalizers,  // finalizers by object
  kThreadStatus,
  kThreadNames,
  kThreadValues,
  kFiberLocals,    // Thread#[]
  kExceptions,     // what a thread or fiber is rescuing from
  kMachineStacks,  // what only a thread's machine stack refers to
  kFiberStacks,    // the same for suspended fibers
  kHashDefaults,
  kGvlOwner,  // what gdb needs to know
  kCapabilities
};

const Capability& CapabilityOf(CapabilityIndex index);
inline bool May(CapabilityIndex index) { return CapabilityOf(index).allowed; }
// `why` is copied; the first one stays.
void Forbid(CapabilityIndex index, const char* why);

template <typename T>
T ReadAt(const void* base, int offset) {
  return *reinterpret_cast<const T*>(static_cast<const char*>(base) + offset);
}

// The same in all versions from 2.7 to 4.0; checked at require.
namespace layout {

// Kinds of imemo. The first nine are also their numbers in all versions.
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
  kAst,
  kParserStrterm,
  kCallinfo,
  kCallcache,
  kConstcache,
  kCvarEntry,
  kImemoFields,  // variables of classes and of objects other than T_OBJECT
  kSubclasses,
  kCdhash,
  kUnknownImemo,
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
// From where a suspended fiber's stack begins to its size.
constexpr int kStackToSize = 16;
// From a thread's struct to what holds the GVL's owner.
constexpr int kThreadToGvl = 24;

}  // namespace layout

inline int ImemoNumber(VALUE imemo) {
  return (RBASIC(imemo)->flags >> FL_USHIFT) & 15;
}
// The kind of an imemo, by the name that Ruby has for its number.
layout::Imemo ImemoType(VALUE imemo);
inline bool IsImemo(VALUE object, layout::Imemo type) {
  return !SPECIAL_CONST_P(object) && BUILTIN_TYPE(object) == T_IMEMO &&
         ImemoType(object) == type;
}
// The kind's name; stays the same between versions where the kind does.
const char* ImemoName(VALUE imemo);

inline const char* IseqBody(const void* iseq) {
  return ReadAt<const char*>(iseq, layout::kIseqBody);
}

// The struct of a T_DATA object, which newer Rubies may embed in the object.
void* DataOf(VALUE data);

// Finds out what it can about this Ruby, by its own code where needed. To be
// called once from Init; without it (the library was only dlopened) less is
// checked before it is relied upon. May raise what another thread or a signal
// raised meanwhile.
void PrepareLayout();

}  // namespace heap_dump

#endif  // HEAP_DUMP_LAYOUT_LAYOUT_H_

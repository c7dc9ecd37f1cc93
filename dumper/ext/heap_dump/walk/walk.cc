#include "walk/walk.h"

#include <ruby.h>
#include <ruby/encoding.h>
#include <ruby/version.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "account/memory_account.h"
#include "heap/code_of_program.h"
#include "heap/dumped_objects.h"
#include "heap/finalizers.h"
#include "heap/globals.h"
#include "heap/reachability.h"
#include "heap/subclasses.h"
#include "layout/layout.h"
#include "objects/object_writers.h"
#include "objects/sample_record.h"
#include "record/json_writer.h"
#include "record/record.h"
#include "ruby/heap_pages.h"
#include "text/code_words.h"
#include "text/redaction.h"
#include "util/arena.h"

namespace heap_dump {
namespace {

// For rb_mod_const_at, which adds to it: so large that it does not grow, for
// which Ruby would call malloc.
constexpr st_index_t kMostConstants = 1 << 12;

ID KnownId(const char* name) {
  return rb_check_id_cstr(name, strlen(name), rb_usascii_encoding());
}

// Whether GC.stat has made the symbols of its keys, which it does once.
bool g_has_gc_stat = false;

uint64_t GcStat(const char* key) {
  const ID id = g_has_gc_stat ? KnownId(key) : 0;
  return id == 0 ? 0 : rb_gc_stat(ID2SYM(id));
}

const char* StringsName(StringMode mode) {
  switch (mode) {
    case StringMode::kFull:
      return "full";
    case StringMode::kTruncate:
      return "truncate";
    case StringMode::kNone:
      return "none";
    case StringMode::kHash:
      return "hash";
  }
  return "";
}

// Not gmtime: it takes a lock. The calendar's arithmetic is Howard Hinnant's
// civil_from_days. Milliseconds, so that dumps that follow each other at once
// differ.
void FormatTime(timespec time, char* text, size_t size) {
  const int64_t seconds = time.tv_sec;
  const int64_t days = seconds / 86400;
  const int64_t rest = seconds % 86400;
  const int64_t z = days + 719468;
  const int64_t era = z / 146097;
  const int64_t doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  const int64_t month = mp < 10 ? mp + 3 : mp - 9;
  const int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  snprintf(
      text, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", static_cast<int>(year),
      static_cast<int>(month), static_cast<int>(doy - (153 * mp + 2) / 5 + 1),
      static_cast<int>(rest / 3600), static_cast<int>(rest / 60 % 60),
      static_cast<int>(rest % 60), static_cast<int>(time.tv_nsec / 1000000));
}

// Slots in the heap, and those with an object in them, garbage included. 0:
// not known.
struct HeapSize {
  uint64_t slots = 0;
  uint64_t live = 0;
};

// How long to wait for the process to report how long it stopped. It mostly
// continues before its copy has come this far.
constexpr int kStopWaitMs = 200;

int64_t StopNs(const WalkOptions& options) {
  if (options.stop_ns == nullptr) return 0;
  const timespec pause = {0, 1000000};
  for (int i = 0; *options.stop_ns == 0 && i < kStopWaitMs; ++i) {
    nanosleep(&pause, nullptr);
  }
  return *options.stop_ns;
}

// `words`: of the code whose names stay in clear; null if all names do.
void WriteHeader(const Context& context, HeapSize heap, const CodeWords* words,
                 const DumpedObjects& objects, const MarkedObjects* marked,
                 Arena* arena) {
  const WalkOptions& options = *context.options;
  JsonWriter* const json = context.json();
  char text[64];
  json->BeginRecord();
  json->Pair("id", "_HEADER_");
  json->Pair("format", "heap_dump");
  json->Pair("version", uint64_t{2});
  json->Pair("ruby", ruby_version);
  json->Pair("platform", ruby_platform);
  json->Pair("pid",
             static_cast<uint64_t>(options.pid ? options.pid : getpid()));
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  FormatTime(now, text, sizeof(text));
  json->Pair("time", text);
  json->Pair("mode", options.mode);
  if (options.fallback) json->Pair("fallback", options.fallback);
  if (options.warning) json->Pair("warning", options.warning);
  const int64_t stop_ns = StopNs(options);
  if (stop_ns > 0) {
    json->Pair("stop_us", static_cast<uint64_t>(stop_ns / 1000));
  }
  json->Key("gc");
  json->OpenMap();
  json->Pair("count", uint64_t{rb_gc_count()});
  json->Pair("compactions", GcStat("compact_count"));
  if (heap.slots > 0) {
    json->Pair("live", heap.live);
    json->Pair("slots", heap.slots);
  }
  json->Key("collected");
  json->Bool(options.collected);
  json->CloseMap();
  json->Key("reachable");
  json->Bool(options.selection == Selection::kReachable);
  json->Pair("strings", StringsName(options.strings));
  if (words != nullptr) {
    json->Key("code");
    json->OpenMap();
    json->Pair("files", words->files());
    json->Pair("unreadable", words->unread());
    json->CloseMap();
  }
  json->Pair("layout", LayoutSource());
  json->Key("capabilities");
  json->OpenList();
  json->Text("ivars");
  for (int i = 0; i < kCapabilities; ++i) {
    const Capability& each = CapabilityOf(static_cast<CapabilityIndex>(i));
    if (each.allowed) json->Text(each.name);
  }
  json->CloseList();
  json->Key("missing");
  json->OpenMap();
  for (int i = 0; i < kCapabilities; ++i) {
    const Capability& each = CapabilityOf(static_cast<CapabilityIndex>(i));
    if (!each.allowed) json->Pair(each.name, each.why);
  }
  json->CloseMap();
  WriteMemoryAccount(context, objects, marked, arena);
  json->EndRecord();
}

void WriteEnd(const WalkStats& stats, JsonWriter* json) {
  json->BeginRecord();
  json->Pair("id", "_END_");
  json->Pair("objects", stats.objects);
  json->Pair("edges", stats.edges);
  json->EndRecord();
}

// Ruby's tables take memory with its own allocator, which may start a
// collection.
//
// A copy of the process must not finish a pending sweep, as rb_gc_disable
// does: that frees memory, whose lock a thread that is not there may have held,
// and runs the free functions of extensions. Where Ruby has no other way to
// forbid collections, it is made to believe that no memory was taken lately;
// what the walk takes from Ruby's allocator is far from the next collection.
class CollectionsOff {
 public:
  CollectionsOff(bool in_copy, bool sweep_may_be_pending) {
    if (!in_copy || !sweep_may_be_pending) {
      were_off_ = RTEST(rb_gc_disable());
    } else if (rb_gc_disable_no_rest != nullptr) {
      were_off_ = RTEST(rb_gc_disable_no_rest());
    } else {
      rb_gc_adjust_memory_usage(-kMuch);
    }
  }
  ~CollectionsOff() {
    if (!were_off_) rb_gc_enable();
  }
  CollectionsOff(const CollectionsOff&) = delete;
  CollectionsOff& operator=(const CollectionsOff&) = delete;

 private:
  static constexpr ssize_t kMuch = ssize_t{1} << 46;

  // Or it was not forbidden.
  bool were_off_ = true;
};

st_table* g_reserved_constants = nullptr;

class ConstantTable {
 public:
  ConstantTable()
      : table_(g_reserved_constants
                   ? g_reserved_constants
                   : st_init_numtable_with_size(kMostConstants)) {}
  ~ConstantTable() {
    if (table_ != g_reserved_constants) st_free_table(table_);
  }
  ConstantTable(const ConstantTable&) = delete;
  ConstantTable& operator=(const ConstantTable&) = delete;
  st_table* get() const { return table_; }

 private:
  st_table* const table_;
};

}  // namespace

void KnownIds::LookUp() {
  attached = KnownId("__attached__");
  struct_members = KnownId("__members__");
  thread_variables = KnownId("locals");
}

void PrepareWalk() {
  rb_gc_stat(ID2SYM(rb_intern("count")));
  g_has_gc_stat = true;
  PrepareMemoryAccount();
}

void ReserveForWalk() {
  if (g_reserved_constants != nullptr) return;
  g_reserved_constants = st_init_numtable_with_size(kMostConstants);
}

namespace {

HeapSize SizeOfHeap(const HeapPages& pages) {
  return {pages.slots(), pages.CountLive()};
}

HeapSize SizeOfHeapByRuby() {
  return {GcStat("heap_available_slots"), GcStat("heap_live_slots")};
}

bool AnyFinalizer(const DumpedObjects& objects) {
  bool any = false;
  objects.ForEach([&any](VALUE object, size_t) {
    any = FL_TEST_RAW(object, FL_FINALIZE) != 0;
    return !any;
  });
  return any;
}

// `marked`: null if the dump is of everything.
int WriteObjects(const WalkOptions& options, HeapSize heap,
                 const DumpedObjects& objects, const MarkedObjects* marked,
                 st_table* constants, const st_table* finalizers,
                 Output* output, Arena* arena, WalkStats* stats) {
  JsonWriter json(output, arena);
  if (!json.ok()) return kWalkOutOfMemory;
  CodeWords words(arena);
  const bool hashes = options.strings == StringMode::kHash;
  const bool redacts = hashes || options.strings == StringMode::kNone;
  const Redaction redaction(hashes ? options.hash_key : nullptr, &words);
  Record record(&json, arena, marked, redacts ? &redaction : nullptr);
  Subclasses subclasses(arena);
  subclasses.Gather(objects);
  ReachableSet others(arena, marked);
  Context context = {&record,     &options, finalizers, constants,
                     &subclasses, &others,  {}};
  context.ids.LookUp();
  GlobalVariables();  // what is not found is missing in the header

  if (redacts) AddCodeOfProgram(objects, context.constants, &words);

  WriteHeader(context, heap, redacts ? &words : nullptr, objects, marked,
              arena);
  WriteRoots(context);
  WriteAllocationSamples(context, marked);
  objects.ForEach([&](VALUE object, size_t slot_size) {
    ++stats->objects;
    stats->unnamed_edges += WriteObject(context, object, slot_size);
    stats->edges += record.reachable()->size();
    return output->error() == 0 && !arena->failed();
  });
  WriteEnd(*stats, &json);
  json.Finish();
  return arena->failed() ? kWalkOutOfMemory : 0;
}

}  // namespace

int WalkHeap(const WalkOptions& options, Output* output, Arena* arena,
             WalkStats* stats) {
  *stats = {};
  const bool everything = options.selection == Selection::kEverything;
  const bool in_copy = options.pid != 0 && options.pid != getpid();
  ReadGcFigures();
  const CollectionsOff off(in_copy, options.pages == nullptr);
  const ConstantTable constants;
  if (everything) {
    HeapPages own_pages(arena);
    if (options.pages == nullptr) {
      in_copy ? own_pages.GatherInCopy() : own_pages.Gather();
    }
    const HeapPages& pages =
        options.pages == nullptr ? own_pages : *options.pages;
    const DumpedObjects objects(&pages);
    const st_table* const finalizers =
        AnyFinalizer(objects) ? FindFinalizerTable(constants.get()) : nullptr;
    return WriteObjects(options, SizeOfHeap(pages), objects, nullptr,
                        constants.get(), finalizers, output, arena, stats);
  }
  Reachability reachability(arena);
  if (!reachability.Find(constants.get())) return kWalkFinalizersUnknown;
  if (arena->failed()) return kWalkOutOfMemory;
  const MarkedObjects& marked = reachability.objects();
  return WriteObjects(options, SizeOfHeapByRuby(), DumpedObjects(&marked),
                      &marked, constants.get(), reachability.finalizers(),
                      output, arena, stats);
}

}  // namespace heap_dump

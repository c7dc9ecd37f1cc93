#include "account/memory_account.h"

#include <ruby.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "account/allocator.h"
#include "account/control_group.h"
#include "account/process_status.h"
#include "account/resident_memory.h"
#include "account/slot_census.h"
#include "layout/layout.h"
#include "record/json_writer.h"
#include "record/record.h"
#include "ruby/page_table.h"
#include "ruby/ruby_private.h"
#include "util/memory_maps.h"

namespace heap_dump {
namespace {

constexpr size_t kMaxFigures = 64;

// The keys of GC.stat whose values are numbers: rb_gc_stat raises for others.
struct Figure {
  ID key;
  uint64_t value;
};
Figure g_figures[kMaxFigures];
size_t g_figure_count = 0;

int TakeFigure(VALUE key, VALUE value, VALUE) {
  if (SYMBOL_P(key) && RB_INTEGER_TYPE_P(value) &&
      g_figure_count < kMaxFigures) {
    g_figures[g_figure_count++] = {SYM2ID(key), 0};
  }
  return ST_CONTINUE;
}

VALUE AskRuby(VALUE) {
  rb_hash_foreach(rb_funcall(rb_mGC, rb_intern("stat"), 0), TakeFigure, 0);
  PageTable::Learn();
  return Qnil;
}

uint64_t AllocatedPages() {
  for (size_t i = 0; i < g_figure_count; ++i) {
    const char* const name = rb_id2name(g_figures[i].key);
    if (name != nullptr && strcmp(name, "heap_allocated_pages") == 0) {
      return g_figures[i].value;
    }
  }
  return 0;
}

void WritePair(JsonWriter* json, const char* key, uint64_t value) {
  if (value > 0) json->Pair(key, value);
}

void WriteStatus(const ProcessStatus& status, JsonWriter* json) {
  json->Pair("rss", status.rss);
  WritePair(json, "peak_rss", status.peak_rss);
  WritePair(json, "rss_anonymous", status.anonymous);
  WritePair(json, "rss_files", status.files);
  WritePair(json, "rss_shared", status.shared);
  json->Pair("swapped", status.swapped);
  WritePair(json, "virtual", status.virtual_size);
  WritePair(json, "threads", status.threads);
  json->Pair("age_s", status.age_seconds);
}

void WriteGroup(JsonWriter* json) {
  const GroupMemory group = ReadGroupMemory();
  if (group.used == 0) return;
  json->Key("cgroup");
  json->OpenMap();
  json->Pair("used", group.used);
  WritePair(json, "limit", group.limit);
  json->CloseMap();
}

void WriteResident(const ResidentMemory& resident, JsonWriter* json) {
  json->Key("resident");
  json->OpenMap();
  for (int i = 0; i < kMemoryUses; ++i) {
    json->Pair(NameOf(static_cast<MemoryUse>(i)), resident.bytes[i]);
  }
  WritePair(json, "ruby_heap_in_malloc", resident.ruby_heap_in_malloc);
  json->CloseMap();
}

void WriteAllocator(const AllocatorStatistics& told, uint64_t arenas,
                    JsonWriter* json) {
  json->Key("allocator");
  json->OpenMap();
  json->Pair("name", AllocatorName());
  if (told.known) {
    json->Pair("in_use", told.in_use);
    WritePair(json, "mapped", told.mapped);
    WritePair(json, "free", told.free);
    WritePair(json, "top", told.top);
    WritePair(json, "resident", told.resident);
  }
  json->Pair("arenas", arenas);
  json->CloseMap();
}

void WriteSlots(const char* key, const Slots& slots, JsonWriter* json) {
  json->Key(key);
  json->OpenMap();
  json->Pair("count", slots.count);
  json->Pair("slots", slots.slots);
  json->Pair("owned", slots.owned);
  json->CloseMap();
}

void WriteUnsized(const SlotCensus& census, JsonWriter* json) {
  json->Key("unsized");
  json->OpenMap();
  for (const UnsizedData& each : census.unsized) {
    char address[24];
    snprintf(address, sizeof(address), "%" PRIuPTR, uintptr_t{each.klass});
    json->Pair(address, each.count);
  }
  json->CloseMap();
}

// Writes the library of each type, by class: the file whose mapping has the
// type. dladdr would find the same, but takes the linker's lock.
void WriteLibraries(const SlotCensus& census, JsonWriter* json) {
  json->Key("unsized_libraries");
  json->OpenMap();
  MemoryMaps maps;
  MemoryMaps::Mapping mapping;
  while (maps.Next(&mapping)) {
    if (mapping.inode == 0 || mapping.file[0] == '\0') continue;
    for (const UnsizedData& each : census.unsized) {
      if (each.in_library < mapping.begin || each.in_library >= mapping.end) {
        continue;
      }
      char address[24];
      snprintf(address, sizeof(address), "%" PRIuPTR, uintptr_t{each.klass});
      json->Pair(address, mapping.file);
    }
  }
  json->CloseMap();
}

// Writes the counts of slots and pages for each size of slots.
void WritePools(const SlotCensus& census, JsonWriter* json) {
  json->Key("pools");
  json->OpenMap();
  for (int i = 0; i < census.pool_count; ++i) {
    const SlotPool& pool = census.pools[i];
    char stride[24];
    snprintf(stride, sizeof(stride), "%zu", pool.stride);
    json->Key(stride);
    json->OpenMap();
    json->Pair("pages", pool.pages);
    json->Pair("live", pool.live);
    json->Pair("garbage", pool.garbage);
    json->Key("pages_by_tenths");
    json->OpenList();
    for (const uint64_t pages : pool.by_tenths) json->Number(pages);
    json->CloseList();
    json->CloseMap();
  }
  json->CloseMap();
}

void WriteFigures(JsonWriter* json) {
  json->Key("gc_stat");
  json->OpenMap();
  for (size_t i = 0; i < g_figure_count; ++i) {
    const char* const name = rb_id2name(g_figures[i].key);
    if (name != nullptr) json->Pair(name, g_figures[i].value);
  }
  json->CloseMap();
}

}  // namespace

void PrepareMemoryAccount() {
  int raised = 0;
  rb_protect(AskRuby, Qnil, &raised);
  if (raised != 0) rb_set_errinfo(Qnil);
}

void ReadGcFigures() {
  for (size_t i = 0; i < g_figure_count; ++i) {
    g_figures[i].value = rb_gc_stat(ID2SYM(g_figures[i].key));
  }
}

void WriteMemoryAccount(const Context& context, const DumpedObjects& objects,
                        const MarkedObjects* live, Arena* arena) {
  JsonWriter* const json = context.json();
  const pid_t own = getpid();
  const pid_t pid = context.options->pid != 0 ? context.options->pid : own;
  json->Key("memory");
  json->OpenMap();
  const char* no_allocator = nullptr;
  const AllocatorStatistics told = AskAllocator(pid != own);
  if (!told.known) no_allocator = told.why;
  ProcessStatus status;
  const char* no_resident = nullptr;
  if (ReadProcessStatus(pid, &status)) {
    WriteStatus(status, json);
  } else {
    no_resident = "/proc cannot be read";
  }
  WriteGroup(json);
  SlotCensus census(arena);
  const size_t page_size = PageTable::page_size();
  const bool sizes_known = page_size > 0 && DumpedObjects::SlotSizesAreKnown();
  bool pages_known = false;
  if (page_size > 0) {
    census.Count(objects, page_size);
    // A second try, after a crash, looks at nothing but the dump's objects.
    pages_known = sizes_known && CurrentLayout() != nullptr &&
                  census.CountOtherPages(live, AllocatedPages());
    census.SortRanges(page_size);
  }
  ResidentMemory resident;
  if (no_resident == nullptr) {
    no_resident = ReadResidentMemory(pid, census.ranges.begin(),
                                     census.ranges.size(), &resident);
  }
  if (no_resident == nullptr) WriteResident(resident, json);
  WriteAllocator(told, resident.arenas, json);
  if (page_size > 0) {
    json->Key("pages");
    json->OpenMap();
    json->Pair("size", uint64_t{page_size});
    json->Pair("found", uint64_t{census.pages.size()});
    json->Pair("with_objects", census.pages_with_objects);
    json->Pair("sparse", census.sparse_pages);
    json->CloseMap();
  }
  if (sizes_known) WriteSlots("objects", census.objects, json);
  const bool garbage_known = pages_known && live != nullptr;
  if (garbage_known) WriteSlots("garbage", census.garbage, json);
  if (sizes_known) WritePools(census, json);
  WriteUnsized(census, json);
  WriteLibraries(census, json);
  WriteFigures(json);
  json->Key("left_out");
  json->OpenMap();
  if (no_resident != nullptr) json->Pair("resident", no_resident);
  if (no_allocator != nullptr) json->Pair("allocator", no_allocator);
  if (!sizes_known) {
    json->Pair("objects", "this Ruby does not say how large a slot is");
  } else if (live != nullptr && !garbage_known) {
    json->Pair("garbage", "the list of the heap's pages was not found");
  }
  json->CloseMap();
  json->CloseMap();
}

}  // namespace heap_dump

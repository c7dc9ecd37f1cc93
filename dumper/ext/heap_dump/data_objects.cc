// T_DATA: objects whose contents are a C struct of Ruby's own or of an
// extension.
#include <cstring>

#include "context.h"
#include "heap_pages.h"
#include "layout.h"
#include "ruby_private.h"

namespace heap_dump {
namespace {

bool IsType(VALUE target, int type) { return BUILTIN_TYPE(target) == type; }

bool IsDataOf(VALUE target, const char* type_name) {
  return IsType(target, T_DATA) && RTYPEDDATA_P(target) &&
         strcmp(RTYPEDDATA_TYPE(target)->wrap_struct_name, type_name) == 0;
}

// Self, env and code of a block that was captured.
void WriteBlock(const Context& context, const layout::CapturedBlock& block,
                int type) {
  Record* const record = context.record;
  if (type == layout::kBlockSymbol || type == layout::kBlockProc) {
    const char* const key = type == layout::kBlockSymbol ? "symbol" : "proc";
    if (SPECIAL_CONST_P(block.self) || record->Has(block.self)) {
      record->Field(key, block.self);
    }
    return;
  }
  if (SPECIAL_CONST_P(block.self) || record->Has(block.self)) {
    record->Field("self", block.self);
  }
  if (block.ep != nullptr &&
      (block.ep[layout::kEpFlags] & layout::kEpIsEscaped)) {
    record->StrongPart("env", block.ep[layout::kEpEnv]);
  }
  record->StrongPart(type == layout::kBlockIseq ? "iseq" : "ifunc", block.code);
}

void WriteProc(const Context& context, const void* data) {
  if (!May(kLocals)) return;
  const auto& proc = *static_cast<const layout::Proc*>(data);
  context.json()->Text("lambda");
  context.json()->Bool(proc.flags & 2);
  WriteBlock(context, proc.block, proc.type);
}

void WriteBinding(const Context& context, const void* data) {
  if (!May(kLocals)) return;
  // struct rb_block, then what is written where it stands in the source.
  const auto& proc = *static_cast<const layout::Proc*>(data);
  WriteBlock(context, proc.block, proc.type);
  context.record->Group("path", [](VALUE target) {
    return IsType(target, T_STRING) || IsType(target, T_ARRAY);
  });
}

struct WeakPairs {
  const Context* context;
  bool indirect;
};

int TakeWeakPair(st_data_t key, st_data_t value, st_data_t data) {
  const auto& pairs = *reinterpret_cast<const WeakPairs*>(data);
  const st_data_t words[] = {key, value};
  for (st_data_t word : words) {
    if (pairs.indirect) {
      if (word == 0) continue;
      word = *reinterpret_cast<const VALUE*>(word);
    }
    if (!SPECIAL_CONST_P(word) &&
        HeapPages::IsObject(static_cast<VALUE>(word))) {
      pairs.context->record->WeakReference(word);
    }
  }
  return ST_CONTINUE;
}

void WriteWeakMap(const Context& context, const void* data) {
  if (!May(kWeakMaps)) return;
  const Layout& at = *CurrentLayout();
  auto* const table = ReadAt<st_table*>(data, at.weak_map_table);
  if (table == nullptr) return;
  WeakPairs pairs = {&context, at.weak_map_indirect};
  st_foreach(table, TakeWeakPair, reinterpret_cast<st_data_t>(&pairs));
}

// WeakKeyMap (3.3 and later): keys are weak, values are marked.
int TakeWeakKey(st_data_t key, st_data_t, st_data_t data) {
  const auto& pairs = *reinterpret_cast<const WeakPairs*>(data);
  if (key == 0) return ST_CONTINUE;
  const VALUE object = *reinterpret_cast<const VALUE*>(key);
  if (!SPECIAL_CONST_P(object) && HeapPages::IsObject(object)) {
    pairs.context->record->WeakReference(object);
  }
  return ST_CONTINUE;
}

void WriteWeakKeyMap(const Context& context, const void* data) {
  if (!May(kWeakMaps)) return;
  auto* const table = ReadAt<st_table*>(data, 0);
  if (table != nullptr) {
    WeakPairs pairs = {&context, true};
    st_foreach(table, TakeWeakKey, reinterpret_cast<st_data_t>(&pairs));
  }
  context.record->Group("values", [](VALUE) { return true; });
}

// Tables of IDs have their serial numbers as keys. An ID has it above four
// bits that tell what it may name, which rb_id2str does not look at.
ID IdOfNumber(uint32_t number) { return static_cast<ID>(number) << 4; }

// Newer Rubies mark a thread's locals through its fiber, if there is an object
// for that; then they stand there alone.
void TakeFiberLocal(const Context& context, ID id, VALUE value) {
  if (SPECIAL_CONST_P(value) || context.record->Has(value)) {
    context.record->Entry(id, value);
  }
}

int TakeFiberLocalOfTable(st_data_t id, st_data_t value, st_data_t data) {
  TakeFiberLocal(*reinterpret_cast<const Context*>(data), static_cast<ID>(id),
                 value);
  return ST_CONTINUE;
}

// Thread#[].
void WriteFiberLocals(const Context& context, const void* ec) {
  const Layout& at = *CurrentLayout();
  const void* const storage = ReadAt<const void*>(ec, at.ec_local_storage);
  if (storage == nullptr) return;
  Record* const record = context.record;
  record->BeginNameMap();
  if (at.ec_local_storage_is_st) {
    st_foreach(static_cast<st_table*>(const_cast<void*>(storage)),
               TakeFiberLocalOfTable, reinterpret_cast<st_data_t>(&context));
  } else {
    const auto& table = *static_cast<const layout::IdTable*>(storage);
    for (int i = 0; i < table.capacity && table.items != nullptr; ++i) {
      const layout::IdTable::Item& item = table.items[i];
      if (item.key != 0) {
        TakeFiberLocal(context, IdOfNumber(item.key), item.value);
      }
    }
  }
  record->EndNameMap("locals");
}

// As Thread#status has it; nil and false there are both "dead" here.
const char* ThreadStatus(const void* data) {
  constexpr const char* kNames[] = {"run", "sleep", "sleep", "dead"};
  return kNames[ReadAt<unsigned>(data, CurrentLayout()->thread_status) & 3];
}

void WriteThread(const Context& context, VALUE thread, const void* data) {
  if (!May(kFrames)) return;
  Record* const record = context.record;
  context.json()->Pair("status", ThreadStatus(data));
  const VALUE name = ReadAt<VALUE>(data, CurrentLayout()->thread_name);
  if (name != 0 && !SPECIAL_CONST_P(name) && record->Has(name)) {
    record->TextField("name", BytesOf(name));
    record->StrongPart("name_string", name);
  }
  const void* const ec = ReadAt<const void*>(data, CurrentLayout()->thread_ec);
  if (ec != nullptr) WriteFiberLocals(context, ec);
  if (context.ids.thread_variables != 0 && FL_TEST_RAW(thread, FL_EXIVAR)) {
    const VALUE variables = rb_attr_get(thread, context.ids.thread_variables);
    if (!NIL_P(variables)) record->StrongPart("variables", variables);
  }
  const auto object_at = [&](const char* key, const void* base, int offset) {
    const VALUE value = ReadAt<VALUE>(base, offset);
    if (!SPECIAL_CONST_P(value)) record->StrongPart(key, value);
  };
  object_at("value", data, CurrentLayout()->thread_value);
  if (ec != nullptr) object_at("exception", ec, CurrentLayout()->ec_errinfo);
  WriteExecutionContext(context, ec);
  record->One("group", [](VALUE target) {
    return IsDataOf(target, "thgroup") || IsDataOf(target, "thread_group");
  });
  record->Group("fibers",
                [](VALUE target) { return IsDataOf(target, "fiber"); });
  // Found by looking at every word of the machine's stack and registers:
  // perhaps no reference at all.
  record->Group("machine_stack", [](VALUE) { return true; });
}

void WriteRactor(const Context& context) {
  Record* const record = context.record;
  record->Group("threads",
                [](VALUE target) { return IsDataOf(target, "VM/thread"); });
  record->Group("tracepoints",
                [](VALUE target) { return IsDataOf(target, "tracepoint"); });
  record->Group("files", [](VALUE target) { return IsType(target, T_FILE); });
}

void WriteFiber(const Context& context, const void* data) {
  if (!May(kFibers)) return;
  Record* const record = context.record;
  const char* const ec = static_cast<const char*>(data) + layout::kFiberEc;
  WriteFiberLocals(context, ec);
  WriteExecutionContext(context, ec);
  record->One("thread",
              [](VALUE target) { return IsDataOf(target, "VM/thread"); });
  record->Group("fibers",
                [](VALUE target) { return IsDataOf(target, "fiber"); });
  record->One("proc", [](VALUE target) { return IsDataOf(target, "proc"); });
  record->Group("machine_stack", [](VALUE) { return true; });
}

// Parts of stock Ruby's smaller structs: where they lie in the same place in
// all versions of the layout table. What is not marked there has no name.
struct Place {
  const char* type_name;
  int offset;
  const char* key;
};
constexpr Place kPlaces[] = {
    {"method", 0, "receiver"},
    {"enumerator", 0, "receiver"},
    {"enumerator", 16, "args"},
    {"enumerator", 24, "fiber"},
    {"enumerator", 40, "lookahead"},
    {"enumerator", 48, "feed_value"},
    {"enumerator", 56, "stop_exception"},
    {"enumerator", 64, "size_function"},
    {"enumerator", 72, "procs"},
    {"generator", 0, "proc"},
    {"generator", 8, "receiver"},
    {"yielder", 0, "proc"},
    {"proc_entry", 0, "proc"},
    {"proc_entry", 8, "memo"},
    {"monitor", 8, "owner"},
    {"monitor", 16, "mutex"},
};

// Parts that their kind alone tells.
struct Kind {
  const char* type_name;
  int type;
  const char* key;
};
constexpr Kind kKinds[] = {
    {"method", T_IMEMO, "ment"},       {"method", T_CLASS, "classes"},
    {"method", T_MODULE, "classes"},   {"method", T_ICLASS, "classes"},
    {"queue", T_ARRAY, "queue"},       {"szqueue", T_ARRAY, "queue"},
    {"sized_queue", T_ARRAY, "queue"}, {"strio", T_STRING, "string"},
    {"time", T_STRING, "zone"},        {"T_IMEMO/iseq", T_IMEMO, "iseq"},
    {"tracepoint", T_DATA, "proc"},    {"VM/pin_array_list", T_DATA, "pinned"},
};

void WriteKnownParts(const Context& context, const char* type_name,
                     const void* data) {
  Record* const record = context.record;
  for (const Place& place : kPlaces) {
    if (strcmp(place.type_name, type_name) != 0) continue;
    const VALUE value = ReadAt<VALUE>(data, place.offset);
    if (SPECIAL_CONST_P(value)) continue;
    record->StrongPart(place.key, value);
  }
  for (const Kind& kind : kKinds) {
    if (strcmp(kind.type_name, type_name) != 0) continue;
    record->Group(kind.key,
                  [&](VALUE target) { return IsType(target, kind.type); });
  }
  if (strcmp(type_name, "VM/pin_array_list") == 0) {
    record->Group("registered", [](VALUE) { return true; });
  }
}

}  // namespace

void WriteDataFields(const Context& context, VALUE object) {
  if (!RTYPEDDATA_P(object) || CurrentLayout() == nullptr) return;
  const char* const type_name = RTYPEDDATA_TYPE(object)->wrap_struct_name;
  const void* const data = DataOf(object);
  if (type_name == nullptr || data == nullptr) return;
  if (strcmp(type_name, "proc") == 0) return WriteProc(context, data);
  if (strcmp(type_name, "binding") == 0) return WriteBinding(context, data);
  if (strcmp(type_name, "VM/thread") == 0) {
    return WriteThread(context, object, data);
  }
  if (strcmp(type_name, "fiber") == 0) return WriteFiber(context, data);
  if (strcmp(type_name, "ractor") == 0) return WriteRactor(context);
  if (strcmp(type_name, "weakmap") == 0) return WriteWeakMap(context, data);
  if (strcmp(type_name, "weakkeymap") == 0) {
    return WriteWeakKeyMap(context, data);
  }
  WriteKnownParts(context, type_name, data);
}

}  // namespace heap_dump

// T_DATA: objects whose contents are a C struct of Ruby's own or of an
// extension.
#include "objects/data_objects.h"

#include <cstring>

#include "layout/layout.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

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
  context.json()->Key("lambda");
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
    {"producer", 0, "initial"},
    {"producer", 8, "proc"},
    {"name_err_mesg", 0, "message"},
    {"name_err_mesg", 8, "receiver"},
    {"name_err_mesg", 16, "name"},
};

// Parts that are recognized by their kind alone.
struct Kind {
  const char* type_name;
  int type;
  const char* key;
  const char* data_type = nullptr;  // of a T_DATA
};
constexpr Kind kKinds[] = {
    {"method", T_IMEMO, "ment"},
    {"method", T_CLASS, "classes"},
    {"method", T_MODULE, "classes"},
    {"method", T_ICLASS, "classes"},
    {"queue", T_ARRAY, "queue"},
    {"szqueue", T_ARRAY, "queue"},
    {"sized_queue", T_ARRAY, "queue"},
    {"Thread::Queue", T_ARRAY, "queue"},
    {"Thread::SizedQueue", T_ARRAY, "queue"},
    {"VM/cc_table", T_IMEMO, "callcaches"},
    {"strio", T_STRING, "string"},
    {"StringScanner", T_STRING, "string"},
    {"StringScanner", T_REGEXP, "regexp"},
    {"time", T_STRING, "zone"},
    {"time", T_RATIONAL, "value"},
    {"time", T_BIGNUM, "value"},
    {"random/MT", T_BIGNUM, "seed"},
    {"dir", T_STRING, "path"},
    {"enumerator", T_DATA, "caller", "fiber"},
    {"chain", T_ARRAY, "enumerators"},
    {"enum_product", T_ARRAY, "enumerators"},
    {"product", T_ARRAY, "enumerators"},
    {"T_IMEMO/iseq", T_IMEMO, "iseq"},
    {"AST/node", T_IMEMO, "ast"},
    {"backtrace", T_IMEMO, "code"},
    {"backtrace", T_ARRAY, "lines"},
    {"frame_info", T_DATA, "backtrace", "backtrace"},
    {"tracepoint", T_DATA, "proc", "proc"},
    {"tracepoint", T_HASH, "targets"},
    {"autoload", T_DATA, "constants"},
    {"autoload_table", T_DATA, "constants"},
    {"autoload_i", T_STRING, "feature"},
    {"autoload_i", T_DATA, "mutex", "mutex"},
    {"autoload_i", T_DATA, "threads", "VM/thread"},
    {"autoload_data", T_STRING, "feature"},
    {"autoload_data", T_DATA, "mutex", "mutex"},
    {"autoload_const", T_DATA, "autoload"},
    {"autoload_const", T_CLASS, "module"},
    {"autoload_const", T_MODULE, "module"},
    {"autoload_const", T_STRING, "file"},
    {"zstream", T_DATA, "mutex", "mutex"},
    {"zstream", T_STRING, "buffers"},
    {"gzfile", T_DATA, "mutex", "mutex"},
    {"gzfile", T_DATA, "io", "strio"},
    {"gzfile", T_FILE, "io"},
    {"gzfile", T_OBJECT, "io"},
    {"gzfile", T_STRING, "buffers"},
    {"mutex", T_DATA, "owner", "fiber"},  // 3.4 marks who holds it
    {"mutex", T_DATA, "thread", "VM/thread"},
    {"VM/pin_array_list", T_DATA, "pinned"},
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
    record->Group(kind.key, [&](VALUE target) {
      return kind.data_type == nullptr ? IsType(target, kind.type)
                                       : IsDataOf(target, kind.data_type);
    });
  }
  // Everything that is left.
  constexpr struct {
    const char* type_name;
    const char* key;
  } kWhole[] = {{"VM/pin_array_list", "registered"}, {"set", "elements"}};
  for (const auto& whole : kWhole) {
    if (strcmp(type_name, whole.type_name) != 0) continue;
    record->Group(whole.key, [](VALUE) { return true; });
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
  if (strcmp(type_name, "fiber") == 0) return WriteFiber(context, object, data);
  if (strcmp(type_name, "ractor") == 0) return WriteRactor(context, data);
  if (strcmp(type_name, "weakmap") == 0) return WriteWeakMap(context, data);
  if (strcmp(type_name, "weakkeymap") == 0) {
    return WriteWeakKeyMap(context, data);
  }
  WriteKnownParts(context, type_name, data);
}

}  // namespace heap_dump

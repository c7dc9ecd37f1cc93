#include <ruby/io.h>
#include <ruby/re.h>

#include <algorithm>
#include <cstring>

#include "layout/layout.h"
#include "objects/allocation_sites.h"
#include "objects/data_objects.h"
#include "objects/object_writers.h"
#include "ruby/heap_pages.h"
#include "ruby/object_types.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

void WriteTypeName(const Context& context, VALUE object, int type) {
  if (type == T_IMEMO) {
    context.json()->Pair("type_name", ImemoName(object));
  } else if (type == T_DATA) {
    const char* name = RTYPEDDATA_P(object)
                           ? RTYPEDDATA_TYPE(object)->wrap_struct_name
                           : "(untyped)";
    if (name == nullptr) name = "(unnamed)";
    if (strcmp(name, "VM/thread") == 0) name = "thread";
    context.record->TextField("type_name", {name, strlen(name)});
  }
}

// The one reference that stands in the record even if the GC does not mark it:
// of floats, bignums and symbols it knows that their classes stay anyway.
void WriteClass(const Context& context, VALUE object) {
  const VALUE klass = RBASIC_CLASS(object);
  if (klass == 0) return;  // hidden from Ruby code
  context.json()->Key("class");
  context.record->Value(klass);
}

// Ruby counted an object's survived collections up to 3.2.
#ifdef FL_PROMOTED
constexpr VALUE kOld = FL_PROMOTED;
#else
constexpr VALUE kOld = FL_PROMOTED0 | FL_PROMOTED1;
#endif

void WriteFlags(const Context& context, VALUE object) {
  const VALUE flags = RBASIC(object)->flags;
  if (flags & FL_FREEZE) context.json()->Flag("frozen");
  if ((flags & kOld) == kOld) context.json()->Flag("old");
}

void WriteArray(const Context& context, VALUE array) {
  Record* const record = context.record;
  const long size = RARRAY_LEN(array);
  const VALUE* const values = ElementsOf(array);
  VALUE root = 0;
  // An array that shares its elements with others only holds their owner.
  record->One("shared_root", [&](VALUE target) {
    if (BUILTIN_TYPE(target) != T_ARRAY || RBASIC_CLASS(target) != 0) {
      return false;
    }
    if (std::find(values, values + size, target) != values + size) {
      return false;
    }
    root = target;
    return true;
  });
  if (root != 0) {
    context.json()->Flag("shared");
    bool any = false;
    for (long i = 0; i < size; ++i) {
      if (SPECIAL_CONST_P(values[i])) continue;
      record->WeakReference(values[i]);
      any = true;
    }
    if (any) return;
  }
  record->BeginList("val");
  for (long i = 0; i < size; ++i) {
    // One whose slot was freed is not marked; it can't be seen from Ruby.
    record->BeforeItem();
    record->MarkedValue(values[i]);
    record->AfterItem();
  }
  record->EndList();
}

int TakePair(st_data_t key, st_data_t value, st_data_t data) {
  const Context& context = *reinterpret_cast<const Context*>(data);
  context.record->BeforeItem();
  context.json()->OpenList();
  context.record->MarkedValue(key);
  context.record->MarkedValue(value);
  context.json()->CloseList();
  context.record->AfterItem();
  return ST_CONTINUE;
}

void WriteHash(const Context& context, VALUE hash) {
  Record* const record = context.record;
  if (May(kHashDefaults)) {
    const VALUE value = ReadAt<VALUE>(reinterpret_cast<void*>(hash),
                                      CurrentLayout()->hash_default);
    const bool shown =
        SPECIAL_CONST_P(value) ? !NIL_P(value) : record->Has(value);
    if (shown) record->Field("default", value);
  }
  record->BeginList("val");
  rb_hash_stlike_foreach(hash, TakePair, reinterpret_cast<st_data_t>(&context));
  record->EndList();
}

// Not rb_struct_members: it may raise, and stores what it found.
VALUE MembersOf(const Context& context, VALUE object) {
  if (context.ids.struct_members == 0) return 0;
  VALUE klass = RBASIC_CLASS(object);
  for (int depth = 0; klass != 0 && !SPECIAL_CONST_P(klass) && depth < 1000;
       ++depth) {
    const VALUE members = rb_attr_get(klass, context.ids.struct_members);
    if (!SPECIAL_CONST_P(members) && BUILTIN_TYPE(members) == T_ARRAY) {
      return members;
    }
    klass = rb_class_get_superclass(klass);
  }
  return 0;
}

void WriteStruct(const Context& context, VALUE object) {
  Record* const record = context.record;
  const long size = FIX2LONG(rb_struct_size(object));
  const VALUE members = MembersOf(context, object);
  const long names = members == 0 ? 0 : RARRAY_LEN(members);
  record->BeginNameMap();
  for (long i = 0; i < size && i < names; ++i) {
    const VALUE name = ElementsOf(members)[i];
    const VALUE value = rb_struct_aref(object, LONG2FIX(i));
    if (!SYMBOL_P(name)) continue;
    record->Entry(BytesOf(rb_sym2str(name)), value);
  }
  record->EndNameMap("members");
}

void WriteFile(const Context& context, VALUE object) {
#ifdef HAVE_RB_IO_T_FD
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  const rb_io_t* const file = RFILE(object)->fptr;
  if (file == nullptr) return;
  Record* const record = context.record;
  if (file->fd >= 0) {
    context.json()->Pair("fd", file->fd);
  } else {
    context.json()->Flag("closed");
  }
  if (file->mode & FMODE_READWRITE) {
    const bool both = (file->mode & FMODE_READWRITE) == FMODE_READWRITE;
    context.json()->Pair("mode", both                          ? "rw"
                                 : file->mode & FMODE_READABLE ? "r"
                                                               : "w");
  }
  const VALUE path = file->pathv;
  if (!SPECIAL_CONST_P(path) && path != 0) {
    // Which file a program reads is data, but for its own code.
    if (!context.KeepsDataOut()) record->TextField("path", BytesOf(path));
    record->StrongPart("path_string", path);
  }
  record->StrongPart("tied_io", file->tied_io_for_writing);
  record->One("self", [&](VALUE target) { return target == object; });
  record->One("write_lock",
              [](VALUE target) { return BUILTIN_TYPE(target) == T_DATA; });
  record->Group("encoding_options",
                [](VALUE target) { return BUILTIN_TYPE(target) == T_HASH; });
#pragma GCC diagnostic pop
#endif
}

void WriteMatch(const Context& context, VALUE match) {
  context.record->StrongPart("string", RMATCH(match)->str);
  context.record->StrongPart("regexp",
                             reinterpret_cast<VALUE>(RMATCH(match)->regexp));
}

void WriteScratch(const Context& context) {
  ArenaVector<char>* const scratch = context.record->scratch();
  context.json()->Key("val");
  context.json()->Text(scratch->begin(), scratch->size());
}

void WriteFields(const Context& context, VALUE object, int type) {
  Record* const record = context.record;
  ArenaVector<char>* const scratch = record->scratch();
  switch (type) {
    case T_CLASS:
    case T_MODULE:
    case T_ICLASS:
      return WriteClassFields(context, object, type);
    case T_STRING:
      return WriteStringFields(context, object);
    case T_SYMBOL:
      return WriteSymbolFields(context, object);
    case T_REGEXP:
      return WriteRegexpFields(context, object);
    case T_ARRAY:
      return WriteArray(context, object);
    case T_HASH:
      return WriteHash(context, object);
    case T_STRUCT:
      return WriteStruct(context, object);
    case T_FILE:
      return WriteFile(context, object);
    case T_MATCH:
      return WriteMatch(context, object);
    case T_DATA:
      return WriteDataFields(context, object);
    case T_IMEMO:
      return WriteImemoFields(context, object);
    case T_FLOAT:
      scratch->Clear();
      AppendFloat(rb_float_value(object), scratch);
      if (!context.KeepsDataOut()) return WriteScratch(context);
      return WriteText(context, {scratch->begin(), scratch->size()});
    case T_BIGNUM:
      scratch->Clear();
      AppendBignum(object, scratch);
      return WriteText(context, {scratch->begin(), scratch->size()});
    case T_RATIONAL:
      record->Field("numerator", rb_rational_num(object));
      record->Field("denominator", rb_rational_den(object));
      return;
    case T_COMPLEX:
      record->Field("real", rb_complex_real(object));
      record->Field("imaginary", rb_complex_imag(object));
      return;
    default:
      return;
  }
}

int TakeInstanceVariable(ID id, VALUE value, st_data_t data) {
  const Context& context = *reinterpret_cast<const Context*>(data);
  const TextView name = NameOf(id);
  if (name.size > 0 && name.data[0] == '@') {
    context.record->Entry(name, value);
  }
  return ST_CONTINUE;
}

// A few exceptions keep what they are about under an ID without a text.
const char* NamelessVariable(const Context& context, VALUE value) {
  if (IsDataOf(value, "T_IMEMO/iseq")) return "iseq";
  const VALUE klass = RBASIC_CLASS(context.record->object());
  for (VALUE exception : {rb_eNameError, rb_eFrozenError, rb_eKeyError}) {
    if (klass != 0 && RTEST(rb_class_inherited_p(klass, exception))) {
      return "receiver";
    }
  }
  return "(hidden)";
}

int TakeHiddenVariable(ID id, VALUE value, st_data_t data) {
  const Context& context = *reinterpret_cast<const Context*>(data);
  const TextView name = NameOf(id);
  if ((name.size == 0 || name.data[0] != '@') && !SPECIAL_CONST_P(value) &&
      id != context.ids.thread_variables &&
      context.record->reachable()->IsUnnamed(value)) {
    const char* const made_up = NamelessVariable(context, value);
    context.record->OwnEntry(name.size > 0 ? WithoutUnderscores(name)
                                           : TextView{made_up, strlen(made_up)},
                             value);
  }
  return ST_CONTINUE;
}

bool MayHaveVariables(VALUE object, int type) {
  switch (type) {
    case T_OBJECT:
      return true;
    case T_CLASS:
    case T_MODULE:
    case T_ICLASS:
    case T_IMEMO:
    case T_NODE:
      return false;
    default:
      // Ruby 4.0 has no such flag any more; there another object has them.
      return CurrentLayout() == nullptr || FL_TEST_RAW(object, FL_EXIVAR);
  }
}

}  // namespace

void WriteInstanceVariables(const Context& context, VALUE object) {
  Record* const record = context.record;
  const auto data = reinterpret_cast<st_data_t>(&context);
  record->BeginNameMap();
  rb_ivar_foreach(object, TakeInstanceVariable, data);
  record->EndNameMap("ivs");
  record->BeginNameMap();
  rb_ivar_foreach(object, TakeHiddenVariable, data);
  record->EndNameMap("internal");
}

size_t WriteObject(const Context& context, VALUE object, size_t slot_size) {
  Record* const record = context.record;
  JsonWriter* const json = context.json();
  const int type = BUILTIN_TYPE(object);
  record->Begin(object);
  json->Pair("bt", ObjectTypeName(type));
  WriteTypeName(context, object, type);
  if (type != T_IMEMO && type != T_NODE) {
    WriteClass(context, object);
  }
  json->Pair("size", rb_obj_memsize_of(object));
  if (slot_size != kUsualSlotSize) json->Pair("slot_size", slot_size);
  WriteFlags(context, object);
  // An iseq's file and line are those of its code.
  if (!IsImemo(object, layout::kIseq)) WriteAllocationSite(context, object);
  record->One("fields", [](VALUE target) {
    return IsImemo(target, layout::kImemoFields);
  });
  if (type == T_OBJECT) {
    WriteInstanceVariables(context, object);
  } else {
    // A long list comes last: what follows it may stand in another record.
    if (MayHaveVariables(object, type)) WriteInstanceVariables(context, object);
    WriteFields(context, object, type);
  }
  return record->End();
}

}  // namespace heap_dump

// Classes, modules and what stands for a module in a class's ancestry.
#include "layout/layout.h"
#include "layout/layout_table.h"
#include "objects/data_objects.h"
#include "objects/object_writers.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

const char* Visibility(const layout::MethodEntry& entry) {
  constexpr const char* kNames[] = {"undefined", "public", "private",
                                    "protected"};
  // Two bits above the imemo's type.
  return kNames[(entry.flags >> (FL_USHIFT + 4)) & 3];
}

const char* BodyName(int type) {
  constexpr const char* kNames[] = {
      "(ISEQ)",           "(CFUNC)",     "(ATTRSET)", "(IVAR)",
      "(BMETHOD)",        "(ZSUPER)",    "(ALIAS)",   "(UNDEF)",
      "(NOTIMPLEMENTED)", "(OPTIMIZED)", "(MISSING)", "(REFINED)"};
  constexpr int kCount = sizeof(kNames) / sizeof(kNames[0]);
  return type < kCount ? kNames[type] : "(UNKNOWN)";
}

const layout::MethodEntry& EntryOf(VALUE ment) {
  return *reinterpret_cast<const layout::MethodEntry*>(ment);
}

// Writes the value of one method. The class holds the entry; the rest describes
// it.
void WriteMethod(const Context& context, VALUE ment) {
  JsonWriter* const json = context.json();
  const layout::MethodEntry& entry = EntryOf(ment);
  json->OpenMap();
  json->Key("ment");
  context.record->Value(ment);
  json->Pair("visibility", Visibility(entry));
  if (entry.definition != nullptr) {
    const layout::MethodDefinition& definition = *entry.definition;
    switch (definition.type) {
      case layout::kMethodIseq:
        if (definition.body[0] != 0) json->Pair("iseq", definition.body[0]);
        break;
      case layout::kMethodBmethod:
        json->Pair("proc", definition.body[0]);
        break;
      default:
        json->Pair("type", BodyName(definition.type));
    }
  }
  json->CloseMap();
}

bool IsOwnMethod(VALUE klass, int type, VALUE target) {
  if (!IsImemo(target, layout::kMent)) return false;
  const VALUE owner = EntryOf(target).owner;
  // The origin of a class with prepended modules is an iclass, whose methods
  // are owned by the class.
  return owner == klass || (type == T_ICLASS && owner == RBASIC_CLASS(klass));
}

// Pairs, as a name may stand twice and begin with anything.
void WriteMethods(const Context& context, VALUE klass, int type) {
  if (!May(kMethods)) return;
  Record* const record = context.record;
  bool any = false;
  record->reachable()->ForEachUnnamed([&](VALUE target) {
    if (!IsOwnMethod(klass, type, target)) return false;
    if (!any) record->BeginList("methods");
    any = true;
    record->BeforeItem();
    JsonWriter* const json = context.json();
    json->OpenList();
    record->Name(NameOf(EntryOf(target).called_id));
    WriteMethod(context, target);
    json->CloseList();
    record->AfterItem();
    return true;
  });
  if (any) record->EndList();
}

struct VariableSearch {
  const Context* context;
  VALUE klass;
  // Which ones: "@@…", "@…", or neither.
  enum { kClass, kInstance, kInternal } kind;
  // Ruby keeps them in another object.
  bool in_fields;
};

// Ruby's version from which on classes have their variables elsewhere.
constexpr int kFirstWithFields = 400;

int TakeVariable(ID id, VALUE value, st_data_t data) {
  const auto& search = *reinterpret_cast<const VariableSearch*>(data);
  const TextView name = NameOf(id);
  const bool at = name.size > 0 && name.data[0] == '@';
  const bool at_at = at && name.size > 1 && name.data[1] == '@';
  const auto kind = at_at ? VariableSearch::kClass
                    : at  ? VariableSearch::kInstance
                          : VariableSearch::kInternal;
  if (kind != search.kind) return ST_CONTINUE;
  if (kind == VariableSearch::kInternal) {
    // Written by other means, or no object.
    if (id == search.context->ids.attached || SPECIAL_CONST_P(value)) {
      return ST_CONTINUE;
    }
    if (search.in_fields && !search.context->record->Has(value)) {
      return ST_CONTINUE;
    }
    search.context->record->OwnEntry(WithoutUnderscores(name), value);
    return ST_CONTINUE;
  }
  // From Ruby 4.0 on, what is marked is an object that has them: see imemos.cc.
  if (!SPECIAL_CONST_P(value) && search.in_fields &&
      !search.context->record->Has(value)) {
    return ST_CONTINUE;
  }
  search.context->record->Entry(id, value);
  return ST_CONTINUE;
}

void WriteVariables(const Context& context, VALUE klass) {
  constexpr struct {
    const char* key;
    decltype(VariableSearch::kind) kind;
  } kMaps[] = {{"ivs", VariableSearch::kInstance},
               {"cvars", VariableSearch::kClass},
               {"internal", VariableSearch::kInternal}};
  const bool in_fields = RunningVersion() >= kFirstWithFields;
  for (const auto& map : kMaps) {
    VariableSearch search = {&context, klass, map.kind, in_fields};
    context.record->BeginNameMap();
    rb_ivar_foreach(klass, TakeVariable, reinterpret_cast<st_data_t>(&search));
    context.record->EndNameMap(map.key);
  }
}

int TakeConstant(st_data_t id, st_data_t entry, st_data_t data) {
  const auto& constant = *reinterpret_cast<const layout::ConstantEntry*>(entry);
  reinterpret_cast<const Context*>(data)->record->Entry(static_cast<ID>(id),
                                                        constant.value);
  return ST_CONTINUE;
}

int NoteConstantFile(st_data_t, st_data_t entry, st_data_t data) {
  const auto& constant = *reinterpret_cast<const layout::ConstantEntry*>(entry);
  auto* const files = reinterpret_cast<ReachableSet*>(data);
  if (constant.file != 0) files->Add(constant.file);
  return ST_CONTINUE;
}

void WriteConstants(const Context& context, VALUE klass) {
  if (!May(kConstants)) return;
  st_clear(context.constants);
  rb_mod_const_at(klass, context.constants);
  if (context.constants->num_entries == 0) return;
  const st_data_t data = reinterpret_cast<st_data_t>(&context);
  context.record->BeginNameMap();
  st_foreach(context.constants, TakeConstant, data);
  context.record->EndNameMap("consts");
  context.others->Clear();
  st_foreach(context.constants, NoteConstantFile,
             reinterpret_cast<st_data_t>(context.others));
  context.record->Group("constant_files", [&](VALUE target) {
    return context.others->Has(target);
  });
}

}  // namespace

bool AppendClassPath(const Context& context, VALUE class_path,
                     ArenaVector<char>* to) {
  const TextView path = BytesOf(class_path);
  if (path.size == 0) return false;
  const Redaction* const redaction = context.record->redaction();
  if (redaction != nullptr) return redaction->AppendClassPath(path, to);
  AppendName(path.data, path.size, to);
  return true;
}

VALUE AttachedObject(const Context& context, VALUE klass) {
  if (BUILTIN_TYPE(klass) != T_CLASS || !FL_TEST_RAW(klass, FL_SINGLETON)) {
    return 0;
  }
#ifdef HAVE_RB_CLASS_ATTACHED_OBJECT
  return rb_class_attached_object(klass);
#else
  if (context.ids.attached == 0) return 0;
  const VALUE object = rb_attr_get(klass, context.ids.attached);
  return NIL_P(object) ? 0 : object;
#endif
}

void AppendOwner(const Context& context, VALUE owner, ArenaVector<char>* to) {
  if (owner == 0 || SPECIAL_CONST_P(owner)) return;
  if (BUILTIN_TYPE(owner) == T_ICLASS) owner = RBASIC_CLASS(owner);
  const VALUE attached = AttachedObject(context, owner);
  const bool of_module =
      attached != 0 && !SPECIAL_CONST_P(attached) &&
      (BUILTIN_TYPE(attached) == T_CLASS || BUILTIN_TYPE(attached) == T_MODULE);
  if (!AppendClassPath(
          context, rb_class_path_cached(of_module ? attached : owner), to)) {
    return;
  }
  to->Push(of_module ? '.' : '#');
}

void WriteClassFields(const Context& context, VALUE klass, int type) {
  Record* const record = context.record;
  const VALUE named = type == T_ICLASS ? RBASIC_CLASS(klass) : klass;
  const VALUE path = named == 0 ? Qnil : rb_class_path_cached(named);
  ArenaVector<char>* const scratch = record->scratch();
  scratch->Clear();
  if (AppendClassPath(context, path, scratch)) {
    context.json()->Key("name");
    context.json()->Text(scratch->begin(), scratch->size());
  }
  if (type == T_CLASS && FL_TEST_RAW(klass, FL_SINGLETON)) {
    context.json()->Flag("singleton");
  }
  record->Part("attached", AttachedObject(context, klass));
  const VALUE super = rb_class_get_superclass(klass);
  if (super != 0 && !SPECIAL_CONST_P(super)) record->Part("super", super);
  if (type != T_ICLASS) {
    WriteVariables(context, klass);
    WriteConstants(context, klass);
  }
  WriteMethods(context, klass, type);
  if (!NIL_P(path)) record->StrongPart("path_string", path);
  record->One("callcache_table",
              [](VALUE target) { return IsDataOf(target, "VM/cc_table"); });
  record->Group("method_entries",
                [](VALUE target) { return IsImemo(target, layout::kMent); });
  record->Group("callcaches", [](VALUE target) {
    return IsImemo(target, layout::kCallcache);
  });
  record->Group("callinfos", [](VALUE target) {
    return IsImemo(target, layout::kCallinfo);
  });
  record->Group("iclasses",
                [](VALUE target) { return BUILTIN_TYPE(target) == T_ICLASS; });
  // Where class variables were looked up.
  record->Group("cvar_caches",
                [](VALUE target) { return IsImemo(target, layout::kCref); });
  // Constants with names that no program can write: Complex::compatible.
  record->Group("hidden_constants", [](VALUE target) {
    return BUILTIN_TYPE(target) == T_CLASS || BUILTIN_TYPE(target) == T_MODULE;
  });
  context.subclasses->ForEach(klass, [&](VALUE subclass) {
    record->WeakReference(subclass, "subclasses");
  });
}

}  // namespace heap_dump

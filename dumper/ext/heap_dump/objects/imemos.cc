// Ruby's internal objects: environments, instruction sequences, method
// entries and the rest.
#include <cstring>

#include "layout/layout.h"
#include "objects/object_writers.h"
#include "ruby/heap_pages.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

using layout::MethodDefinition;

VALUE WordAt(VALUE object, int offset) {
  return ReadAt<VALUE>(reinterpret_cast<void*>(object), offset);
}

// Names what the GC marks if it lies at this place of the slot.
void Word(const Context& context, const char* key, VALUE object, int offset) {
  const VALUE word = WordAt(object, offset);
  if (word != 0 && !SPECIAL_CONST_P(word)) {
    context.record->StrongPart(key, word);
  }
}

void WriteEnv(const Context& context, VALUE object) {
  if (!May(kLocals)) return;
  const auto& env = *reinterpret_cast<const layout::Env*>(object);
  if (env.ep == nullptr) return;
  Record* const record = context.record;
  record->StrongPart("iseq", reinterpret_cast<VALUE>(env.iseq));
  const VALUE method = env.ep[layout::kEpMentOrCref];
  if (method != 0 && !SPECIAL_CONST_P(method) && record->Has(method)) {
    const char* key = IsImemo(method, layout::kMent)   ? "ment"
                      : IsImemo(method, layout::kCref) ? "cref"
                                                       : "svar";
    record->StrongPart(key, method);
  }
  const VALUE block_or_previous = env.ep[layout::kEpBlockOrPrevious];
  if (env.ep[layout::kEpFlags] & layout::kEpIsLocal) {
    if (!SPECIAL_CONST_P(block_or_previous)) {
      record->StrongPart("block", block_or_previous);
    }
  } else {
    const auto* previous =
        reinterpret_cast<const VALUE*>(block_or_previous & ~VALUE{3});
    if (previous != nullptr &&
        (previous[layout::kEpFlags] & layout::kEpIsEscaped)) {
      record->StrongPart("prev", previous[layout::kEpEnv]);
    }
  }
  const char* const body = env.iseq ? IseqBody(env.iseq) : nullptr;
  if (body == nullptr) return;
  const Layout& at = *CurrentLayout();
  const unsigned count = ReadAt<unsigned>(body, at.iseq_local_table_size);
  const ID* const names = ReadAt<const ID*>(body, at.iseq_local_table);
  if (env.env_size < count + layout::kEpWords ||
      env.ep != env.env + count + layout::kEpWords - 1) {
    return;
  }
  record->BeginNameMap();
  for (unsigned i = 0; i < count; ++i) record->Entry(names[i], env.env[i]);
  record->EndNameMap("locals");
}

const char* IseqTypeName(unsigned type) {
  constexpr const char* kNames[] = {"top",   "method", "block",
                                    "class", "rescue", "ensure",
                                    "eval",  "main",   "plain"};
  constexpr unsigned kCount = sizeof(kNames) / sizeof(kNames[0]);
  return type < kCount ? kNames[type] : "unknown";
}

void WriteIseq(const Context& context, VALUE object) {
  Record* const record = context.record;
  const void* const iseq = reinterpret_cast<void*>(object);
  const char* const body = May(kIseqs) ? IseqBody(iseq) : nullptr;
  const VALUE path = body ? ReadAt<VALUE>(body, layout::kBodyPathobj) : 0;
  if (path != 0 && !SPECIAL_CONST_P(path)) {
    context.json()->Pair(
        "type", IseqTypeName(ReadAt<unsigned>(body, layout::kBodyType)));
    record->LabelField("name", BytesOf(rb_iseq_label(iseq)));
    record->FileField("filename", BytesOf(rb_iseq_path(iseq)));
    const VALUE line = rb_iseq_first_lineno(iseq);
    if (FIXNUM_P(line)) context.json()->Pair("line", FIX2LONG(line));
    record->StrongPart("parent",
                       ReadAt<VALUE>(body, CurrentLayout()->iseq_parent));
    record->StrongPart("path", path);
  }
  record->Group("iseqs",
                [](VALUE target) { return IsImemo(target, layout::kIseq); });
  record->Group("callcaches", [](VALUE target) {
    return IsImemo(target, layout::kCallcache);
  });
  record->Group("callinfos", [](VALUE target) {
    return IsImemo(target, layout::kCallinfo);
  });
  record->Group("constcaches", [](VALUE target) {
    return IsImemo(target, layout::kConstcache);
  });
  record->Group("literals", [](VALUE target) {
    switch (BUILTIN_TYPE(target)) {
      case T_STRING:
      case T_SYMBOL:
      case T_REGEXP:
      case T_ARRAY:
      case T_HASH:
      case T_FLOAT:
      case T_BIGNUM:
      case T_RATIONAL:
      case T_COMPLEX:
      case T_STRUCT:
        return true;
      default:
        return false;
    }
  });
  record->Group("cached_classes", [](VALUE target) {
    const int type = BUILTIN_TYPE(target);
    return type == T_CLASS || type == T_MODULE || type == T_ICLASS;
  });
  // The cached value of a constant or a "once".
  record->Group("cached",
                [](VALUE target) { return BUILTIN_TYPE(target) != T_IMEMO; });
}

const char* MethodTypeName(unsigned type) {
  constexpr const char* kNames[] = {
      "iseq",  "cfunc", "attr_writer",     "attr_reader", "bmethod", "zsuper",
      "alias", "undef", "not_implemented", "optimized",   "missing", "refined"};
  constexpr unsigned kCount = sizeof(kNames) / sizeof(kNames[0]);
  return type < kCount ? kNames[type] : "unknown";
}

void WriteMent(const Context& context, VALUE object) {
  if (!May(kMethods)) return;
  Record* const record = context.record;
  const auto& entry = *reinterpret_cast<const layout::MethodEntry*>(object);
  record->NameField("name", NameOf(entry.called_id));
  record->StrongPart("owner", entry.owner);
  record->StrongPart("defined_class", entry.defined_class);
  if (entry.definition == nullptr) return;
  const MethodDefinition& definition = *entry.definition;
  context.json()->Pair("type", MethodTypeName(definition.type));
  switch (definition.type) {
    case layout::kMethodIseq:
      record->StrongPart("iseq", definition.body[0]);
      record->StrongPart("cref", definition.body[1]);
      break;
    case layout::kMethodAttrset:
    case layout::kMethodIvar:
      if (!SPECIAL_CONST_P(definition.body[1])) {
        record->StrongPart("location", definition.body[1]);
      }
      break;
    case layout::kMethodBmethod:
      record->StrongPart("proc", definition.body[0]);
      break;
    case layout::kMethodAlias:
    case layout::kMethodRefined:
      record->StrongPart("original", definition.body[0]);
      break;
    default:
      break;
  }
  // The variant of a built-in method without its optional arguments.
  record->Group("overloads",
                [](VALUE target) { return IsImemo(target, layout::kMent); });
}

void WriteCref(const Context& context, VALUE object) {
  Word(context, "klass", object, offsetof(layout::Cref, klass));
  Word(context, "next", object, offsetof(layout::Cref, next));
  Word(context, "refinements", object, offsetof(layout::Cref, refinements));
}

void WriteConstcache(const Context& context, VALUE object) {
  Word(context, "value", object, 8);
  context.record->One(
      "cref", [](VALUE target) { return IsImemo(target, layout::kCref); });
}

// Ruby 4.0 keeps the variables of classes, and of all other objects that are
// no T_OBJECT, in an object of their own.
struct Variables {
  const Context* context;
  bool of_class;
  enum { kInstance, kClass, kInternal } kind;
};

int TakeVariable(ID id, VALUE value, st_data_t data) {
  const auto& variables = *reinterpret_cast<const Variables*>(data);
  const Context& context = *variables.context;
  const TextView name = NameOf(id);
  const bool at = name.size > 0 && name.data[0] == '@';
  const bool at_at = at && name.size > 1 && name.data[1] == '@';
  const auto kind = at_at ? Variables::kClass
                    : at  ? Variables::kInstance
                          : Variables::kInternal;
  if (kind != variables.kind) return ST_CONTINUE;
  if (SPECIAL_CONST_P(value)) {
    // A class's own record has them.
    if (!variables.of_class && kind == Variables::kInstance) {
      context.record->Entry(id, value);
    }
    return ST_CONTINUE;
  }
  if (!context.record->Has(value)) return ST_CONTINUE;
  if (kind != Variables::kInternal) {
    context.record->Entry(id, value);
  } else if (id == context.ids.thread_variables) {
    context.record->OwnEntry(TextView{"variables", 9}, value);
  } else {
    constexpr char kHidden[] = "(hidden)";
    context.record->OwnEntry(name.size > 0
                                 ? WithoutUnderscores(name)
                                 : TextView{kHidden, sizeof(kHidden) - 1},
                             value);
  }
  return ST_CONTINUE;
}

void WriteFieldsObject(const Context& context, VALUE fields) {
  // Its class is what they are of. Nothing marks that from here, so it may be
  // gone, when this is kept by a word on a stack.
  const VALUE owner = RBASIC_CLASS(fields);
  VALUE flags;
  if (!SafeRead(reinterpret_cast<void*>(owner), &flags, sizeof(flags)) ||
      SPECIAL_CONST_P(owner) || !HeapPages::IsAlive(owner) ||
      BUILTIN_TYPE(owner) == T_IMEMO) {
    return;
  }
  context.others->Collect(owner);
  if (!context.others->Has(fields)) return;
  const int type = BUILTIN_TYPE(owner);
  constexpr struct {
    const char* key;
    decltype(Variables::kind) kind;
  } kMaps[] = {{"ivs", Variables::kInstance},
               {"cvars", Variables::kClass},
               {"internal", Variables::kInternal}};
  for (const auto& map : kMaps) {
    Variables variables = {
        &context, type == T_CLASS || type == T_MODULE || type == T_ICLASS,
        map.kind};
    context.record->BeginNameMap();
    rb_ivar_foreach(owner, TakeVariable,
                    reinterpret_cast<st_data_t>(&variables));
    context.record->EndNameMap(map.key);
  }
}

}  // namespace

void WriteImemoFields(const Context& context, VALUE imemo) {
  Record* const record = context.record;
  // Needs no offset.
  if (ImemoType(imemo) == layout::kImemoFields) {
    return WriteFieldsObject(context, imemo);
  }
  if (CurrentLayout() == nullptr) return;
  switch (ImemoType(imemo)) {
    case layout::kEnv:
      return WriteEnv(context, imemo);
    case layout::kIseq:
      return WriteIseq(context, imemo);
    case layout::kMent:
      return WriteMent(context, imemo);
    case layout::kCref:
      return WriteCref(context, imemo);
    case layout::kSvar:
      Word(context, "cref_or_ment", imemo, 8);
      Word(context, "last_line", imemo, 16);
      Word(context, "last_match", imemo, 24);
      Word(context, "others", imemo, 32);
      return;
    case layout::kThrowData:
      Word(context, "thrown", imemo, 16);
      return;
    case layout::kIfunc:
      Word(context, "data", imemo, 24);
      return;
    case layout::kMemo:
      Word(context, "value1", imemo, 16);
      Word(context, "value2", imemo, 24);
      Word(context, "value3", imemo, 32);
      return;
    case layout::kCallcache:
      Word(context, "ment", imemo, 16);
      return;
    case layout::kConstcache:
      return WriteConstcache(context, imemo);
    case layout::kTmpbuf:
      record->Group("values", [](VALUE) { return true; });
      return;
    case layout::kAst:
      record->Group("literals", [](VALUE) { return true; });
      return;
    default:
      return;
  }
}

}  // namespace heap_dump

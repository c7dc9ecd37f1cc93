#include <cstring>

#include "context.h"
#include "globals.h"
#include "layout.h"
#include "ruby_private.h"

namespace heap_dump {
namespace {

struct Root {
  const char* category;
  VALUE target;
};

// Ruby comes back to a category now and then; here each stands once.
void WriteCategories(const Context& context, ArenaVector<Root>* roots) {
  Record* const record = context.record;
  for (size_t i = 0; i < roots->size(); ++i) {
    const char* const category = (*roots)[i].category;
    if (category == nullptr) continue;
    record->reachable()->Clear();
    for (size_t j = i; j < roots->size(); ++j) {
      Root& root = (*roots)[j];
      if (root.category == nullptr || strcmp(root.category, category) != 0) {
        continue;
      }
      record->reachable()->Add(root.target);
      if (j > i) root.category = nullptr;
    }
    record->Group(category, [](VALUE) { return true; });
  }
}

// What a variable holds; Qundef if that would have to be computed.
VALUE ValueOf(const layout::GlobalEntry& entry) {
  const layout::GlobalVariable& variable = *entry.variable;
  if (variable.getter == rb_gvar_val_getter) {
    return reinterpret_cast<VALUE>(variable.data);
  }
  if (variable.getter == rb_gvar_var_getter && variable.data != nullptr) {
    return *variable.data;
  }
  constexpr struct {
    const char* name;
    VALUE (*get)();
  } kOfRactor[] = {{"$stdin", rb_ractor_stdin},
                   {"$stdout", rb_ractor_stdout},
                   {"$stderr", rb_ractor_stderr}};
  const TextView name = NameOf(entry.id);
  for (const auto& each : kOfRactor) {
    if (each.get != nullptr && strlen(each.name) == name.size &&
        memcmp(each.name, name.data, name.size) == 0) {
      return each.get();
    }
  }
  return Qundef;
}

void WriteGlobals(const Context& context) {
  const layout::IdTable* const table = GlobalVariables();
  if (table == nullptr) return;
  Record* const record = context.record;
  record->BeginNameMap();
  for (int i = 0; i < table->capacity; ++i) {
    if (table->items[i].key == 0) continue;
    const auto& entry =
        *reinterpret_cast<const layout::GlobalEntry*>(table->items[i].value);
    const VALUE value = ValueOf(entry);
    if (value != Qundef) record->Entry(entry.id, value);
  }
  record->EndNameMap("globals");
}

}  // namespace

void WriteRoots(const Context& context) {
  Record* const record = context.record;
  ArenaVector<Root> roots(record->scratch()->arena());
  rb_objspace_reachable_objects_from_root(
      [](const char* category, VALUE target, void* data) {
        if (SPECIAL_CONST_P(target)) return;
        static_cast<ArenaVector<Root>*>(data)->Push({category, target});
      },
      &roots);
  record->BeginRoots();
  WriteCategories(context, &roots);
  WriteGlobals(context);
  record->End();
}

}  // namespace heap_dump

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

void WriteGlobals(const Context& context) {
  const layout::IdTable* const table = GlobalVariables();
  if (table == nullptr) return;
  Record* const record = context.record;
  record->BeginNameMap();
  for (int i = 0; i < table->capacity; ++i) {
    if (table->items[i].key == 0) continue;
    const auto& entry =
        *reinterpret_cast<const layout::GlobalEntry*>(table->items[i].value);
    const layout::GlobalVariable& variable = *entry.variable;
    VALUE value;
    if (variable.getter == rb_gvar_val_getter) {
      value = reinterpret_cast<VALUE>(variable.data);
    } else if (variable.getter == rb_gvar_var_getter &&
               variable.data != nullptr) {
      value = *variable.data;
    } else {
      continue;  // computed when it is asked for
    }
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

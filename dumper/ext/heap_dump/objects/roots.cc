#include <cstdio>
#include <cstring>

#include "heap/globals.h"
#include "layout/layout.h"
#include "objects/object_writers.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

constexpr int kMostSignals = 65;

struct Root {
  const char* category;
  VALUE target;
};

struct Finalizers {
  const Context* context;
  // Names of the objects that they belong to.
  ArenaVector<char>* text;
  ArenaVector<size_t>* ends;
};

// "#<File:0x…>", as nothing marks the object itself.
int NameFinalizer(st_data_t key, st_data_t, st_data_t data) {
  const auto& finalizers = *reinterpret_cast<const Finalizers*>(data);
  ArenaVector<char>* const text = finalizers.text;
  VALUE klass = RBASIC_CLASS(static_cast<VALUE>(key));
  while (klass != 0 && FL_TEST_RAW(klass, FL_SINGLETON)) {
    klass = rb_class_get_superclass(klass);
  }
  char address[24];
  Append("#<", text);
  if (klass == 0 || !AppendClassPath(*finalizers.context,
                                     rb_class_path_cached(klass), text)) {
    Append("Object", text);
  }
  snprintf(address, sizeof(address), ":0x%016llx>",
           static_cast<unsigned long long>(key));
  Append(address, text);
  finalizers.ends->Push(text->size());
  return ST_CONTINUE;
}

struct FinalizerEntries {
  const Finalizers* names;
  size_t next;
};

int TakeFinalizer(st_data_t, st_data_t procs, st_data_t data) {
  auto& entries = *reinterpret_cast<FinalizerEntries*>(data);
  const Finalizers& names = *entries.names;
  const size_t i = entries.next++;
  const size_t begin = i == 0 ? 0 : (*names.ends)[i - 1];
  names.context->record->OwnEntry(
      TextView{names.text->begin() + begin, (*names.ends)[i] - begin}, procs);
  return ST_CONTINUE;
}

// Whether they could be named: else they are a category like others, where
// Ruby tells it.
bool WriteFinalizers(const Context& context) {
  auto* const table = const_cast<st_table*>(context.finalizers);
  if (table == nullptr || table->num_entries == 0) return false;
  Arena* const arena = context.record->scratch()->arena();
  ArenaVector<char> text(arena);
  ArenaVector<size_t> ends(arena);
  const Finalizers finalizers = {&context, &text, &ends};
  st_foreach(table, NameFinalizer, reinterpret_cast<st_data_t>(&finalizers));
  FinalizerEntries entries = {&finalizers, 0};
  context.record->BeginNameMap();
  st_foreach(table, TakeFinalizer, reinterpret_cast<st_data_t>(&entries));
  context.record->EndNameMap("finalizers");
  return true;
}

// Ruby comes back to a category now and then; here each stands once. Returns
// what the VM holds in `of_vm`.
void WriteCategories(const Context& context, bool finalizers_written,
                     ArenaVector<Root>* roots, ReachableSet* of_vm) {
  Record* const record = context.record;
  for (size_t i = 0; i < roots->size(); ++i) {
    const char* const category = (*roots)[i].category;
    if (category == nullptr) continue;
    record->reachable()->Clear();
    const bool is_vm = strcmp(category, "vm") == 0;
    for (size_t j = i; j < roots->size(); ++j) {
      Root& root = (*roots)[j];
      if (root.category == nullptr || strcmp(root.category, category) != 0) {
        continue;
      }
      record->reachable()->Add(root.target);
      if (is_vm) of_vm->Add(root.target);
      if (j > i) root.category = nullptr;
    }
    if (finalizers_written && strcmp(category, "finalizers") == 0) continue;
    record->Group(category, [](VALUE) { return true; });
  }
}

// Handlers that Ruby code set. They are among what the VM holds.
void WriteTraps(const Context& context, const ReachableSet& of_vm) {
  if (!May(kTraps)) return;
  const Layout& at = *CurrentLayout();
  const void* const vm =
      ReadAt<const void*>(DataOf(rb_thread_current()), at.thread_vm);
  VALUE handlers[kMostSignals];
  if (!SafeRead(static_cast<const char*>(vm) + at.vm_traps, handlers,
                sizeof(handlers))) {
    return;
  }
  Record* const record = context.record;
  record->BeginNameMap();
  for (int number = 0; number < kMostSignals; ++number) {  // 0: EXIT
    const VALUE handler = handlers[number];
    const char* const name = ruby_signal_name(number);
    if (SPECIAL_CONST_P(handler) || !of_vm.Has(handler) || name == nullptr) {
      continue;
    }
    record->OwnEntry(TextView{name, strlen(name)}, handler);
  }
  record->EndNameMap("trap");
}

// Returns the value of a variable; Qundef if it would have to be computed.
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
  ReachableSet of_vm(record->scratch()->arena(), nullptr);
  const bool finalizers_written = WriteFinalizers(context);
  WriteCategories(context, finalizers_written, &roots, &of_vm);
  WriteTraps(context, of_vm);
  WriteGlobals(context);
  record->End();
}

}  // namespace heap_dump

// Threads, fibers and Ractors: what runs, and what it holds meanwhile.
#include <setjmp.h>

#include <algorithm>
#include <cstring>

#include "layout/layout.h"
#include "objects/data_objects.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

// Words of a struct whose size differs between versions. The memory after it
// belongs to malloc and can be read safely.
constexpr int kThreadWords = 64;
constexpr int kRactorWords = 128;
constexpr int kFiberWords = 128;
constexpr size_t kPieceWords = 512;

// Calls take(word) for each word up to the first that can't be read.
template <typename Take>
void ForEachWord(const void* from, size_t words, Take take) {
  VALUE piece[kPieceWords];
  const auto* const begin = static_cast<const VALUE*>(from);
  for (size_t at = 0, count; at < words; at += count) {
    count = std::min(kPieceWords, words - at);
    if (!SafeRead(begin + at, piece, count * sizeof(VALUE))) {
      count = 1;
      if (!SafeRead(begin + at, piece, sizeof(VALUE))) return;
    }
    for (size_t i = 0; i < count; ++i) take(piece[i]);
  }
}

// The objects that a struct refers to itself, as opposed to those that were
// only found on the stack that belongs to it.
class Own {
 public:
  Own(const Context& context, const void* from, int words)
      : targets_(context.others) {
    targets_->Clear();
    ForEachWord(from, words, [&](VALUE word) {
      if (!SPECIAL_CONST_P(word) &&
          context.record->reachable()->IsUnnamed(word)) {
        targets_->Add(word);
      }
    });
  }
  bool Has(VALUE target) const { return targets_->Has(target); }

 private:
  ReachableSet* const targets_;
};

// Tables of IDs have their serial numbers as keys. An ID has it above four
// bits for the kind of name, which rb_id2str ignores.
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

void TakeLocalsOf(const Context& context, const layout::IdTable& table) {
  for (int i = 0; i < table.capacity && table.items != nullptr; ++i) {
    const layout::IdTable::Item& item = table.items[i];
    if (item.key != 0) {
      TakeFiberLocal(context, IdOfNumber(item.key), item.value);
    }
  }
}

// Thread#[].
void WriteFiberLocals(const Context& context, const void* ec) {
  if (!May(kFiberLocals)) return;
  const Layout& at = *CurrentLayout();
  const void* const storage =
      ReadAt<const void*>(ec, OffsetOf(at.ec_local_storage));
  if (storage == nullptr) return;
  Record* const record = context.record;
  record->BeginNameMap();
  if (IsVariant(at.ec_local_storage)) {
    st_foreach(static_cast<st_table*>(const_cast<void*>(storage)),
               TakeFiberLocalOfTable, reinterpret_cast<st_data_t>(&context));
  } else {
    TakeLocalsOf(context, *static_cast<const layout::IdTable*>(storage));
  }
  record->EndNameMap("locals");
}

// As Thread#status has it; nil and false there are both "dead" here.
const char* ThreadStatus(const void* data) {
  constexpr const char* kNames[] = {"run", "sleep", "sleep", "dead"};
  return kNames[ReadAt<unsigned>(data, CurrentLayout()->thread_status) & 3];
}

// Writes the references of the execution context itself: fiber storage (a hash
// with a class), the guard of recursive inspects (a hash without one), the last
// match.
void WriteOwnOfContext(const Context& context, const void* ec) {
  if (!May(kMachineStacks)) return;
  Record* const record = context.record;
  const int words = CurrentLayout()->ec_stack_start / sizeof(VALUE);
  const Own own(context, ec, words);
  record->Group("storage", [&](VALUE target) {
    return IsType(target, T_HASH) && RBASIC_CLASS(target) != 0 &&
           own.Has(target);
  });
  record->Group("recursion_guard", [&](VALUE target) {
    return IsType(target, T_HASH) && own.Has(target);
  });
  record->Group("svar", [&](VALUE target) {
    return IsImemo(target, layout::kSvar) && own.Has(target);
  });
}

// Found by looking at every word of the machine's stack and registers:
// perhaps no reference at all.
class MachineStack {
 public:
  explicit MachineStack(const Context& context) : context_(context) {
    context.others->Clear();
  }
  void Add(const VALUE* from, size_t words) {
    ForEachWord(from, words, [this](VALUE word) {
      if (!SPECIAL_CONST_P(word) &&
          context_.record->reachable()->IsUnnamed(word)) {
        context_.others->Add(word);
      }
    });
  }
  // The stack and registers that an execution context knows of.
  void AddContext(const void* ec) {
    const char* const machine =
        static_cast<const char*>(ec) + CurrentLayout()->ec_stack_start;
    const auto* const start = ReadAt<const VALUE*>(machine, 0);
    const auto* const end = ReadAt<const VALUE*>(machine, 8);
    if (start == nullptr || end == nullptr || end > start) return;
    Add(end, start - end);
    constexpr int kRegisters = 24;
    Add(reinterpret_cast<const VALUE*>(machine + kRegisters),
        // NOLINTNEXTLINE(bugprone-sizeof-expression): whole words
        sizeof(jmp_buf) / (sizeof(VALUE)));
  }
  void Write() const {
    context_.record->Group("machine_stack", [this](VALUE target) {
      return context_.others->Has(target);
    });
  }

 private:
  const Context& context_;
};

void WritePendingOfThread(const Context& context, const void* data) {
  Record* const record = context.record;
  const Own own(context, data, kThreadWords);
  record->One("proc", [&](VALUE target) {
    return IsDataOf(target, "proc") && own.Has(target);
  });
  record->Group("pending_interrupts", [&](VALUE target) {
    return IsType(target, T_ARRAY) && RBASIC_CLASS(target) == 0 &&
           own.Has(target);
  });
  record->One("args", [&](VALUE target) {
    return IsType(target, T_ARRAY) && own.Has(target);
  });
  record->One("locking_mutex", [&](VALUE target) {
    return IsDataOf(target, "mutex") && own.Has(target);
  });
  // An object of this class; a struct up to Ruby 2.7.
  record->One("last_status", [&](VALUE target) {
    return (IsDataOf(target, "Process::Status") || IsType(target, T_STRUCT)) &&
           own.Has(target);
  });
  record->One("top_wrapper", [&](VALUE target) {
    return IsType(target, T_MODULE) && own.Has(target);
  });
  // The main object, a scheduler.
  record->Group("objects", [&](VALUE target) {
    return IsType(target, T_OBJECT) && own.Has(target);
  });
}

// Ractor#[]: among what the struct points to is a table of IDs, all of whose
// values the Ractor marks.
const layout::IdTable* RactorLocals(const Context& context, const void* data) {
  constexpr int kMost = 1 << 20;
  const layout::IdTable* found = nullptr;
  ForEachWord(data, kRactorWords, [&](VALUE word) {
    layout::IdTable table;
    if (found != nullptr || word < 4096 || word % 8 != 0 ||
        !SafeRead(reinterpret_cast<void*>(word), &table, sizeof(table)) ||
        table.count <= 0 || table.capacity > kMost ||
        table.used > table.capacity || table.count > table.used ||
        (table.capacity & (table.capacity - 1)) != 0) {
      return;
    }
    int entries = 0;
    for (int i = 0; i < table.capacity; ++i) {
      layout::IdTable::Item item;
      if (!SafeRead(table.items + i, &item, sizeof(item))) return;
      if (item.key == 0) continue;
      ++entries;
      if (!SPECIAL_CONST_P(item.value) && !context.record->Has(item.value)) {
        return;
      }
      if (NameOf(IdOfNumber(item.key)).size == 0) return;
    }
    if (entries == table.count) {
      found = reinterpret_cast<const layout::IdTable*>(word);
    }
  });
  return found;
}

// "app.rb:42", where Ractor.new was called.
bool IsLocation(VALUE string) {
  const TextView text = BytesOf(string);
  size_t digits = 0;
  while (digits < text.size && text.data[text.size - 1 - digits] >= '0' &&
         text.data[text.size - 1 - digits] <= '9') {
    ++digits;
  }
  return digits > 0 && digits < text.size &&
         text.data[text.size - 1 - digits] == ':';
}

}  // namespace

void WriteThread(const Context& context, VALUE thread, const void* data) {
  Record* const record = context.record;
  const Layout& at = *CurrentLayout();
  if (May(kThreadStatus)) context.json()->Pair("status", ThreadStatus(data));
  const VALUE name =
      May(kThreadNames) ? ReadAt<VALUE>(data, at.thread_name) : 0;
  if (name != 0 && !SPECIAL_CONST_P(name) && record->Has(name)) {
    const TextView text = BytesOf(name);
    // The thread that writes this dump: see lib/heap_dump/hook/dumper.rb.
    static constexpr char kOwn[] = "heap_dump";
    const bool own = text.size == sizeof(kOwn) - 1 &&
                     memcmp(text.data, kOwn, text.size) == 0;
    if (own || !context.KeepsDataOut()) record->TextField("name", text);
    record->StrongPart("name_string", name);
  }
  const void* const ec =
      at.thread_ec >= 0 ? ReadAt<const void*>(data, at.thread_ec) : nullptr;
  if (ec != nullptr) WriteFiberLocals(context, ec);
  if (context.ids.thread_variables != 0 && FL_TEST_RAW(thread, FL_EXIVAR)) {
    const VALUE variables = rb_attr_get(thread, context.ids.thread_variables);
    if (!NIL_P(variables)) record->StrongPart("variables", variables);
  }
  const auto object_at = [&](const char* key, const void* base, int offset) {
    const VALUE value = ReadAt<VALUE>(base, offset);
    if (!SPECIAL_CONST_P(value)) record->StrongPart(key, value);
  };
  if (May(kThreadValues)) object_at("value", data, at.thread_value);
  if (ec != nullptr && May(kExceptions)) {
    object_at("exception", ec, at.ec_errinfo);
  }
  WriteExecutionContext(context, ec);
  record->One("group", [](VALUE target) {
    return IsDataOf(target, "thgroup") || IsDataOf(target, "thread_group");
  });
  record->Group("fibers",
                [](VALUE target) { return IsDataOf(target, "fiber"); });
  record->One("ractor",
              [](VALUE target) { return IsDataOf(target, "ractor"); });
  WritePendingOfThread(context, data);
  if (ec == nullptr || !May(kMachineStacks)) return;
  WriteOwnOfContext(context, ec);
  MachineStack stack(context);
  stack.AddContext(ec);
  stack.Write();
}

void WriteFiber(const Context& context, VALUE fiber, const void* data) {
  // False once its block has returned. Ruby only looks at a field.
  context.json()->Key("alive");
  context.json()->Bool(RTEST(rb_fiber_alive_p(fiber)));
  if (!May(kFibers)) return;
  Record* const record = context.record;
  const Layout& at = *CurrentLayout();
  const char* const ec = static_cast<const char*>(data) + at.fiber_ec;
  WriteFiberLocals(context, ec);
  const VALUE exception =
      May(kExceptions) ? ReadAt<VALUE>(ec, at.ec_errinfo) : Qnil;
  if (!SPECIAL_CONST_P(exception)) record->StrongPart("exception", exception);
  WriteExecutionContext(context, ec);
  record->One("thread",
              [](VALUE target) { return IsDataOf(target, "VM/thread"); });
  record->Group("fibers",
                [](VALUE target) { return IsDataOf(target, "fiber"); });
  WriteOwnOfContext(context, ec);
  {
    const Own own(context, data, kFiberWords);
    record->One("proc", [&](VALUE target) {
      return IsDataOf(target, "proc") && own.Has(target);
    });
  }
  {
    // The values that it yields or was resumed with.
    const Own own(context, data, at.fiber_ec / sizeof(VALUE));
    record->Group("value", [&](VALUE target) { return own.Has(target); });
  }
  MachineStack stack(context);
  if (May(kMachineStacks)) stack.AddContext(ec);
  if (May(kFiberStacks)) {
    // Where one that is suspended has left its own.
    stack.Add(ReadAt<const VALUE*>(data, at.fiber_stack),
              ReadAt<size_t>(data, at.fiber_stack + layout::kStackToSize));
  }
  stack.Write();
}

void WriteRactor(const Context& context, const void* data) {
  Record* const record = context.record;
  const layout::IdTable* const locals = RactorLocals(context, data);
  if (locals != nullptr) {
    record->BeginNameMap();
    TakeLocalsOf(context, *locals);
    record->EndNameMap("ractor_locals");
  }
  record->Group("threads",
                [](VALUE target) { return IsDataOf(target, "VM/thread"); });
  // From 4.0 on.
  record->Group("ports",
                [](VALUE target) { return IsDataOf(target, "ractor/port"); });
  record->Group("tracepoints",
                [](VALUE target) { return IsDataOf(target, "tracepoint"); });
  const Own own(context, data, kRactorWords);
  record->Group("files", [&](VALUE target) {
    return IsType(target, T_FILE) && own.Has(target);
  });
  record->One("location", [&](VALUE target) {
    return IsType(target, T_STRING) && own.Has(target) && IsLocation(target);
  });
  record->One("name_string", [&](VALUE target) {
    return IsType(target, T_STRING) && own.Has(target);
  });
  record->One("receiving_mutex", [&](VALUE target) {
    return IsDataOf(target, "mutex") && own.Has(target);
  });
  // Who sent them is marked as well.
  record->Group("senders",
                [](VALUE target) { return IsDataOf(target, "ractor"); });
  record->Group("messages", [&](VALUE target) { return !own.Has(target); });
}

}  // namespace heap_dump

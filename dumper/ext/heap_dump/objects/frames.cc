// The frames that threads and fibers are executing.
#include <cstring>

#include "layout/layout.h"
#include "objects/object_writers.h"
#include "ruby/ruby_private.h"

namespace heap_dump {
namespace {

using layout::ControlFrame;
using layout::ExecutionContext;

// Blocks within blocks; more are a loop.
constexpr int kDeepestNesting = 1000;

// The frame's ep, or the one of the method that it is a block of.
const VALUE* LocalEp(const VALUE* ep) {
  for (int depth = 0; ep != nullptr && depth < kDeepestNesting; ++depth) {
    if (ep[layout::kEpFlags] & layout::kEpIsLocal) return ep;
    ep = reinterpret_cast<const VALUE*>(ep[layout::kEpBlockOrPrevious] &
                                        ~VALUE{3});
  }
  return nullptr;
}

// The entry of the method that the frame runs, or null.
const layout::MethodEntry* MethodOf(const ControlFrame& frame) {
  if (!May(kMethods)) return nullptr;
  const VALUE* const ep = LocalEp(frame.ep);
  if (ep == nullptr) return nullptr;
  VALUE method = ep[layout::kEpMentOrCref];
  if (method != 0 && IsImemo(method, layout::kSvar)) {
    method = ReadAt<VALUE>(reinterpret_cast<void*>(method), 8);
  }
  if (method == 0 || !IsImemo(method, layout::kMent)) return nullptr;
  return reinterpret_cast<const layout::MethodEntry*>(method);
}

// "block in start" of Session becomes "block in Session#start".
void WriteLabel(const Context& context, const layout::MethodEntry* method,
                TextView label) {
  ArenaVector<char>* const scratch = context.record->scratch();
  scratch->Clear();
  size_t prefix = label.size;
  if (method != nullptr) {
    TextView name = NameOf(method->called_id);
    if (method->definition != nullptr) {
      const TextView original = NameOf(method->definition->original_id);
      if (original.size > 0) name = original;
    }
    if (name.size > 0 && name.size <= label.size &&
        memcmp(label.data + label.size - name.size, name.data, name.size) ==
            0) {
      prefix = label.size - name.size;
    }
  }
  const Record& record = *context.record;
  record.AppendLabel({label.data, prefix}, scratch);
  if (prefix < label.size) {
    AppendOwner(context, method->owner, scratch);
    record.AppendName({label.data + prefix, label.size - prefix}, scratch);
  }
  context.json()->Key("label");
  context.json()->Text(scratch->begin(), scratch->size());
}

void WriteCfunc(const Context& context, const layout::MethodEntry* method) {
  ArenaVector<char>* const scratch = context.record->scratch();
  scratch->Clear();
  if (method != nullptr) {
    AppendOwner(context, method->owner, scratch);
    context.record->AppendName(NameOf(method->called_id), scratch);
  }
  context.json()->Key("cfunc");
  context.json()->Text(scratch->begin(), scratch->size());
}

unsigned LineOf(const ControlFrame& frame, const char* body) {
  const auto* code = ReadAt<const VALUE*>(body, layout::kBodyEncoded);
  const unsigned size = ReadAt<unsigned>(body, layout::kBodySize);
  if (frame.pc < code || frame.pc > code + size) {
    const VALUE line = rb_iseq_first_lineno(frame.iseq);
    return FIXNUM_P(line) ? static_cast<unsigned>(FIX2LONG(line)) : 0;
  }
  // The pc is past the instruction that is being run.
  const size_t position = frame.pc - code;
  return rb_iseq_line_no(frame.iseq, position > 0 ? position - 1 : 0);
}

void WriteLocals(const Context& context, const ControlFrame& frame,
                 const char* body) {
  const Layout& at = *CurrentLayout();
  const unsigned count = ReadAt<unsigned>(body, at.iseq_local_table_size);
  const ID* const names = ReadAt<const ID*>(body, at.iseq_local_table);
  const VALUE* const values = frame.ep - (layout::kEpWords - 1) - count;
  context.record->BeginNameMap();
  for (unsigned i = 0; i < count; ++i) {
    // A local that is not marked is not in use yet.
    if (SPECIAL_CONST_P(values[i]) || context.record->Has(values[i])) {
      context.record->Entry(names[i], values[i]);
    }
  }
  context.record->EndNameMap("locals", false);
}

bool RunsRuby(const Context& context, const ControlFrame& frame) {
  const VALUE iseq = reinterpret_cast<VALUE>(frame.iseq);
  if (iseq == 0 || SPECIAL_CONST_P(iseq) || frame.pc == nullptr) return false;
  // Newer Rubies mark a thread's frames through its fiber, if there is an
  // object for that. The thread still describes them, as text.
  VALUE flags;
  if (!context.record->Has(iseq) &&
      !SafeRead(frame.iseq, &flags, sizeof(flags))) {
    return false;
  }
  return IsImemo(iseq, layout::kIseq);
}

// The frame at the bottom of the stack of a thread or fiber, which runs no
// code.
bool IsDummy(const Context& context, const ControlFrame& frame) {
  return NIL_P(frame.self) && !RunsRuby(context, frame) &&
         MethodOf(frame) == nullptr &&
         !(frame.ep[layout::kEpFlags] & layout::kEpIsEscaped);
}

void WriteFrame(const Context& context, const ControlFrame& frame) {
  Record* const record = context.record;
  JsonWriter* const json = context.json();
  const layout::MethodEntry* const method = MethodOf(frame);
  json->OpenMap();
  if (RunsRuby(context, frame)) {
    const char* const body = IseqBody(frame.iseq);
    record->StrongPart("iseq", reinterpret_cast<VALUE>(frame.iseq));
    WriteLabel(context, method, BytesOf(rb_iseq_label(frame.iseq)));
    record->FileField("filename", BytesOf(rb_iseq_path(frame.iseq)));
    json->Pair("line", LineOf(frame, body));
    if (SPECIAL_CONST_P(frame.self) || record->Has(frame.self)) {
      record->Field("self", frame.self);
    }
    WriteLocals(context, frame, body);
  } else {
    WriteCfunc(context, method);
    if (SPECIAL_CONST_P(frame.self) || record->Has(frame.self)) {
      record->Field("self", frame.self);
    }
  }
  if (frame.ep[layout::kEpFlags] & layout::kEpIsEscaped) {
    record->StrongPart("env", frame.ep[layout::kEpEnv]);
  }
  if (!(frame.ep[layout::kEpFlags] & layout::kEpIsLocal)) {
    const auto* const previous = reinterpret_cast<const VALUE*>(
        frame.ep[layout::kEpBlockOrPrevious] & ~VALUE{3});
    if (previous != nullptr &&
        (previous[layout::kEpFlags] & layout::kEpIsEscaped)) {
      record->StrongPart("prev", previous[layout::kEpEnv]);
    }
  }
  if (!SPECIAL_CONST_P(frame.block_code)) {
    record->StrongPart("block", frame.block_code);
  }
  if (method != nullptr) {
    record->StrongPart("ment", reinterpret_cast<VALUE>(method));
  }
  json->CloseMap();
}

}  // namespace

void WriteExecutionContext(const Context& context, const void* address) {
  if (address == nullptr || !May(kFrames)) return;
  const auto& ec = *static_cast<const ExecutionContext*>(address);
  if (ec.vm_stack == nullptr || ec.cfp == nullptr) return;
  const VALUE* const stack_end = ec.vm_stack + ec.vm_stack_size;
  const char* const end = reinterpret_cast<const char*>(stack_end);
  const int frame_size = CurrentLayout()->control_frame_size;
  if (ec.cfp <= reinterpret_cast<const char*>(ec.vm_stack) || ec.cfp > end) {
    return;
  }
  Record* const record = context.record;
  record->BeginList("frames");
  for (const char* at = ec.cfp; at + frame_size <= end; at += frame_size) {
    const auto& frame = *reinterpret_cast<const ControlFrame*>(at);
    if (frame.ep == nullptr || IsDummy(context, frame)) continue;
    record->BeforeItem();
    WriteFrame(context, frame);
    record->AfterItem();
  }
  record->EndList();

  // Operands of the frames' instructions.
  const auto& top = *reinterpret_cast<const ControlFrame*>(ec.cfp);
  bool any = false;
  for (const VALUE* word = ec.vm_stack; word < top.sp && word < stack_end;
       ++word) {
    if (SPECIAL_CONST_P(*word) || !record->reachable()->IsUnnamed(*word)) {
      continue;
    }
    if (!any) record->BeginList("stack");
    any = true;
    record->Item(*word);
  }
  if (any) record->EndList();
}

}  // namespace heap_dump

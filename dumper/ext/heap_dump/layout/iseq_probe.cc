// Where an instruction sequence has its local variables and its parent.
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "layout/memory.h"
#include "layout/probes.h"
#include "ruby/ruby_private.h"
#include "util/safe_read.h"

namespace heap_dump {
namespace {

constexpr size_t kBodyBytes = 512;
constexpr int kMostLocals = 13;

const void* BodyOf(const void* iseq) {
  const void* body;
  if (iseq == nullptr ||
      !SafeRead(static_cast<const char*>(iseq) + layout::kIseqBody, &body,
                sizeof(body))) {
    return nullptr;
  }
  return body;
}

void ProbeLocals(int count, Findings* findings) {
  // Never run, so that nothing but the table of names grows with their number.
  char source[512] = "if false; ";
  ID names[kMostLocals];
  for (int i = 0; i < count; ++i) {
    char name[32];
    snprintf(name, sizeof(name), "_heap_dump_%d", i);
    names[i] = rb_intern(name);
    strcat(source, name);
    strcat(source, " = ");
  }
  strcat(source, "nil; end");
  VALUE wrapper = CompileText(source);
  const Memory body(BodyOf(rb_iseqw_to_iseq(wrapper)), kBodyBytes);
  const size_t bytes = count * sizeof(ID);
  findings->of[kIseqLocalTable].Keep(body.Where<uintptr_t>([&](uintptr_t word) {
    ID found[kMostLocals];
    return IsAddress(word) &&
           SafeRead(reinterpret_cast<void*>(word), found, bytes) &&
           memcmp(found, names, bytes) == 0;
  }));
  findings->of[kIseqLocalTableSize].Keep(body.Where<uint32_t>(
      [&](uint32_t word) { return word == static_cast<uint32_t>(count); }));
  RB_GC_GUARD(wrapper);
}

}  // namespace

void ProbeIseqs(Findings* findings) {
  for (int count : {3, 5, 8, kMostLocals}) ProbeLocals(count, findings);
  // The parent of the outermost block is also its method iseq, which is stored
  // in another place.
  VALUE outer = EvaluateText(
      "proc { |_heap_dump_0| proc { |_heap_dump_1| proc { |_heap_dump_2| } } "
      "}");
  VALUE middle = rb_funcall(outer, rb_intern("call"), 0);
  VALUE inner = rb_funcall(middle, rb_intern("call"), 0);
  const VALUE blocks[] = {outer, middle, inner};
  for (int i = 1; i < 3; ++i) {
    const Memory body(BodyOf(IseqOf(blocks[i])), kBodyBytes);
    findings->of[kIseqParent].Keep(
        body.WhereWordIs(reinterpret_cast<uintptr_t>(IseqOf(blocks[i - 1]))));
  }
  RB_GC_GUARD(outer);
  RB_GC_GUARD(middle);
  RB_GC_GUARD(inner);
}

}  // namespace heap_dump

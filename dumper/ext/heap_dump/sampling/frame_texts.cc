#include "sampling/frame_texts.h"

#include <ruby.h>
#include <ruby/debug.h>

#include <cstring>
#include <initializer_list>

namespace heap_dump {
namespace {

constexpr uint32_t kNoText = StackTable::kNone - 1;

TextView ViewOf(VALUE string) {
  if (!RB_TYPE_P(string, T_STRING)) return {"", 0};
  return {RSTRING_PTR(string), static_cast<size_t>(RSTRING_LEN(string))};
}

bool StartsWith(TextView text, const char* prefix) {
  const size_t size = strlen(prefix);
  return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

// Removes `end` from the end of the text, if it is there.
bool Cut(TextView end, TextView* text) {
  if (end.size == 0 || text->size < end.size ||
      memcmp(text->data + text->size - end.size, end.data, end.size) != 0) {
    return false;
  }
  text->size -= end.size;
  return true;
}

// The number of the frame; kNoText for one of Ruby itself or in C.
uint32_t AddFrame(VALUE frame, int line, StackTable* table) {
  VALUE path = rb_profile_frame_path(frame);
  const TextView file = ViewOf(path);
  if (line <= 0 || file.size == 0 || StartsWith(file, "<internal:")) {
    return kNoText;
  }
  VALUE label_text = rb_profile_frame_label(frame);
  VALUE base_text = rb_profile_frame_base_label(frame);
  VALUE qualified_text = rb_profile_frame_qualified_method_name(frame);
  const TextView label = ViewOf(label_text);
  const TextView base = ViewOf(base_text);
  TextView owner = ViewOf(qualified_text);
  TextView prefix = label;
  TextView name = base;
  // Ruby 3.4 has the owner in the label, older ones have not.
  if (!Cut(owner, &prefix) && !Cut(base, &prefix)) name = {"", 0};
  if (!Cut(base, &owner)) owner = {"", 0};
  StackTable::Frame texts;
  texts.file = table->AddText(file);
  texts.line = static_cast<uint32_t>(line);
  texts.prefix = table->AddText(prefix);
  texts.owner = table->AddText(owner);
  texts.name = table->AddText(name);
  for (uint32_t text : {texts.file, texts.prefix, texts.owner, texts.name}) {
    if (text == StackTable::kNone) return text;
  }
  const uint32_t number = table->AddFrame(texts);
  RB_GC_GUARD(path);
  RB_GC_GUARD(label_text);
  RB_GC_GUARD(base_text);
  RB_GC_GUARD(qualified_text);
  return number;
}

}  // namespace

void FrameTexts::Begin() {
  seen_.Clear();
  numbers_.Clear();
}

uint32_t FrameTexts::FrameOf(VALUE frame, int line, StackTable* table) {
  const VALUE key[] = {frame, static_cast<VALUE>(line)};
  const uint32_t place = seen_.Intern(key, sizeof(key));
  if (place == ByteStrings::kNone) return StackTable::kNone;
  if (place == numbers_.size()) numbers_.Push(AddFrame(frame, line, table));
  return place < numbers_.size() ? numbers_[place] : StackTable::kNone;
}

uint32_t FrameTexts::StackOf(const Burst::Hit& hit, StackTable* table) {
  uint32_t frames[Burst::kDeepest];
  size_t count = 0;
  for (int i = 0; i < hit.depth; ++i) {
    const uint32_t frame = FrameOf(hit.frames[i], hit.lines[i], table);
    if (frame == StackTable::kNone) return frame;
    if (frame != kNoText) frames[count++] = frame;
  }
  return count == 0 ? StackTable::kNone : table->AddStack(frames, count);
}

}  // namespace heap_dump

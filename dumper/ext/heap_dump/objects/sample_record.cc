#include "objects/sample_record.h"

#include <cmath>

#include "sampling/sampler.h"

namespace heap_dump {
namespace {

// "Shop::Cart#" with its sigil.
void AppendMethodOwner(const Context& context, TextView owner,
                       ArenaVector<char>* to) {
  if (owner.size == 0) return;
  const TextView path = {owner.data, owner.size - 1};
  const Redaction* const redaction = context.record->redaction();
  if (redaction == nullptr) {
    AppendName(path.data, path.size, to);
  } else if (!redaction->AppendClassPath(path, to)) {
    return;
  }
  to->Push(owner.data[owner.size - 1]);
}

void WriteFrame(const Context& context, const StackTable& stacks,
                const StackTable::Frame& frame) {
  const Record& record = *context.record;
  ArenaVector<char>* const text = context.record->scratch();
  JsonWriter* const json = context.json();
  json->OpenList();
  text->Clear();
  record.AppendFile(stacks.TextAt(frame.file), text);
  json->Text(text->begin(), text->size());
  json->Number(frame.line);
  text->Clear();
  record.AppendLabel(stacks.TextAt(frame.prefix), text);
  AppendMethodOwner(context, stacks.TextAt(frame.owner), text);
  const TextView name = stacks.TextAt(frame.name);
  if (name.size > 0) record.AppendLabel(name, text);
  json->Text(text->begin(), text->size());
  json->CloseList();
}

}  // namespace

void WriteAllocationSamples(const Context& context,
                            const MarkedObjects* marked) {
  const AllocationSamples* const samples = context.options->samples;
  if (samples == nullptr || samples->table == nullptr) return;
  const StackTable& stacks = samples->table->stacks();
  JsonWriter* const json = context.json();
  json->BeginRecord();
  json->Pair("id", "_SAMPLES_");
  json->Pair("interval_ms", samples->interval_ms);
  json->Pair("bursts", samples->bursts);
  json->Pair("allocated", samples->allocated);
  json->Key("frames");
  json->OpenList();
  for (uint32_t i = 0; i < stacks.frames(); ++i) {
    WriteFrame(context, stacks, stacks.FrameAt(i));
  }
  json->CloseList();
  json->Key("stacks");
  json->OpenList();
  for (uint32_t i = 0; i < stacks.stacks(); ++i) {
    json->OpenList();
    for (size_t n = 0; n < stacks.DepthOf(i); ++n) {
      json->Number(stacks.FrameOf(i, n));
    }
    json->CloseList();
  }
  json->CloseList();
  json->Key("objects");
  json->OpenList();
  samples->table->ForEachAlive([&](const SampleTable::Sample& sample) {
    if (marked != nullptr && !marked->Has(sample.object)) return;
    json->OpenList();
    json->Number(sample.object);
    json->Number(sample.stack);
    json->Number(static_cast<uint64_t>(llround(sample.weight)));
    json->Number(sample.generation);
    json->CloseList();
  });
  json->CloseList();
  json->EndRecord();
}

}  // namespace heap_dump

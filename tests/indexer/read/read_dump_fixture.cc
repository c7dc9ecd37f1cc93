#include "tests/indexer/read/read_dump_fixture.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "indexer/heap/address_table.h"

namespace heapq {
namespace {

std::string Sv(std::string_view text) { return std::string(text); }

std::string Address(const Heap& heap, ObjectId wanted) {
  std::string text;
  const absl::Status status =
      heap.addresses->ForEach([&](ObjectId id, uint64_t address) {
        if (id == wanted) text = absl::StrCat("0x", absl::Hex(address));
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok());
  return text;
}

std::string Label(const Heap& heap, EdgeKind kind, uint32_t label) {
  switch (LabelTypeOf(kind)) {
    case LabelType::kNone:
      return "";
    case LabelType::kName:
      return " " + Sv(heap.names.Text(label));
    case LabelType::kIndex:
      return absl::StrCat(" ", label);
    case LabelType::kObject:
      return " " + Address(heap, label);
    case LabelType::kFrameValue: {
      const FrameValueEntry& value = heap.frame_values[label];
      return absl::StrCat(" ", Sv(heap.names.Text(value.name)), " in frame ",
                          value.n);
    }
  }
  return "";
}

void DescribeRows(const Heap& heap, const EdgeRows& rows, ObjectId id,
                  const char* arrow, std::string* text) {
  for (uint32_t e = rows.begin[id]; e < rows.begin[id + 1]; ++e) {
    absl::StrAppend(text, "  ", arrow, Sv(EdgeKindName(rows.kind[e])),
                    Label(heap, rows.kind[e], rows.label[e]), " -> ",
                    Address(heap, rows.dst[e]), "\n");
  }
}

}  // namespace

absl::StatusOr<Dump> DumpText::Read(std::string_view content, size_t chunk_size,
                                    bool strict) {
  ReadOptions options;
  options.spill_dir = dir_.path();
  options.chunk_size = chunk_size;
  options.strict = strict;
  return ReadDump(dir_.Write("dump.json", content), options);
}

std::string DumpText::Describe(Dump* dump) {
  const Heap& heap = dump->heap;
  std::string text = absl::StrCat(Sv(TraitsOf(dump->format).name),
                                  dump->truncated ? " cut" : "", "\n");
  for (const RootEntry& root : heap.roots) {
    absl::StrAppend(&text, "root ", root.category, " ", root.name, " -> ",
                    Address(heap, root.dst), root.weak ? " weak" : "", "\n");
  }
  std::map<ObjectId, std::string> fields;
  EXPECT_TRUE(dump->text
                  ->ForEachField([&](const HeapText::Field& field) {
                    absl::StrAppend(&fields[field.src], "  ", field.n, "@",
                                    field.at, " ", Sv(EdgeKindName(field.kind)),
                                    Label(heap, field.kind, field.label), " = ",
                                    Sv(field.text), "\n");
                    return absl::OkStatus();
                  })
                  .ok());
  std::map<ObjectId, std::string> strings;
  EXPECT_TRUE(dump->text
                  ->ForEachString([&](ObjectId id, std::string_view value) {
                    strings[id] = Sv(value);
                    return absl::OkStatus();
                  })
                  .ok());
  for (ObjectId id = 1; id <= heap.last_id(); ++id) {
    absl::StrAppend(&text, Address(heap, id), " ",
                    Sv(ObjectTypeName(heap.type[id])));
    if (heap.kind[id] != 0) {
      absl::StrAppend(&text, " ", Sv(heap.names.Text(heap.kind[id])));
    }
    if (heap.name[id] != 0) {
      absl::StrAppend(&text, " '", Sv(heap.names.Text(heap.name[id])), "'");
    }
    if (heap.class_of[id] != 0) {
      absl::StrAppend(&text, " class ", Address(heap, heap.class_of[id]));
    }
    if (heap.size[id] != 0) absl::StrAppend(&text, " ", heap.size[id], "B");
    if (heap.flags[id] != 0) {
      absl::StrAppend(&text, " flags ", static_cast<int>(heap.flags[id]));
    }
    if (!heap.site.empty() && heap.site[id] != 0) {
      const Site& site = heap.sites[heap.site[id]];
      absl::StrAppend(&text, " at ", Sv(heap.names.Text(site.file)), ":",
                      site.line);
    }
    if (strings.count(id) != 0)
      absl::StrAppend(&text, " \"", strings[id], "\"");
    text += "\n";
    DescribeRows(heap, heap.edges, id, "", &text);
    DescribeRows(heap, heap.weak_edges, id, "weak ", &text);
    text += fields[id];
  }
  for (const FrameEntry& frame : heap.frames) {
    absl::StrAppend(&text, "frame ", frame.n, " of ",
                    Address(heap, frame.thread), " ", frame.label, " (",
                    frame.file, ":", frame.line, ")\n");
  }
  for (const auto& [reason, count] : dump->drops.totals()) {
    absl::StrAppend(&text, "dropped ", count, " ", reason, "\n");
  }
  return text;
}

std::string DumpText::Outcome(absl::StatusOr<Dump> read) {
  if (!read.ok()) return read.status().ToString();
  const Heap& heap = read->heap;
  std::string text = Describe(&*read);
  absl::StrAppend(&text, read->records, " records, ", read->texts_cut,
                  " texts cut, header ", read->header, "\n");
  for (ObjectId id = 1; id <= heap.last_id(); ++id) {
    if (heap.site.empty()) break;
    absl::StrAppend(&text, heap.generation[id], " ",
                    Sv(heap.names.Text(heap.sites[heap.site[id]].method)),
                    "\n");
  }
  for (const Drop& drop : read->drops.first()) {
    absl::StrAppend(&text, drop.reason, " ", drop.line, " ", drop.byte, " ",
                    drop.detail, "\n");
  }
  return text;
}

}  // namespace heapq

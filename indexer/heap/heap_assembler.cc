#include "indexer/heap/heap_assembler.h"

#include <algorithm>
#include <new>
#include <type_traits>
#include <utility>

#include "indexer/heap/assembled_text.h"
#include "indexer/heap/heap_limits.h"

namespace heapq {
namespace {

// Behind the text of the record itself, which is no longer either.
constexpr size_t kMaxCarriedText = 1 << 20;

// From a smaller part of a dump nothing is concluded. The less is known, the
// more a conclusion may fall short.
constexpr double kMinShare = 0.05;
constexpr double kMargin = 0.02;
constexpr double kDoubt = 0.1;

}  // namespace

HeapAssembler::HeapAssembler(const std::string& spill_dir)
    : addresses_(std::make_shared<AddressTable>()),
      frame_values_(1),
      sites_(1),
      site_numbers_(0, SiteHash{&sites_}, SameSite{&sites_}),
      strings_(std::make_unique<TextSpill>(spill_dir)),
      fields_(std::make_unique<TextSpill>(spill_dir)) {
  handle_.push_back(AddressTable::kNoHandle);
  class_.push_back(AddressTable::kNoHandle);
  size_.push_back(0);
  type_.push_back(ObjectType::kGhost);
  for (auto* column : {&kind_, &name_, &strong_begin_}) {
    column->push_back(0);
  }
  flags_.push_back(0);
}

uint32_t HeapAssembler::Name(std::string_view text) {
  return names_.Intern(text);
}

uint32_t HeapAssembler::FrameValue(uint32_t n, std::string_view name) {
  const uint32_t text = Name(name);
  const auto [number, is_new] = frame_value_numbers_.try_emplace(
      {n, text}, static_cast<uint32_t>(frame_values_.size()));
  if (is_new) frame_values_.push_back({n, text});
  return number->second;
}

HeapAssembler::Handle HeapAssembler::InternTarget(uint64_t address) {
  const Handle handle = addresses_->Intern(address);
  if (handle == AddressTable::kNoHandle) {
    if (status_.ok()) {
      status_ = absl::OutOfRangeError(
          "the dump's addresses are spread over more than 30 GiB of slots, "
          "which is more than this program can number");
    }
    return addresses_->Intern(8);
  }
  return handle;
}

// Imemos have no class: what a dump writes as one is a word of theirs.
HeapAssembler::Handle HeapAssembler::ClassHandle(Handle object, ObjectType type,
                                                 uint64_t address) {
  if (address == 0) return AddressTable::kNoHandle;
  if (type == ObjectType::kImemo) {
    imemo_words_.push_back({object, address});
    return AddressTable::kNoHandle;
  }
  const Handle handle = InternTarget(address);
  addresses_->Refer(handle);
  return handle;
}

void HeapAssembler::TooManyEdges() {
  if (!status_.ok()) return;
  status_ = absl::OutOfRangeError(
      "the dump has more than 2^32 references, which is more than this "
      "program can number");
}

void HeapAssembler::Add(Edges* edges, EdgeLabel label, Handle target) {
  if (edges->target.size() >= kMaxEdges) {
    TooManyEdges();
    return;
  }
  uint32_t number = static_cast<uint32_t>(label.label);
  if (LabelTypeOf(label.kind) == LabelType::kObject) {
    number = InternTarget(label.label);
  }
  edges->target.push_back(target);
  edges->kind.push_back(label.kind);
  edges->label.push_back(number);
}

void HeapAssembler::Edge(EdgeLabel label, uint64_t target) {
  if (target != 0) Add(&strong_, label, InternTarget(target));
}

void HeapAssembler::WeakEdge(EdgeLabel label, uint64_t target) {
  if (target != 0) Add(&weak_, label, InternTarget(target));
}

void HeapAssembler::Field(EdgeLabel label, std::string_view text) {
  FieldHead head;
  head.at = static_cast<uint32_t>(strong_.target.size() - strong_.committed);
  head.kind = label.kind;
  head.label = static_cast<uint32_t>(label.label);
  if (LabelTypeOf(label.kind) == LabelType::kObject) {
    head.label = InternTarget(label.label);
    field_labels_.push_back(head.label);
  }
  AppendField(0, head, text, fields_.get());
}

void HeapAssembler::MaybeEdge(EdgeLabel label, uint64_t number) {
  if (number == 0) {
    Field(label, "0");
    return;
  }
  maybe_.push_back({static_cast<uint32_t>(strong_.target.size()), number});
  Add(&strong_, label, InternTarget(number));
}

void HeapAssembler::Frame(uint32_t n, std::string_view label,
                          std::string_view file, uint32_t line, uint64_t iseq) {
  FrameEntry frame;
  frame.n = n;
  frame.line = line;
  frame.label = label;
  frame.file = file;
  frames_.push_back(std::move(frame));
  frame_threads_.push_back(0);
  if (iseq == 0) {
    frame_iseqs_.push_back(AddressTable::kNoHandle);
  } else {
    frame_iseqs_.push_back(InternTarget(iseq));
  }
}

// Only what a committed record refers to can become a ghost.
void HeapAssembler::ReferToTargets(Edges* edges) {
  const bool has_maybe = edges == &strong_ && maybe_committed_ < maybe_.size();
  size_t next_maybe = maybe_committed_;
  for (size_t e = edges->committed; e < edges->target.size(); ++e) {
    if (has_maybe && next_maybe < maybe_.size() &&
        maybe_[next_maybe].edge == e) {
      ++next_maybe;
      continue;
    }
    addresses_->Refer(edges->target[e]);
    if (LabelTypeOf(edges->kind[e]) == LabelType::kObject) {
      addresses_->Refer(edges->label[e]);
    }
  }
  edges->committed = edges->target.size();
}

// Everything since the last commit belongs to `owner`.
void HeapAssembler::Close(Handle owner) {
  ReferToTargets(&strong_);
  ReferToTargets(&weak_);
  maybe_committed_ = maybe_.size();
  fields_->SetOwner(fields_committed_, owner);
  fields_committed_ = fields_->size();
  for (const Handle label : field_labels_) addresses_->Refer(label);
  field_labels_.clear();
  for (size_t i = frames_committed_; i < frames_.size(); ++i) {
    frame_threads_[i] = owner;
    if (frame_iseqs_[i] != AddressTable::kNoHandle) {
      addresses_->Refer(frame_iseqs_[i]);
    }
  }
  frames_committed_ = frames_.size();
}

uint32_t HeapAssembler::SiteOf(const Site& site) {
  if (site.file == 0 && site.line == 0) return 0;
  const auto number = static_cast<uint32_t>(sites_.size());
  sites_.push_back(site);
  const auto [found, fresh] = site_numbers_.insert(number);
  if (!fresh) sites_.resize(number);
  return *found;
}

// Sets the site of the object that was added last. Most dumps trace nothing and
// need no columns for it.
void HeapAssembler::AddSite(uint32_t site, uint32_t generation) {
  if (!any_site_) {
    if (site == 0 && generation == 0) return;
    any_site_ = true;
    site_.resize(handle_.size() - 1);
    generation_.resize(handle_.size() - 1);
  }
  site_.push_back(site);
  generation_.push_back(generation);
}

bool HeapAssembler::CommitObject(const ObjectRecord& record) {
  const Handle handle = InternTarget(record.address);
  if (!addresses_->Define(handle)) {
    Abandon();
    return false;
  }
  handle_.push_back(handle);
  class_.push_back(ClassHandle(handle, record.type, record.class_address));
  size_.push_back(record.size);
  type_.push_back(record.type);
  flags_.push_back(record.flags);
  kind_.push_back(Name(record.kind));
  name_.push_back(Name(record.name));
  AddSite(SiteOf({Name(record.file), Name(record.method), record.line}),
          record.generation);
  if (record.has_value) strings_->Append(handle, record.value, {});
  strong_begin_.push_back(static_cast<uint32_t>(strong_.committed));
  if (weak_.target.size() > weak_.committed) {
    weak_ranges_.push_back({static_cast<uint32_t>(handle_.size() - 1),
                            static_cast<uint32_t>(weak_.committed)});
  }
  Close(handle);
  return true;
}

void HeapAssembler::Number(const RecordBatch& batch, BatchNumbers* numbers) {
  for (size_t i = numbers->names.size(); i < batch.names.size(); ++i) {
    numbers->names.push_back(Name(batch.names.Text(static_cast<uint32_t>(i))));
  }
  const auto& names = numbers->names;
  for (size_t i = numbers->sites.size(); i < batch.sites.size(); ++i) {
    const RecordBatch::Site& site = batch.sites[i];
    numbers->sites.push_back(
        SiteOf({names[site.file], names[site.method], site.line}));
  }
}

void HeapAssembler::AddPart(const RecordBatch::Edge* begin,
                            const RecordBatch::Edge* end,
                            const BatchNumbers& numbers, Edges* edges) {
  if (edges->target.size() + static_cast<size_t>(end - begin) > kMaxEdges) {
    TooManyEdges();
    return;
  }
  size_t at = edges->target.size();
  edges->Extend(static_cast<size_t>(end - begin));
  Handle* const targets = edges->target.data();
  EdgeKind* const kinds = edges->kind.data();
  uint32_t* const labels = edges->label.data();
  for (const RecordBatch::Edge* edge = begin; edge != end; ++edge, ++at) {
    const Handle target = InternTarget(edge->target);
    addresses_->Refer(target);
    uint32_t label = 0;
    switch (LabelTypeOf(edge->kind)) {
      case LabelType::kNone:
        break;
      case LabelType::kName:
        label = numbers.names[edge->label];
        break;
      case LabelType::kIndex:
      case LabelType::kFrameValue:
        label = static_cast<uint32_t>(edge->label);
        break;
      case LabelType::kObject:
        label = InternTarget(edge->label);
        addresses_->Refer(label);
        break;
    }
    targets[at] = target;
    kinds[at] = edge->kind;
    labels[at] = label;
  }
}

// Room for `more` entries behind the last one.
template <typename T>
void HeapAssembler::MakeRoom(size_t more, Column<T>* column) const {
  const size_t size = column->size();
  if (size + more <= column->capacity()) return;
  if (share_ < kMinShare) {
    column->reserve_more(more);
    return;
  }
  const double all = static_cast<double>(size) / share_;
  const double margin = kMargin + kDoubt * (1 - share_);
  // By a quarter at least: of a packed file the share may be all while much of
  // it is still to be unpacked.
  const size_t least = size + size / 4 + more;
  try {
    column->reserve(std::max(least, static_cast<size_t>(all * (1 + margin))));
  } catch (const std::bad_alloc&) {
    column->reserve(least);  // the dump need not go on as it began
  }
}

void HeapAssembler::MakeRoomFor(const RecordBatch& batch, size_t begin,
                                size_t end) {
  if (begin == end) return;
  const size_t objects = end - begin;
  const RecordBatch::Object& last = batch.objects[end - 1];
  size_t edges = last.edges_end;
  size_t weak_edges = last.weak_edges_end;
  if (begin > 0) {
    edges -= batch.objects[begin - 1].edges_end;
    weak_edges -= batch.objects[begin - 1].weak_edges_end;
  }
  MakeRoom(objects, &handle_);
  MakeRoom(objects, &class_);
  MakeRoom(objects, &size_);
  MakeRoom(objects, &type_);
  MakeRoom(objects, &flags_);
  MakeRoom(objects, &kind_);
  MakeRoom(objects, &name_);
  MakeRoom(objects, &strong_begin_);
  if (any_site_) {
    MakeRoom(objects, &site_);
    MakeRoom(objects, &generation_);
  }
  strong_.ForEachColumn([&](auto* column) { MakeRoom(edges, column); });
  weak_.ForEachColumn([&](auto* column) { MakeRoom(weak_edges, column); });
}

uint64_t HeapAssembler::Add(
    const RecordBatch& batch, size_t begin, size_t end, BatchNumbers* numbers,
    absl::FunctionRef<void(const RecordBatch::Object&)> duplicate) {
  Number(batch, numbers);
  MakeRoomFor(batch, begin, end);
  static const RecordBatch::Object kNone;
  uint64_t added = 0;
  for (size_t i = begin; i < end; ++i) {
    const RecordBatch::Object& object = batch.objects[i];
    const Handle handle = InternTarget(object.address);
    if (!addresses_->Define(handle)) {
      duplicate(object);
      continue;
    }
    ++added;
    handle_.push_back(handle);
    class_.push_back(ClassHandle(handle, object.type, object.class_address));
    size_.push_back(object.size);
    type_.push_back(object.type);
    flags_.push_back(object.flags);
    kind_.push_back(numbers->names[object.kind]);
    name_.push_back(numbers->names[object.name]);
    AddSite(numbers->sites[object.site], object.generation);
    if (object.has_value) strings_->Append(handle, object.value, {});
    strong_begin_.push_back(static_cast<uint32_t>(strong_.target.size()));
    // The parts begin where those of the object before end.
    const RecordBatch::Object& before = i > 0 ? batch.objects[i - 1] : kNone;
    AddPart(batch.edges.data() + before.edges_end,
            batch.edges.data() + object.edges_end, *numbers, &strong_);
    if (object.weak_edges_end > before.weak_edges_end) {
      weak_ranges_.push_back({static_cast<uint32_t>(handle_.size() - 1),
                              static_cast<uint32_t>(weak_.target.size())});
      AddPart(batch.weak_edges.data() + before.weak_edges_end,
              batch.weak_edges.data() + object.weak_edges_end, *numbers,
              &weak_);
    }
    for (size_t f = before.fields_end; f < object.fields_end; ++f) {
      const RecordBatch::Field& field = batch.fields[f];
      FieldHead head;
      head.at = field.at;
      head.kind = field.kind;
      switch (LabelTypeOf(field.kind)) {
        case LabelType::kName:
          head.label = numbers->names[field.label];
          break;
        case LabelType::kObject:
          head.label = InternTarget(field.label);
          addresses_->Refer(head.label);
          break;
        default:
          head.label = static_cast<uint32_t>(field.label);
      }
      AppendField(handle, head, field.text, fields_.get());
    }
  }
  strong_.committed = strong_.target.size();
  weak_.committed = weak_.target.size();
  fields_committed_ = fields_->size();
  return added;
}

size_t HeapAssembler::held_bytes() const {
  const auto of = [](const auto&... columns) {
    return (size_t{0} + ... +
            (columns.size() *
             sizeof(typename std::decay_t<decltype(columns)>::value_type)));
  };
  return of(handle_, class_, size_, type_, flags_, kind_, name_, site_,
            generation_, strong_begin_, sites_, site_numbers_, weak_ranges_,
            continuations_, maybe_, imemo_words_, roots_, root_targets_,
            frames_, frame_threads_, frame_iseqs_) +
         strong_.held_bytes() + weak_.held_bytes() + names_.held_bytes() +
         addresses_->held_bytes() + strings_->held_bytes() +
         fields_->held_bytes();
}

void HeapAssembler::CarryText(Handle owner, std::string_view text) {
  size_t& size = carried_text_[owner];
  if (size > kMaxCarriedText) return;
  size += text.size();
  if (size > kMaxCarriedText) {
    cut_.push_back(owner);
  } else {
    strings_->Append(owner, text, {});
  }
}

bool HeapAssembler::CommitContinuation(uint64_t address,
                                       std::string_view text) {
  const Handle handle = InternTarget(address);
  if (!addresses_->IsDefined(handle)) {
    Abandon();
    return false;
  }
  const auto add = [&](const Edges& edges, bool weak) {
    if (edges.target.size() == edges.committed) return;
    continuations_.push_back({handle, static_cast<uint32_t>(edges.committed),
                              static_cast<uint32_t>(edges.target.size()),
                              weak});
  };
  add(strong_, false);
  add(weak_, true);
  if (!text.empty()) CarryText(handle, text);
  Close(handle);
  return true;
}

void HeapAssembler::Abandon() {
  strong_.Truncate();
  weak_.Truncate();
  maybe_.resize(maybe_committed_);
  fields_->Truncate(fields_committed_);
  field_labels_.clear();
  frames_.resize(frames_committed_);
  frame_threads_.resize(frames_committed_);
  frame_iseqs_.resize(frames_committed_);
}

void HeapAssembler::Root(std::string_view category, std::string_view name,
                         uint64_t target, bool weak) {
  if (target == 0) return;
  const Handle handle = InternTarget(target);
  addresses_->Refer(handle);
  roots_.push_back({std::string(category), std::string(name), 0, weak});
  root_targets_.push_back(handle);
}

}  // namespace heapq

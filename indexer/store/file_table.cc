#include "indexer/store/file_table.h"

#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "indexer/model/object_kind.h"
#include "indexer/store/gem_name.h"
#include "indexer/store/parts.h"

namespace heapq {
namespace {

// Numbers of files, from 1 on; 0: not known.
class FileNumbers {
 public:
  explicit FileNumbers(const Heap& heap) : heap_(heap) {}

  // Each object's file, by id.
  Column<uint32_t> Find(const IseqTable& iseqs) {
    Column<uint32_t> file_of(size_t{heap_.last_id()} + 1);
    TakeSites(&file_of);
    absl::flat_hash_map<ObjectId, uint32_t> of_iseq;
    for (const IseqRow& row : iseqs.rows()) {
      const uint32_t file = Number(row.file);
      if (file == 0) continue;
      file_of[row.id] = file;
      of_iseq.emplace(row.id, file);
    }
    const auto take = [&](ObjectId id, ObjectId iseq) {
      const auto file = of_iseq.find(iseq);
      if (file_of[id] == 0 && file != of_iseq.end()) file_of[id] = file->second;
    };
    for (const auto& [env, iseq] : iseqs.envs()) take(env, iseq);
    const uint32_t proc = FindName(heap_.names, KindName(ObjectKind::kProc));
    const uint32_t part = FindName(heap_.names, "iseq");
    if (proc == 0 || part == 0) return file_of;
    for (ObjectId id = 1; id <= heap_.object_count; ++id) {
      if (heap_.kind[id] == proc) take(id, FindPart(heap_, id, part));
    }
    return file_of;
  }

  // By number; [0] is "".
  const std::vector<std::string>& names() const { return names_; }

 private:
  uint32_t Number(std::string_view file) {
    if (file.empty()) return 0;
    const auto [found, added] =
        numbers_.try_emplace(std::string(file), names_.size());
    if (added) names_.emplace_back(file);
    return found->second;
  }

  void TakeSites(Column<uint32_t>* file_of) {
    if (heap_.site.empty()) return;
    std::vector<uint32_t> of_site(heap_.sites.size());
    for (size_t i = 1; i < of_site.size(); ++i) {
      of_site[i] = Number(heap_.names.Text(heap_.sites[i].file));
    }
    for (ObjectId id = 1; id <= heap_.object_count; ++id) {
      (*file_of)[id] = of_site[heap_.site[id]];
    }
  }

  const Heap& heap_;
  absl::flat_hash_map<std::string, uint32_t> numbers_;
  std::vector<std::string> names_ = {""};
};

}  // namespace

FileTable::FileTable(const Heap& heap, const IseqTable& iseqs)
    : gems(1), sites(heap.sites.size()) {
  FileNumbers numbers(heap);
  file_of = numbers.Find(iseqs);
  files.resize(numbers.names().size());
  gem_of.resize(files.size());
  absl::flat_hash_map<std::string, uint32_t> gem_numbers;
  for (size_t i = 1; i < files.size(); ++i) {
    files[i].name = numbers.names()[i];
    files[i].gem = GemOf(files[i].name);
    const auto [found, added] =
        gem_numbers.try_emplace(files[i].gem, gems.size());
    if (added) gems.emplace_back().name = files[i].gem;
    gem_of[i] = found->second;
  }
  for (ObjectId id = 1; id <= heap.object_count; ++id) {
    CodeRow& file = files[file_of[id]];
    ++file.count;
    file.size += heap.size[id];
    if (heap.site.empty()) continue;
    SiteTotal& site = sites[heap.site[id]];
    ++site.count;
    site.size += heap.size[id];
  }
  for (size_t i = 0; i < files.size(); ++i) {
    gems[gem_of[i]].count += files[i].count;
    gems[gem_of[i]].size += files[i].size;
  }
}

}  // namespace heapq

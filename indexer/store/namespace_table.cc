#include "indexer/store/namespace_table.h"

#include <map>
#include <string_view>
#include <utility>

namespace heapq {
namespace {

// "A::B::C" gives "A", "A::B", "A::B::C"; a name that is not a path of
// constants
// ("#<Class:0x…>") gives nothing.
std::vector<std::string> PathsOf(std::string_view name) {
  std::vector<std::string> paths;
  if (name.empty() || name[0] == '#' || name[0] == '<') return paths;
  for (size_t at = name.find("::"); at != std::string_view::npos;
       at = name.find("::", at + 2)) {
    paths.emplace_back(name.substr(0, at));
  }
  paths.emplace_back(name);
  return paths;
}

}  // namespace

NamespaceTable::NamespaceTable(const ClassTable& classes)
    : of_class(classes.rows().size()) {
  std::map<std::string, uint32_t> index;
  for (const ClassRow& row : classes.rows()) {
    if (row.count == 0) continue;
    for (std::string& path : PathsOf(row.name)) {
      index.emplace(std::move(path), 0);
    }
  }
  for (auto& [name, number] : index) {
    number = static_cast<uint32_t>(rows.size());
    rows.push_back({name, 0, 0, 0});
  }
  for (size_t i = 0; i < of_class.size(); ++i) {
    const ClassRow& row = classes.rows()[i];
    if (row.count == 0) continue;
    for (const std::string& path : PathsOf(row.name)) {
      NamespaceRow& total = rows[index[path]];
      total.count += row.count;
      total.size += row.size;
      of_class[i].push_back(index[path]);
    }
  }
}

}  // namespace heapq

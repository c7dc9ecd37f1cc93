#include "cli/export/fleet.h"

namespace heapq {
namespace {

// Columns of `dumps` that small tables repeat, so that a query about the fleet
// needs no join.
std::vector<FleetColumn> OfDump(std::vector<FleetColumn> columns) {
  std::vector<FleetColumn> all = {{"dump", FleetColumn::kKey},
                                  {"host", FleetColumn::kText},
                                  {"app", FleetColumn::kText},
                                  {"pid", FleetColumn::kCount},
                                  {"time", FleetColumn::kTime, true}};
  all.insert(all.end(), columns.begin(), columns.end());
  return all;
}

}  // namespace

const std::vector<FleetTable>& FleetTables() {
  using C = FleetColumn;
  static const auto* const kTables = new std::vector<FleetTable>{
      {"types",
       OfDump({{"class", C::kText},
               {"count", C::kCount},
               {"size", C::kCount},
               {"retained", C::kCount, true}}),
       "dump, class", "class, time"},
      {"suspects",
       OfDump({{"rank", C::kCount},
               {"fingerprint", C::kText},
               {"class", C::kText},
               {"count", C::kCount},
               {"retained", C::kCount},
               {"share", C::kShare},
               {"object", C::kKey},
               {"address", C::kText},
               {"label", C::kText},
               {"path", C::kText},
               {"file", C::kText},
               {"line", C::kCount}}),
       "dump, rank", "fingerprint, time"},
      {"fingerprints",
       OfDump({{"fingerprint", C::kText},
               {"class", C::kText},
               {"count", C::kCount},
               {"size", C::kCount},
               {"retained", C::kCount},
               {"path", C::kText},
               {"object", C::kKey}}),
       "dump, fingerprint", "fingerprint, time"},
      {"roots",
       {{"dump", C::kKey},
        {"n", C::kCount},
        {"category", C::kText},
        {"name", C::kText},
        {"object", C::kKey},
        {"weak", C::kFlag}},
       "dump, n",
       "dump, object"},
      {"objects",
       {{"dump", C::kKey},
        {"id", C::kKey},
        {"address", C::kText},
        {"type", C::kText},
        {"class", C::kText},
        {"kind", C::kText},
        {"name", C::kText},
        {"size", C::kCount},
        {"retained", C::kCount, true},
        {"idom", C::kKey, true},
        {"file", C::kText},
        {"line", C::kCount},
        {"method", C::kText},
        {"generation", C::kCount, true}},
       "dump, id",
       "dump, class"},
      {"edges",
       {{"dump", C::kKey},
        {"src", C::kKey},
        {"weak", C::kFlag},
        {"n", C::kNumber},
        {"dst", C::kKey},
        {"kind", C::kText},
        {"label", C::kText}},
       "dump, src, weak, n",
       "dump, dst"},
      {"dumps",
       OfDump({{"ruby", C::kText},
               {"format", C::kText},
               {"source", C::kText},
               {"objects", C::kCount},
               {"size", C::kCount},
               {"reachable", C::kCount},
               {"reachable_size", C::kCount},
               {"edges", C::kCount},
               {"truncated", C::kFlag}}),
       "dump", ""},
  };
  return *kTables;
}

}  // namespace heapq

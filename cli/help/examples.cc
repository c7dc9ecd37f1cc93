#include "cli/help/examples.h"

#include <map>

namespace heapq {

std::vector<std::string> ExamplesOf(const std::string& command) {
  static const std::map<std::string, std::vector<std::string>> kExamples = {
      {"load",
       {"heapq load dump.json.zst",
        "zstdcat dump.json.zst | heapq load - --db monday.db"}},
      {"info", {"heapq info", "heapq info --db monday.db --format json"}},
      {"memory",
       {"heapq memory", "heapq memory --db tuesday.db --against monday.db"}},
      {"suspects",
       {"heapq suspects", "heapq suspects --share 5%",
        "heapq suspects --db tuesday.db --against monday.db"}},
      {"report",
       {"heapq report", "heapq report -o leak.html --against monday.db",
        "heapq report --md -o issue.md"}},
      {"top-types", {"heapq top-types", "heapq top-types --by retained -n 50"}},
      {"top-retainers",
       {"heapq top-retainers", "heapq top-retainers --by class",
        "heapq top-retainers --by gem --format csv"}},
      {"tree",
       {"heapq tree", "heapq tree Shop::BUS --depth 5",
        "heapq tree suspect:1"}},
      {"diff",
       {"heapq diff monday.db tuesday.db",
        "heapq diff first.db second.db third.db"}},
      {"hunt", {"heapq hunt --pid 4711 --every 5m --dumps 4"}},
      {"totals", {"heapq totals --by gem", "heapq totals --by namespace"}},
      {"count", {"heapq count MyApp Session"}},
      {"waste", {"heapq waste", "heapq waste --format json"}},
      {"unreachable", {"heapq unreachable"}},
      {"threads", {"heapq threads", "heapq threads --format csv"}},
      {"why-alive",
       {"heapq why-alive 0x7fc31d57c2d0 --paths 3",
        "heapq why-alive 'Shop::BUS.@handlers[:request]'",
        "heapq why-alive Session",
        "heapq why-alive Shop::BUS --exclude WeakRef",
        "heapq why-alive suspect:1 --cut",
        "heapq why-alive --where \"class = 'String' AND size > 100000\""}},
      {"what-if",
       {"heapq what-if --drop Session",
        "heapq what-if --drop-edge Shop::BUS:@handlers"}},
      {"show", {"heapq show 0x7fc31d57c2d0", "heapq show '$bus'"}},
      {"refs", {"heapq refs Shop::BUS.@handlers -n 100"}},
      {"referrers", {"heapq referrers suspect:1"}},
      {"owner", {"heapq owner 0x7fc31d57c2d0"}},
      {"search", {"heapq search Session", "heapq search 'Bearer '"}},
      {"serve", {"heapq serve", "heapq serve --port 8080"}},
      {"explore", {"heapq explore", "heapq explore Shop::BUS"}},
      {"sql",
       {"heapq sql \"SELECT class, sum(size) FROM v_objects GROUP BY 1\"",
        "heapq sql --file question.sql --format csv"}},
      {"check", {"heapq check --budget budget.toml"}},
      {"export",
       {"heapq export --to speedscope -o heap.speedscope.json",
        "heapq export --to dot --around Shop::BUS | dot -Tsvg > bus.svg"}},
      {"mcp", {"heapq mcp --db /var/tmp/heap.db"}},
      {"help", {"heapq help why-alive"}},
      {"completions",
       {"heapq completions bash > ~/.local/share/bash-completion/completions/"
        "heapq"}},
      {"man", {"heapq man | man -l -"}},
  };
  const auto found = kExamples.find(command);
  return found == kExamples.end() ? std::vector<std::string>() : found->second;
}

}  // namespace heapq

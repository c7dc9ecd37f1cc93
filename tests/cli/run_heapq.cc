#include "tests/cli/run_heapq.h"

#include <map>
#include <sstream>

#include "cli/app/app.h"

namespace heapq {
namespace {

using Words = std::vector<std::string>;

// As `heapq --help` lists them: under headings, two spaces before each.
Words Commands() {
  Words commands;
  std::istringstream help(RunHeapqWith({"--help"}).out);
  for (std::string line; std::getline(help, line);) {
    if (line.size() < 3 || line.substr(0, 2) != "  ") continue;
    if (line[2] < 'a' || line[2] > 'z') continue;  // an option, more text
    commands.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return commands;
}

}  // namespace

Ran RunHeapqWith(const Words& words, const std::string& input, bool terminal) {
  std::vector<const char*> argv = {"heapq"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Session::Streams streams;
  streams.in = &in;
  streams.out = &out;
  streams.err = &err;
  streams.out_is_terminal = terminal;
  streams.err_is_terminal = terminal;
  Ran ran;
  ran.code = RunHeapq(static_cast<int>(argv.size()), argv.data(), streams);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

std::vector<Words> EveryQuestion(const Words& ids,
                                 const std::string& class_name,
                                 const std::string& other_db) {
  // Arguments of commands besides `command` and `command ID`.
  const std::multimap<std::string, Words> more = {
      {"why-alive", {"--all-of", class_name}},
      {"top-types", {"--by", "retained"}},
      {"top-retainers", {"--by", "class"}},
      {"suspects", {"--share", "1"}},
      {"totals", {"--by", "namespace"}},
      {"totals", {"--by", "gem"}},
      {"totals", {"--by", "file"}},
      {"count", {class_name}},
      {"diff", {other_db, "heap.db"}},
      {"export", {"--to", "heapsnapshot"}},
      {"export", {"--to", "hprof"}},
      {"export", {"--to", "dump_all"}},
      {"export", {"--to", "dot", "--around", "#17"}},
      {"export", {"--to", "folded"}},
      {"export", {"--to", "pprof"}},
      {"export", {"--to", "csv", "--table", "edges"}},
      {"export", {"--to", "mongo"}},
      {"report", {"-o", "-"}},
      {"report", {"--md"}},
      {"search", {"t"}},
      {"sql", {"SELECT * FROM v_objects"}},
      {"sql", {"SELECT * FROM v_edges"}},
      {"sql", {"SELECT * FROM v_referrers"}},
      {"sql", {"SELECT * FROM v_closures"}},
      {"sql", {"SELECT * FROM v_roots"}},
      {"sql", {"PRAGMA integrity_check"}},
  };
  const std::multimap<std::string, Words> more_with_id = {
      {"why-alive", {"--paths", "3"}}, {"why-alive", {"--raw"}},
      {"why-alive", {"--all-hops"}},   {"why-alive", {"--cut"}},
      {"what-if", {"--drop"}},
  };
  std::vector<Words> questions;
  for (const std::string& command : Commands()) {
    if (command == "load" || command == "serve" || command == "explore") {
      continue;  // no questions, or ones that do not end
    }
    questions.push_back({command});
    for (auto [at, end] = more.equal_range(command); at != end; ++at) {
      Words words = {command};
      words.insert(words.end(), at->second.begin(), at->second.end());
      questions.push_back(words);
    }
    for (const std::string& id : ids) {
      questions.push_back({command, id});
      for (auto [at, end] = more_with_id.equal_range(command); at != end;
           ++at) {
        Words words = {command};
        words.insert(words.end(), at->second.begin(), at->second.end());
        words.push_back(id);
        questions.push_back(words);
      }
    }
  }
  return questions;
}

}  // namespace heapq

#ifndef HEAPQ_TESTS_CLI_RUN_HEAPQ_H_
#define HEAPQ_TESTS_CLI_RUN_HEAPQ_H_

#include <string>
#include <vector>

namespace heapq {

// The result of a command.
struct Ran {
  int code = 0;  // ExitCode
  std::string out;
  std::string err;
};

// Runs `heapq` with `words` behind its name, in this process, in this folder.
// `terminal`: output and errors go to one, as far as the command can tell.
Ran RunHeapqWith(const std::vector<std::string>& words,
                 const std::string& input = {}, bool terminal = false);

// Every command line that is worth trying on a heap.db whose objects are named
// by `ids`: all commands that `heapq --help` lists but `load` and those that go
// on until somebody ends them, also ones that came later than this test, each
// with the ids, names and options it takes. `other_db` is for `diff`.
std::vector<std::vector<std::string>> EveryQuestion(
    const std::vector<std::string>& ids, const std::string& class_name,
    const std::string& other_db);

}  // namespace heapq

#endif  // HEAPQ_TESTS_CLI_RUN_HEAPQ_H_

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>

#include "cli/app/app.h"
#include "cli/output/fit.h"
#include "indexer/base/exit_signals.h"

namespace {

// A mapped heap.db has no other way to report it.
void OnSigbus(int) {
  constexpr char kText[] =
      "heapq: heap.db was made shorter or can't be read any more; load the "
      "dump again\n";
  (void)!write(STDERR_FILENO, kText, sizeof(kText) - 1);
  heapq::RemoveUnfinishedFiles();
  _exit(heapq::kExitFailed);
}

// An exception in the middle of what a library does is more than all of them
// bear: a hash table of Abseil's that can't grow can't be destroyed any more.
// So nothing is unwound. A file that is being written is removed.
void OnOutOfMemory() {
  static std::atomic_flag told = ATOMIC_FLAG_INIT;
  while (told.test_and_set()) pause();  // another thread reports it and exits
  constexpr char kText[] =
      "heapq: the system gives no more memory; end other programs, raise the "
      "limit (ulimit -v, a container's), or ask on a larger machine\n";
  (void)!write(STDERR_FILENO, kText, sizeof(kText) - 1);
  heapq::RemoveUnfinishedFiles();
  _exit(heapq::kExitFailed);
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  heapq::Session::Streams streams;
  streams.in = &std::cin;
  streams.out = &std::cout;
  streams.err = &std::cerr;
  streams.out_is_terminal = isatty(STDOUT_FILENO) != 0;
  streams.err_is_terminal = isatty(STDERR_FILENO) != 0;
  const char* const terminal = std::getenv("TERM");
  streams.is_dumb = terminal != nullptr && std::strcmp(terminal, "dumb") == 0;
  const heapq::TerminalSize size = heapq::TerminalSizeOf(STDOUT_FILENO);
  streams.columns = size.columns;
  streams.rows = size.rows;
  streams.owns_process = true;
  signal(SIGBUS, OnSigbus);
  // A file that may not grow is an error of write's.
  signal(SIGXFSZ, SIG_IGN);
  std::set_new_handler(OnOutOfMemory);
  try {
    return heapq::RunHeapq(argc, argv, streams);
  } catch (const std::exception& error) {
    // Ours are none; memory may run out all the same.
    std::cerr << "heapq: " << error.what() << '\n';
    return heapq::kExitFailed;
  }
}

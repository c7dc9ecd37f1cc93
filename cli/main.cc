#include <signal.h>
#include <unistd.h>

#include <exception>
#include <iostream>

#include "cli/app.h"

namespace {

// A mapped heap.db has no other way to tell.
void TellOfLostFile(int) {
  constexpr char kText[] =
      "heapq: heap.db was made shorter or can't be read any more; load the "
      "dump again\n";
  (void)!write(STDERR_FILENO, kText, sizeof(kText) - 1);
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
  streams.owns_process = true;
  signal(SIGBUS, TellOfLostFile);
  try {
    return heapq::RunHeapq(argc, argv, streams);
  } catch (const std::exception& error) {
    // Ours are none; memory may run out all the same.
    std::cerr << "heapq: " << error.what() << '\n';
    return heapq::kExitFailed;
  }
}

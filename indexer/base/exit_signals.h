#ifndef HEAPQ_INDEXER_BASE_EXIT_SIGNALS_H_
#define HEAPQ_INDEXER_BASE_EXIT_SIGNALS_H_

#include <string>

namespace heapq {

// Removes the files that UnfinishedFile registered. Async-signal-safe.
void RemoveUnfinishedFiles();

// A signal handler: removes unfinished files, then ends the process by `sig`.
// Async-signal-safe.
void RemoveUnfinishedFilesAndDie(int sig);

// Registers a temporary file: a signal that ends the process (SIGINT, SIGTERM,
// SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU) removes it first. The first object
// installs the handlers; it leaves a signal alone that is ignored or that has a
// handler. At most 16 files are registered at a time; further ones are not.
class UnfinishedFile {
 public:
  // Registers nothing.
  UnfinishedFile() = default;
  explicit UnfinishedFile(const std::string& path);
  UnfinishedFile(UnfinishedFile&& other) noexcept;
  UnfinishedFile& operator=(UnfinishedFile&&) = delete;
  ~UnfinishedFile();

 private:
  int slot_ = -1;
};

// While an object of this class exists, a signal that would end the process
// waits until the last of them is destroyed.
class DeferredExit {
 public:
  DeferredExit();
  ~DeferredExit();
  DeferredExit(const DeferredExit&) = delete;
  DeferredExit& operator=(const DeferredExit&) = delete;
};

}  // namespace heapq

#endif  // HEAPQ_INDEXER_BASE_EXIT_SIGNALS_H_

#ifndef HEAPQ_CLI_MCP_CALL_QUEUE_H_
#define HEAPQ_CLI_MCP_CALL_QUEUE_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "indexer/base/cancellation.h"

namespace heapq {

// Runs calls one after the other on a thread of its own, so that the caller can
// answer other messages meanwhile. Where there cannot be a further thread, Add
// runs the call itself.
class CallQueue {
 public:
  // Makes the reply to a call. Should return soon after `stop` is requested.
  using Call = std::function<std::string(const Cancellation& cancellation)>;

  // `send` takes each reply, on any thread.
  explicit CallQueue(std::function<void(const std::string& reply)> send);
  // Waits until all calls have been run.
  ~CallQueue();
  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;

  // Waits while too many calls wait already.
  void Add(std::string id, Call call);
  // Removes a waiting call, or stops the one that runs. Its reply is not sent.
  // Does nothing if there is none of that id.
  void Cancel(const std::string& id);

 private:
  struct Entry {
    std::string id;
    Call call;
    StopFlag stop;
  };

  void Run();

  const std::function<void(const std::string&)> send_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Entry>> waiting_;
  std::unique_ptr<Entry> running_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_MCP_CALL_QUEUE_H_

#include "cli/mcp/call_queue.h"

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <utility>

namespace heapq {
namespace {

constexpr size_t kMaxWaiting = 64;

}  // namespace

CallQueue::CallQueue(std::function<void(const std::string&)> send)
    : send_(std::move(send)) {
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error&) {
    // No further thread: Add runs the calls.
  }
}

CallQueue::~CallQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CallQueue::Add(std::string id, Call call) {
  if (!thread_.joinable()) {
    send_(call(Cancellation()));
    return;
  }
  auto entry = std::make_unique<Entry>();
  entry->id = std::move(id);
  entry->call = std::move(call);
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < kMaxWaiting; });
  waiting_.push_back(std::move(entry));
  changed_.notify_all();
}

void CallQueue::Cancel(const std::string& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (running_ != nullptr && running_->id == id) {
    running_->stop.Request();
    return;
  }
  const auto found =
      std::find_if(waiting_.begin(), waiting_.end(),
                   [&id](const auto& entry) { return entry->id == id; });
  if (found != waiting_.end()) waiting_.erase(found);
  changed_.notify_all();
}

void CallQueue::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    running_ = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    const Entry& entry = *running_;
    lock.unlock();
    const std::string reply = entry.call(entry.stop);
    lock.lock();
    const bool wanted = !entry.stop.requested();
    running_.reset();
    lock.unlock();
    if (wanted) send_(reply);
    lock.lock();
  }
}

}  // namespace heapq

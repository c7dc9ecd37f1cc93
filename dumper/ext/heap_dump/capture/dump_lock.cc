#include "capture/dump_lock.h"

#include <unistd.h>

#include <atomic>

namespace heap_dump {
namespace {

// The process whose thread takes a dump; 0: none does.
std::atomic<pid_t> g_taker{0};

}  // namespace

bool ClaimDump() {
  const pid_t mine = getpid();
  pid_t taker = g_taker.load();
  // Another process's id was there when this one was forked from it.
  while (taker != mine) {
    if (g_taker.compare_exchange_weak(taker, mine)) return true;
  }
  return false;
}

void ReleaseDump() { g_taker.store(0); }

}  // namespace heap_dump

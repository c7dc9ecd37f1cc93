// Measures `heapq load` next to yajl with callbacks that do nothing over
// the same file, in one thread:
//
//   load_bench HEAPQ DUMP…
//
// For each dump: CPU of the load as a ratio to yajl's, wall time as a ratio
// to its own CPU time, peak memory and the size of the database as ratios to
// the limits of docs/reference/performance.md. Each is the best of three runs.

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yajl/yajl_parse.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int kRuns = 3;

struct Cost {
  double cpu = 0;   // s, user and system
  double wall = 0;  // s
  double peak = 0;  // bytes
};

// Runs `work` in a process of its own.
template <typename Work>
Cost Measure(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(1);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child || status != 0) {
    std::fprintf(stderr, "load_bench: the measured process failed\n");
    std::exit(1);
  }
  const std::chrono::duration<double> wall =
      std::chrono::steady_clock::now() - begin;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) * 1e-6;
  };
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime), wall.count(),
          static_cast<double>(usage.ru_maxrss) * 1024};
}

Cost Best(const std::vector<Cost>& costs) {
  Cost best = costs.front();
  for (const Cost& cost : costs) {
    best.cpu = std::min(best.cpu, cost.cpu);
    best.wall = std::min(best.wall, cost.wall);
    best.peak = std::min(best.peak, cost.peak);
  }
  return best;
}

int Nothing(void* /*context*/) { return 1; }
int NoBoolean(void* /*context*/, int /*value*/) { return 1; }
int NoNumber(void* /*context*/, const char* /*text*/, size_t /*size*/) {
  return 1;
}
int NoText(void* /*context*/, const unsigned char* /*text*/, size_t /*size*/) {
  return 1;
}

// The baseline.
void ParseWithYajl(const char* path) {
  const yajl_callbacks callbacks = {Nothing,  NoBoolean, nullptr, nullptr,
                                    NoNumber, NoText,    Nothing, NoText,
                                    Nothing,  Nothing,   Nothing};
  const yajl_handle yajl = yajl_alloc(&callbacks, nullptr, nullptr);
  yajl_config(yajl, yajl_allow_multiple_values, 1);
  yajl_config(yajl, yajl_dont_validate_strings, 1);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  std::vector<unsigned char> buffer(1 << 20);
  while (true) {
    const ssize_t n = read(file, buffer.data(), buffer.size());
    if (n < 0) _exit(1);
    if (n == 0) break;
    if (yajl_parse(yajl, buffer.data(), static_cast<size_t>(n)) !=
        yajl_status_ok) {
      _exit(1);
    }
  }
  yajl_free(yajl);
  _exit(0);
}

double Ask(sqlite3* db, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  double value = 0;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    value = sqlite3_column_double(statement, 0);
  }
  sqlite3_finalize(statement);
  return value;
}

void Report(const char* heapq, const char* dump) {
  const char* folder = std::getenv("TMPDIR");
  const std::string path = std::string(folder == nullptr ? "/tmp" : folder) +
                           "/load_bench." + std::to_string(getpid()) + ".db";
  std::vector<Cost> yajl;
  std::vector<Cost> load;
  for (int run = 0; run < kRuns; ++run) {
    yajl.push_back(Measure([dump] { ParseWithYajl(dump); }));
    load.push_back(Measure([&] {
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, STDOUT_FILENO);
      execl(heapq, heapq, "--quiet", "--format", "json", "--db", path.c_str(),
            "load", dump, nullptr);
    }));
  }
  struct stat source {};
  struct stat store {};
  stat(dump, &source);
  stat(path.c_str(), &store);
  sqlite3* db = nullptr;
  sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
  const double objects =
      Ask(db, "SELECT value FROM meta WHERE key = 'objects'");
  const double edges = Ask(db,
                           "SELECT sum(value) FROM meta WHERE key IN "
                           "('edges', 'weak_edges')");
  const double classes =
      Ask(db, "SELECT value FROM meta WHERE key = 'class_edges'");
  const double text =
      Ask(db, "SELECT sum(length(CAST(value AS BLOB))) FROM strings");
  sqlite3_close(db);
  unlink(path.c_str());

  const Cost base = Best(yajl);
  const Cost cost = Best(load);
  std::printf(
      "%s: %.0f MB, %.2f M objects, %.2f M edges, %.2f M of them "
      "to classes\n",
      dump, static_cast<double>(source.st_size) / 1e6, objects / 1e6,
      edges / 1e6, classes / 1e6);
  std::printf("  yajl %.2f s CPU, %.0f MB/s\n", base.cpu,
              static_cast<double>(source.st_size) / 1e6 / base.cpu);
  std::printf("  load %.2f s CPU, %.2f x yajl; wall %.2f s, %.2f x its CPU\n",
              cost.cpu, cost.cpu / base.cpu, cost.wall, cost.wall / cost.cpu);
  // The limits; and what they are when edges to classes do not count.
  const auto ratios = [&](const char* what, double size, double object,
                          double edge) {
    std::printf("  %s %.0f MB, %.2f x limit (%.2f without edges to classes)\n",
                what, size / 1e6, size / (object * objects + edge * edges),
                size / (object * objects + edge * (edges - classes)));
  };
  ratios("peak memory", cost.peak, 100, 12);
  ratios("database without texts", static_cast<double>(store.st_size) - text,
         60, 38);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "load_bench HEAPQ DUMP...\n");
    return 2;
  }
  for (int i = 2; i < argc; ++i) Report(argv[1], argv[i]);
  return 0;
}

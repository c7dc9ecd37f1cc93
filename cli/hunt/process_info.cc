#include "cli/hunt/process_info.h"

#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <system_error>
#include <vector>

namespace heapq {
namespace {

std::string PathOf(pid_t pid, const std::string& name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The fields of /proc/PID/stat after the command's name: state, parent, …
std::vector<std::string> StatFields(pid_t pid) {
  const std::string text = ReadAll(PathOf(pid, "stat"));
  const size_t end = text.rfind(')');
  std::vector<std::string> fields;
  if (end == std::string::npos) return fields;
  std::istringstream rest(text.substr(end + 1));
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (std::isdigit(static_cast<unsigned char>(name[0])) != 0) {
      pids.push_back(static_cast<pid_t>(std::atoi(name.c_str())));
    }
  }
  return pids;
}

bool HasMappedLike(pid_t pid, bool (*fits)(const std::string& name)) {
  std::istringstream maps(ReadAll(PathOf(pid, "maps")));
  for (std::string line; std::getline(maps, line);) {
    const size_t slash = line.rfind('/');
    if (slash != std::string::npos && fits(line.substr(slash + 1))) return true;
  }
  return false;
}

}  // namespace

bool IsRunning(pid_t pid) {
  const std::vector<std::string> fields = StatFields(pid);
  return !fields.empty() && fields[0] != "Z" && fields[0] != "X";
}

uint64_t ResidentBytes(pid_t pid) {
  std::istringstream text(ReadAll(PathOf(pid, "statm")));
  uint64_t size = 0;
  uint64_t resident = 0;
  text >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

bool IsRuby(pid_t pid) {
  return HasMappedLike(pid, [](const std::string& name) {
    return name.rfind("libruby", 0) == 0 || name == "ruby" ||
           name.rfind("ruby2.", 0) == 0 || name.rfind("ruby3.", 0) == 0 ||
           name.rfind("ruby4.", 0) == 0;
  });
}

bool HasMapped(pid_t pid, const std::string& name) {
  return ReadAll(PathOf(pid, "maps")).find("/" + name) != std::string::npos;
}

bool CatchesSignal(pid_t pid, int signal) {
  std::istringstream status(ReadAll(PathOf(pid, "status")));
  for (std::string key, value; status >> key >> value;) {
    if (key == "SigCgt:") {
      const uint64_t mask = std::strtoull(value.c_str(), nullptr, 16);
      return ((mask >> (signal - 1)) & 1) != 0;
    }
    std::string rest;
    std::getline(status, rest);
  }
  return false;
}

std::optional<std::string> EnvironmentOf(pid_t pid, const std::string& name) {
  const std::string text = ReadAll(PathOf(pid, "environ"));
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.find('\0', begin);
    if (end == std::string::npos) end = text.size();
    if (text.compare(begin, name.size() + 1, name + "=") == 0) {
      return text.substr(begin + name.size() + 1,
                         end - begin - name.size() - 1);
    }
    begin = end + 1;
  }
  return std::nullopt;
}

pid_t LargestRuby(pid_t root) {
  std::set<pid_t> family = {root};
  const std::vector<pid_t> pids = AllProcesses();
  for (bool grew = true; grew;) {
    grew = false;
    for (const pid_t pid : pids) {
      if (family.count(pid) != 0) continue;
      const std::vector<std::string> fields = StatFields(pid);
      if (fields.size() < 2) continue;
      if (family.count(std::atoi(fields[1].c_str())) == 0) continue;
      family.insert(pid);
      grew = true;
    }
  }
  pid_t largest = 0;
  for (const pid_t pid : family) {
    if (!IsRunning(pid) || !IsRuby(pid)) continue;
    if (largest == 0 || ResidentBytes(pid) > ResidentBytes(largest)) {
      largest = pid;
    }
  }
  return largest;
}

std::string LinkOf(pid_t pid, const std::string& link) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(PathOf(pid, link), error);
  return error ? "" : target.string();
}

}  // namespace heapq

#include "cli/output/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

#include "cli/output/fd_stream.h"
#include "cli/output/terminal.h"

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace heapq {
namespace {

constexpr char kStandardPager[] = "less";

// Whether the first word of a shell command is a program that can be run.
bool IsInstalled(const std::string& command) {
  const size_t begin = command.find_first_not_of(' ');
  if (begin == std::string::npos) return false;
  const std::string program =
      command.substr(begin, command.find(' ', begin) - begin);
  // The shell finds what else there is: quotes, variables, assignments.
  if (program.find_first_of("'\"$=~\\") != std::string::npos) return true;
  if (program.find('/') != std::string::npos) {
    return access(program.c_str(), X_OK) == 0;
  }
  const char* const path = std::getenv("PATH");
  const std::string folders = path == nullptr ? "/usr/bin:/bin" : path;
  for (size_t at = 0; at <= folders.size();) {
    const size_t end = std::min(folders.find(':', at), folders.size());
    const std::string file = folders.substr(at, end - at) + "/" + program;
    if (access(file.c_str(), X_OK) == 0) return true;
    at = end + 1;
  }
  return false;
}

// From here on Ctrl-C ends heapq again, which may still be computing.
void OnChildEnded(int) { signal(SIGINT, SIG_DFL); }

// Cells of a line without the styles in it.
size_t Cells(std::string_view line) {
  std::string plain;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      while (i < line.size() && line[i] != 'm') ++i;
      continue;
    }
    plain += line[i];
  }
  return DisplayWidth(plain);
}

}  // namespace

std::string PagerCommand() {
  for (const char* const name : {"HEAPQ_PAGER", "PAGER"}) {
    const char* const command = std::getenv(name);
    if (command == nullptr) continue;
    const std::string text = command;
    return text != "cat" && IsInstalled(text) ? text : std::string();
  }
  return IsInstalled(kStandardPager) ? kStandardPager : std::string();
}

PagedStream::PagedStream(std::ostream* terminal, std::string command,
                         size_t columns, size_t rows)
    : std::ostream(nullptr),
      buffer_(terminal, std::move(command), columns, rows) {
  rdbuf(&buffer_);
}

PagedStream::~PagedStream() = default;

PagedStream::Buffer::Buffer(std::ostream* terminal, std::string command,
                            size_t columns, size_t rows)
    : terminal_(*terminal),
      command_(std::move(command)),
      columns_(columns),
      rows_(rows) {}

PagedStream::Buffer::~Buffer() { Finish(); }

std::ostream* PagedStream::Buffer::target() const {
  return pipe_ == nullptr ? &terminal_ : pipe_.get();
}

PagedStream::Buffer::int_type PagedStream::Buffer::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) {
    return traits_type::not_eof(c);
  }
  const char byte = traits_type::to_char_type(c);
  if (decided_) {
    return target()->put(byte).good() ? c : traits_type::eof();
  }
  held_ += byte;
  if (byte != '\n') return c;
  const size_t cells =
      Cells(std::string_view(held_).substr(line_, held_.size() - 1 - line_));
  rows_used_ += cells <= columns_ ? 1 : (cells + columns_ - 1) / columns_;
  line_ = held_.size();
  // The shell's prompt needs a row.
  if (rows_used_ + 1 > rows_) {
    Start();
    decided_ = true;
    *target() << held_;
    held_.clear();
  }
  return target()->good() ? c : traits_type::eof();
}

void PagedStream::Buffer::Start() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  terminal_.flush();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  std::vector<std::string> variables = {"LESS=FRX", "LV=-c"};
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment.push_back(*variable);
  }
  for (std::string& variable : variables) {
    const std::string name = variable.substr(0, variable.find('='));
    if (std::getenv(name.c_str()) == nullptr) {
      environment.push_back(variable.data());
    }
  }
  environment.push_back(nullptr);
  std::string shell = "sh";
  std::string option = "-c";
  std::string command = command_;
  char* words[] = {shell.data(), option.data(), command.data(), nullptr};
  const int error = posix_spawn(&pager_, "/bin/sh", &actions, nullptr, words,
                                environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  if (error != 0) {
    close(ends[1]);
    pager_ = 0;
    return;
  }
  // Set once the pager runs, which would inherit it.
  signal(SIGINT, SIG_IGN);
  signal(SIGCHLD, OnChildEnded);
  fd_ = ends[1];
  pipe_ = std::make_unique<FdStream>(fd_);
}

void PagedStream::Buffer::Finish() {
  if (!decided_) terminal_ << held_ << std::flush;
  decided_ = true;
  held_.clear();
  if (pager_ == 0) return;
  pipe_->flush();
  close(fd_);
  int status = 0;
  while (waitpid(pager_, &status, 0) < 0 && errno == EINTR) {
  }
  pager_ = 0;
  signal(SIGCHLD, SIG_DFL);
}

}  // namespace heapq

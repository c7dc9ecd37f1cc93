#ifndef HEAPQ_CLI_OUTPUT_PAGER_H_
#define HEAPQ_CLI_OUTPUT_PAGER_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>

namespace heapq {

class FdStream;

// The command of the user's pager: HEAPQ_PAGER, else PAGER, else `less`. Empty:
// output is not paged, since the variable is empty or `cat`, or the program is
// not installed.
std::string PagerCommand();

// Writes to `terminal` what fits on a screen, and anything longer to a pager
// that it starts then (LESS=FRX unless the variable is set). While the pager
// runs, Ctrl-C is the pager's. Call Finish() last.
class PagedStream : public std::ostream {
 public:
  // `columns` and `rows` of the terminal; all must outlive the stream.
  PagedStream(std::ostream* terminal, std::string command, size_t columns,
              size_t rows);
  ~PagedStream() override;

  // Writes what is held back, and waits until the user leaves the pager.
  void Finish() { buffer_.Finish(); }

 private:
  class Buffer : public std::streambuf {
   public:
    Buffer(std::ostream* terminal, std::string command, size_t columns,
           size_t rows);
    ~Buffer() override;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    void Finish();

   protected:
    int_type overflow(int_type c) override;

   private:
    void Start();
    std::ostream* target() const;

    std::ostream& terminal_;
    const std::string command_;
    const size_t columns_;
    const size_t rows_;
    std::string held_;      // all that was written so far
    size_t line_ = 0;       // where the last line of held_ begins
    size_t rows_used_ = 0;  // of the screen
    bool decided_ = false;  // held_ was written
    pid_t pager_ = 0;
    int fd_ = -1;
    std::unique_ptr<FdStream> pipe_;
  };

  Buffer buffer_;
};

}  // namespace heapq

#endif  // HEAPQ_CLI_OUTPUT_PAGER_H_

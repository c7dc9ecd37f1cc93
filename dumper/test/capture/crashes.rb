# frozen_string_literal: true

require "fileutils"
require "rbconfig"

# Makes the process that writes a dump crash; to be included after TakeHelper.
module Crashes
  # Sets @trap to an environment in which the child crashes at a function of
  # Ruby's: the "line" of a frame is asked for only where a layout says what a
  # frame is, the "size" of an object always.
  def crashes(at:, signal: "SEGV", env: {})
    FileUtils.rm_f(path("tries"))
    @trap = { "LD_PRELOAD" => crash_trap, "CRASH_TRIES" => path("tries"), "CRASH_AT" => at,
              "CRASH_SIGNAL" => Signal.list.fetch(signal).to_s }.merge(env)
  end

  def crash_trap
    return path("trap.so") if File.exist?(path("trap.so"))

    File.write(path("trap.c"), <<~'C')
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <fcntl.h>
      #include <pthread.h>
      #include <signal.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/prctl.h>
      #include <sys/stat.h>
      #include <unistd.h>
      static unsigned (*line_no)(const void *, size_t);
      static size_t (*memsize)(unsigned long);
      static long number(const char *name, long otherwise) {
        const char *text = getenv(name);
        return text ? atol(text) : otherwise;
      }
      static int in_dump(void) {
        char name[17] = "";
        prctl(PR_GET_NAME, name, 0, 0, 0);
        return strcmp(name, "heap_dump") == 0;
      }
      static void crash(const char *at) {
        static long calls = 0;
        struct stat tries;
        if (strcmp(getenv("CRASH_AT"), at) != 0 || !in_dump()) return;
        if (calls++ < number("CRASH_AFTER", 0)) return;
        int fd = open(getenv("CRASH_TRIES"), O_WRONLY | O_CREAT | O_APPEND, 0600);
        fstat(fd, &tries);
        if (tries.st_size >= number("CRASH_TIMES", 1000) || write(fd, "x", 1) != 1) return;
        sleep(number("CRASH_SECONDS", 0));
        if (getenv("CRASH_LOCKS")) {
          static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
          for (;;) pthread_mutex_lock(&mutex);
        }
        const int by = number("CRASH_SIGNAL", SIGSEGV);
        if (getenv("CRASH_UNHANDLED")) signal(by, SIG_DFL);
        kill(getpid(), by);
        for (;;) pause();
      }
      __attribute__((constructor)) static void look_up(void) {
        line_no = dlsym(RTLD_NEXT, "rb_iseq_line_no");
        memsize = dlsym(RTLD_NEXT, "rb_obj_memsize_of");
      }
      unsigned rb_iseq_line_no(const void *iseq, size_t position) {
        crash("line");
        return line_no(iseq, position);
      }
      size_t rb_obj_memsize_of(unsigned long object) {
        crash("size");
        return memsize(object);
      }
    C
    built = system(RbConfig::CONFIG["CC"], "-shared", "-fPIC", "-o", path("trap.so"), path("trap.c"), "-ldl")
    skip "there is no C compiler" unless built
    path("trap.so")
  end
end

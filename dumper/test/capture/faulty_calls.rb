# frozen_string_literal: true

require "fileutils"
require "rbconfig"

# A library to preload that makes the file handling of a dump fail or hang; to
# be included after TakeHelper. It counts the calls that a writer, a process or
# thread named heap_dump…, makes of what may touch a disk, and those that the
# program makes for a dump (pipes, descriptors, threads).
#
#   FAULT_ERROR   errno of the call that fails
#   HANG_AT       name of a call that hangs, signals or not, until the file
#                 HANG_UNTIL is there
#
# A program asks for the fault by `fault_at(n, in_host)` (see Fault, below), and
# by `fault_hits()` whether there was an n-th call.
module FaultyCalls
  # Ruby code for the program: Fault.at(n, host: false) { … } gives whether the
  # n-th call was made, and so failed.
  PROGRAM = <<~'RUBY'
    require "fiddle"
    module Fault
      LIBRARY = Fiddle.dlopen(nil)
      AT = Fiddle::Function.new(LIBRARY["fault_at"], [Fiddle::TYPE_INT] * 2, Fiddle::TYPE_VOID)
      HITS = Fiddle::Function.new(LIBRARY["fault_hits"], [], Fiddle::TYPE_INT)
      def self.at(number, host: false)
        AT.call(number, host ? 1 : 0)
        yield
        wait_for_thread
        HITS.call.positive?
      ensure
        AT.call(0, 0)
      end
      # The thread for the file of a dump in place closes it after the answer.
      def self.wait_for_thread
        sleep 0.002 while Dir["/proc/self/task/*/comm"].any? { |name| comm(name).start_with?("heap_dump") }
      end
      def self.comm(name)
        File.read(name)
      rescue SystemCallError
        ""
      end
    end
  RUBY

  def faulty_calls
    return path("faults.so") if File.exist?(path("faults.so"))

    File.write(path("faults.c"), SOURCE)
    built = system(RbConfig::CONFIG["CC"], "-shared", "-fPIC", "-o", path("faults.so"), path("faults.c"), "-ldl")
    FileUtils.rm_f(path("faults.c"))
    skip "there is no C compiler" unless built
    path("faults.so")
  end

  SOURCE = <<~'C'
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <pthread.h>
    #include <signal.h>
    #include <stdarg.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/prctl.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    struct shared { int hits; };
    static struct shared *shared;
    static volatile int at, in_host, calls;
    static int error;
    static const char *hang_at, *hang_until;
    static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }
    static long (*real_syscall)(long, ...);
    static int in_writer(void) {
      char name[17] = "";
      prctl(PR_GET_NAME, name, 0, 0, 0);
      return strncmp(name, "heap_dump", 9) == 0;
    }
    static void hang(const char *name) {
      if (hang_at == NULL || strcmp(name, hang_at) != 0) return;
      sigset_t all, before;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
      while (real_syscall(SYS_faccessat, AT_FDCWD, hang_until, F_OK) != 0) usleep(5000);
      pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    static int fails_here(int host) {
      if (at == 0 || host != in_host || __sync_add_and_fetch(&calls, 1) != at) return 0;
      shared->hits = 1;
      errno = error;
      return 1;
    }
    static int fails(const char *name) {
      if (shared == NULL || !in_writer()) return 0;
      hang(name);
      return fails_here(0);
    }
    static int fails_in_host(void) { return shared != NULL && !in_writer() && fails_here(1); }
    void fault_at(int number, int host) { at = number; in_host = host; calls = 0; shared->hits = 0; }
    int fault_hits(void) { return shared->hits; }
    #define REAL(result, name, ...) \
      static result (*real)(__VA_ARGS__); \
      if (real == NULL) real = next(name)
    __attribute__((constructor)) static void begin(void) {
      const char *number = getenv("FAULT_ERROR");
      error = number ? atoi(number) : EIO;
      hang_until = getenv("HANG_UNTIL");
      hang_at = getenv("HANG_AT");
      real_syscall = next("syscall");
      void *(*map)(void *, size_t, int, int, int, off_t) = next("mmap");
      shared = map(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    static int mode_of(int flags, va_list rest) { return flags & O_CREAT ? va_arg(rest, int) : 0; }
    int open(const char *path, int flags, ...) {
      REAL(int, "open", const char *, int, ...);
      va_list rest;
      va_start(rest, flags);
      const int mode = mode_of(flags, rest);
      va_end(rest);
      return fails("open") ? -1 : real(path, flags, mode);
    }
    int openat(int folder, const char *path, int flags, ...) {
      REAL(int, "openat", int, const char *, int, ...);
      va_list rest;
      va_start(rest, flags);
      const int mode = mode_of(flags, rest);
      va_end(rest);
      return fails("openat") ? -1 : real(folder, path, flags, mode);
    }
    int fstatat(int folder, const char *path, struct stat *info, int flags) {
      REAL(int, "fstatat", int, const char *, struct stat *, int);
      return fails("fstatat") ? -1 : real(folder, path, info, flags);
    }
    int fstat(int fd, struct stat *info) {
      REAL(int, "fstat", int, struct stat *);
      return fails("fstat") ? -1 : real(fd, info);
    }
    // Before glibc 2.33, fstat and fstatat are inline functions that call these.
    int __fxstat(int version, int fd, struct stat *info) {
      REAL(int, "__fxstat", int, int, struct stat *);
      return fails("fstat") ? -1 : real(version, fd, info);
    }
    int __fxstatat(int version, int folder, const char *path, struct stat *info, int flags) {
      REAL(int, "__fxstatat", int, int, const char *, struct stat *, int);
      return fails("fstatat") ? -1 : real(version, folder, path, info, flags);
    }
    ssize_t write(int fd, const void *data, size_t size) {
      REAL(ssize_t, "write", int, const void *, size_t);
      // Not a descriptor by which two threads call each other.
      struct stat info;
      const int is_file = real_syscall(SYS_fstat, fd, &info) == 0 && S_ISREG(info.st_mode);
      return is_file && fails("write") ? -1 : real(fd, data, size);
    }
    int fsync(int fd) {
      REAL(int, "fsync", int);
      return fails("fsync") ? -1 : real(fd);
    }
    int renameat(int from, const char *old, int to, const char *name) {
      REAL(int, "renameat", int, const char *, int, const char *);
      return fails("renameat") ? -1 : real(from, old, to, name);
    }
    int close(int fd) {
      REAL(int, "close", int);
      const int result = real(fd);
      return fails("close") ? -1 : result;
    }
    void *mmap(void *place, size_t size, int protection, int flags, int fd, off_t offset) {
      REAL(void *, "mmap", void *, size_t, int, int, int, off_t);
      return fails("mmap") ? MAP_FAILED : real(place, size, protection, flags, fd, offset);
    }
    long syscall(long number, ...) {
      long values[6];
      va_list rest;
      va_start(rest, number);
      for (int i = 0; i < 6; ++i) values[i] = va_arg(rest, long);
      va_end(rest);
      const char *name = number == 316 ? "renameat2" : "syscall";
      if (number != SYS_clone && fails(name)) return -1;
      if (number == SYS_clone && fails_in_host()) return -1;
      return real_syscall(number, values[0], values[1], values[2], values[3], values[4], values[5]);
    }
    int pipe2(int fds[2], int flags) {
      REAL(int, "pipe2", int *, int);
      return fails_in_host() ? -1 : real(fds, flags);
    }
    int eventfd(unsigned value, int flags) {
      REAL(int, "eventfd", unsigned, int);
      return fails_in_host() ? -1 : real(value, flags);
    }
    int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data) {
      REAL(int, "pthread_create", pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
      return fails_in_host() ? EAGAIN : real(thread, attributes, run, data);
    }
  C
end

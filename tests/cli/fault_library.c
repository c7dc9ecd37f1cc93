// Preloaded into heapq by load_fault_injection_test.cc: makes the n-th call of
// one kind fail, counted from the first file of the test's folder that is
// opened. Environment:
//
//   FAULT_KIND    open, write, fsync, rename, mmap, malloc
//   FAULT_NUMBER  n, from 1 on
//   FAULT_FOLDER  part of the path of the files that begin the count
//   FAULT_FD      descriptor to which a byte is written when the call fails
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// malloc is used before any initialisation, so libc's own are named.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);

enum Kind { kNone, kOpen, kWrite, kFsync, kRename, kMmap, kMalloc };

static enum Kind kind;
static long number;
static const char* folder;
static int report_fd = -1;
static atomic_long calls;
static atomic_bool counting;

__attribute__((constructor)) static void ReadSettings(void) {
  static const char* const kNames[] = {"",       "open", "write", "fsync",
                                       "rename", "mmap", "malloc"};
  const char* const name = getenv("FAULT_KIND");
  const char* const n = getenv("FAULT_NUMBER");
  const char* const fd = getenv("FAULT_FD");
  folder = getenv("FAULT_FOLDER");
  if (name == NULL || n == NULL || fd == NULL || folder == NULL) return;
  number = atol(n);
  report_fd = atoi(fd);
  for (int i = 1; i <= kMalloc; ++i) {
    if (strcmp(name, kNames[i]) == 0) kind = (enum Kind)i;
  }
}

// Whether this call is the one that fails.
static int Fails(enum Kind call, int error) {
  if (call != kind || !atomic_load(&counting)) return 0;
  if (atomic_fetch_add(&calls, 1) + 1 != number) return 0;
  syscall(SYS_write, report_fd, "x", 1);
  errno = error;
  return 1;
}

static int Open(int at, const char* path, int flags, mode_t mode) {
  if (folder != NULL && path != NULL && strstr(path, folder) != NULL) {
    atomic_store(&counting, 1);
  }
  if (Fails(kOpen, EIO)) return -1;
  return (int)syscall(SYS_openat, at, path, flags, mode);
}

#define MODE_OF(flags)                          \
  mode_t mode = 0;                              \
  if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
    va_list rest;                               \
    va_start(rest, flags);                      \
    mode = va_arg(rest, mode_t);                \
    va_end(rest);                               \
  }

int open(const char* path, int flags, ...) {
  MODE_OF(flags)
  return Open(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  MODE_OF(flags)
  return Open(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char* path, int flags, ...) {
  MODE_OF(flags)
  return Open(at, path, flags, mode);
}

int mkostemp(char* path, int flags) {
  static int (*real)(char*, int);
  if (real == NULL) real = (int (*)(char*, int))dlsym(RTLD_NEXT, "mkostemp");
  return Fails(kOpen, ENOSPC) ? -1 : real(path, flags);
}
int mkostemp64(char* path, int flags) { return mkostemp(path, flags); }

ssize_t write(int fd, const void* bytes, size_t size) {
  // Sentences for the user are no files.
  if (fd > STDERR_FILENO && Fails(kWrite, ENOSPC)) return -1;
  return syscall(SYS_write, fd, bytes, size);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  if (Fails(kWrite, ENOSPC)) return -1;
  return syscall(SYS_pwrite64, fd, bytes, size, at);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  return pwrite64(fd, bytes, size, at);
}
int ftruncate64(int fd, off64_t size) {
  return Fails(kWrite, ENOSPC) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int fsync(int fd) {
  return Fails(kFsync, EIO) ? -1 : (int)syscall(SYS_fsync, fd);
}
int fdatasync(int fd) {
  return Fails(kFsync, EIO) ? -1 : (int)syscall(SYS_fdatasync, fd);
}
int rename(const char* from, const char* to) {
  if (Fails(kRename, EIO)) return -1;
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

void* mmap64(void* at, size_t size, int prot, int flags, int fd, off64_t from) {
  if (Fails(kMmap, ENOMEM)) return MAP_FAILED;
  return (void*)syscall(SYS_mmap, at, size, prot, flags, fd, from);
}
void* mmap(void* at, size_t size, int prot, int flags, int fd, off_t from) {
  return mmap64(at, size, prot, flags, fd, from);
}

void* malloc(size_t size) {
  return Fails(kMalloc, ENOMEM) ? NULL : __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  return Fails(kMalloc, ENOMEM) ? NULL : __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  return Fails(kMalloc, ENOMEM) ? NULL : __libc_realloc(memory, size);
}

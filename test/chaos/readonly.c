/*
 * A disk that turns read-only under a running process, as the kernel makes it when a device fails.
 * While the file READONLY_FLAG exists, whatever would change something below READONLY_DIRECTORY
 * fails with EROFS; what is open may be read. The calls stand here in the forms that Node links to.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_read_only(void) {
  const char *flag = getenv("READONLY_FLAG");
  return flag != NULL && access(flag, F_OK) == 0;
}

static int is_below(const char *path) {
  const char *directory = getenv("READONLY_DIRECTORY");
  return directory != NULL && strncmp(path, directory, strlen(directory)) == 0;
}

static int refuses_path(const char *path) {
  if (!is_below(path) || !is_read_only()) return 0;
  errno = EROFS;
  return 1;
}

static int refuses(int descriptor) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return refuses_path(path);
}

static int open_or_refuse(const char *path, int flags, mode_t mode) {
  int is_change = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  return is_change && refuses_path(path) ? -1 : REAL(openat)(AT_FDCWD, path, flags, mode);
}

static mode_t mode_of(int flags, va_list rest) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                                    \
  int name(const char *path, int flags, ...) {        \
    va_list rest;                                     \
    va_start(rest, flags);                            \
    mode_t mode = mode_of(flags, rest);               \
    va_end(rest);                                     \
    return open_or_refuse(path, flags, mode);         \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int descriptor, const void *bytes, size_t count) {
  return refuses(descriptor) ? -1 : REAL(write)(descriptor, bytes, count);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  return refuses(descriptor) ? -1 : REAL(writev)(descriptor, parts, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  return refuses(descriptor) ? -1 : REAL(pwrite64)(descriptor, bytes, count, offset);
}

int ftruncate64(int descriptor, off64_t length) {
  return refuses(descriptor) ? -1 : REAL(ftruncate64)(descriptor, length);
}

int fsync(int descriptor) {
  return refuses(descriptor) ? -1 : REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
  return refuses(descriptor) ? -1 : REAL(fdatasync)(descriptor);
}

int rename(const char *from, const char *to) {
  return refuses_path(to) ? -1 : REAL(rename)(from, to);
}

int link(const char *from, const char *to) {
  return refuses_path(to) ? -1 : REAL(link)(from, to);
}

int unlink(const char *path) {
  return refuses_path(path) ? -1 : REAL(unlink)(path);
}

/* The calls of the C library that losepages.h stands before, in the forms that Node links to. */
#include "losepages.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

static int (*real_openat)(int, const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_readv)(int, const struct iovec *, int);
static ssize_t (*real_pread64)(int, void *, size_t, off64_t);
static int (*real_ftruncate64)(int, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static off64_t (*real_lseek64)(int, off64_t, int);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real___fxstat64)(int, int, struct stat64 *);
static long (*real_syscall)(long, ...);

static int open_held(int directory, const char *path, int flags, mode_t mode) {
  if (!is_holding()) return REAL(openat)(directory, path, flags, mode);
  lock_files();
  /* A cut of an existing file is a write like any other: it waits for a sync. */
  int descriptor = REAL(openat)(directory, path, flags & ~O_TRUNC, mode);
  if (directory == AT_FDCWD || path[0] == '/') adopt(descriptor, path);
  struct file *file = file_behind(descriptor);
  if ((flags & O_TRUNC) != 0 && descriptor >= 0) {
    if (file == NULL) (void)!REAL(ftruncate64)(descriptor, 0);
    else if (hold(file) == 0) cut(file, 0);
  }
  unlock_files();
  return descriptor;
}

static mode_t mode_of(int flags, va_list rest) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_held(AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_held(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_held(directory, path, flags, mode);
}

int close(int descriptor) {
  lock_files();
  abandon(descriptor);
  unlock_files();
  return REAL(close)(descriptor);
}

static ssize_t write_held(struct file *file, const void *bytes, size_t count, size_t offset) {
  count_step();
  if (hold(file) != 0) return -1;
  leak(file, bytes, count, offset);
  ssize_t done = put(file, bytes, count, offset);
  count_step();
  return done;
}

/* Where the next write without a position goes. */
static off64_t write_position(int descriptor, struct file *file) {
  if ((fcntl(descriptor, F_GETFL) & O_APPEND) != 0 && hold(file) == 0) {
    return REAL(lseek64)(descriptor, (off64_t)file->length, SEEK_SET);
  }
  return REAL(lseek64)(descriptor, 0, SEEK_CUR);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  lock_files();
  struct file *file = file_behind(descriptor);
  ssize_t done = 0;
  for (int index = 0; file != NULL && index < count; index++) {
    off64_t offset = write_position(descriptor, file);
    done += write_held(file, parts[index].iov_base, parts[index].iov_len, (size_t)offset);
    REAL(lseek64)(descriptor, offset + (off64_t)parts[index].iov_len, SEEK_SET);
  }
  unlock_files();
  return file == NULL ? REAL(writev)(descriptor, parts, count) : done;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (file_behind(descriptor) == NULL) return REAL(write)(descriptor, bytes, count);
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
  return writev(descriptor, &part, 1);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  lock_files();
  struct file *file = file_behind(descriptor);
  ssize_t done = file == NULL ? 0 : write_held(file, bytes, count, (size_t)offset);
  unlock_files();
  return file == NULL ? REAL(pwrite64)(descriptor, bytes, count, offset) : done;
}

static int is_read_held(int descriptor) {
  struct file *file = file_behind(descriptor);
  return file != NULL && file->is_held;
}

ssize_t readv(int descriptor, const struct iovec *parts, int count) {
  lock_files();
  int is_held = is_read_held(descriptor);
  ssize_t done = 0;
  for (int index = 0; is_held && index < count; index++) {
    off64_t offset = REAL(lseek64)(descriptor, 0, SEEK_CUR);
    struct file *file = file_behind(descriptor);
    ssize_t got = get(file, parts[index].iov_base, parts[index].iov_len, (size_t)offset);
    REAL(lseek64)(descriptor, offset + got, SEEK_SET);
    done += got;
  }
  unlock_files();
  return is_held ? done : REAL(readv)(descriptor, parts, count);
}

ssize_t read(int descriptor, void *bytes, size_t count) {
  if (!is_read_held(descriptor)) return REAL(read)(descriptor, bytes, count);
  struct iovec part = {.iov_base = bytes, .iov_len = count};
  return readv(descriptor, &part, 1);
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off64_t offset) {
  lock_files();
  int is_held = is_read_held(descriptor);
  ssize_t done = is_held ? get(file_behind(descriptor), bytes, count, (size_t)offset) : 0;
  unlock_files();
  return is_held ? done : REAL(pread64)(descriptor, bytes, count, offset);
}

int ftruncate64(int descriptor, off64_t length) {
  lock_files();
  struct file *file = file_behind(descriptor);
  int result = 0;
  if (file != NULL) {
    count_step();
    result = hold(file);
    if (result == 0) cut(file, (size_t)length);
    count_step();
  }
  unlock_files();
  return file == NULL ? REAL(ftruncate64)(descriptor, length) : result;
}

/* The result of a sync of a held file; -2 when the kernel is to be asked. */
static int sync_held(int descriptor) {
  lock_files();
  struct file *file = file_behind(descriptor);
  int result = file == NULL ? -2 : 0;
  if (file != NULL) {
    count_step();
    if (!is_sync_ignored()) result = settle(file);
    count_step();
  }
  unlock_files();
  return result;
}

int fsync(int descriptor) {
  int result = sync_held(descriptor);
  return result == -2 ? REAL(fsync)(descriptor) : result;
}

int fdatasync(int descriptor) {
  int result = sync_held(descriptor);
  return result == -2 ? REAL(fdatasync)(descriptor) : result;
}

off64_t lseek64(int descriptor, off64_t offset, int whence) {
  if (whence == SEEK_END && is_read_held(descriptor)) {
    offset += (off64_t)file_behind(descriptor)->length;
    whence = SEEK_SET;
  }
  return REAL(lseek64)(descriptor, offset, whence);
}

int rename(const char *from, const char *to) {
  lock_files();
  if (is_holding()) remove_name(to);
  int result = REAL(rename)(from, to);
  unlock_files();
  return result;
}

int unlink(const char *path) {
  lock_files();
  if (is_holding()) remove_name(path);
  int result = REAL(unlink)(path);
  unlock_files();
  return result;
}

int __fxstat64(int version, int descriptor, struct stat64 *facts) {
  int result = REAL(__fxstat64)(version, descriptor, facts);
  lock_files();
  if (result == 0 && is_read_held(descriptor)) {
    facts->st_size = (off64_t)file_behind(descriptor)->length;
  }
  unlock_files();
  return result;
}

/* libuv closes descriptors and asks for the facts of a file by the numbers of the calls. */
long syscall(long number, ...) {
  va_list rest;
  long values[6];
  va_start(rest, number);
  for (int index = 0; index < 6; index++) values[index] = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_close) return close((int)values[0]);
  long result = REAL(syscall)(number, values[0], values[1], values[2], values[3], values[4],
                              values[5]);
  if (number != SYS_statx || result != 0 || !is_holding()) return result;
  struct statx *facts = (struct statx *)values[4];
  lock_files();
  struct file *file =
      file_numbered(makedev(facts->stx_dev_major, facts->stx_dev_minor), facts->stx_ino);
  if (file != NULL && file->is_held) facts->stx_size = file->length;
  unlock_files();
  return result;
}

__attribute__((destructor)) static void end(void) {
  lock_files();
  if (!is_sync_ignored()) settle_all();
  unlock_files();
}

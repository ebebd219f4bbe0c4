/*
 * A disk that loses what was not synced.
 *
 * kill -9 alone cannot find a missing fsync: the pages of a killed process stay with the kernel and
 * reach the disk later. Preloaded into a process, this library keeps what the process writes to
 * files below one directory in the memory of that process until fsync or fdatasync, and so a kill
 * loses the rest, as a power cut would. Reads of the same process see what it wrote.
 *
 * LOSEPAGES_DIRECTORY  files below this absolute path are held; without it nothing is
 * LOSEPAGES_SYNC       `honoured` (default), or `ignored`: a sync returns and saves nothing
 * LOSEPAGES_KILL_AT    the process kills itself at this step; every held call is two steps, one
 *                      before it and one after it
 * LOSEPAGES_LEAK_PPM   chance that a write reaches the disk early, cut at a random byte: pages are
 *                      written back in any order, and tear
 * LOSEPAGES_SEED       of those chances
 *
 * A synced write is handed to the kernel and not to the disk: a kill does not lose it there. Names
 * (create, rename, unlink) apply at once. Memory mappings are not held: SQLite maps only its index
 * of the write-ahead log, which it makes anew, so files ending in `-shm` are left alone.
 */
#include "losepages.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIPTORS_MAX 4096

static int (*real_open64)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);
static ssize_t (*real_pread64)(int, void *, size_t, off64_t);
static int (*real_ftruncate64)(int, off64_t);

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static struct file *files;
static struct file *by_descriptor[DESCRIPTORS_MAX];
static long steps;
static uint64_t chance_state;

void load_real(void **slot, const char *name) {
  *slot = dlsym(RTLD_NEXT, name);
  if (*slot == NULL) abort();
}

void lock_files(void) { pthread_mutex_lock(&lock); }
void unlock_files(void) { pthread_mutex_unlock(&lock); }

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value != NULL && *value != '\0' ? value : NULL;
}

int is_holding(void) { return setting("LOSEPAGES_DIRECTORY") != NULL; }

int is_sync_ignored(void) {
  const char *value = setting("LOSEPAGES_SYNC");
  return value != NULL && strcmp(value, "ignored") == 0;
}

void count_step(void) {
  const char *at = setting("LOSEPAGES_KILL_AT");
  steps += 1;
  if (at == NULL || strtol(at, NULL, 10) != steps) return;
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* splitmix64 */
static uint64_t chance(void) {
  if (chance_state == 0) {
    const char *seed = setting("LOSEPAGES_SEED");
    chance_state = seed == NULL ? 1 : strtoull(seed, NULL, 10) * 2 + 1;
  }
  uint64_t mixed = (chance_state += 0x9e3779b97f4a7c15ULL);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31);
}

static int is_watched(const char *path) {
  const char *directory = setting("LOSEPAGES_DIRECTORY");
  size_t length = strlen(path);
  if (directory == NULL || strncmp(path, directory, strlen(directory)) != 0) return 0;
  return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

struct file *file_numbered(dev_t device, ino_t inode) {
  for (struct file *each = files; each != NULL; each = each->next) {
    if (!each->is_removed && each->device == device && each->inode == inode) return each;
  }
  return NULL;
}

struct file *file_behind(int descriptor) {
  if (descriptor < 0 || descriptor >= DESCRIPTORS_MAX) return NULL;
  return by_descriptor[descriptor];
}

/* Forgets a file that nobody has open and whose name is gone. */
static void release(struct file *file) {
  if (!file->is_removed || file->open_count > 0) return;
  for (struct file **each = &files; *each != NULL; each = &(*each)->next) {
    if (*each != file) continue;
    *each = file->next;
    if (file->writer >= 0) REAL(close)(file->writer);
    free(file->bytes);
    free(file);
    return;
  }
}

void adopt(int descriptor, const char *path) {
  struct stat64 facts;
  char full[PATH_MAX];
  if (descriptor < 0 || descriptor >= DESCRIPTORS_MAX || realpath(path, full) == NULL) return;
  if (!is_watched(full) || fstatat64(AT_FDCWD, full, &facts, 0) != 0) return;
  if (!S_ISREG(facts.st_mode)) return;
  struct file *file = file_numbered(facts.st_dev, facts.st_ino);
  if (file == NULL) {
    file = calloc(1, sizeof(struct file));
    if (file == NULL) abort();
    file->device = facts.st_dev;
    file->inode = facts.st_ino;
    file->writer = REAL(open64)(full, O_RDWR | O_CLOEXEC);
    file->next = files;
    files = file;
  }
  file->open_count += 1;
  by_descriptor[descriptor] = file;
}

void abandon(int descriptor) {
  struct file *file = file_behind(descriptor);
  if (file == NULL) return;
  by_descriptor[descriptor] = NULL;
  file->open_count -= 1;
  release(file);
}

void remove_name(const char *path) {
  struct stat64 facts;
  if (fstatat64(AT_FDCWD, path, &facts, AT_SYMLINK_NOFOLLOW) != 0) return;
  struct file *file = file_numbered(facts.st_dev, facts.st_ino);
  if (file == NULL || facts.st_nlink > 1) return;
  file->is_removed = 1;
  release(file);
}

static void reserve(struct file *file, size_t length) {
  if (length <= file->capacity) return;
  size_t capacity = file->capacity == 0 ? 65536 : file->capacity;
  while (capacity < length) capacity *= 2;
  file->bytes = realloc(file->bytes, capacity);
  if (file->bytes == NULL) abort();
  memset(file->bytes + file->capacity, 0, capacity - file->capacity);
  file->capacity = capacity;
}

static void all_saved(struct file *file) {
  file->is_cut = 0;
  file->dirty_from = SIZE_MAX;
  file->dirty_to = 0;
}

int hold(struct file *file) {
  if (file->is_held) return 0;
  file->length = 0;
  for (;;) {
    reserve(file, file->length + 65536);
    off64_t offset = (off64_t)file->length;
    ssize_t got = REAL(pread64)(file->writer, file->bytes + offset, 65536, offset);
    if (got < 0) return -1;
    if (got == 0) break;
    file->length += (size_t)got;
  }
  file->is_held = 1;
  all_saved(file);
  return 0;
}

void cut(struct file *file, size_t length) {
  reserve(file, length);
  if (length < file->length) memset(file->bytes + length, 0, file->length - length);
  file->length = length;
  file->is_cut = 1;
}

ssize_t put(struct file *file, const void *bytes, size_t count, size_t offset) {
  size_t end = offset + count;
  reserve(file, end);
  memcpy(file->bytes + offset, bytes, count);
  if (end > file->length) file->length = end;
  if (offset < file->dirty_from) file->dirty_from = offset;
  if (end > file->dirty_to) file->dirty_to = end;
  return (ssize_t)count;
}

ssize_t get(struct file *file, void *bytes, size_t count, size_t offset) {
  if (offset >= file->length) return 0;
  size_t left = file->length - offset;
  size_t taken = count < left ? count : left;
  memcpy(bytes, file->bytes + offset, taken);
  return (ssize_t)taken;
}

void leak(struct file *file, const void *bytes, size_t count, size_t offset) {
  const char *ppm = setting("LOSEPAGES_LEAK_PPM");
  if (ppm == NULL || count == 0 || chance() % 1000000 >= strtoull(ppm, NULL, 10)) return;
  (void)!REAL(pwrite64)(file->writer, bytes, chance() % (count + 1), (off64_t)offset);
}

int settle(struct file *file) {
  if (!file->is_held) return 0;
  if (file->is_cut && REAL(ftruncate64)(file->writer, (off64_t)file->length) != 0) return -1;
  size_t to = file->dirty_to < file->length ? file->dirty_to : file->length;
  for (size_t from = file->dirty_from; from < to;) {
    ssize_t done = REAL(pwrite64)(file->writer, file->bytes + from, to - from, (off64_t)from);
    if (done < 0) return -1;
    from += (size_t)done;
  }
  all_saved(file);
  return 0;
}

void settle_all(void) {
  for (struct file *each = files; each != NULL; each = each->next) {
    if (!each->is_removed) settle(each);
  }
}

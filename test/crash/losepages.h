/* What the library knows of files (losepages.c), for the calls that it stands before. */
#ifndef LOSEPAGES_H
#define LOSEPAGES_H
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* The C library's own function of a name; each source file keeps the pointers that it uses. */
#define REAL(name) (real_##name != NULL ? real_##name : load_real((void **)&real_##name, #name), real_##name)

/* What one process thinks a file holds. Kept while it is open, or holds what was not synced. */
struct file {
  dev_t device;
  ino_t inode;
  int open_count;
  int is_removed;
  int is_held; /* `bytes` is the truth; else the kernel's file is. */
  int is_cut;  /* The length changed since the last sync. */
  unsigned char *bytes;
  size_t length;
  size_t capacity;
  size_t dirty_from;
  size_t dirty_to;
  int writer; /* Our own descriptor, which outlives those of the process. */
  struct file *next;
};

/* Looks up what this library stands before. Ends the process when there is nothing. */
void load_real(void **slot, const char *name);

void lock_files(void);
void unlock_files(void);

/* Whether the process was told to hold anything at all. */
int is_holding(void);
int is_sync_ignored(void);

/* Counts one step, and ends the process at the chosen one. */
void count_step(void);

/* The file behind a descriptor when its content may be held; NULL for all others. */
struct file *file_behind(int descriptor);
struct file *file_numbered(dev_t device, ino_t inode);

/* Begins and ends to follow a descriptor. */
void adopt(int descriptor, const char *path);
void abandon(int descriptor);

/* A name is about to go, and with it what is held below it. */
void remove_name(const char *path);

/* Take the kernel's content as the start of what is held; 0, or -1 with the reason in errno. */
int hold(struct file *file);

/* Change and read what is held. */
void cut(struct file *file, size_t length);
ssize_t put(struct file *file, const void *bytes, size_t count, size_t offset);
ssize_t get(struct file *file, void *bytes, size_t count, size_t offset);

/* Now and then hands a part of a write to the kernel although nobody asked for it. */
void leak(struct file *file, const void *bytes, size_t count, size_t offset);

/* Hands everything held to the kernel; 0, or -1 with the reason in errno. */
int settle(struct file *file);

/* Hands over every file, as the kernel does after an orderly end. */
void settle_all(void);
#endif

#ifndef KOMOKU_CSPAWN_SHIM_H
#define KOMOKU_CSPAWN_SHIM_H

#include <malloc.h>
#include <pthread.h>
#include <spawn.h>
// What wakes a thread that polls; Glibc leaves it out.
#include <sys/eventfd.h>
#include <sys/timex.h>
#include <sys/types.h>

// glibc declares these with _GNU_SOURCE only, which is not set for its Swift module.

int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
int pipe2(int ends[2], int flags);
long syscall(long number, ...);
int pthread_setattr_default_np(const pthread_attr_t *attributes);

// POSIX_SPAWN_SETSID
static const short spawn_setsid = 0x80;

// A descriptor that is readable when the process has ended; the call has a function of its own from glibc 2.36 on only.
static inline int spawn_pidfd(pid_t process) {
    return (int)syscall(434, process, 0);
}

// Threads that are made from now on, whoever makes them, get stacks of so many bytes.
static inline void threads_use_stacks_of(size_t size) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return;
    if (pthread_attr_setstacksize(&attributes, size) == 0) pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}

// Each arena of glibc names 64 MB, and each of the first threads gets one of its own.
static inline void malloc_use_one_arena(void) { mallopt(M_ARENA_MAX, 1); }

// Whether the kernel says that nobody has set its clock: 1 or 0, and -1 where it cannot be asked. A question without modes
// changes nothing and needs no right.
static inline int clock_is_unsynchronized(void) {
    struct timex question = {0};
    int state = adjtimex(&question);
    if (state < 0) return -1;
    return state == TIME_ERROR || (question.status & STA_UNSYNC) != 0;
}

#endif

/*
 * count - counts what the threads of a run ask for while it measures: a library for LD_PRELOAD
 * (tests/e2e/38_window.sh).
 *
 *     LD_PRELOAD=count.so COUNT_REPORT=FILE loadgen attack ...
 *
 * A thread is counted from its first call of epoll_pwait2, the loop's, on. At the end FILE gets one
 * line, "ALLOCATIONS LOCKS TURNS", over all of them. Nothing of it is for a program that is used.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* glibc's own names for them: to look them up would allocate. */
extern void *__libc_malloc(size_t size);               /* NOLINT: glibc's name */
extern void *__libc_calloc(size_t count, size_t size); /* NOLINT: glibc's name */
extern void *__libc_realloc(void *old, size_t size);   /* NOLINT: glibc's name */

static __thread bool is_counted;
static atomic_ulong allocations;
static atomic_ulong locks;
static atomic_ulong turns;

void *malloc(size_t size)
{
    allocations += is_counted;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations += is_counted;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations += is_counted;
    return __libc_realloc(old, size);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    static int (*real)(pthread_mutex_t *);
    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    }
    locks += is_counted;
    return real(mutex);
}

int epoll_pwait2(int epoll, struct epoll_event *events, int count, const struct timespec *timeout,
                 const sigset_t *mask)
{
    is_counted = true;
    turns++;
    return (int)syscall(SYS_epoll_pwait2, epoll, events, count, timeout, mask, _NSIG / 8);
}

__attribute__((destructor)) static void end(void)
{
    char text[80];
    const char *path = getenv("COUNT_REPORT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    int length = snprintf(text, sizeof text, "%lu %lu %lu\n", allocations, locks, turns);
    if (fd >= 0 && write(fd, text, (size_t)length) != length) {
        abort();
    }
}

/*
 * fault - makes one call of a program fail: a library for LD_PRELOAD (tests/faults/faults.py).
 *
 *     LD_PRELOAD=fault.so FAULT_AT=17 FAULT_REPORT=FILE program ...
 *
 * The calls below are counted over all threads; the FAULT_AT-th fails as it does when the system
 * has no more of what it asks for, and FAULT_REPORT gets its name and stack, and that of the crash
 * if there is one. With FAULT_AT=0 none fails, and FAULT_REPORT gets the first call of each way at
 * the end, as NUMBER:WAY: what is called in a loop is there once, what is called from two places is
 * there twice. With FAULT_OWN only the program's own part of a way counts: all that a function of a
 * library calls is one. A way is then the same number in every run of the program. Nothing of it is
 * for a program that is used.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

enum { DEPTH = 24, WAYS = 1 << 16 }; /* of a stack, as far as it is looked at */

static atomic_ulong calls;
static unsigned long fault_at; /* 0 until the program itself begins */
static const char *report_path;

/* dlsym may allocate before malloc is known: from here, and it is never given back. */
static _Alignas(16) char early[1 << 16];
static size_t early_used;

static void *early_malloc(size_t size)
{
    size_t at = (early_used + 15) & ~(size_t)15;
    early_used = at + size;
    return early_used <= sizeof early ? early + at : NULL;
}

static bool is_early(const void *p)
{
    return (const char *)p >= early && (const char *)p < early + sizeof early;
}

struct stack {
    void *frames[DEPTH];
    int depth;
};

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *into)
{
    struct stack *stack = into;
    stack->frames[stack->depth++] = (void *)_Unwind_GetIP(context); /* NOLINT: an address is one */
    return stack->depth < DEPTH ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* glibc's backtrace would load the unwinder first, and LeakSanitizer calls that a leak. */
static struct stack walk(void)
{
    struct stack stack = {.depth = 0};
    _Unwind_Backtrace(add_frame, &stack);
    return stack;
}

/* By the kernel alone: nothing here may be counted. Returns the descriptor. */
static int report(const char *text, int how)
{
    int flags = O_WRONLY | O_CREAT | how;
    int fd = report_path ? (int)syscall(SYS_openat, AT_FDCWD, report_path, flags, 0644) : -1;
    syscall(SYS_write, fd, text, strlen(text));
    return fd;
}

static void report_stack(const char *title, int how)
{
    struct stack stack = walk();
    int fd = report(title, how);
    syscall(SYS_write, fd, "\n", 1);
    backtrace_symbols_fd(stack.frames, stack.depth, fd);
    close(fd);
}

/* The ways by which calls came, as hashes of their stacks; and the number of the first of each. */
static uint64_t ways[WAYS];
static struct first {
    unsigned long number;
    uint64_t way;
} firsts[WAYS / 2];
static size_t way_count;
static bool counts_own; /* ways within libraries are all one */
static uintptr_t own_start;
static uintptr_t own_end;
static pthread_mutex_t ways_lock = PTHREAD_MUTEX_INITIALIZER;

/* Is the address in the program itself, and in none of its libraries? */
static bool is_own(uintptr_t address)
{
    return address >= own_start && address < own_end;
}

static int find_own(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
            own_start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            own_end = own_start + info->dlpi_phdr[i].p_memsz;
        }
    }
    return 1; /* the first one is the program */
}

static uint64_t hash_stack(void)
{
    struct stack stack = walk();
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < stack.depth; i++) {
        uintptr_t address = (uintptr_t)stack.frames[i];
        if (!counts_own || is_own(address)) {
            hash = (hash ^ (address - own_start)) * UINT64_C(0x100000001b3);
        }
    }
    return hash | 1; /* 0 is a free place */
}

static void note_way(unsigned long number)
{
    uint64_t hash = hash_stack();
    pthread_mutex_lock(&ways_lock);
    size_t at = (hash ^ hash >> 32) % WAYS;
    while (ways[at] != 0 && ways[at] != hash) {
        at = (at + 1) % WAYS;
    }
    if (ways[at] == 0 && way_count < WAYS / 2) {
        ways[at] = hash;
        firsts[way_count++] = (struct first){number, hash};
    }
    pthread_mutex_unlock(&ways_lock);
}

/* What a sanitizer asks for itself is none of the program's, nor is what is asked for here. */
static __thread bool is_exempt;

static bool fails(const char *name)
{
    if (fault_at == 0 || is_exempt) {
        return false;
    }
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    bool is_its_turn = number == fault_at;
    is_exempt = true;
    if (fault_at == ULONG_MAX) {
        note_way(number);
    } else if (is_its_turn) {
        report_stack(name, O_TRUNC); /* and how the program came to it */
    }
    is_exempt = false;
    return is_its_turn;
}

static void report_crash(int signal)
{
    is_exempt = true;
    report_stack("crash", O_APPEND);
    raise(signal); /* its action is the default again */
}

/* The function of the next library that has one of this name. */
static void *next(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) {
        abort();
    }
    return function;
}

/* Each kind of call: looked up once, counted, made unless it is its turn to fail. */
#define CALL(type, name, problem, result, ...)                                                     \
    static type *real;                                                                             \
    if (!real) {                                                                                   \
        *(void **)&real = next(#name);                                                             \
    }                                                                                              \
    if (fails(#name)) {                                                                            \
        errno = (problem);                                                                         \
        return result;                                                                             \
    }                                                                                              \
    return real(__VA_ARGS__)

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static bool is_looking;

static bool find_allocator(void)
{
    if (!real_free && !is_looking) {
        is_looking = true;
        *(void **)&real_malloc = next("malloc");
        *(void **)&real_calloc = next("calloc");
        *(void **)&real_realloc = next("realloc");
        *(void **)&real_free = next("free");
        is_looking = false;
    }
    return real_free != NULL;
}

void *malloc(size_t size)
{
    if (!find_allocator()) {
        return early_malloc(size);
    }
    if (fails("malloc")) {
        errno = ENOMEM;
        return NULL;
    }
    return real_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (!find_allocator()) {
        return early_malloc(count * size);
    }
    if (fails("calloc")) {
        errno = ENOMEM;
        return NULL;
    }
    return real_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    if (!find_allocator() || is_early(old)) {
        void *new = malloc(size);
        return new &&old ? memcpy(new, old, size) : new;
    }
    if (fails("realloc")) {
        errno = ENOMEM;
        return NULL;
    }
    return real_realloc(old, size);
}

void free(void *old)
{
    if (find_allocator() && !is_early(old)) {
        real_free(old);
    }
}

void *aligned_alloc(size_t alignment, size_t size)
{
    CALL(__typeof__(aligned_alloc), aligned_alloc, ENOMEM, NULL, alignment, size);
}

int socket(int domain, int type, int protocol)
{
    CALL(__typeof__(socket), socket, EMFILE, -1, domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    CALL(__typeof__(bind), bind, EADDRINUSE, -1, fd, address, length);
}

int listen(int fd, int backlog)
{
    CALL(__typeof__(listen), listen, EADDRINUSE, -1, fd, backlog);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    CALL(__typeof__(connect), connect, EADDRNOTAVAIL, -1, fd, address, length);
}

int epoll_create1(int flags)
{
    CALL(__typeof__(epoll_create1), epoll_create1, EMFILE, -1, flags);
}

int epoll_ctl(int epoll, int what, int fd, struct epoll_event *event)
{
    CALL(__typeof__(epoll_ctl), epoll_ctl, ENOSPC, -1, epoll, what, fd, event);
}

int eventfd(unsigned value, int flags)
{
    CALL(__typeof__(eventfd), eventfd, EMFILE, -1, value, flags);
}

int signalfd(int fd, const sigset_t *mask, int flags)
{
    CALL(__typeof__(signalfd), signalfd, EMFILE, -1, fd, mask, flags);
}

int pipe2(int fds[2], int flags)
{
    CALL(__typeof__(pipe2), pipe2, EMFILE, -1, fds, flags);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    CALL(__typeof__(pthread_create), pthread_create, EAGAIN, EAGAIN, thread, attributes, start,
         argument);
}

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    int (*real)(pthread_t, pthread_attr_t *) = NULL;
    *(void **)&real = next("pthread_getattr_np");
    is_exempt = true;
    int result = real(thread, attributes);
    is_exempt = false;
    return result;
}

FILE *fopen(const char *path, const char *mode)
{
    CALL(__typeof__(fopen), fopen, EMFILE, NULL, path, mode);
}

FILE *fdopen(int fd, const char *mode)
{
    CALL(__typeof__(fdopen), fdopen, ENOMEM, NULL, fd, mode);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    CALL(__typeof__(open), open, EMFILE, -1, path, flags, mode);
}

/* Of an eventfd it cannot fail: that is no file, and nothing can be full there. */
ssize_t write(int fd, const void *bytes, size_t length)
{
    struct stat status;
    if (fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == 0) {
        return syscall(SYS_write, fd, bytes, length);
    }
    CALL(__typeof__(write), write, ENOSPC, -1, fd, bytes, length);
}

int prctl(int option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    unsigned long a = va_arg(arguments, unsigned long);
    unsigned long b = va_arg(arguments, unsigned long);
    unsigned long c = va_arg(arguments, unsigned long);
    unsigned long d = va_arg(arguments, unsigned long);
    va_end(arguments);
    CALL(__typeof__(prctl), prctl, EPERM, -1, option, a, b, c, d);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    CALL(__typeof__(setsockopt), setsockopt, ENOBUFS, -1, fd, level, name, value, length);
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAULT_AT");
    find_allocator();
    report_path = getenv("FAULT_REPORT");
    counts_own = getenv("FAULT_OWN") != NULL;
    dl_iterate_phdr(find_own, NULL);
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        struct sigaction action = {.sa_handler = report_crash, .sa_flags = (int)SA_RESETHAND};
        sigaction(crashes[i], &action, NULL);
    }
    hash_stack(); /* what it needs the first time is none of the program's */
    fault_at = at ? strtoul(at, NULL, 10) : 0;
    fault_at = fault_at ? fault_at : ULONG_MAX; /* all are counted, and none fails */
}

__attribute__((destructor)) static void end(void)
{
    static char text[WAYS * 16];
    size_t length = 0;
    if (fault_at == ULONG_MAX) {
        fault_at = 0;
        for (size_t i = 0; i < way_count && length < sizeof text - 48; i++) {
            length += (size_t)snprintf(text + length, 48, "%lu:%" PRIx64 " ", firsts[i].number,
                                       firsts[i].way);
        }
        close(report(text, O_TRUNC));
    }
}

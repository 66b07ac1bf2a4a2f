#include "loadgen/command/process/pid1.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/command/process/processes.h"

enum {
    ROUND_MS = 50,
    QUIET_ROUNDS = 10,
    STOPPING_MAX = 512, /* further processes are stopped when some of these have ended */
};

/* A second SIGTERM this long after the first counts as another request. */
#define AGAIN_NS (INTERRUPT_SAME_NS + 100 * NS_PER_MS)

/* The processes that received SIGTERM. */
struct stopping {
    struct {
        pid_t pid;
        uint64_t signalled_ns;
        bool is_signalled_twice;
        bool is_seen; /* in this round */
    } list[STOPPING_MAX];
    size_t count;
    size_t found;   /* in this round, with or without SIGTERM */
    bool is_urgent; /* send a second SIGTERM */
};

bool pid1_is_self(void)
{
    char self[16] = "";
    return getpid() == 1 && readlink("/proc/self", self, sizeof self - 1) == 1 && self[0] == '1';
}

/* True if SIGTERM is blocked, as by interrupt_start. The process then handles it. */
static bool handles_sigterm(pid_t pid)
{
    char path[64];
    char line[256];
    uint64_t blocked = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *in = fopen(path, "re");
    while (in && fgets(line, sizeof line, in)) {
        if (strncmp(line, "SigBlk:", 7) == 0) {
            blocked = strtoull(line + 7, NULL, 16);
        }
    }
    if (in) {
        fclose(in);
    }
    return blocked & UINT64_C(1) << (SIGTERM - 1);
}

static void stop_process(void *context, pid_t pid)
{
    struct stopping *stopping = context;
    stopping->found++;
    for (size_t i = 0; i < stopping->count; i++) {
        if (stopping->list[i].pid == pid) {
            stopping->list[i].is_seen = true;
            if (stopping->is_urgent && !stopping->list[i].is_signalled_twice &&
                clock_now_ns() - stopping->list[i].signalled_ns >= AGAIN_NS) {
                stopping->list[i].is_signalled_twice = kill(pid, SIGTERM) == 0;
            }
            return;
        }
    }
    /* The pid cannot have been reused yet: the kernel assigns pids in order. */
    if (stopping->count < STOPPING_MAX && handles_sigterm(pid) && kill(pid, SIGTERM) == 0) {
        stopping->list[stopping->count].pid = pid;
        stopping->list[stopping->count].signalled_ns = clock_now_ns();
        stopping->list[stopping->count].is_signalled_twice = false;
        stopping->list[stopping->count++].is_seen = true;
        fprintf(stderr, "loadgen: process %d: stopping\n", (int)pid);
    }
}

static void drop_ended(struct stopping *stopping)
{
    size_t kept = 0;
    for (size_t i = 0; i < stopping->count; i++) {
        if (stopping->list[i].is_seen) {
            stopping->list[kept] = stopping->list[i];
            stopping->list[kept++].is_seen = false;
        }
    }
    stopping->count = kept;
}

bool pid1_stop_others(const struct interrupt *interrupt, struct err *err)
{
    struct stopping stopping = {.count = 0};
    unsigned quiet = 0;
    while (quiet < QUIET_ROUNDS) {
        stopping.found = 0;
        stopping.is_urgent = interrupt_count(interrupt) > 1;
        if (!processes_visit(stop_process, &stopping, err)) {
            return false;
        }
        drop_ended(&stopping);
        quiet = stopping.found > 0 ? 0 : quiet + 1;
        poll(NULL, 0, ROUND_MS);
    }
    return true;
}

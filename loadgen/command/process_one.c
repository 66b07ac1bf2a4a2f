#include "loadgen/command/process_one.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ROUND_MS = 50,
    QUIET_ROUNDS = 10,
    TOLD_MAX = 512, /* whoever is beyond is told when one of these has ended */
};

/* Those that were told: a second SIGTERM would end an attack without its results. */
struct told {
    pid_t list[TOLD_MAX];
    bool is_seen[TOLD_MAX]; /* in this round */
    size_t count;
};

bool process_one_is_this(void)
{
    char self[16] = "";
    return getpid() == 1 && readlink("/proc/self", self, sizeof self - 1) == 1 && self[0] == '1';
}

/* Does it execute this file? A process that has ended and was not waited for executes none. */
static bool is_same_program(const char *pid, const struct stat *own)
{
    char path[64];
    struct stat file;
    snprintf(path, sizeof path, "/proc/%.20s/exe", pid);
    return stat(path, &file) == 0 && file.st_dev == own->st_dev && file.st_ino == own->st_ino;
}

/* Is SIGTERM blocked in it, as interrupt.h does? Then it ends well, and nothing is killed. */
static bool waits_for_sigterm(const char *pid)
{
    char path[64];
    char line[256];
    uint64_t blocked = 0;
    snprintf(path, sizeof path, "/proc/%.20s/status", pid);
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

static void tell(struct told *told, const char *pid)
{
    pid_t number = (pid_t)strtol(pid, NULL, 10);
    for (size_t i = 0; i < told->count; i++) {
        if (told->list[i] == number) {
            told->is_seen[i] = true;
            return;
        }
    }
    /* Its number cannot be another's by now: they are given out in turn. */
    if (told->count < TOLD_MAX && waits_for_sigterm(pid) && kill(number, SIGTERM) == 0) {
        told->is_seen[told->count] = true;
        told->list[told->count++] = number;
        fprintf(stderr, "loadgen: process %d is told to stop\n", (int)number);
    }
}

static void forget_the_ended(struct told *told)
{
    size_t kept = 0;
    for (size_t i = 0; i < told->count; i++) {
        if (told->is_seen[i]) {
            told->list[kept++] = told->list[i];
        }
    }
    told->count = kept;
    memset(told->is_seen, 0, sizeof told->is_seen);
}

/* Looks once at all processes. How many there are of this program. */
static size_t look(DIR *proc, const struct stat *own, struct told *told)
{
    size_t found = 0;
    char self[16];
    snprintf(self, sizeof self, "%d", (int)getpid());
    rewinddir(proc);
    for (const struct dirent *entry = readdir(proc); entry; entry = readdir(proc)) {
        const char *pid = entry->d_name;
        if (isdigit((unsigned char)pid[0]) && strcmp(pid, self) != 0 && is_same_program(pid, own)) {
            found++;
            tell(told, pid);
        }
    }
    forget_the_ended(told);
    return found;
}

bool process_one_stop_others(struct err *err)
{
    struct stat own;
    struct told told = {.count = 0};
    DIR *proc = opendir("/proc");
    if (!proc || stat("/proc/self/exe", &own) != 0) {
        err_set(err, ERR_FAILED, "cannot find running attacks in /proc: %s", strerror(errno));
        if (proc) {
            closedir(proc);
        }
        return false;
    }
    unsigned quiet = 0;
    while (quiet < QUIET_ROUNDS) {
        quiet = look(proc, &own, &told) > 0 ? 0 : quiet + 1;
        poll(NULL, 0, ROUND_MS);
    }
    closedir(proc);
    return true;
}

#include "loadgen/command/process/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Name of a server's main thread while a test is active. */
#define TEST_NAME "loadgen-test"

static bool is_same_program(pid_t pid, const struct stat *own)
{
    char path[64];
    struct stat file;
    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    return stat(path, &file) == 0 && file.st_dev == own->st_dev && file.st_ino == own->st_ino;
}

bool processes_visit(process_visit_fn *visit, void *context, struct err *err)
{
    struct stat own;
    DIR *proc = opendir("/proc");
    if (!proc || stat("/proc/self/exe", &own) != 0) {
        err_set(err, ERR_FAILED, "cannot list the running attacks in /proc: %s", strerror(errno));
        if (proc) {
            closedir(proc);
        }
        return false;
    }
    for (const struct dirent *entry = readdir(proc); entry; entry = readdir(proc)) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (isdigit((unsigned char)entry->d_name[0]) && pid != getpid() &&
            is_same_program(pid, &own)) {
            visit(context, pid);
        }
    }
    closedir(proc);
    return true;
}

/* True if the process belongs to this user and this PID namespace. */
static bool is_ours(pid_t pid)
{
    char path[64];
    struct stat own;
    struct stat other;
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    if (stat(path, &other) != 0 || other.st_uid != geteuid()) {
        return false;
    }
    snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)pid);
    return stat(path, &other) == 0 && stat("/proc/self/ns/pid", &own) == 0 &&
           own.st_ino == other.st_ino;
}

/* The first word after the global flags (command.c); the value of -cpus may be a separate word.
 */
static const char *command_of(const char *words, const char *end)
{
    const char *word = words + strlen(words) + 1;
    while (word < end && word[0] == '-') {
        bool has_value = strcmp(word, "-cpus") == 0 || strcmp(word, "--cpus") == 0;
        word += strlen(word) + 1;
        word += has_value && word < end ? strlen(word) + 1 : 0;
    }
    return word < end ? word : "";
}

/* Reads a file of /proc/PID, as far as there is room, and adds a NUL. Returns the length. */
static size_t read_file(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *in = fopen(path, "re");
    size_t length = in ? fread(text, 1, size - 1, in) : 0;
    text[length] = '\0';
    if (in) {
        fclose(in);
    }
    return length;
}

static bool is_testing(pid_t pid)
{
    char name[32];
    read_file(pid, "comm", name, sizeof name);
    return strcmp(name, TEST_NAME "\n") == 0;
}

int process_stop_signal(pid_t pid)
{
    static const char *const senders[] = {"attack", "run", "capacity"};
    char words[1024] = "";
    size_t length = is_ours(pid) ? read_file(pid, "cmdline", words, sizeof words) : 0;
    const char *command = command_of(words, words + length);
    for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++) {
        if (strcmp(command, senders[i]) == 0) {
            return SIGTERM;
        }
    }
    return strcmp(command, "serve") == 0 && is_testing(pid) ? SIGUSR1 : 0;
}

void process_mark_test(bool is_on)
{
    prctl(PR_SET_NAME, is_on ? TEST_NAME : program_invocation_short_name);
}

#include "loadgen/run/others.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The abstract socket address of a process's attack. Returns its length. */
static socklen_t address_of(const char *prefix, pid_t pid, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length =
        snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "%s%d", prefix, (int)pid);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

/* The process of an attack's socket name (without its leading NUL); 0 for any other name. */
static pid_t process_of(const char *prefix, const char *name)
{
    size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 ? (pid_t)strtol(name + length, NULL, 10) : 0;
}

static void note(struct others *others, pid_t pid)
{
    for (size_t i = 0; i < others->count; i++) {
        if (others->list[i] == pid) {
            return;
        }
    }
    if (pid > 0 && others->count < OTHERS_MAX) {
        others->list[others->count++] = pid;
    }
}

/* Announces this attack to another one, and counts that one unless it has closed its socket. */
static void greet(struct others *others, pid_t pid)
{
    struct sockaddr_un address;
    socklen_t length = address_of(others->prefix, pid, &address);
    ssize_t sent = sendto(others->fd, "", 0, MSG_DONTWAIT, (struct sockaddr *)&address, length);
    if (sent == 0 || errno == EAGAIN) { /* EAGAIN: its queue is full */
        note(others, pid);
    }
}

/* Lines of /proc/net/unix end with the name; @ stands for the NUL of an abstract name. */
static bool greet_all(struct others *others)
{
    char line[256];
    FILE *sockets = fopen("/proc/self/net/unix", "re");
    while (sockets && fgets(line, sizeof line, sockets)) {
        const char *name = strrchr(line, '@');
        pid_t pid = name ? process_of(others->prefix, name + 1) : 0;
        if (pid > 0 && pid != getpid()) {
            greet(others, pid);
        }
    }
    if (sockets) {
        fclose(sockets);
    }
    return sockets != NULL;
}

void others_join(struct others *others)
{
    struct stat namespace;
    struct sockaddr_un address;
    *others = (struct others){.fd = -1};
    if (stat("/proc/self/ns/pid", &namespace) != 0) {
        return;
    }
    snprintf(others->prefix, sizeof others->prefix, "headroom/%ju/attack/",
             (uintmax_t) namespace.st_ino);
    others->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t length = address_of(others->prefix, getpid(), &address);
    if (others->fd >= 0 &&
        (bind(others->fd, (struct sockaddr *)&address, length) != 0 || !greet_all(others))) {
        others_leave(others);
    }
}

int others_count(struct others *others)
{
    struct sockaddr_un from = {0};
    socklen_t length = sizeof from - 1; /* so that the name is NUL-terminated */
    char nothing = 0;
    if (others->fd < 0) {
        return -1;
    }
    while (recvfrom(others->fd, &nothing, 1, MSG_DONTWAIT, (struct sockaddr *)&from, &length) >=
           0) {
        note(others, process_of(others->prefix, from.sun_path + 1));
        from = (struct sockaddr_un){0};
        length = sizeof from - 1;
    }
    return (int)others->count;
}

void others_leave(struct others *others)
{
    if (others->fd >= 0) {
        close(others->fd);
        others->fd = -1;
    }
}

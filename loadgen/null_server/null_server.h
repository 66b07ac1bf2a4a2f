/*
 * null_server - a minimal HTTP server in separate processes on loopback: the target for measuring
 * the generator on the machine where it runs (loadgen/selftest).
 *
 *     null_server_start(&server, 2, &err)
 *     ... requests to http://127.0.0.1:<server.port>/, CPU from null_server_cpu_ns ...
 *     null_server_follow(&server, &script, &account, &err)
 *     null_server_stop(&server)
 *
 * The CPU time of these processes does not count as the generator's, but they are in its cgroup and
 * share its CPU limit. They are forked without exec, so the path of the program is not needed. They
 * end when the process that started them ends, even if it is killed.
 *
 * All processes share one port (SO_REUSEPORT): the kernel spreads connections over them.
 *
 * Errors: ERR_FAILED with the call that failed. Threads: one. Memory: null_server_stop.
 */
#ifndef LOADGEN_NULL_SERVER_NULL_SERVER_H
#define LOADGEN_NULL_SERVER_NULL_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"
#include "loadgen/null_server/script.h"

enum { NULL_SERVER_MAX = 64 };

struct null_process {
    pid_t pid;
    int control_fd;
};

struct null_server {
    uint16_t port;
    unsigned count;
    struct null_process list[NULL_SERVER_MAX];
};

/* Starts `count` processes, at most NULL_SERVER_MAX. On failure none is left running. */
bool null_server_start(struct null_server *server, unsigned count, struct err *err);

/* CPU time of all processes so far. */
uint64_t null_server_cpu_ns(const struct null_server *server);

/*
 * Makes each process follow the script. Fills `account` with what all processes together did under
 * the previous script; if several stalled, with the longest stall only.
 */
bool null_server_follow(struct null_server *server, const struct null_script *script,
                        struct null_account *account, struct err *err);

/* Ends the processes. Does nothing to a zeroed server. */
void null_server_stop(struct null_server *server);

#endif

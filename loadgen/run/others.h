/*
 * others - counts the other attacks that run in the same container during this one.
 *
 *     others_join(&others)    at the start: finds other attacks, and lets later ones find this one
 *     others_count(&others)   at any time; the count is complete at the end of the run
 *     others_leave(&others)   when the run has ended
 *
 * Attacks in one container share its CPU and network, so each distorts the results of the others. A
 * run binds an abstract Unix socket named after its PID namespace and process. This works for any
 * user and on a read-only file system, and the socket vanishes with the process. At its start, an
 * attack finds the sockets of the running attacks and sends each a datagram, so attacks know of
 * each other, however short they are.
 *
 * "The same container" is the same PID namespace and network namespace; without containers, the
 * machine.
 *
 * Threads: call these functions on the thread that calls `run`. Memory: none.
 */
#ifndef LOADGEN_RUN_OTHERS_H
#define LOADGEN_RUN_OTHERS_H

#include <stddef.h>
#include <sys/types.h>

enum { OTHERS_MAX = 64 }; /* further attacks are not counted */

struct others {
    int fd;          /* -1: others cannot be found */
    char prefix[64]; /* of the names of this PID namespace's sockets */
    size_t count;
    pid_t list[OTHERS_MAX]; /* each process once */
};

/* If this fails, others_count returns -1. */
void others_join(struct others *others);

/*
 * The number of other attacks that have run since others_join, at most OTHERS_MAX; -1: not known.
 */
int others_count(struct others *others);

/* Closes the socket: later attacks no longer count this one. */
void others_leave(struct others *others);

#endif

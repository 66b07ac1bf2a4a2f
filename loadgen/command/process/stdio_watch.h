/*
 * stdio_watch - detects that the readers of stdout and stderr are gone.
 *
 * A process that was started over a network (kubectl exec, ssh) keeps running when its client goes
 * away. If both stdout and stderr are pipes, sockets or terminals whose other end has been closed
 * for STDIO_WATCH_GRACE_NS, the process counts as abandoned. Each process polls its own
 * descriptors. Process 1 could poll them only by opening them through /proc, which requires the
 * same user, and would itself keep each pipe open as an additional writer.
 *
 * If stdout or stderr is a file or /dev/null, or still has a reader, the process keeps running;
 * stdin is not considered. If SIGHUP is ignored (nohup), a process never counts as abandoned.
 *
 * Some container runtimes keep their own ends open after the client has gone (containerd's shim
 * keeps the pipes and the terminal); a process inside the container cannot detect this.
 * docs/kubernetes.md has the remedy.
 *
 * Threads: one. Memory: fixed.
 */
#ifndef LOADGEN_COMMAND_PROCESS_STDIO_WATCH_H
#define LOADGEN_COMMAND_PROCESS_STDIO_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define STDIO_WATCH_GRACE_NS UINT64_C(5000000000)

struct stdio_watch {
    bool is_watched;
    bool is_stopped;  /* SIGTERM has been sent */
    uint64_t lost_ns; /* when both readers were first seen to be gone; 0: they are not */
};

struct stdio_watch stdio_watch_begin(void);

/*
 * True once the other ends of both streams have been closed for STDIO_WATCH_GRACE_NS. Call this
 * about once a second.
 */
bool stdio_watch_poll(struct stdio_watch *stdio, uint64_t now_ns);

/*
 * Polls, and sends SIGTERM to this process when it is abandoned, but only once: a second SIGTERM
 * would mean "do not wait" (interrupt.h).
 */
void stdio_watch_stop_abandoned(struct stdio_watch *stdio);

#endif

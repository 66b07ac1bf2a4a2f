#include "loadgen/command/process/stdio_watch.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "common/clock.h"

struct stdio_watch stdio_watch_begin(void)
{
    struct sigaction hangup;
    bool is_ignored = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
    return (struct stdio_watch){.is_watched = !is_ignored};
}

/* Never true for a file or /dev/null; a closed descriptor reports POLLNVAL. */
static bool are_lost(void)
{
    struct pollfd ends[] = {{.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};
    const short lost = POLLERR | POLLHUP;
    return poll(ends, 2, 0) == 2 && (ends[0].revents & lost) && (ends[1].revents & lost);
}

bool stdio_watch_poll(struct stdio_watch *stdio, uint64_t now_ns)
{
    if (!stdio->is_watched || !are_lost()) {
        stdio->lost_ns = 0;
        return false;
    }
    if (stdio->lost_ns == 0) {
        stdio->lost_ns = now_ns;
    }
    return now_ns - stdio->lost_ns >= STDIO_WATCH_GRACE_NS;
}

void stdio_watch_stop_abandoned(struct stdio_watch *stdio)
{
    if (!stdio->is_stopped && stdio_watch_poll(stdio, clock_now_ns())) {
        stdio->is_stopped = true;
        kill(getpid(), SIGTERM);
    }
}

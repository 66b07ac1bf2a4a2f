#include "loadgen/command/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* SIGUSR2 is ours, to end the thread. */
static sigset_t waited_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR2);
    return signals;
}

static void *wait_for_signals(void *context)
{
    struct interrupt *interrupt = context;
    const sigset_t signals = waited_signals();
    for (unsigned asked = 0;; asked++) {
        int signal = 0;
        sigwait(&signals, &signal);
        if (signal == SIGUSR2) {
            return NULL;
        }
        if (asked > 0) {
            _exit(128 + signal);
        }
        uint64_t one = 1;
        (void)!write(interrupt->stop_fd, &one, sizeof one);
    }
}

bool interrupt_start(struct interrupt *interrupt, struct err *err)
{
    const sigset_t signals = waited_signals();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    interrupt->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (interrupt->stop_fd < 0) {
        return err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
    }
    int failed = pthread_create(&interrupt->thread, NULL, wait_for_signals, interrupt);
    interrupt->is_started = !failed;
    return !failed || err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(failed));
}

void interrupt_stop(struct interrupt *interrupt)
{
    if (!interrupt->is_started) {
        return;
    }
    const sigset_t signals = waited_signals();
    pthread_kill(interrupt->thread, SIGUSR2);
    pthread_join(interrupt->thread, NULL);
    close(interrupt->stop_fd);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

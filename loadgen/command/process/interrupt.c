#include "loadgen/command/process/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t awaited_signals(bool has_user)
{
    sigset_t signals;
    struct sigaction hangup;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) {
        sigaddset(&signals, SIGHUP);
    }
    if (has_user) {
        sigaddset(&signals, SIGUSR1);
    }
    return signals;
}

/* True if a signal that comes soon after the last request repeats it. */
static bool is_repetition(const struct interrupt_requests *requests, int signal)
{
    return signal == requests->signal || signal == SIGHUP || requests->signal == SIGHUP ||
           requests->count > 1;
}

bool interrupt_add(struct interrupt_requests *requests, int signal, uint64_t now_ns)
{
    if (requests->count > 0 && now_ns - requests->last_ns < INTERRUPT_SAME_NS &&
        is_repetition(requests, signal)) {
        return false;
    }
    requests->count++;
    requests->signal = signal;
    requests->last_ns = now_ns;
    return true;
}

/* Exits without blocking on stderr, which may have no reader. */
static _Noreturn void exit_at_once(int signal)
{
    static const char text[] = "loadgen: a signal ended it before all output was written\n";
    struct pollfd err = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&err, 1, 0) == 1 && (err.revents & POLLOUT)) {
        (void)!write(STDERR_FILENO, text, sizeof text - 1);
    }
    _exit(128 + signal);
}

static void take_signal(struct interrupt *interrupt)
{
    struct signalfd_siginfo info;
    if (read(interrupt->signal_fd, &info, sizeof info) != sizeof info) {
        return;
    }
    if (info.ssi_signo == SIGUSR1) {
        interrupt->on_user(interrupt->context);
        return;
    }
    if (!interrupt_add(&interrupt->requests, (int)info.ssi_signo, clock_now_ns())) {
        return;
    }
    if (interrupt->requests.count > 2) {
        exit_at_once((int)info.ssi_signo);
    }
    atomic_store(&interrupt->signal, (int)info.ssi_signo);
    atomic_store(&interrupt->last_ns, interrupt->requests.last_ns);
    atomic_store(&interrupt->count, interrupt->requests.count);
    uint64_t one = 1;
    (void)!write(interrupt->stop_fd, &one, sizeof one);
    if (interrupt->on_request) {
        interrupt->on_request(interrupt->context, interrupt->requests.count);
    }
}

/* Time until the process exits, for poll(2); -1: unlimited. */
static int time_left_ms(const struct interrupt_requests *requests)
{
    if (requests->count < 2) {
        return -1;
    }
    uint64_t past_ns = clock_now_ns() - requests->last_ns;
    return past_ns < INTERRUPT_LAST_NS ? (int)((INTERRUPT_LAST_NS - past_ns) / NS_PER_MS) + 1 : 0;
}

static void *await_signals(void *context)
{
    struct interrupt *interrupt = context;
    struct pollfd waits[] = {
        {.fd = interrupt->quit_fd, .events = POLLIN},
        {.fd = interrupt->signal_fd, .events = POLLIN},
    };
    for (;;) {
        int ready = poll(waits, 2, time_left_ms(&interrupt->requests));
        if (ready > 0 && waits[0].revents) {
            return NULL;
        }
        if (ready == 0) {
            exit_at_once(atomic_load(&interrupt->signal));
        }
        if (ready > 0) {
            take_signal(interrupt);
        }
    }
}

static void close_all(struct interrupt *interrupt)
{
    const int fds[] = {interrupt->stop_fd, interrupt->signal_fd, interrupt->quit_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

bool interrupt_start(struct interrupt *interrupt, struct err *err)
{
    const sigset_t signals = awaited_signals(interrupt->on_user != NULL);
    *interrupt = (struct interrupt){
        .on_user = interrupt->on_user,
        .on_request = interrupt->on_request,
        .context = interrupt->context,
        .stop_fd = -1,
    };
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    interrupt->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    interrupt->quit_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    interrupt->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (interrupt->stop_fd < 0 || interrupt->quit_fd < 0 || interrupt->signal_fd < 0) {
        err_set(err, ERR_FAILED, "cannot wait for signals: %s", strerror(errno));
        close_all(interrupt);
        return false;
    }
    int failed = pthread_create(&interrupt->thread, NULL, await_signals, interrupt);
    interrupt->is_started = !failed;
    if (failed) {
        close_all(interrupt);
        return err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(failed));
    }
    return true;
}

unsigned interrupt_count(const struct interrupt *interrupt)
{
    return atomic_load(&interrupt->count);
}

bool interrupt_must_stop_reading(const struct interrupt *interrupt, bool is_pipe)
{
    unsigned count = atomic_load(&interrupt->count);
    return is_pipe ? count > 1 && clock_now_ns() - atomic_load(&interrupt->last_ns) >= NS_PER_S
                   : count > 0;
}

bool interrupt_check(const struct interrupt *interrupt, struct err *err)
{
    int signal = atomic_load(&interrupt->signal);
    return atomic_load(&interrupt->count) < 2 ||
           err_set(err, (enum err_code)(ERR_SIGNAL + signal), "ended immediately by a second SIG%s",
                   sigabbrev_np(signal));
}

void interrupt_stop(struct interrupt *interrupt)
{
    if (!interrupt->is_started) {
        return;
    }
    uint64_t one = 1;
    (void)!write(interrupt->quit_fd, &one, sizeof one);
    pthread_join(interrupt->thread, NULL);
    close_all(interrupt);
    interrupt->is_started = false;
}

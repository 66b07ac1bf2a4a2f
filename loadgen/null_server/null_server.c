#include "loadgen/null_server/null_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/null_server/serve.h"

enum { BACKLOG = 1024 };

static bool fail(const char *what, struct err *err)
{
    return err_set(err, ERR_FAILED, "null server: %s: %s", what, strerror(errno));
}

/* On loopback, at this port; 0: the kernel chooses, and sets it. -1: errno is set. */
static int listen_on(uint16_t *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

/* In the child. Signals to the owner's group, such as Ctrl-C, do not end it: the owner does. */
__attribute__((noreturn)) static void become_server(int listen_fd, int control_fd)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_NAME, "null-server");
    null_serve(listen_fd, control_fd);
    _exit(0);
}

static bool start_one(struct null_server *server, struct err *err)
{
    int pair[2];
    int listen_fd = listen_on(&server->port);
    if (listen_fd < 0) {
        return fail("listening on 127.0.0.1", err);
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        fail("socketpair", err);
        close(listen_fd);
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        become_server(listen_fd, pair[1]);
    }
    close(pair[1]);
    close(listen_fd);
    if (pid < 0) {
        fail("fork", err);
        close(pair[0]);
        return false;
    }
    server->list[server->count++] = (struct null_process){pid, pair[0]};
    return true;
}

bool null_server_start(struct null_server *server, unsigned count, struct err *err)
{
    *server = (struct null_server){0};
    bool ok = true;
    while (ok && server->count < count && server->count < NULL_SERVER_MAX) {
        ok = start_one(server, err);
    }
    if (!ok) {
        null_server_stop(server);
    }
    return ok;
}

uint64_t null_server_cpu_ns(const struct null_server *server)
{
    uint64_t sum_ns = 0;
    for (unsigned i = 0; i < server->count; i++) {
        clockid_t clock;
        if (clock_getcpuclockid(server->list[i].pid, &clock) == 0) {
            sum_ns += clock_read_ns(clock);
        }
    }
    return sum_ns;
}

static void add(struct null_account *sum, const struct null_account *one)
{
    sum->requests += one->requests;
    sum->refused += one->refused;
    sum->broken += one->broken;
    if (one->stalled_ns > sum->stalled_ns) {
        sum->stalled_from_ns = one->stalled_from_ns;
        sum->stalled_ns = one->stalled_ns;
    }
    sum->delayed += one->delayed;
    sum->delay_ns += one->delay_ns;
}

bool null_server_follow(struct null_server *server, const struct null_script *script,
                        struct null_account *account, struct err *err)
{
    *account = (struct null_account){0};
    for (unsigned i = 0; i < server->count; i++) {
        int fd = server->list[i].control_fd;
        struct null_account one;
        errno = 0;
        if (send(fd, script, sizeof *script, MSG_NOSIGNAL) != sizeof *script ||
            recv(fd, &one, sizeof one, 0) != sizeof one) {
            return fail("its process has ended", err);
        }
        add(account, &one);
    }
    return true;
}

void null_server_stop(struct null_server *server)
{
    for (unsigned i = 0; i < server->count; i++) {
        kill(server->list[i].pid, SIGKILL);
        close(server->list[i].control_fd);
        while (waitpid(server->list[i].pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    *server = (struct null_server){0};
}

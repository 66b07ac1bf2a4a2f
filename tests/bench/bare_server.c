/*
 * bare_server - the cheapest HTTP answer there is, so that a benchmark measures its client.
 *
 *     bare_server PORT        0: the kernel chooses
 *
 * One thread, one epoll, sockets registered once and edge-triggered, one recv and one send a
 * request, nothing allocated in the loop. It does not parse: whatever ends with an empty line is
 * one request, which holds for clients that wait for the answer before they send the next one.
 *
 * Listens on 127.0.0.1 only. SIGTERM ends it by its default action; so does an hour, for the case
 * that the benchmark died before it could send one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, BACKLOG = 1024, LIFE_S = 3600 };

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: application/json\r\n"
                             "Content-Length: 15\r\n"
                             "\r\n"
                             "{\"health\":\"ok\"}";

static int die(const char *what)
{
    fprintf(stderr, "bare_server: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

static int listen_on(unsigned long port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((in_port_t)port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t addr_len = sizeof addr;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &addr_len) < 0) {
        return -1;
    }
    printf("bare_server: ready on 127.0.0.1:%u\n", ntohs(addr.sin_port));
    return fflush(stdout) == 0 ? fd : -1;
}

static void accept_all(int epoll_fd, int listen_fd)
{
    int fd;
    while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

/* Edge-triggered without a second recv: the client sends nothing more before it has the answer. */
static void serve_one(int fd)
{
    char request[4096];
    ssize_t n = recv(fd, request, sizeof request, 0);
    if (n <= 0) {
        close(fd);
    } else if (n >= 4 && memcmp(request + n - 4, "\r\n\r\n", 4) == 0) {
        send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    }
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS_MAX];
    unsigned long port = argc == 2 ? strtoul(argv[1], NULL, 10) : UINT16_MAX + 1UL;
    if (port > UINT16_MAX) {
        fprintf(stderr, "usage: bare_server PORT\n");
        return 2;
    }
    int listen_fd = listen_on(port);
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listen_fd};
    if (listen_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &event) < 0) {
        return die("listening");
    }
    alarm(LIFE_S);
    for (;;) {
        int n = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listen_fd) {
                accept_all(epoll_fd, listen_fd);
            } else {
                serve_one(events[i].data.fd);
            }
        }
    }
}

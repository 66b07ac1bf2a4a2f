/*
 * bare_client - the cheapest closed loop that still measures: the floor for loadgen's engine.
 *
 *     bare_client 127.0.0.1:PORT CONNECTIONS SECONDS
 *
 * One thread, one epoll, sockets registered once and edge-triggered, one prebuilt request, one send
 * and one recv a request. It does what a load generator cannot leave out, and nothing else: every
 * answer is read to its end (status line, header, Content-Length bytes), anything but a 200 ends
 * the program, and the latency of every request, from a clock read before the send to one read
 * after the recv, is counted in a log-linear histogram of three significant digits.
 *
 * Prints one line of JSON. CPU is that of the whole process (getrusage), start and end included.
 * Only 127.0.0.0/8 is accepted as the target.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"

enum { CONNECTIONS_MAX = 4096, SECONDS_MAX = 600, EVENTS_MAX = 256, DRAIN_MS = 1000 };

static const char request[] = "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/* Below 2^11 ns one bucket a nanosecond, then 2^10 for each doubling, up to 2^42 ns (73 minutes).
 */
enum { HALF_BITS = 10, TOP_BITS = 42, BUCKETS = (TOP_BITS - HALF_BITS + 1) << HALF_BITS };

struct conn {
    int fd;
    uint64_t sent_ns;
    size_t in_len;
    char in[2048];
};

struct client {
    int epoll_fd;
    size_t conn_count;
    struct conn *conns;
    uint64_t *buckets;
    uint64_t requests; /* answered */
    uint64_t in_flight;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bare_client: %s (%s)\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static size_t bucket_of(uint64_t ns)
{
    if (ns >= UINT64_C(1) << TOP_BITS) {
        return BUCKETS - 1;
    }
    if (ns < UINT64_C(2) << HALF_BITS) {
        return ns;
    }
    unsigned shift = 63U - (unsigned)__builtin_clzll(ns) - HALF_BITS;
    return ((size_t)shift << HALF_BITS) + (ns >> shift);
}

/* The highest value of the bucket. */
static uint64_t bucket_top(size_t bucket)
{
    if (bucket < (size_t)2 << HALF_BITS) {
        return bucket;
    }
    unsigned shift = (unsigned)(bucket >> HALF_BITS) - 1;
    uint64_t mantissa = bucket - ((size_t)shift << HALF_BITS);
    return ((mantissa + 1) << shift) - 1;
}

/* Nearest rank. */
static double percentile_us(const struct client *client, double fraction)
{
    uint64_t rank = (uint64_t)(fraction * (double)client->requests);
    uint64_t seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += client->buckets[i];
        if (seen > rank) {
            return (double)bucket_top(i) / (double)NS_PER_US;
        }
    }
    return 0;
}

/* Returns the length of the whole answer, or 0 when its header has not ended within `len` bytes. */
static size_t parse_answer(const char *in, size_t len)
{
    static const char status[] = "HTTP/1.1 200 ";
    static const char length_name[] = "content-length:";
    const char *end = in + len;
    const char *line = memchr(in, '\n', len);
    size_t body = SIZE_MAX;

    if (line == NULL) {
        return 0;
    }
    if (len < sizeof status || memcmp(in, status, sizeof status - 1) != 0) {
        die("an answer that is not a 200");
    }
    for (line++; line < end; line++) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL) {
            return 0;
        }
        if (next - line == 1 && *line == '\r') {
            if (body == SIZE_MAX) {
                die("an answer without Content-Length");
            }
            return (size_t)(next + 1 - in) + body;
        }
        if ((*line | 0x20) == 'c' && strncasecmp(line, length_name, sizeof length_name - 1) == 0) {
            body = strtoul(line + sizeof length_name - 1, NULL, 10);
        }
        line = next;
    }
    return 0;
}

static void send_request(struct client *client, struct conn *conn)
{
    conn->sent_ns = clock_now_ns();
    if (send(conn->fd, request, sizeof request - 1, MSG_NOSIGNAL) != sizeof request - 1) {
        die("send");
    }
    client->in_flight++;
}

/*
 * One recv for each edge: bytes that come later make another one, and after a complete answer
 * there is nothing more until the next request.
 */
static void receive(struct client *client, struct conn *conn, uint64_t deadline_ns)
{
    ssize_t n = recv(conn->fd, conn->in + conn->in_len, sizeof conn->in - conn->in_len, 0);
    uint64_t now = clock_now_ns();
    if (n <= 0) {
        die(n == 0 ? "the server closed a connection" : "recv");
    }
    conn->in_len += (size_t)n;
    size_t whole = parse_answer(conn->in, conn->in_len);
    if (whole == 0 || conn->in_len < whole) {
        if (conn->in_len == sizeof conn->in) {
            die("an answer longer than the buffer");
        }
        return;
    }
    if (conn->in_len > whole) {
        die("bytes after the end of an answer");
    }
    conn->in_len = 0;
    client->buckets[bucket_of(now - conn->sent_ns)]++;
    client->requests++;
    client->in_flight--;
    if (now < deadline_ns) {
        send_request(client, conn);
    }
}

static void connect_all(struct client *client, const struct sockaddr_in *addr)
{
    for (size_t i = 0; i < client->conn_count; i++) {
        struct conn *conn = &client->conns[i];
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = conn};
        int on = 1;
        conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(conn->fd, (const struct sockaddr *)addr, sizeof *addr) < 0 ||
            setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
            fcntl(conn->fd, F_SETFL, O_NONBLOCK) < 0 ||
            epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) < 0) {
            die("connect");
        }
    }
}

static void run(struct client *client, uint64_t deadline_ns)
{
    struct epoll_event events[EVENTS_MAX];
    for (size_t i = 0; i < client->conn_count; i++) {
        send_request(client, &client->conns[i]);
    }
    while (client->in_flight > 0) {
        int n = epoll_wait(client->epoll_fd, events, EVENTS_MAX, DRAIN_MS);
        if (n <= 0) {
            die("no answer");
        }
        for (int i = 0; i < n; i++) {
            receive(client, events[i].data.ptr, deadline_ns);
        }
    }
}

static bool parse_args(int argc, char **argv, struct sockaddr_in *addr, unsigned long *conns,
                       unsigned long *seconds)
{
    char *colon = argc == 4 ? strchr(argv[1], ':') : NULL;
    if (colon == NULL) {
        return false;
    }
    *colon = '\0';
    unsigned long port = strtoul(colon + 1, NULL, 10);
    *conns = strtoul(argv[2], NULL, 10);
    *seconds = strtoul(argv[3], NULL, 10);
    addr->sin_family = AF_INET;
    addr->sin_port = htons((in_port_t)port);
    return inet_pton(AF_INET, argv[1], &addr->sin_addr) == 1 &&
           ntohl(addr->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET && port > 0 && port <= UINT16_MAX &&
           *conns > 0 && *conns <= CONNECTIONS_MAX && *seconds > 0 && *seconds <= SECONDS_MAX;
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    struct sockaddr_in addr = {0};
    unsigned long seconds = 0;
    struct client client = {.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    if (!parse_args(argc, argv, &addr, &client.conn_count, &seconds)) {
        fprintf(stderr, "usage: bare_client 127.0.0.1:PORT CONNECTIONS SECONDS\n");
        return 2;
    }
    client.conns = calloc(client.conn_count, sizeof *client.conns);
    client.buckets = calloc(BUCKETS, sizeof *client.buckets);
    if (client.conns == NULL || client.buckets == NULL) {
        die("no memory");
    }
    connect_all(&client, &addr);
    uint64_t start = clock_now_ns();
    run(&client, start + seconds * NS_PER_S);
    double took = (double)(clock_now_ns() - start) / (double)NS_PER_S;

    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    double user = seconds_of(use.ru_utime);
    double sys = seconds_of(use.ru_stime);
    printf("{\"requests\":%" PRIu64 ",\"seconds\":%.6f,\"cpu_user_s\":%.6f,\"cpu_sys_s\":%.6f,"
           "\"cpu_us_per_request\":%.3f,\"p50_us\":%.3f,\"p99_us\":%.3f}\n",
           client.requests, took, user, sys, (user + sys) * 1e6 / (double)client.requests,
           percentile_us(&client, 0.50), percentile_us(&client, 0.99));
    free(client.conns);
    free(client.buckets);
    return EXIT_SUCCESS;
}

/*
 * A turn of a worker reads every ready socket before a script goes on, however many are ready.
 *
 * The driver is also the server: it accepts the connections, waits until all requests have come,
 * and answers them at once. So all answers are ready when the loop reads again. Over HTTP/2 each
 * request has an owner, and so a connection of its own. No script goes on inside a send, or while
 * another one does.
 */
#include <check.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/drive/driver.h"
#include "loadgen/http/choice/engines.h"
#include "loadgen/http/curl/engine.h"
#include "loadgen/http/owner.h"
#include "loadgen/order/order.h"
#include "tests/support/measurement.h"

enum { USERS = 700 }; /* more than twice the events of a batch of the loop */

#define LOOK_NS NS_PER_MS

struct seat {
    struct driver driver; /* first member */
    struct drive_thread *thread;
    const struct order *order;
    int listener;
    int sockets[USERS];
    SSL *secure[USERS]; /* with TLS: of the sockets */
    size_t accepted;
    size_t asked; /* sockets that have got their request */
    bool has_asked[USERS];
    bool has_sent;
    bool has_answered;
    bool is_busy; /* in a send, or in a script */
    size_t ended;
    uint64_t script_ns;    /* when the first script went on */
    uint64_t last_done_ns; /* the latest stamp of an answer */
};

static struct seat seat;

static const struct {
    const char *name;
    const struct engine_type *engine;
    bool is_h2;
    bool is_tls;
} ways[] = {
    {"HTTP/1.1", &engines, false, false},        {"libcurl", &engine_curl, false, false},
    {"HTTP/2", &engines, true, false},           {"TLS", &engines, false, true},
    {"libcurl, TLS", &engine_curl, false, true}, {"HTTP/2, TLS", &engines, true, true},
};
enum { WAYS = sizeof ways / sizeof *ways };

static int way;
static struct terms terms[USERS];
static struct owner owners[USERS];

static void send_all(void)
{
    const struct request *request = &seat.order->source->requests[0];
    for (uint64_t i = 0; i < USERS; i++) {
        terms[i] = *seat.thread->terms;
        terms[i].owner = ways[way].is_h2 ? &owners[i] : NULL;
        struct send send = {
            .request = request,
            .terms = &terms[i],
            .row = request->row,
            .number = i,
            .intended_ns = clock_now_ns(),
        };
        seat.is_busy = true;
        drive_send(seat.thread, &send);
        seat.is_busy = false;
    }
    seat.has_sent = true;
}

/* The server. */

static SSL_CTX *tls;

/* Chooses HTTP/2 if it is offered. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *length,
                           const unsigned char *offered, unsigned offered_length, void *unused)
{
    (void)ssl, (void)unused;
    bool is_h2 = offered_length >= 3 && memcmp(offered, "\2h2", 3) == 0;
    *out = offered + 1;
    *length = 2;
    return is_h2 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/* With a certificate of its own, which nobody checks. */
static void open_tls(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    tls = SSL_CTX_new(TLS_server_method());
    X509_set_pubkey(certificate, key);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    ck_assert_int_eq(SSL_CTX_use_certificate(tls, certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(tls, key), 1);
    SSL_CTX_set_alpn_select_cb(tls, choose_protocol, NULL);
    SSL_CTX_set_num_tickets(tls, 0); /* only answers are to be read */
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static SSL *accept_tls(int fd)
{
    SSL *ssl = SSL_new(tls);
    ck_assert_int_eq(SSL_set_fd(ssl, fd), 1);
    SSL_set_accept_state(ssl);
    return ssl;
}

static void take_connections(void)
{
    int fd = -1;
    while (seat.accepted < USERS &&
           (fd = accept4(seat.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        seat.secure[seat.accepted] = tls ? accept_tls(fd) : NULL;
        seat.sockets[seat.accepted++] = fd;
    }
}

/* Goes on with the handshake. True if a request has come. */
static bool take_request(size_t i)
{
    char bytes[4096];
    return (tls ? SSL_read(seat.secure[i], bytes, sizeof bytes)
                : recv(seat.sockets[i], bytes, sizeof bytes, 0)) > 0;
}

static void take_requests(void)
{
    take_connections();
    for (size_t i = 0; i < seat.accepted; i++) {
        if (!seat.has_asked[i] && take_request(i)) {
            seat.has_asked[i] = true;
            seat.asked++;
        }
    }
}

static void send_answer(size_t i, const char *answer, size_t length)
{
    ck_assert_int_eq(tls ? SSL_write(seat.secure[i], answer, (int)length)
                         : send(seat.sockets[i], answer, length, MSG_NOSIGNAL),
                     (ssize_t)length);
}

static void answer_all(void)
{
    static const char h1[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    /* SETTINGS, and HEADERS that end stream 1: ":status: 200" is 8 in HPACK's table. */
    static const char h2[] = "\0\0\0\4\0\0\0\0\0"
                             "\0\0\1\1\5\0\0\0\1\x88";
    const char *answer = ways[way].is_h2 ? h2 : h1;
    size_t length = (ways[way].is_h2 ? sizeof h2 : sizeof h1) - 1;
    for (size_t i = 0; i < USERS; i++) {
        send_answer(i, answer, length);
    }
    seat.has_answered = true;
}

static bool go(struct driver *driver, uint64_t now_ns)
{
    (void)driver, (void)now_ns;
    if (!seat.has_sent) {
        send_all();
        return true;
    }
    take_requests();
    if (seat.asked == USERS && !seat.has_answered) {
        answer_all();
    }
    return true;
}

static uint64_t next_ns(struct driver *driver, uint64_t now_ns)
{
    (void)driver;
    return now_ns + LOOK_NS;
}

/* A slow script. */
static void answered(struct driver *driver, const struct exchange *exchange)
{
    (void)driver;
    ck_assert_msg(exchange->outcome == OUTCOME_ANSWERED, "%s", exchange->reason);
    ck_assert(!seat.is_busy);
    seat.is_busy = true;
    seat.script_ns = seat.script_ns ? seat.script_ns : clock_now_ns();
    seat.last_done_ns =
        exchange->done_ns > seat.last_done_ns ? exchange->done_ns : seat.last_done_ns;
    seat.ended++;
    usleep(100);
    seat.is_busy = false;
}

/* The rest of the contract. */

static void begin(struct driver *driver, uint64_t end_ns)
{
    (void)driver, (void)end_ns;
}

static void end_at(struct driver *driver, uint64_t end_ns)
{
    (void)driver, (void)end_ns;
}

static uint64_t last_ns(const struct driver *driver)
{
    (void)driver;
    return UINT64_MAX;
}

static bool has_ended(const struct driver *driver, uint64_t now_ns)
{
    (void)driver, (void)now_ns;
    return seat.ended == USERS;
}

static uint64_t intended(struct driver *driver, uint64_t now_ns, uint64_t started)
{
    (void)driver, (void)now_ns;
    return started;
}

static bool is_too_late(const struct driver *driver)
{
    (void)driver;
    return false;
}

static bool count_rows(const struct drive *drive, uint64_t n, uint64_t by_row[ROWS_ALL])
{
    (void)drive, (void)n, (void)by_row;
    return false;
}

static const struct driver_type driver_at_once;

static struct driver *create(struct drive *drive, struct drive_thread *thread, struct err *err)
{
    (void)drive, (void)err;
    seat.driver.type = &driver_at_once;
    seat.thread = thread;
    return &seat.driver;
}

static void destroy(struct driver *driver)
{
    (void)driver;
    for (size_t i = 0; i < USERS; i++) {
        owner_close(&owners[i]);
    }
}

static struct drive *open_all(const struct order *order, const struct team *team, struct err *err)
{
    static struct drive drive = {&driver_at_once};
    (void)team, (void)err;
    seat.order = order;
    return &drive;
}

static void close_all(struct drive *drive)
{
    (void)drive;
}

static const struct driver_type driver_at_once = {
    .name = "at once",
    .runs_scripts = true,
    .open = open_all,
    .close = close_all,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .go = go,
    .next_ns = next_ns,
    .answered = answered,
    .end_at = end_at,
    .last_ns = last_ns,
    .has_ended = has_ended,
    .intended = intended,
    .is_too_late = is_too_late,
    .count_rows = count_rows,
};

/* Returns its port. */
static uint16_t listen_at(int *listener)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof any;
    *listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(*listener, (struct sockaddr *)&any, sizeof any), 0);
    ck_assert_int_eq(listen(*listener, USERS), 0);
    ck_assert_int_eq(getsockname(*listener, (struct sockaddr *)&any, &length), 0);
    return ntohs(any.sin_port);
}

START_TEST(all_answers_are_stamped_before_the_first_script_goes_on)
{
    char text[64];
    struct err err = {0};
    struct targets targets;
    struct plan plan = measurement_closed_loop;
    struct rlimit files;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0); /* two sockets for each user */
    way = _i;
    plan.threads = 1;
    plan.h2c = ways[way].is_h2 && !ways[way].is_tls;
    plan.http2 = ways[way].is_h2;
    plan.tls.is_insecure = true;
    plan.timeout_ns = 60 * NS_PER_S;
    plan.schedule.duration_ns = 0;
    if (ways[way].is_tls) {
        open_tls();
    }
    snprintf(text, sizeof text, "GET http%s://127.0.0.1:%u/\n", ways[way].is_tls ? "s" : "",
             listen_at(&seat.listener));
    FILE *in = fmemopen(text, strlen(text), "r");
    const struct message_defaults defaults = {.keepalive = true};
    ck_assert(targets_read(&targets, in, "test", &format_http, &defaults, &err));
    fclose(in);
    struct source source = source_of(targets.requests, targets.count);
    const struct order order = {&plan, &targets, &source};
    const struct control control = {.stop_fd = -1};
    const struct observer observer = {0};
    struct summary *summary = summary_create();
    ck_assert_msg(run_with_engine(ways[way].engine, &order, &driver_at_once, &control, &observer,
                                  NULL, summary, &err),
                  "%s: %s", ways[way].name, err.text);
    ck_assert_uint_eq(seat.ended, USERS);
    ck_assert_uint_eq(seat.accepted, USERS);
    ck_assert_uint_le(seat.last_done_ns, seat.script_ns);
    for (size_t i = 0; i < USERS; i++) {
        SSL_free(seat.secure[i]);
        close(seat.sockets[i]);
    }
    SSL_CTX_free(tls);
    close(seat.listener);
    summary_destroy(summary);
    targets_free(&targets);
}
END_TEST

Suite *turn_suite(void);
Suite *turn_suite(void)
{
    Suite *suite = suite_create("turn");
    TCase *tc = tcase_create("turn");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, all_answers_are_stamped_before_the_first_script_goes_on, 0, WAYS);
    suite_add_tcase(suite, tc);
    return suite;
}

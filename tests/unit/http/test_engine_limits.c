/*
 * Which connections an engine opens, keeps and closes: the limits of a thread, which may change
 * while requests are in flight.
 *
 * The test is also the server: it counts the requests that have come on each connection, and
 * answers as many as it is told to.
 */
#include <ares.h>
#include <check.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/http/choice/engines.h"
#include "loadgen/http/curl/engine.h"
#include "loadgen/http/owner.h"
#include "loadgen/net/address_list.h"
#include "tests/support/measurement.h"

enum {
    SOCKETS = 64,
    STREAMS = 100,              /* that the server allows on a connection */
    REQUESTS_MAX = 3 * STREAMS, /* of a connection, over HTTP/2 */
    ENDPOINTS = 300,
    INPUT = 65536,
};

static const struct {
    const struct engine_type *type;
    bool h2c;
} ways[] = {{&engines, false}, {&engine_curl, false}, {&engines, true}};
enum { H1, CURL, H2, WAYS };

/* The server. */

struct peer_socket {
    int fd; /* -1: the client has closed it */
    unsigned char input[INPUT];
    size_t length;
    size_t asked;                   /* requests that have come */
    size_t answered;                /* of these */
    uint32_t streams[REQUESTS_MAX]; /* HTTP/2: of the requests */
};

static int listener;
static struct peer_socket sockets[SOCKETS];
static size_t accepted;
static bool speaks_h2;

static uint16_t listen_anywhere(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof any;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&any, sizeof any), 0);
    ck_assert_int_eq(listen(listener, SOCKETS), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&any, &length), 0);
    return ntohs(any.sin_port);
}

static void say(const struct peer_socket *to, const void *bytes, size_t length)
{
    ck_assert_int_eq(send(to->fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static void accept_all(void)
{
    /* MAX_CONCURRENT_STREAMS is STREAMS. */
    static const char settings[] = {0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, STREAMS};
    int fd = -1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        ck_assert_uint_lt(accepted, SOCKETS);
        sockets[accepted++] = (struct peer_socket){.fd = fd};
        if (speaks_h2) {
            say(&sockets[accepted - 1], settings, sizeof settings);
        }
    }
}

/* Takes a frame, or the preface. Returns its length; 0: it is not complete. */
static size_t take_frame(struct peer_socket *from, const unsigned char *at, size_t length)
{
    enum { PREFACE = 24, HEAD = 9, HEADERS = 1 };
    if (length >= PREFACE && memcmp(at, "PRI * HTTP/2.0", 14) == 0) {
        return PREFACE;
    }
    size_t size = length < HEAD ? 0 : HEAD + (size_t)(at[0] << 16 | at[1] << 8 | at[2]);
    if (size == 0 || size > length) {
        return 0;
    }
    if (at[3] == HEADERS) {
        ck_assert_uint_lt(from->asked, REQUESTS_MAX);
        from->streams[from->asked++] =
            (uint32_t)at[5] << 24 | (uint32_t)at[6] << 16 | (uint32_t)at[7] << 8 | at[8];
    }
    return size;
}

static size_t take_head(struct peer_socket *from, const unsigned char *at, size_t length)
{
    const unsigned char *end = memmem(at, length, "\r\n\r\n", 4);
    from->asked += end != NULL;
    return end ? (size_t)(end + 4 - at) : 0;
}

static void take_requests(struct peer_socket *from)
{
    size_t used = 0;
    size_t one = 0;
    ssize_t n = 0;
    while (from->fd >= 0 && (n = recv(from->fd, from->input + from->length, INPUT - from->length,
                                      MSG_DONTWAIT)) > 0) {
        from->length += (size_t)n;
    }
    if (from->fd >= 0 && n == 0) {
        close(from->fd);
        from->fd = -1;
    }
    while ((one = (speaks_h2 ? take_frame : take_head)(from, from->input + used,
                                                       from->length - used)) > 0) {
        used += one;
    }
    from->length -= used;
    memmove(from->input, from->input + used, from->length);
}

static void answer(struct peer_socket *to, size_t count)
{
    static const char h1[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    for (; count > 0; count--) {
        ck_assert_uint_lt(to->answered, to->asked);
        uint32_t stream = to->streams[to->answered++];
        /* HEADERS that end the stream: ":status: 200" is 8 in HPACK's table. */
        const unsigned char h2[] = {
            0, 0, 1, 1, 5, 0, 0, (unsigned char)(stream >> 8), (unsigned char)stream, 0x88};
        if (speaks_h2) {
            say(to, h2, sizeof h2);
        } else {
            say(to, h1, sizeof h1 - 1);
        }
    }
}

static size_t count_asked(void)
{
    size_t asked = 0;
    for (size_t i = 0; i < accepted; i++) {
        asked += sockets[i].asked;
    }
    return asked;
}

static size_t count_open(void)
{
    size_t open = 0;
    for (size_t i = 0; i < accepted; i++) {
        open += sockets[i].fd >= 0;
    }
    return open;
}

static void answer_all(void)
{
    for (size_t i = 0; i < accepted; i++) {
        answer(&sockets[i], sockets[i].asked - sockets[i].answered);
    }
}

/* The engine. */

static struct loop *loop;
static struct resolver *resolver;
static struct address_list addresses;
static struct engine *engine;
static struct engine_limits limits;
static struct targets targets;
static struct endpoint endpoints[ENDPOINTS]; /* room for some that never come */
static const struct tls_options secure;
static const struct proxy_options proxy;
static struct terms terms;
static size_t started;
static size_t ended;

static void on_done(void *context, const struct exchange *exchange)
{
    (void)context;
    ck_assert_msg(exchange->outcome == OUTCOME_ANSWERED, "outcome %d: %s", exchange->outcome,
                  exchange->reason);
    ended++;
}

static void set_up(int way)
{
    char url[64];
    struct err err = {0};
    const struct message_defaults defaults = {.keepalive = true};
    speaks_h2 = ways[way].h2c;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", listen_anywhere());
    ck_assert_int_eq(ares_library_init(ARES_LIB_INIT_ALL), ARES_SUCCESS);
    ck_assert(targets_single(&targets, url, &defaults, &err));
    endpoints[0] = targets.endpoints[0];
    address_list_init(&addresses);
    const struct resolver_config names = {
        .names = {.addresses = &addresses, .threads = 1, .is_balanced = true}};
    loop = loop_create(&err);
    resolver = resolver_create(&names, loop, &err);
    limits = (struct engine_limits){.max_connections = UINT64_MAX, .max_idle = 10000};
    terms = (struct terms){.timeout_ns = 30 * NS_PER_S, .max_redirects = -1};
    const struct engine_config config = {
        .resolver = resolver,
        .endpoints = endpoints,
        .endpoint_count = ENDPOINTS,
        .limits = &limits,
        .keepalive = true,
        .h2c = ways[way].h2c,
        .secure = &secure,
        .proxy = &proxy,
    };
    engine = ways[way].type->create(&config, loop, on_done, NULL, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
}

static void tear_down(void)
{
    engine->type->destroy(engine);
    resolver_destroy(resolver);
    loop_destroy(loop);
    address_list_fini(&addresses);
    targets_free(&targets);
    for (size_t i = 0; i < accepted; i++) {
        if (sockets[i].fd >= 0) {
            close(sockets[i].fd);
        }
    }
    close(listener);
}

static void start(size_t count)
{
    for (; count > 0; count--) {
        struct send send = {
            .request = &targets.requests[0],
            .terms = &terms,
            .number = started++,
            .intended_ns = clock_now_ns(),
            .started_ns = clock_now_ns(),
        };
        engine->type->start(engine, &send);
    }
}

/* A turn of the thread and of the server. */
static void turn(void)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t at_ns = engine->type->next_deadline_ns(engine);
    uint64_t sleep_ns = at_ns > now_ns ? at_ns - now_ns : 0;
    loop_wait(loop, sleep_ns < MS ? sleep_ns : MS);
    loop_dispatch(loop);
    engine->type->expire(engine, clock_now_ns());
    accept_all();
    for (size_t i = 0; i < accepted; i++) {
        take_requests(&sockets[i]);
    }
}

/* Turns until the counter has come so far. */
static void await(size_t (*counter)(void), size_t wanted)
{
    uint64_t end_ns = clock_now_ns() + 10 * NS_PER_S;
    while (counter() != wanted && clock_now_ns() < end_ns) {
        turn();
    }
    ck_assert_uint_eq(counter(), wanted);
}

static size_t count_ended(void)
{
    return ended;
}

/* Nothing more happens. */
static void settle(void)
{
    for (int i = 0; i < 20; i++) {
        turn();
    }
}

/* That many connections are left, and stay. */
static void expect_open(size_t count)
{
    await(count_open, count);
    settle();
    ck_assert_uint_eq(count_open(), count);
}

/* The cap of three connections becomes one while each carries 100 streams, or is being opened. */
START_TEST(busy_connections_beyond_a_lowered_cap_end_with_their_streams)
{
    enum { CONNECTIONS = 3, ALL = CONNECTIONS * STREAMS, HALF = STREAMS / 2 };
    enum { ANSWERED = CONNECTIONS * HALF };
    set_up(H2);
    limits.max_connections = CONNECTIONS;
    if (_i == 0) {
        start(1);
        await(count_asked, 1);
        start(ALL - 1);
    } else {
        start(ALL);
        limits.max_connections = 1;
    }
    await(count_asked, ALL);
    ck_assert_uint_eq(accepted, CONNECTIONS);
    limits.max_connections = 1;
    settle();
    for (size_t i = 0; i < CONNECTIONS; i++) {
        answer(&sockets[i], HALF);
    }
    await(count_ended, ANSWERED);
    size_t more = 0;
    for (; engine->type->has_room(engine, 0) && more < STREAMS; more++) {
        start(1);
    }
    ck_assert_uint_eq(more, HALF); /* what one connection has room for */
    await(count_asked, ALL + HALF);
    size_t taking = 0;
    for (size_t i = 0; i < accepted; i++) {
        taking += sockets[i].asked > STREAMS;
    }
    ck_assert_uint_eq(taking, 1);
    ck_assert_uint_eq(count_open(), CONNECTIONS); /* none was cut off */
    answer_all();
    await(count_ended, started);
    expect_open(1);
    start(STREAMS);
    await(count_asked, started);
    ck_assert_uint_eq(accepted, CONNECTIONS);
    answer_all();
    await(count_ended, started);
    tear_down();
}
END_TEST

/* The table of endpoints has room for many more than there are. */
START_TEST(limits_are_those_of_the_endpoints_that_exist)
{
    enum { BUSY = 8, IDLE = 2, OPEN = 5 };
    set_up(_i);
    limits.max_idle = IDLE;
    start(BUSY);
    await(count_asked, BUSY);
    ck_assert_uint_eq(accepted, BUSY);
    answer_all();
    await(count_ended, BUSY);
    expect_open(IDLE);
    limits.max_idle = BUSY;
    start(BUSY);
    await(count_asked, started);
    ck_assert_uint_eq(count_open(), BUSY);
    limits.max_connections = OPEN;
    settle();
    ck_assert_uint_eq(count_open(), BUSY); /* they are busy */
    answer_all();
    await(count_ended, started);
    expect_open(OPEN);
    tear_down();
}
END_TEST

/* One of two connections becomes idle while the other is busy: it is within the limit. */
START_TEST(busy_connections_are_not_idle_ones)
{
    set_up(_i);
    limits.max_idle = 1;
    start(2);
    await(count_asked, 2);
    answer(&sockets[0], 1);
    await(count_ended, 1);
    settle();
    ck_assert_uint_eq(count_open(), 2);
    answer(&sockets[1], 1);
    expect_open(1);
    tear_down();
}
END_TEST

/* Its connections are kept whatever the limits are, until it closes them. */
START_TEST(connections_of_an_owner_are_not_limited)
{
    enum { REQUESTS = 4 };
    struct owner owner = {0};
    const size_t connections = ways[_i].h2c ? 1 : REQUESTS;
    set_up(_i);
    terms.owner = &owner;
    for (size_t i = 0; i < 3; i++) {
        limits = (struct engine_limits){.max_connections = 3 - i, .max_idle = i};
        settle();
        start(REQUESTS);
        await(count_asked, started);
        answer_all();
        await(count_ended, started);
        expect_open(connections);
    }
    ck_assert_uint_eq(accepted, connections);
    owner_close(&owner);
    await(count_open, 0);
    tear_down();
}
END_TEST

Suite *engine_limits_suite(void);
Suite *engine_limits_suite(void)
{
    Suite *suite = suite_create("engine_limits");
    TCase *tests = tcase_create("engine limits");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, busy_connections_beyond_a_lowered_cap_end_with_their_streams, 0, 2);
    tcase_add_loop_test(tests, limits_are_those_of_the_endpoints_that_exist, H1, CURL + 1);
    tcase_add_loop_test(tests, busy_connections_are_not_idle_ones, H1, CURL + 1);
    tcase_add_loop_test(tests, connections_of_an_owner_are_not_limited, 0, WAYS);
    suite_add_tcase(suite, tests);
    return suite;
}

#include "tests/support/test_users.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/drive/endpoints.h"
#include "loadgen/http/answer/capture.h"
#include "loadgen/http/hop.h"
#include "loadgen/http/owner.h"
#include "loadgen/order/order.h"
#include "loadgen/pace/team.h"
#include "loadgen/target/catalogue.h"
#include "loadgen/target/targets.h"

/* A user that failed waits for so long, and after the end requests start for so long. */
#define PAUSE_NS (2 * NS_PER_MS)
#define GRACE_NS (100 * NS_PER_MS)

enum { COOKIE = 64, REQUEST = 256 };

struct seat;

struct user {
    struct seat *seat;
    unsigned id;
    struct owner owner;
    struct terms terms;
    struct request request;
    char bytes[REQUEST];
    char seen[COOKIE];
    uint64_t n;
    uint64_t due_ns; /* UINT64_MAX: its request is under way, or it has ended */
    bool was_answered;
    bool is_stopping;
};

struct run {
    struct drive drive; /* first member */
    struct test_users *all;
};

struct seat {
    struct driver driver; /* first member */
    struct run *run;
    struct drive_thread *thread;
    uint64_t end_ns;
    uint64_t numbers; /* of requests so far */
    bool is_busy;     /* inside a send or an answer */
    size_t count;
    struct user users[TEST_USERS];
};

/* Cookies. */

/* The value of this cookie that the answer sets, or "". */
static void take_cookie(const struct capture *answer, const char *name, char value[COOKIE])
{
    char start[COOKIE];
    snprintf(start, sizeof start, "et-Cookie: %s=", name); /* h2 has small letters */
    const char *end = answer->headers.bytes + answer->headers.length;
    value[0] = '\0';
    for (const char *line = answer->headers.bytes; line && line < end;) {
        const char *next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
        if ((size_t)(next - line) > strlen(start) + 2 &&
            strncasecmp(line + 1, start, strlen(start)) == 0) {
            const char *from = line + 1 + strlen(start);
            snprintf(value, COOKIE, "%.*s", (int)(next - from - 2), from);
        }
        line = next;
    }
}

static void on_hop(void *context, const struct exchange *exchange, const struct capture *answer,
                   struct hop *hop)
{
    const struct user *user = context;
    char step[COOKIE];
    char cookie[2 * COOKIE];
    (void)exchange;
    take_cookie(answer, "step", step);
    snprintf(cookie, sizeof cookie, "step=%s; user=%u", step, user->id);
    hop_set_header(hop, "cookie", cookie); /* in place of Cookie */
}

/* Sending. */

const char *test_users_name(unsigned index, char name[16])
{
    snprintf(name, 16, "GET %u", index % TEST_USERS_NAMES);
    return name;
}

/* Eight names for each user, in turn: more than there are rows. */
static void name_request(struct user *user)
{
    struct test_users *all = user->seat->run->all;
    unsigned index = user->id * (TEST_USERS_NAMES / TEST_USERS) + (unsigned)(user->n % 8);
    char name[16];
    char url[COOKIE];
    snprintf(url, sizeof url, "http://test/%u", index);
    catalogue_find(user->seat->thread->targets, test_users_name(index, name), "GET", url,
                   &user->request);
    atomic_fetch_add(&all->named[index], 1);
}

static void send_one(struct user *user, const char *path, uint32_t endpoint)
{
    struct seat *seat = user->seat;
    const struct endpoint *to = &seat->thread->endpoints->list[endpoint];
    int length = snprintf(user->bytes, sizeof user->bytes,
                          "GET %s?n=%" PRIu64 " HTTP/1.1\r\nHost: %s:%u\r\nCookie: seen=%s\r\n\r\n",
                          path, user->n, to->host, to->port, user->seen);
    user->request = (struct request){
        .bytes = user->bytes,
        .length = (size_t)length,
        .endpoint = endpoint,
        .is_idempotent = true,
    };
    name_request(user);
    struct send send = {
        .request = &user->request,
        .terms = &user->terms,
        .row = user->request.row,
        .number = seat->numbers++ * seat->thread->team->threads + seat->thread->index,
        .intended_ns = clock_now_ns(),
    };
    user->due_ns = UINT64_MAX;
    atomic_fetch_add(&seat->run->all->sent, 1);
    bool was_busy = seat->is_busy;
    seat->is_busy = true;
    drive_send(seat->thread, &send);
    seat->is_busy = was_busy;
}

static uint32_t stop_endpoint(struct user *user)
{
    struct endpoints *endpoints = user->seat->thread->endpoints;
    const struct endpoint *to = &endpoints->list[0];
    uint16_t port = user->seat->run->all->stop_port;
    return port ? endpoints_find(endpoints, to->is_https, to->host, port) : 0;
}

/* Starts what is due: also from inside an answer. */
static void start(struct user *user, uint64_t now_ns)
{
    struct test_users *all = user->seat->run->all;
    if (now_ns < user->seat->end_ns) {
        send_one(user, all->is_plain ? "/" : "/start", 0);
    } else if (user->was_answered && !user->is_stopping) {
        user->is_stopping = true;
        send_one(user, "/stop", stop_endpoint(user));
    } else {
        user->due_ns = UINT64_MAX;
        owner_close(&user->owner);
    }
}

static bool go(struct driver *driver, uint64_t now_ns)
{
    struct seat *seat = (struct seat *)driver;
    bool has_started = false;
    for (size_t i = 0; i < seat->count; i++) {
        if (seat->users[i].due_ns <= now_ns) {
            start(&seat->users[i], now_ns);
            has_started = true;
        }
    }
    return has_started;
}

static uint64_t next_ns(struct driver *driver, uint64_t now_ns)
{
    const struct seat *seat = (const struct seat *)driver;
    uint64_t first_ns = UINT64_MAX;
    (void)now_ns;
    for (size_t i = 0; i < seat->count; i++) {
        uint64_t due_ns = seat->users[i].due_ns;
        first_ns = due_ns < first_ns ? due_ns : first_ns;
    }
    return first_ns;
}

/* Answers. */

/* Numbers with a blank between them. */
static bool read_body(const struct capture *answer, uint64_t *numbers, size_t count)
{
    char body[COOKIE] = "";
    char *at = body;
    size_t found = 0;
    if (answer) {
        snprintf(body, sizeof body, "%.*s", (int)answer->body.length, answer->body.bytes);
    }
    while (found < count && *at) {
        char *end = at;
        numbers[found] = strtoull(at, &end, 10);
        found += end > at;
        at = end > at ? end : at + 1;
    }
    return found == count && *at == '\0';
}

static void check_step(struct user *user, const struct exchange *exchange)
{
    struct test_users *all = user->seat->run->all;
    const struct capture *answer = exchange->capture;
    enum { N, STEP, USER, CONNECTION, NUMBERS };
    uint64_t numbers[NUMBERS] = {0};
    bool is_right = exchange->redirects == 1 && read_body(answer, numbers, NUMBERS) &&
                    numbers[N] == user->n && numbers[STEP] == user->n &&
                    numbers[USER] == user->id && numbers[CONNECTION] < TEST_USERS_CONNECTIONS;
    if (!is_right) {
        atomic_fetch_add(&all->wrong, 1);
        return;
    }
    unsigned char owner = 0;
    if (!atomic_compare_exchange_strong(&all->owners[numbers[CONNECTION]], &owner,
                                        (unsigned char)(user->id + 1)) &&
        owner != user->id + 1) {
        atomic_fetch_add(&all->shared, 1);
    }
    take_cookie(answer, "seen", user->seen);
    atomic_fetch_add(&all->steps, 1);
    user->n++;
}

static void answered(struct driver *driver, const struct exchange *exchange)
{
    struct seat *seat = (struct seat *)driver;
    struct user *user = exchange->terms->context;
    struct test_users *all = seat->run->all;
    if (seat->is_busy || user->due_ns != UINT64_MAX || exchange->request != &user->request) {
        atomic_fetch_add(&all->overlaps, 1);
    }
    seat->is_busy = true;
    bool is_good = exchange->outcome == OUTCOME_ANSWERED;
    if (is_good && user->is_stopping) {
        atomic_fetch_add(&all->stops, all->is_plain || exchange->code == 204);
    } else if (is_good && !all->is_plain) {
        check_step(user, exchange);
    }
    user->was_answered |= is_good;
    if (is_good) {
        start(user, clock_now_ns());
    } else {
        user->due_ns = clock_now_ns() + PAUSE_NS;
    }
    seat->is_busy = false;
}

/* The rest of the contract. */

static void begin(struct driver *driver, uint64_t end_ns)
{
    struct seat *seat = (struct seat *)driver;
    seat->end_ns = end_ns;
    for (size_t i = 0; i < seat->count; i++) {
        seat->users[i].due_ns = seat->thread->start_ns;
    }
}

static void end_at(struct driver *driver, uint64_t end_ns)
{
    struct seat *seat = (struct seat *)driver;
    seat->end_ns = end_ns < seat->end_ns ? end_ns : seat->end_ns;
}

static uint64_t last_ns(const struct driver *driver)
{
    return ((const struct seat *)driver)->end_ns + GRACE_NS;
}

static bool has_ended(const struct driver *driver, uint64_t now_ns)
{
    const struct seat *seat = (const struct seat *)driver;
    size_t waiting = 0;
    for (size_t i = 0; i < seat->count; i++) {
        waiting += seat->users[i].due_ns != UINT64_MAX;
    }
    return now_ns >= seat->end_ns && waiting == 0;
}

/* A closed loop: nothing is intended but what is started. */
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

static struct driver *create(struct drive *drive, struct drive_thread *thread, struct err *err)
{
    struct run *run = (struct run *)drive;
    struct seat *seat = calloc(1, sizeof *seat);
    (void)err;
    ck_assert_ptr_nonnull(seat);
    seat->driver.type = &driver_test_users;
    seat->run = run;
    seat->thread = thread;
    for (unsigned id = thread->index; id < TEST_USERS; id += thread->team->threads) {
        struct user *user = &seat->users[seat->count++];
        user->seat = seat;
        user->id = id;
        user->terms = *thread->terms;
        user->terms.keeps_answers = true;
        user->terms.max_body = COOKIE;
        user->terms.owner = &user->owner;
        user->terms.on_hop = on_hop;
        user->terms.context = user;
        if (run->all->timeout_ns && id % 2 == 0) {
            user->terms.timeout_ns = run->all->timeout_ns;
        }
    }
    return &seat->driver;
}

static void destroy(struct driver *driver)
{
    struct seat *seat = (struct seat *)driver;
    for (size_t i = 0; seat && i < seat->count; i++) {
        owner_close(&seat->users[i].owner);
    }
    free(seat);
}

static struct drive *open_all(const struct order *order, const struct team *team, struct err *err)
{
    struct run *run = calloc(1, sizeof *run);
    (void)team, (void)err;
    ck_assert_ptr_nonnull(run);
    run->drive.type = &driver_test_users;
    run->all = order->source->state;
    return &run->drive;
}

static void close_all(struct drive *drive)
{
    free(drive);
}

const struct driver_type driver_test_users = {
    .name = "test users",
    .runs_scripts = true,
    .adds_targets = true,
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

/*
 * What a server may do to single requests, and what each must be counted as: a scripted server and
 * real runs against it.
 */
#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/http/choice/engines.h"
#include "loadgen/http/curl/engine.h"
#include "loadgen/http/redirect/location.h"
#include "tests/support/measurement.h"

/*
 * Every test runs once with each engine: even numbers are our own, odd ones libcurl's. With one
 * worker a busy machine does not start all: what is told of is what was started.
 */
enum { ENGINES = 2 };

static void choose_engine(int number)
{
    measurement_engine = number % ENGINES == 1 ? &engine_curl : &engines;
}

static struct plan open_loop(int number)
{
    choose_engine(number);
    return measurement_open_loop;
}

/* Ways in which a server fails, and what each request of the run must be counted as. */
static const struct {
    const char *name;
    struct script_step step;
    enum outcome outcome;
    const char *error;
} failures[] = {
    {"silence",
     {.end = SCRIPT_SILENCE},
     OUTCOME_TIMED_OUT,
     "Client.Timeout exceeded while awaiting headers"},
    {"half an answer, then silence",
     {.body_bytes = 100, .end = SCRIPT_SILENCE, .cut_at = 60},
     OUTCOME_TIMED_OUT,
     "Client.Timeout exceeded"},
    {"close without an answer", {.end = SCRIPT_CLOSE}, OUTCOME_CLOSED, ": EOF"},
    {"close inside the header",
     {.body_bytes = 9, .end = SCRIPT_CLOSE, .cut_at = 30},
     OUTCOME_CLOSED,
     ": unexpected EOF"},
    {"close before the announced length",
     {.body_bytes = 100, .missing_bytes = 50, .end = SCRIPT_CLOSE, .cut_at = SCRIPT_WHOLE},
     OUTCOME_CLOSED,
     ": unexpected EOF"},
    {"reset without an answer",
     {.end = SCRIPT_RESET},
     OUTCOME_RESET,
     "read: connection reset by peer"},
    {"reset inside the answer",
     {.body_bytes = 100, .end = SCRIPT_RESET, .cut_at = 80},
     OUTCOME_RESET,
     "read: connection reset by peer"},
    {"garbage",
     {.raw = "220 smtp.example.org ESMTP ready\r\n"},
     OUTCOME_PROTOCOL,
     "malformed HTTP response"},
    {"an upgrade nobody asked for",
     {.raw = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"},
     OUTCOME_PROTOCOL,
     "malformed HTTP response"},
};

START_TEST(every_failure_is_accounted_for_with_its_reason)
{
    const struct script script = {.steps = &failures[_i / ENGINES].step, .step_count = 1};
    struct plan plan = open_loop(_i);
    plan.schedule.rate.count = 100;
    plan.schedule.duration_ns = 200 * MS;
    plan.timeout_ns = failures[_i / ENGINES].outcome == OUTCOME_TIMED_OUT ? 150 * MS : 5000 * MS;
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    uint64_t timed_out =
        failures[_i / ENGINES].outcome == OUTCOME_TIMED_OUT ? m.summary->started : 0;
    ck_assert_uint_eq(tally->counters.ended, m.summary->started);
    ck_assert_uint_eq(tally->counters.answered, 0);
    ck_assert_uint_eq(tally->counters.timed_out, timed_out);
    ck_assert_uint_eq(tally->counters.failed, m.summary->started - timed_out);
    ck_assert_uint_ge(tally->error_count, 1);
    uint64_t errors = 0;
    for (size_t i = 0; i < tally->error_count; i++) {
        ck_assert_msg(strstr(tally->errors[i].text, failures[_i / ENGINES].error) != NULL, "%s: %s",
                      failures[_i / ENGINES].name, tally->errors[i].text);
        errors += tally->errors[i].count;
    }
    ck_assert_uint_eq(errors, m.summary->started);
    ck_assert_uint_eq(tally->kinds[failures[_i / ENGINES].outcome].count, m.summary->started);
    ck_assert_ptr_eq(tally->kinds[failures[_i / ENGINES].outcome].example, tally->errors[0].text);
    if (timed_out) {
        ck_assert_uint_ge(tally->latency.min_ns, plan.timeout_ns);
    }
    summary_destroy(m.summary);
}
END_TEST

/* Accepts, says at once that it will send nothing, and reads on. Ends when its socket is shut. */
static void *say_nothing(void *context)
{
    int listener = *(int *)context;
    int conns[256];
    size_t count = 0;
    while (count < 256 && (conns[count] = accept(listener, NULL, NULL)) >= 0) {
        shutdown(conns[count++], SHUT_WR);
    }
    while (count > 0) {
        close(conns[--count]);
    }
    return NULL;
}

START_TEST(a_server_that_closes_its_side_at_once_is_noticed_at_once)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 64), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, say_nothing, &listener), 0);
    const struct control control = {.stop_fd = -1};
    const struct plan plan = open_loop(_i);
    struct measurement m = {
        .summary = measurement_attack(&plan, "GET", ntohs(address.sin_port), &control, NULL),
    };
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    ck_assert_uint_eq(m.summary->tally->counters.failed, m.summary->started);
    ck_assert_uint_le(histogram_percentile(&m.summary->tally->latency, 500000), NS_PER_S);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_refused_connection_is_a_connect_failure)
{
    struct err err = {0};
    struct script_server *server = script_server_start(&measurement_answers_at_once, &err);
    uint16_t port = script_server_port(server);
    script_server_stop(server); /* nobody listens there any more */
    const struct control control = {.stop_fd = -1};
    struct plan plan = _i / ENGINES == 0 ? measurement_open_loop : measurement_closed_loop;
    choose_engine(_i);
    struct measurement m = {.summary = measurement_attack(&plan, "GET", port, &control, NULL)};
    measurement_check_balance(&plan, &m);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_gt(tally->counters.failed, 0);
    ck_assert_uint_eq(tally->counters.failed, tally->counters.ended);
    ck_assert_uint_eq(tally->error_count, 2); /* a text for each of the two targets */
    ck_assert_ptr_nonnull(strstr(tally->errors[0].text, "connect: connection refused"));
    ck_assert_uint_eq(tally->service.max_ns, 0);
    summary_destroy(m.summary);
}
END_TEST

/* Ways to answer that must all be read as one whole answer with 26 bytes of body. */
static const struct script_step good_answers[] = {
    {.body_bytes = 26},
    {.body_bytes = 26, .chunk_bytes = 7},
    {.body_bytes = 26, .chunk_bytes = 1},
    {.raw = "HTTP/1.1 200 OK\r\n\r\nabcdefghijklmnopqrstuvwxyz",
     .end = SCRIPT_CLOSE,
     .cut_at = SCRIPT_WHOLE},
    {.raw = "HTTP/1.0 200 OK\r\n\r\nabcdefghijklmnopqrstuvwxyz",
     .end = SCRIPT_CLOSE,
     .cut_at = SCRIPT_WHOLE},
    {.raw = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n"
            "abcdefghijklmnopqrstuvwxyz"},
    {.body_bytes = 26,
     .headers = "Connection: close\r\n",
     .end = SCRIPT_CLOSE,
     .cut_at = SCRIPT_WHOLE},
    {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n"
            "abcdefghijklmnopqrstuvwxyz\r\n0\r\nX-Trailer: 1\r\n\r\n"},
    {.body_bytes = 26, .pause_ms = 1},
};

START_TEST(every_form_of_answer_is_read_to_its_end)
{
    const struct script script = {.steps = &good_answers[_i / ENGINES], .step_count = 1};
    struct plan plan = open_loop(_i);
    plan.schedule.rate.count = 50;
    plan.schedule.duration_ns = 200 * MS;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.summary->tally->counters.answered, m.summary->started);
    ck_assert_uint_eq(m.summary->tally->codes[200], m.summary->started);
    ck_assert_uint_eq(m.summary->tally->bytes_in, m.summary->started * 26);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_large_body_is_counted_to_the_byte)
{
    static const struct script_step step = {.body_bytes = 5000000};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = open_loop(_i);
    plan.schedule.rate.count = 20;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.summary->tally->counters.answered, m.summary->started);
    ck_assert_uint_eq(m.summary->tally->bytes_in, m.summary->started * 5000000);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_get_is_sent_again_when_an_idle_connection_had_closed)
{
    struct script script = measurement_answers_at_once;
    script.close_every = 3;
    struct plan plan = open_loop(_i);
    plan.max_workers = 1;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.summary->tally->counters.answered, m.summary->started);
    ck_assert_uint_eq(m.truth.answers, m.summary->started);
    ck_assert_uint_ge(m.truth.connections, m.summary->started / 3);
    summary_destroy(m.summary);
}
END_TEST

/* The server takes each second request of a connection and closes instead of answering. */
static const struct script_step takes_and_closes[] = {{.body_bytes = 15}, {.end = SCRIPT_CLOSE}};
static const struct script second_is_closed = {
    .steps = takes_and_closes,
    .step_count = 2,
    .order = SCRIPT_BY_REQUEST_OF_CONNECTION,
};

START_TEST(an_idempotent_request_is_tried_again_and_counted)
{
    struct plan plan = open_loop(_i);
    plan.max_workers = 1;
    struct measurement m = measure_method(&plan, &second_is_closed, "GET");
    const struct counters *counters = &m.summary->tally->counters;
    ck_assert_uint_eq(counters->answered, m.summary->started);
    ck_assert_uint_eq(counters->retried,
                      m.summary->started - 1); /* the first had a new connection */
    ck_assert_uint_eq(m.truth.requests, 2 * m.summary->started - 1);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_post_is_not_sent_twice)
{
    struct plan plan = open_loop(_i);
    plan.max_workers = 1;
    struct measurement m = measure_method(&plan, &second_is_closed, "POST");
    const struct counters *counters = &m.summary->tally->counters;
    ck_assert_uint_eq(counters->retried, 0);
    ck_assert_uint_eq(counters->answered, (m.summary->started + 1) / 2);
    ck_assert_uint_eq(counters->failed, m.summary->started / 2);
    ck_assert_uint_eq(m.truth.requests, m.summary->started);
    ck_assert_uint_eq(m.summary->tally->kinds[OUTCOME_CLOSED].count,
                      m.summary->tally->errors[0].count);
    summary_destroy(m.summary);
}
END_TEST

/* Every other request of a connection is sent on; what follows is answered. */
static const struct script_step sent_on[] = {
    {.status = 302, .headers = "Location: /elsewhere?a=b\r\n"},
    {.body_bytes = 15},
};
static const struct script redirects_once = {.steps = sent_on, .step_count = 2};

START_TEST(a_redirect_is_followed_and_counted)
{
    struct plan plan = open_loop(_i);
    plan.max_workers = 1;
    struct measurement m =
        measure_method(&plan, &redirects_once, _i / ENGINES == 0 ? "GET" : "POST");
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_eq(tally->counters.answered, m.summary->started);
    ck_assert_uint_eq(tally->counters.redirected, m.summary->started);
    ck_assert_uint_eq(tally->codes[200], m.summary->started);
    ck_assert_uint_eq(tally->bytes_in, m.summary->started * 15);
    ck_assert_uint_eq(m.truth.requests, 2 * m.summary->started);
    ck_assert_uint_eq(m.truth.connections, 1);
    ck_assert_uint_gt(tally->connect.min_ns, 0); /* the first hop counts as connecting */
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_redirect_that_is_not_to_be_followed_is_the_answer)
{
    struct plan plan = open_loop(_i);
    plan.max_workers = 1;
    plan.max_redirects = -1;
    struct measurement m = measure(&plan, &redirects_once);
    ck_assert_uint_eq(m.summary->tally->codes[302], (m.summary->started + 1) / 2);
    ck_assert_uint_eq(m.summary->tally->counters.redirected, 0);
    ck_assert_uint_eq(tally_successes(m.summary->tally), m.summary->started);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(redirects_without_end_are_stopped)
{
    static const struct script_step step = {.status = 307, .headers = "Location: /a\r\n"};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = open_loop(_i);
    plan.schedule.rate.count = 20;
    plan.max_redirects = 3;
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_eq(tally->counters.failed, m.summary->started);
    ck_assert_uint_eq(tally->counters.redirected, 3 * m.summary->started);
    ck_assert_uint_eq(m.truth.requests, 4 * m.summary->started);
    ck_assert_ptr_nonnull(strstr(tally->errors[0].text, ": stopped after 3 redirects"));
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_redirect_may_lead_to_another_server)
{
    struct err err = {0};
    struct script_server *second = script_server_start(&measurement_answers_at_once, &err);
    char header[64];
    snprintf(header, sizeof header, "Location: http://127.0.0.1:%u/b\r\n",
             script_server_port(second));
    const struct script_step step = {.status = 301, .headers = header};
    const struct script script = {.steps = &step, .step_count = 1};
    const struct plan plan = open_loop(_i);
    struct measurement m = measure(&plan, &script);
    struct script_counts truth = script_server_stop(second);
    ck_assert_uint_eq(m.summary->tally->counters.answered, m.summary->started);
    ck_assert_uint_eq(m.truth.requests, m.summary->started);
    ck_assert_uint_eq(truth.requests, m.summary->started);
    ck_assert_uint_le(truth.connections, 50);
    summary_destroy(m.summary);
}
END_TEST

static char long_location[LOCATION_MAX + 20];
static char many_letters[LOCATION_MAX];

/* Each becomes %XX twice. */
static void fill_with_letters(void)
{
    int length = snprintf(many_letters, sizeof many_letters, "Location: /");
    while (length < (int)sizeof many_letters - 5) {
        length += snprintf(many_letters + length, 3, "\u00e9");
    }
    snprintf(many_letters + length, 3, "\r\n");
}

static const struct {
    const char *header, *error;
} bad_locations[] = {
    {"Location: https://127.0.0.1:1/\r\n", "connect: connection refused"},
    {"Location: ftp://127.0.0.1/\r\n",
     "redirected to \"ftp://127.0.0.1/\": only http and https are followed"},
    {"Location: http://127.0.0.1:99999/\r\n",
     "redirected to \"http://127.0.0.1:99999/\", which has an invalid port"},
    {"Location: http:a\r\n", "redirected to \"http:a\", which is not an http URL"},
    {long_location, "redirected with a Location longer than the limit of 32768 bytes"},
    {many_letters, "redirected: request line and headers exceed the limit of 65536"},
    {"Location: http://name.invalid/\r\n", "lookup name.invalid on 127.0.0.1:1: "},
};

START_TEST(a_redirect_to_nowhere_is_a_failure_with_its_reason)
{
    snprintf(long_location, sizeof long_location, "Location: /%0*d\r\n", LOCATION_MAX, 0);
    fill_with_letters();
    const struct script_step step = {.status = 302, .headers = bad_locations[_i / ENGINES].header};
    const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = open_loop(_i);
    plan.schedule.rate.count = 20;
    plan.resolvers = "127.0.0.1:1"; /* nobody is there */
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_eq(tally->counters.failed, m.summary->started);
    ck_assert_msg(strstr(tally->errors[0].text, bad_locations[_i / ENGINES].error) != NULL, "%s",
                  tally->errors[0].text);
    summary_destroy(m.summary);
}
END_TEST

/* What Go's client and curl take for an answer; 300, 304 and their like are none but Go's. */
static const struct {
    int status;
    const char *headers;
} unfollowed[] = {
    {301, "X: y\r\n"},          {302, "X: y\r\n"},         {303, "X: y\r\n"},
    {307, "X: y\r\n"},          {308, "X: y\r\n"},         {302, "Location:\r\n"},
    {302, "Location: \t \r\n"}, {300, "Location: /x\r\n"}, {305, "Location: /x\r\n"},
};

START_TEST(without_a_location_a_redirect_is_an_answer)
{
    const struct script_step step = {.status = unfollowed[_i / ENGINES].status,
                                     .headers = unfollowed[_i / ENGINES].headers,
                                     .body_bytes = 3};
    const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = open_loop(_i);
    plan.schedule.rate.count = 20;
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_eq(tally->counters.answered, m.summary->started);
    ck_assert_uint_eq(tally->codes[step.status], m.summary->started);
    ck_assert_uint_eq(tally->counters.redirected, 0);
    ck_assert_uint_eq(tally->bytes_in, 3 * m.summary->started);
    ck_assert_uint_eq(tally_successes(tally), m.summary->started);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(without_keepalive_each_request_has_its_connection)
{
    struct plan plan = open_loop(_i);
    plan.keepalive = false;
    struct measurement m = measure(&plan, &measurement_answers_at_once);
    ck_assert_uint_eq(m.summary->tally->counters.answered, m.summary->started);
    ck_assert_uint_eq(m.truth.connections, m.summary->started);
    ck_assert_uint_gt(m.summary->tally->connect.min_ns, 0);
    summary_destroy(m.summary);
}
END_TEST

/* A test with so many cases, each with each engine. */
#define add(tests, test, cases) tcase_add_loop_test(tests, test, 0, (int)(ENGINES * (cases)))

Suite *engine_suite(void);
Suite *engine_suite(void)
{
    Suite *suite = suite_create("engine");
    TCase *tests = tcase_create("known answers");
    tcase_set_timeout(tests, 60);
    add(tests, every_failure_is_accounted_for_with_its_reason,
        sizeof failures / sizeof failures[0]);
    add(tests, a_server_that_closes_its_side_at_once_is_noticed_at_once, 1);
    add(tests, a_refused_connection_is_a_connect_failure, 2);
    add(tests, every_form_of_answer_is_read_to_its_end,
        sizeof good_answers / sizeof good_answers[0]);
    add(tests, a_large_body_is_counted_to_the_byte, 1);
    add(tests, a_get_is_sent_again_when_an_idle_connection_had_closed, 1);
    add(tests, an_idempotent_request_is_tried_again_and_counted, 1);
    add(tests, a_post_is_not_sent_twice, 1);
    add(tests, a_redirect_is_followed_and_counted, 2);
    add(tests, a_redirect_that_is_not_to_be_followed_is_the_answer, 1);
    add(tests, redirects_without_end_are_stopped, 1);
    add(tests, a_redirect_may_lead_to_another_server, 1);
    add(tests, a_redirect_to_nowhere_is_a_failure_with_its_reason,
        sizeof bad_locations / sizeof bad_locations[0]);
    add(tests, without_a_location_a_redirect_is_an_answer,
        sizeof unfollowed / sizeof unfollowed[0]);
    add(tests, without_keepalive_each_request_has_its_connection, 1);
    suite_add_tcase(suite, tests);
    return suite;
}

/*
 * Known answers: a scripted server does something, and the summary of a real run against it over
 * real sockets must say so. Lower bounds are strict; upper ones leave room for a busy machine.
 */
#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/measure/result_codec.h"
#include "loadgen/run/run.h"
#include "tests/support/script_server.h"

#define MS UINT64_C(1000000)

/* A run against a script, and the truth beside it. */
struct measurement {
    struct summary *summary;
    struct script_counts truth;
    uint64_t took_ns;
};

static const struct plan open_loop = {
    .name = "",
    .schedule.rate = {200, NS_PER_S},
    .schedule.duration_ns = NS_PER_S / 2,
    .timeout_ns = 5 * NS_PER_S,
    .max_workers = UINT64_MAX,
    .max_idle = 10000,
    .max_redirects = 10,
    .unix_socket = "",
    .keepalive = true,
    .threads = 2,
};

static const struct plan closed_loop = {
    .name = "",
    .schedule.rate = {0, NS_PER_S},
    .schedule.duration_ns = NS_PER_S / 4,
    .timeout_ns = 5 * NS_PER_S,
    .max_workers = 4,
    .max_idle = 10000,
    .max_redirects = 10,
    .unix_socket = "",
    .keepalive = true,
    .threads = 2,
};

static const struct script_step at_once = {.body_bytes = 15};
static const struct script answers_at_once = {.steps = &at_once, .step_count = 1};

static struct summary *attack(const struct plan *plan, const char *method, uint16_t port,
                              const struct control *control, struct result_writer *writer)
{
    char text[256];
    struct err err = {0};
    struct targets targets;
    snprintf(text, sizeof text, "%s http://127.0.0.1:%u/a\n\n%s http://127.0.0.1:%u/b\n", method,
             port, method, port);
    FILE *in = fmemopen(text, strlen(text), "r");
    const struct message_defaults defaults = {.attack_name = "", .keepalive = plan->keepalive};
    ck_assert_msg(targets_read(&targets, in, "test", &format_http, &defaults, &err), "%s",
                  err.text);
    fclose(in);
    struct source source = source_of(targets.requests, targets.count);
    const struct observer observer = {0};
    struct summary *summary = summary_create();
    ck_assert_msg(run(plan, &targets, &source, control, &observer, writer, summary, &err), "%s",
                  err.text);
    targets_free(&targets);
    return summary;
}

/* What must hold after every run, whatever the server did. */
static void check_balance(const struct plan *plan, const struct measurement *m)
{
    const struct tally *tally = m->summary->tally;
    const struct counters *counters = &tally->counters;
    ck_assert_uint_eq(m->summary->intended, counters->ended + m->summary->not_started);
    ck_assert_uint_eq(counters->ended, counters->answered + counters->timed_out + counters->failed);
    ck_assert_uint_eq(tally->latency.count, counters->ended);
    ck_assert_uint_eq(tally->latency.sum_ns, tally->lag.sum_ns + tally->wait.sum_ns +
                                                 tally->connect.sum_ns + tally->service.sum_ns);
    ck_assert_uint_le(counters->answered, m->truth.answers + m->truth.broken); /* raw ones */
    ck_assert_uint_le(m->truth.answers, counters->ended + counters->retried + counters->redirected);
    if (plan->schedule.rate.count > 0 && !m->summary->is_interrupted) {
        ck_assert_uint_eq(m->summary->intended,
                          pacer_count(plan->schedule.rate, plan->schedule.duration_ns));
    }
    uint64_t codes = 0;
    for (size_t i = 0; i < TALLY_CODES; i++) {
        codes += tally->codes[i];
    }
    ck_assert_uint_eq(codes, counters->ended);
    ck_assert_uint_eq(tally->codes[0], counters->timed_out + counters->failed);
}

static struct measurement measure_method(const struct plan *plan, const struct script *script,
                                         const char *method)
{
    struct err err = {0};
    struct measurement m = {0};
    struct script_server *server = script_server_start(script, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    const struct control control = {-1};
    uint64_t begin_ns = clock_now_ns();
    m.summary = attack(plan, method, script_server_port(server), &control, NULL);
    m.took_ns = clock_now_ns() - begin_ns;
    m.truth = script_server_stop(server);
    check_balance(plan, &m);
    return m;
}

static struct measurement measure(const struct plan *plan, const struct script *script)
{
    return measure_method(plan, script, "GET");
}

static uint64_t p99(const struct histogram *h)
{
    return histogram_percentile(h, 990000);
}

START_TEST(everything_intended_is_sent_and_served)
{
    struct measurement m = measure(&open_loop, &answers_at_once);
    ck_assert_uint_eq(m.summary->intended, 100);
    ck_assert_uint_eq(m.summary->tally->counters.answered, 100);
    ck_assert_uint_eq(m.truth.answers, 100);
    ck_assert_uint_eq(m.summary->tally->codes[200], 100);
    ck_assert_uint_eq(m.summary->tally->bytes_in, UINT64_C(100) * 15);
    ck_assert_uint_eq(m.summary->tally->error_count, 0);
    ck_assert_double_eq_tol(summary_rate(m.summary), 200, 20);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_warm_up_is_sent_and_not_counted)
{
    struct plan plan = _i == 0 ? open_loop : closed_loop;
    plan.warmup = schedule_warmup(&plan.schedule, 300 * MS);
    static const struct script_step step = {.delay_ms = 2, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct err err = {0};
    struct measurement m = {0};
    struct script_server *server = script_server_start(&script, &err);
    const struct control control = {-1};
    m.summary = attack(&plan, "GET", script_server_port(server), &control, NULL);
    m.truth = script_server_stop(server);
    const struct counters *counters = &m.summary->tally->counters;
    ck_assert_uint_eq(counters->ended, m.summary->started);
    ck_assert_uint_eq(counters->ended, counters->answered);
    if (_i == 0) {
        ck_assert_uint_eq(counters->ended, 100);
        ck_assert_uint_eq(m.truth.answers, 160); /* 0.3 s at 200/s before */
        /* That is what it is for; a hiccup may need one more connection later. */
        ck_assert_uint_eq(histogram_percentile(&m.summary->tally->connect, 900000), 0);
    } else {
        ck_assert_uint_gt(counters->ended, 100);
        ck_assert_uint_gt(m.truth.answers, counters->ended + 100);
    }
    summary_destroy(m.summary);
}
END_TEST

START_TEST(each_target_has_its_row)
{
    struct measurement m = measure(&open_loop, &answers_at_once);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_eq(m.summary->rows.count, 2);
    ck_assert_str_eq(rows_name(&m.summary->rows, 0), "GET /a");
    ck_assert_str_eq(rows_name(&m.summary->rows, 1), "GET /b");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(tally->rows[i].ended, 50);
        ck_assert_uint_eq(tally->rows[i].successes, 50);
        ck_assert_uint_eq(tally->rows[i].bytes_in, UINT64_C(50) * 15);
    }
    ck_assert_uint_eq(tally->rows[0].latency.sum_ns + tally->rows[1].latency.sum_ns,
                      tally->latency.sum_ns);
    summary_destroy(m.summary);
}
END_TEST

/* The server stands still for a second; a fifth of the requests fall into it or wait behind it. */
START_TEST(a_stall_shows_in_p99_however_few_workers)
{
    static const uint64_t workers[] = {1, 2, 16, UINT64_MAX};
    struct script script = answers_at_once;
    script.stall_at_ms = 300;
    script.stall_ms = 1000;
    struct plan plan = open_loop;
    plan.schedule.duration_ns = 3 * NS_PER_S;
    plan.max_workers = workers[_i];
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_ge(tally->counters.answered, 590); /* the last may wait for the only worker */
    ck_assert_uint_ge(tally->latency.max_ns, 990 * MS);
    ck_assert_uint_ge(p99(&tally->latency), 950 * MS);
    ck_assert_uint_ge(histogram_percentile(&tally->latency, 900000), 600 * MS);
    ck_assert_uint_le(histogram_percentile(&tally->latency, 500000), 100 * MS);
    if (plan.max_workers == 1) {
        /* One request was in the stall, the others waited for its connection: not our fault. */
        ck_assert_uint_le(p99(&tally->service), 300 * MS);
        ck_assert_uint_ge(p99(&tally->wait), 900 * MS);
        ck_assert_uint_le(p99(&tally->lag), 100 * MS);
    }
    summary_destroy(m.summary);
}
END_TEST

START_TEST(latency_is_never_below_the_delay_and_close_to_it)
{
    static const struct script_step step = {.delay_ms = 20, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    bool is_close = false;
    for (int tries = 0; tries < 4 && !is_close; tries++) { /* the machine may be busy for a while */
        struct measurement m = measure(&open_loop, &script);
        const struct tally *tally = m.summary->tally;
        ck_assert_uint_ge(tally->latency.min_ns, 20 * MS);
        ck_assert_uint_ge(tally->service.min_ns, 20 * MS);
        is_close = histogram_percentile(&tally->service, 500000) <= 21 * MS;
        summary_destroy(m.summary);
    }
    ck_assert(is_close);
}
END_TEST

START_TEST(what_waits_for_a_connection_at_the_end_is_not_started)
{
    static const struct script_step step = {.delay_ms = 100, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = open_loop;
    plan.schedule.rate.count = 100;
    plan.schedule.duration_ns = NS_PER_S;
    plan.max_workers = _i == 0 ? 1 : UINT64_MAX;
    plan.max_connections = _i == 0 ? 0 : 1;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.summary->intended, 100);
    ck_assert_uint_ge(m.summary->tally->counters.answered, 8);
    ck_assert_uint_le(m.summary->tally->counters.answered, 10);
    ck_assert_uint_ge(m.summary->not_started, 90);
    ck_assert_uint_eq(m.truth.connections_peak, 1);
    ck_assert_uint_le(m.took_ns, 1500 * MS);
    /* Each waited for the one connection, and not for us. */
    ck_assert_uint_ge(m.summary->tally->wait.max_ns, 500 * MS);
    ck_assert_uint_le(histogram_percentile(&m.summary->tally->lag, 500000), 50 * MS);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_closed_loop_keeps_its_workers_busy_and_no_more)
{
    static const struct script_step step = {.delay_ms = 10, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct measurement m = measure(&closed_loop, &script);
    ck_assert_uint_eq(m.truth.connections_peak, 4);
    ck_assert_uint_eq(m.summary->not_started, 0);
    ck_assert_uint_ge(m.summary->tally->counters.answered, 40); /* at most 4 * 250 / 10 */
    ck_assert_uint_le(m.summary->tally->counters.answered, 104);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(closed_loop_workers_share_fewer_connections)
{
    static const struct script_step step = {.delay_ms = 10, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = closed_loop;
    plan.max_connections = 2;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.truth.connections_peak, 2);
    /* Each request waits about as long as it is served: the connections are the users' cap. */
    ck_assert_uint_ge(histogram_percentile(&m.summary->tally->wait, 500000), 8 * MS);
    ck_assert_uint_le(histogram_percentile(&m.summary->tally->lag, 500000), 2 * MS);
    summary_destroy(m.summary);
}
END_TEST

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
     {.body_bytes = 9, .end = SCRIPT_CLOSE, .cut_at = 20},
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
    const struct script script = {.steps = &failures[_i].step, .step_count = 1};
    struct plan plan = open_loop;
    plan.schedule.rate.count = 100;
    plan.schedule.duration_ns = 200 * MS;
    plan.timeout_ns = 150 * MS;
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    uint64_t timed_out = failures[_i].outcome == OUTCOME_TIMED_OUT ? 20 : 0;
    ck_assert_uint_eq(tally->counters.ended, 20);
    ck_assert_uint_eq(tally->counters.answered, 0);
    ck_assert_uint_eq(tally->counters.timed_out, timed_out);
    ck_assert_uint_eq(tally->counters.failed, 20 - timed_out);
    ck_assert_uint_ge(tally->error_count, 1);
    uint64_t errors = 0;
    for (size_t i = 0; i < tally->error_count; i++) {
        ck_assert_msg(strstr(tally->errors[i].text, failures[_i].error) != NULL, "%s: %s",
                      failures[_i].name, tally->errors[i].text);
        ck_assert_int_eq(tally->errors[i].outcome, failures[_i].outcome);
        errors += tally->errors[i].count;
    }
    ck_assert_uint_eq(errors, 20);
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
    const struct control control = {-1};
    struct measurement m = {
        .summary = attack(&open_loop, "GET", ntohs(address.sin_port), &control, NULL),
    };
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    ck_assert_uint_eq(m.summary->tally->counters.failed, 100);
    ck_assert_uint_le(histogram_percentile(&m.summary->tally->latency, 500000), NS_PER_S);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_refused_connection_is_a_connect_failure)
{
    struct err err = {0};
    struct script_server *server = script_server_start(&answers_at_once, &err);
    uint16_t port = script_server_port(server);
    script_server_stop(server); /* nobody listens there any more */
    const struct control control = {-1};
    const struct plan *plan = _i == 0 ? &open_loop : &closed_loop;
    struct measurement m = {.summary = attack(plan, "GET", port, &control, NULL)};
    check_balance(plan, &m);
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
    const struct script script = {.steps = &good_answers[_i], .step_count = 1};
    struct plan plan = open_loop;
    plan.schedule.rate.count = 50;
    plan.schedule.duration_ns = 200 * MS;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.summary->tally->counters.answered, 10);
    ck_assert_uint_eq(m.summary->tally->codes[200], 10);
    ck_assert_uint_eq(m.summary->tally->bytes_in, UINT64_C(10) * 26);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_large_body_is_counted_to_the_byte)
{
    static const struct script_step step = {.body_bytes = 5000000};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = open_loop;
    plan.schedule.rate.count = 20;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.summary->tally->counters.answered, 10);
    ck_assert_uint_eq(m.summary->tally->bytes_in, 10 * UINT64_C(5000000));
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_get_is_sent_again_when_an_idle_connection_had_closed)
{
    struct script script = answers_at_once;
    script.close_every = 3;
    struct plan plan = open_loop;
    plan.max_workers = 1;
    struct measurement m = measure(&plan, &script);
    ck_assert_uint_eq(m.summary->tally->counters.answered, 100);
    ck_assert_uint_eq(m.truth.answers, 100);
    ck_assert_uint_ge(m.truth.connections, 33);
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

START_TEST(a_repeatable_request_is_tried_again_and_counted)
{
    struct plan plan = open_loop;
    plan.max_workers = 1;
    struct measurement m = measure_method(&plan, &second_is_closed, "GET");
    const struct counters *counters = &m.summary->tally->counters;
    ck_assert_uint_eq(counters->answered, 100);
    ck_assert_uint_eq(counters->retried, 99); /* the first had a new connection */
    ck_assert_uint_eq(m.truth.requests, 199);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_post_is_not_sent_twice)
{
    struct plan plan = open_loop;
    plan.max_workers = 1;
    struct measurement m = measure_method(&plan, &second_is_closed, "POST");
    const struct counters *counters = &m.summary->tally->counters;
    ck_assert_uint_eq(counters->retried, 0);
    ck_assert_uint_eq(counters->answered, 50);
    ck_assert_uint_eq(counters->failed, 50);
    ck_assert_uint_eq(m.truth.requests, 100);
    ck_assert_int_eq(m.summary->tally->errors[0].outcome, OUTCOME_CLOSED);
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
    struct plan plan = open_loop;
    plan.max_workers = 1;
    struct measurement m = measure_method(&plan, &redirects_once, _i == 0 ? "GET" : "POST");
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_eq(tally->counters.answered, 100);
    ck_assert_uint_eq(tally->counters.redirected, 100);
    ck_assert_uint_eq(tally->codes[200], 100);
    ck_assert_uint_eq(tally->bytes_in, UINT64_C(100) * 15);
    ck_assert_uint_eq(m.truth.requests, 200);
    ck_assert_uint_eq(m.truth.connections, 1);
    ck_assert_uint_gt(tally->connect.min_ns, 0); /* the first hop counts as connecting */
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_redirect_that_is_not_to_be_followed_is_the_answer)
{
    struct plan plan = open_loop;
    plan.max_workers = 1;
    plan.max_redirects = -1;
    struct measurement m = measure(&plan, &redirects_once);
    ck_assert_uint_eq(m.summary->tally->codes[302], 50);
    ck_assert_uint_eq(m.summary->tally->counters.redirected, 0);
    ck_assert_uint_eq(tally_successes(m.summary->tally), 100);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(redirects_without_end_are_stopped)
{
    static const struct script_step step = {.status = 307, .headers = "Location: /a\r\n"};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = open_loop;
    plan.schedule.rate.count = 20;
    plan.max_redirects = 3;
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_eq(tally->counters.failed, 10);
    ck_assert_uint_eq(tally->counters.redirected, 30);
    ck_assert_uint_eq(m.truth.requests, 40);
    ck_assert_ptr_nonnull(strstr(tally->errors[0].text, ": stopped after 3 redirects"));
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_redirect_may_lead_to_another_server)
{
    struct err err = {0};
    struct script_server *second = script_server_start(&answers_at_once, &err);
    char header[64];
    snprintf(header, sizeof header, "Location: http://127.0.0.1:%u/b\r\n",
             script_server_port(second));
    const struct script_step step = {.status = 301, .headers = header};
    const struct script script = {.steps = &step, .step_count = 1};
    struct measurement m = measure(&open_loop, &script);
    struct script_counts truth = script_server_stop(second);
    ck_assert_uint_eq(m.summary->tally->counters.answered, 100);
    ck_assert_uint_eq(m.truth.requests, 100);
    ck_assert_uint_eq(truth.requests, 100);
    ck_assert_uint_le(truth.connections, 10);
    summary_destroy(m.summary);
}
END_TEST

static const struct {
    const char *header, *error;
} bad_locations[] = {
    {"X: y\r\n", "redirected without a Location"},
    {"Location: https://127.0.0.1/\r\n", "redirected to what is no http URL"},
    {"Location: ftp://127.0.0.1/\r\n", "redirected to what is no http URL"},
    {"Location: http://127.0.0.1:99999/\r\n", "redirected to what is no http URL"},
    {"Location: /a b\r\n", "has a space or control character"},
    {"Location: http://name.invalid/\r\n", "name.invalid, which is not a host of the targets"},
};

START_TEST(a_redirect_to_nowhere_is_a_failure_with_its_reason)
{
    const struct script_step step = {.status = 302, .headers = bad_locations[_i].header};
    const struct script script = {.steps = &step, .step_count = 1};
    struct plan plan = open_loop;
    plan.schedule.rate.count = 20;
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    ck_assert_uint_eq(tally->counters.failed, 10);
    ck_assert_msg(strstr(tally->errors[0].text, bad_locations[_i].error) != NULL, "%s",
                  tally->errors[0].text);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(without_keepalive_each_request_has_its_connection)
{
    struct plan plan = open_loop;
    plan.keepalive = false;
    struct measurement m = measure(&plan, &answers_at_once);
    ck_assert_uint_eq(m.summary->tally->counters.answered, 100);
    ck_assert_uint_eq(m.truth.connections, 100);
    ck_assert_uint_gt(m.summary->tally->connect.min_ns, 0);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(a_stop_drains_and_the_account_is_whole)
{
    static const struct script_step step = {.delay_ms = 50, .body_bytes = 15};
    static const struct script script = {.steps = &step, .step_count = 1};
    struct err err = {0};
    struct plan plan = _i == 0 ? open_loop : closed_loop;
    plan.schedule.duration_ns = 0; /* without an end */
    struct script_server *server = script_server_start(&script, &err);
    const struct control control = {eventfd(1, EFD_CLOEXEC)}; /* asked from the beginning */
    struct measurement m = {0};
    m.summary = attack(&plan, "GET", script_server_port(server), &control, NULL);
    m.truth = script_server_stop(server);
    check_balance(&plan, &m);
    ck_assert(m.summary->is_interrupted);
    ck_assert_uint_eq(m.summary->tally->counters.timed_out, 0);
    if (_i == 0) {
        /* what is due after the stop is not sent, the grace is for what was due before it */
        ck_assert_uint_le(m.summary->intended, 5);
    }
    close(control.stop_fd);
    summary_destroy(m.summary);
}
END_TEST

START_TEST(results_that_were_written_say_what_the_run_says)
{
    struct err err = {0};
    struct script script = answers_at_once;
    script.close_every = 7;
    struct plan plan = open_loop;
    plan.schedule.rate.count = 2000;
    FILE *file = tmpfile();
    struct script_server *server = script_server_start(&script, &err);
    struct result_writer *writer = result_writer_create(fileno(file), "file", 16, &err);
    const struct control control = {-1};
    struct summary *live = attack(&plan, "GET", script_server_port(server), &control, writer);
    script_server_stop(server);
    ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
    rewind(file);
    struct summary *read = summary_create();
    ck_assert_msg(journal_read(file, "file", read, &err), "%s", err.text);
    fclose(file);
    ck_assert_uint_eq(read->damaged, 0);
    ck_assert(!read->is_cut_short);
    ck_assert_uint_eq(read->intended, live->intended);
    ck_assert_uint_eq(read->not_started, live->not_started);
    ck_assert_int_eq(
        memcmp(&read->tally->counters, &live->tally->counters, sizeof read->tally->counters), 0);
    ck_assert_int_eq(
        memcmp(&read->tally->latency, &live->tally->latency, sizeof read->tally->latency), 0);
    ck_assert_int_eq(memcmp(&read->tally->lag, &live->tally->lag, sizeof read->tally->lag), 0);
    for (size_t i = 0; i < ROWS_ALL; i++) {
        ck_assert_uint_eq(read->tally->rows[i].ended, live->tally->rows[i].ended);
        ck_assert_str_eq(rows_name(&read->rows, i), rows_name(&live->rows, i));
    }
    ck_assert_uint_eq(read->tally->first_intended_ns,
                      live->tally->first_intended_ns + live->wall_start_ns);
    summary_destroy(live);
    summary_destroy(read);
}
END_TEST

/* Far more is asked than can be sent, so that requests are still started after the end. */
START_TEST(nothing_times_out_before_its_time)
{
    struct err err = {0};
    struct plan plan = open_loop;
    plan.schedule.rate.count = 300000;
    plan.schedule.duration_ns = 200 * MS;
    plan.timeout_ns = 20 * MS;
    plan.max_workers = 64;
    FILE *file = tmpfile();
    struct script_server *server = script_server_start(&answers_at_once, &err);
    struct result_writer *writer = result_writer_create(fileno(file), "file", 16, &err);
    const struct control control = {-1};
    struct measurement m = {0};
    m.summary = attack(&plan, "GET", script_server_port(server), &control, writer);
    m.truth = script_server_stop(server);
    check_balance(&plan, &m);
    ck_assert(result_writer_close(writer, &err));
    rewind(file);
    struct block *block = malloc(sizeof *block);
    struct result_decoder *decoder = malloc(sizeof *decoder);
    struct result result;
    while (block_read(block, file) == BLOCK_READ_OK) {
        if (block->type != BLOCK_RESULTS) {
            continue;
        }
        result_decoder_begin(decoder, block, &m.summary->texts);
        while (result_decoder_next(decoder, &result) == RESULT_DECODE_OK) {
            if (result.outcome == OUTCOME_TIMED_OUT) {
                ck_assert_uint_ge(result.connect_ns + result.service_ns, plan.timeout_ns);
            }
        }
    }
    free(block);
    free(decoder);
    fclose(file);
    summary_destroy(m.summary);
}
END_TEST

Suite *run_suite(void);
Suite *run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *tests = tcase_create("known answers");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, everything_intended_is_sent_and_served);
    tcase_add_loop_test(tests, a_warm_up_is_sent_and_not_counted, 0, 2);
    tcase_add_test(tests, each_target_has_its_row);
    tcase_add_loop_test(tests, a_stall_shows_in_p99_however_few_workers, 0, 4);
    tcase_add_test(tests, latency_is_never_below_the_delay_and_close_to_it);
    tcase_add_loop_test(tests, what_waits_for_a_connection_at_the_end_is_not_started, 0, 2);
    tcase_add_test(tests, a_closed_loop_keeps_its_workers_busy_and_no_more);
    tcase_add_test(tests, closed_loop_workers_share_fewer_connections);
    tcase_add_loop_test(tests, every_failure_is_accounted_for_with_its_reason, 0,
                        sizeof failures / sizeof failures[0]);
    tcase_add_test(tests, a_server_that_closes_its_side_at_once_is_noticed_at_once);
    tcase_add_loop_test(tests, a_refused_connection_is_a_connect_failure, 0, 2);
    tcase_add_loop_test(tests, every_form_of_answer_is_read_to_its_end, 0,
                        sizeof good_answers / sizeof good_answers[0]);
    tcase_add_test(tests, a_large_body_is_counted_to_the_byte);
    tcase_add_test(tests, a_get_is_sent_again_when_an_idle_connection_had_closed);
    tcase_add_test(tests, a_repeatable_request_is_tried_again_and_counted);
    tcase_add_test(tests, a_post_is_not_sent_twice);
    tcase_add_loop_test(tests, a_redirect_is_followed_and_counted, 0, 2);
    tcase_add_test(tests, a_redirect_that_is_not_to_be_followed_is_the_answer);
    tcase_add_test(tests, redirects_without_end_are_stopped);
    tcase_add_test(tests, a_redirect_may_lead_to_another_server);
    tcase_add_loop_test(tests, a_redirect_to_nowhere_is_a_failure_with_its_reason, 0,
                        sizeof bad_locations / sizeof bad_locations[0]);
    tcase_add_test(tests, without_keepalive_each_request_has_its_connection);
    tcase_add_loop_test(tests, a_stop_drains_and_the_account_is_whole, 0, 2);
    tcase_add_test(tests, nothing_times_out_before_its_time);
    tcase_add_test(tests, results_that_were_written_say_what_the_run_says);
    suite_add_tcase(suite, tests);
    return suite;
}

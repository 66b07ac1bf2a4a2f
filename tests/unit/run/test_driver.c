/*
 * A driver that runs scripts (tests/support/test_users.h), against nginx over each way to it, with
 * and without a result file, and against a server that fails in each way.
 */
#include <check.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/binary/result_codec.h"
#include "loadgen/http/choice/engines.h"
#include "loadgen/http/curl/engine.h"
#include "loadgen/run/changes.h"
#include "tests/support/measurement.h"
#include "tests/support/nginx_server.h"
#include "tests/support/read_back.h"
#include "tests/support/tallies.h"
#include "tests/support/test_users.h"

enum { PATH = NGINX_PATH };

static struct nginx_server nginx;
static pid_t tinyproxy;
static uint16_t proxy_port;
static struct test_users users;

static void make_certificate(void)
{
    char command[3 * PATH];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "
             "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout %s/key -out %s/cert "
             "2>/dev/null",
             nginx.folder, nginx.folder);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c): a test's own words
}

static void start_nginx(void)
{
    char http[16 * PATH];
    snprintf(
        http, sizeof http,
        "keepalive_requests 1000000;\n"
        "ssl_certificate %s/cert; ssl_certificate_key %s/key;\n"
        "server {\n"
        "  listen 127.0.0.1:@PLAIN@; listen 127.0.0.1:@H2C@ http2;\n"
        "  listen 127.0.0.1:@TLS@ ssl; listen 127.0.0.1:@H2@ ssl http2;\n"
        "  listen unix:%s/socket;\n"
        "  absolute_redirect off;\n"
        "  location = /start { add_header Set-Cookie step=$arg_n; return 302 /next?n=$arg_n; }\n"
        "  location = /next { add_header Set-Cookie seen=$arg_n;\n"
        "    return 200 \"$arg_n $cookie_step $cookie_user $connection\"; }\n"
        "  location = /stop { if ($server_addr ~ unix) { return 204; } return 404; }\n"
        "}\n"
        "server {\n"
        "  listen 127.0.0.1:@STOP_PLAIN@; listen 127.0.0.1:@STOP_H2C@ http2;\n"
        "  listen 127.0.0.1:@STOP_TLS@ ssl; listen 127.0.0.1:@STOP_H2@ ssl http2;\n"
        "  return 204;\n"
        "}\n",
        nginx.folder, nginx.folder, nginx.folder);
    nginx_server_start(&nginx, http);
}

/* tinyproxy, which cannot let the kernel choose its port. */

static bool can_connect(uint16_t port)
{
    struct address address;
    struct err err = {0};
    ck_assert(address_resolve("127.0.0.1", port, &address, &err));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool can = connect(fd, &address.socket.any, address.length) == 0;
    close(fd);
    return can;
}

static uint16_t free_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&any, &length), 0);
    close(fd);
    return ntohs(any.sin_port);
}

static void start_proxy(void)
{
    char path[PATH];
    char text[2 * PATH];
    bool is_up = false;
    for (int tries = 0; !is_up; tries++) {
        ck_assert_msg(tries < 10, "tinyproxy did not start");
        proxy_port = free_port();
        snprintf(text, sizeof text,
                 "Port %u\nListen 127.0.0.1\nMaxClients 1000\nLogFile \"%s/proxy.log\"\n"
                 "LogLevel Error\nDisableViaHeader Yes\n",
                 proxy_port, nginx.folder);
        nginx_server_write(&nginx, "proxy.conf", text);
        tinyproxy = fork();
        if (tinyproxy == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            execlp("tinyproxy", "tinyproxy", "-d", "-c",
                   nginx_server_path(&nginx, "proxy.conf", path), (char *)NULL);
            _exit(127);
        }
        while (!is_up && waitpid(tinyproxy, NULL, WNOHANG) == 0) {
            is_up = can_connect(proxy_port);
            usleep(10000);
        }
    }
}

static void setup(void)
{
    nginx_server_make(&nginx);
    make_certificate();
    start_nginx();
    start_proxy();
}

static void teardown(void)
{
    kill(tinyproxy, SIGKILL);
    waitpid(tinyproxy, NULL, 0);
    nginx_server_stop(&nginx);
}

/* Runs. */

static struct summary *run_users(const struct plan *plan, const char *scheme, uint16_t port,
                                 struct result_writer *writer)
{
    char text[PATH];
    struct err err = {0};
    struct targets targets;
    /* Loopback addresses never go through a proxy, but 0.0.0.0 is this machine as well. */
    snprintf(text, sizeof text, "GET %s://%s:%u/\n", scheme,
             plan->proxy.http ? "0.0.0.0" : "127.0.0.1", port);
    FILE *in = fmemopen(text, strlen(text), "r");
    const struct message_defaults defaults = {.keepalive = true};
    ck_assert_msg(targets_read(&targets, in, "test", &format_http, &defaults, &err), "%s",
                  err.text);
    fclose(in);
    struct source source = {.state = &users, .ready_fd = -1};
    const struct order order = {plan, &targets, &source};
    const struct control control = {.stop_fd = -1};
    const struct observer observer = {0};
    struct summary *summary = summary_create();
    ck_assert_msg(run_with_engine(measurement_engine, &order, &driver_test_users, &control,
                                  &observer, writer, summary, &err),
                  "%s", err.text);
    targets_free(&targets);
    return summary;
}

/* What holds after every run. */
static void check_balance(const struct summary *summary)
{
    const struct counters *counters = &summary->tally->counters;
    ck_assert_uint_eq(summary->started, users.sent);
    ck_assert_uint_eq(summary->intended, summary->started);
    ck_assert_uint_eq(summary->not_started, 0);
    ck_assert_uint_eq(counters->ended, users.sent);
    ck_assert_uint_eq(counters->ended, counters->answered + counters->timed_out + counters->failed);
    ck_assert_uint_eq(users.overlaps, 0);
}

/* Each request has the row of its name, or there was no room for it. */
static void check_rows(const struct summary *summary)
{
    const struct tally_row *rows = summary->tally->rows;
    uint64_t others = 0;
    for (unsigned i = 0; i < TEST_USERS_NAMES; i++) {
        char name[16];
        uint16_t row = rows_find(&summary->rows, test_users_name(i, name));
        others += row == ROWS_OTHER ? users.named[i] : 0;
        ck_assert(row == ROWS_OTHER || rows[row].ended == users.named[i]);
        ck_assert(row == ROWS_OTHER || rows[row].latency.count == users.named[i]);
    }
    ck_assert_uint_eq(rows[ROWS_OTHER].ended, others);
    ck_assert(others == 0 || summary->rows.count == ROWS_MAX);
}

/* Results. */

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Each request of the run is in the file, once. */
static void check_numbers(FILE *file, uint64_t count)
{
    struct block *block = malloc(sizeof *block);
    struct result_decoder *decoder = malloc(sizeof *decoder);
    uint64_t *numbers = calloc(count, sizeof *numbers);
    struct text_pool texts;
    uint64_t n = 0;
    text_pool_init(&texts);
    rewind(file);
    while (read_back_block(block, file)) {
        if (block->type == BLOCK_RESULTS) {
            struct result result;
            result_decoder_begin(decoder, block, &texts);
            while (result_decoder_next(decoder, &result) == RESULT_DECODE_OK) {
                if (n < count) {
                    numbers[n] = result.number;
                }
                n++;
            }
        }
    }
    ck_assert_uint_eq(n, count);
    qsort(numbers, n, sizeof *numbers, compare);
    uint64_t twice = 0; /* one assertion: each is a system call */
    for (uint64_t i = 1; i < n; i++) {
        twice += numbers[i - 1] == numbers[i];
    }
    ck_assert_uint_eq(twice, 0);
    text_pool_fini(&texts);
    free(numbers);
    free(decoder);
    free(block);
}

/* A report of the file says what the run itself says. */
static void check_file(FILE *file, const struct summary *live)
{
    struct summary *read = summary_create();
    struct err err = {0};
    rewind(file);
    ck_assert_msg(read_back_fd(fileno(file), "file", read, &err), "%s", err.text);
    ck_assert_mem_eq(&read->tally->counters, &live->tally->counters, sizeof(struct counters));
    ck_assert(histograms_are_equal(&read->tally->latency, &live->tally->latency));
    ck_assert_uint_eq(read->intended, live->intended);
    ck_assert(!read->is_cut_short && read->damaged == 0);
    check_rows(read);
    for (size_t i = 0; i < live->rows.count; i++) {
        uint16_t row = rows_find(&read->rows, rows_name(&live->rows, i));
        ck_assert(
            histograms_are_equal(&read->tally->rows[row].response, &live->tally->rows[i].response));
    }
    summary_destroy(read);
}

static const struct {
    const char *name;
    const char *scheme;
    const char *port;
    bool h2c;
    bool is_unix;
    bool is_curl;
    bool is_proxied;
} ways[] = {
    {"HTTP/1.1", "http", "PLAIN", false, false, false, false},
    {"TLS", "https", "TLS", false, false, false, false},
    {"a unix socket", "http", "PLAIN", false, true, false, false},
    {"HTTP/2 over TLS", "https", "H2", false, false, false, false},
    {"HTTP/2 without TLS", "http", "H2C", true, false, false, false},
    {"libcurl", "http", "PLAIN", false, false, true, false},
    {"libcurl over TLS", "https", "TLS", false, false, true, false},
    {"a proxy", "http", "PLAIN", false, false, false, true},
    {"TLS through a proxy", "https", "TLS", false, false, false, true},
};
enum { WAYS = sizeof ways / sizeof *ways };

/* What comes of a way: with results, with counts alone, without a file. */
enum { RESULTS, COUNTS, NO_FILE, FILES };

START_TEST(each_request_is_made_from_the_last_answer)
{
    const int way = _i / FILES;
    const int kept = _i % FILES;
    char path[PATH];
    char stop[PATH];
    char proxy[PATH];
    struct err err = {0};
    struct plan plan = measurement_closed_loop;
    FILE *file = tmpfile();
    struct result_writer *writer =
        kept == NO_FILE ? NULL : result_writer_create(fileno(file), "file", 16, &err);
    snprintf(stop, sizeof stop, "STOP_%s", ways[way].port);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", proxy_port);
    if (ways[way].is_proxied) {
        plan.proxy = (struct proxy_options){.http = proxy, .https = proxy, .no = NULL};
    }
    plan.counts_only = kept == COUNTS;
    plan.keeps_answers = way % 2 == 0;
    plan.max_body = UINT64_MAX;
    users.stop_port = nginx_server_port(&nginx, stop);
    plan.max_workers = TEST_USERS;
    plan.schedule.duration_ns = 250 * MS;
    plan.http2 = true;
    plan.h2c = ways[way].h2c;
    plan.tls.is_insecure = true;
    plan.unix_socket = ways[way].is_unix ? nginx_server_path(&nginx, "socket", path) : NULL;
    measurement_engine = ways[way].is_curl ? &engine_curl : &engines;
    struct summary *summary =
        run_users(&plan, ways[way].scheme, nginx_server_port(&nginx, ways[way].port), writer);
    const struct counters *counters = &summary->tally->counters;
    check_balance(summary);
    ck_assert_msg(counters->answered == counters->ended, "%s: not all were answered",
                  ways[way].name);
    ck_assert_msg(users.wrong == 0 && users.shared == 0, "%s: %lu wrong, %lu shared",
                  ways[way].name, users.wrong, users.shared);
    ck_assert_uint_ge(users.steps, TEST_USERS);
    ck_assert_uint_eq(users.steps, counters->redirected);
    ck_assert_uint_eq(users.stops, TEST_USERS);
    ck_assert_uint_eq(users.steps + users.stops, users.sent);
    size_t connections = 0;
    for (size_t i = 0; i < TEST_USERS_CONNECTIONS; i++) {
        connections += users.owners[i] > 0;
    }
    if (ways[way].is_proxied && strcmp(ways[way].scheme, "http") == 0) {
        ck_assert_uint_ge(connections, TEST_USERS); /* tinyproxy closes its own */
    } else {
        ck_assert_uint_eq(connections, TEST_USERS); /* each its own, kept alive */
    }
    check_rows(summary);
    if (writer) {
        ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
        check_file(file, summary);
    }
    if (kept == RESULTS) {
        check_numbers(file, counters->ended);
    }
    fclose(file);
    summary_destroy(summary);
}
END_TEST

static const struct script_step failures[] = {
    {.body_bytes = 15},
    {.body_bytes = 15, .delay_ms = 20},
    {.body_bytes = 1000, .chunk_bytes = 100},
    {.body_bytes = 40, .pause_ms = 1},
    {.status = 503, .body_bytes = 5},
    {.status = 302, .headers = "Location: /again\r\nSet-Cookie: step=1\r\n"},
    {.status = 302, .headers = "Location: http://[bad\r\n"},
    {.end = SCRIPT_SILENCE},
    {.body_bytes = 100, .end = SCRIPT_SILENCE, .cut_at = 60},
    {.end = SCRIPT_CLOSE},
    {.body_bytes = 9, .end = SCRIPT_CLOSE, .cut_at = 30},
    {.body_bytes = 100, .missing_bytes = 50, .end = SCRIPT_CLOSE, .cut_at = SCRIPT_WHOLE},
    {.body_bytes = 15, .end = SCRIPT_CLOSE, .cut_at = SCRIPT_WHOLE},
    {.end = SCRIPT_RESET},
    {.body_bytes = 100, .end = SCRIPT_RESET, .cut_at = 80},
    {.raw = "220 smtp.example.org ESMTP ready\r\n"},
    {.raw = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"},
};

enum { FAILURES = sizeof failures / sizeof *failures };

/* The last one is all of them in turn, with a stall. */
START_TEST(the_account_balances_whatever_the_server_does)
{
    int which = _i / 2;
    struct script script = {.steps = &failures[which], .step_count = 1};
    if (which == FAILURES) {
        script = (struct script){.steps = failures,
                                 .step_count = FAILURES,
                                 .stall_at_ms = 50,
                                 .stall_ms = 100,
                                 .close_every = 7};
    }
    struct err err = {0};
    struct script_server *server = script_server_start(&script, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    struct plan plan = measurement_closed_loop;
    plan.max_workers = TEST_USERS;
    plan.timeout_ns = 200 * MS;
    users.is_plain = true;
    users.timeout_ns = 50 * MS;
    measurement_engine = _i % 2 ? &engine_curl : &engines;
    FILE *file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "file", 16, &err);
    struct summary *summary = run_users(&plan, "http", script_server_port(server), writer);
    ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
    check_file(file, summary);
    check_numbers(file, summary->tally->counters.ended);
    fclose(file);
    struct script_counts truth = script_server_stop(server);
    check_balance(summary);
    ck_assert_uint_gt(users.sent, 0);
    ck_assert_uint_le(summary->tally->counters.answered, truth.answers + truth.broken);
    if (failures[which % FAILURES].end == SCRIPT_SILENCE && which < FAILURES) {
        /* Both time-outs were kept. */
        ck_assert_uint_ge(summary->tally->latency.min_ns, 50 * MS);
        ck_assert_uint_ge(summary->tally->latency.max_ns, 200 * MS);
        ck_assert_uint_eq(summary->tally->counters.timed_out, users.sent);
    }
    summary_destroy(summary);
}
END_TEST

/* There is no such socket, so connect(2) itself fails: no user hears of it before its send is over.
 */
START_TEST(what_fails_inside_a_send_is_answered_after_it)
{
    struct plan plan = measurement_closed_loop;
    plan.unix_socket = "/nonexistent/socket";
    plan.h2c = _i == 2;
    users.is_plain = true;
    measurement_engine = _i == 1 ? &engine_curl : &engines;
    struct summary *summary = run_users(&plan, "http", 1, NULL);
    check_balance(summary);
    ck_assert_uint_ge(users.sent, TEST_USERS);
    ck_assert_uint_eq(summary->tally->kinds[OUTCOME_CONNECT].count, users.sent);
    summary_destroy(summary);
}
END_TEST

static size_t count_files(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

#ifdef __SANITIZE_THREAD__ /* which is slow, and has an allocator of its own */
enum { RUNS = 12 };
#else
enum { RUNS = 100 };
#endif

/* Over HTTP/2, into a file. */
static void run_with_results(struct plan plan)
{
    struct err err = {0};
    FILE *file = tmpfile();
    struct result_writer *writer = result_writer_create(fileno(file), "file", 16, &err);
    plan.h2c = true;
    measurement_engine = &engines;
    summary_destroy(run_users(&plan, "http", nginx_server_port(&nginx, "H2C"), writer));
    ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
    fclose(file);
}

/* Each user with a handshake, over HTTP/1.1 and HTTP/2 in turn. */
static void run_with_tls(struct plan plan, bool is_h2)
{
    plan.tls.is_insecure = true;
    plan.http2 = is_h2;
    measurement_engine = &engines;
    summary_destroy(
        run_users(&plan, "https", nginx_server_port(&nginx, is_h2 ? "H2" : "TLS"), NULL));
}

/*
 * Other users, or another cap, and other slots; in an open loop another schedule as well. True if
 * the run was changed: on a busy machine it may be over before.
 */
static bool run_with_changes(struct plan plan, bool is_closed_loop, uint16_t port)
{
    static const struct schedule poisson = {
        .type = SCHEDULE_POISSON, .rate = {1000, NS_PER_S}, .seed = 1};
    static const uint16_t first = 0;
    struct slots slots;
    struct changes changes;
    struct err err = {0};
    slots_deal(&slots, NULL, UINT64_MAX, &first, 1);
    const struct schedule *schedule = is_closed_loop ? NULL : &poisson;
    ck_assert(changes_init(&changes, is_closed_loop, &err));
    ck_assert(changes_request(
        &changes, &(struct change){.at_ns = 5 * MS, .schedule = schedule, .users = 50}, &err));
    ck_assert(changes_request(&changes, &(struct change){.at_ns = 10 * MS, .slots = &slots}, &err));
    plan.schedule.rate.count = is_closed_loop ? 0 : 2000;
    plan.schedule.duration_ns = 50 * MS;
    const struct control control = {.stop_fd = -1, .changes = &changes};
    measurement_engine = &engines;
    struct summary *summary = measurement_attack(&plan, "GET", port, &control, NULL);
    bool is_changed = strstr(summary->schedule, "50 users");
    summary_destroy(summary);
    changes_fini(&changes);
    return is_changed;
}

/* A page, or a search, calls run again and again in one process. */
START_TEST(a_hundred_runs_leave_nothing_behind)
{
    enum { BEFORE = 10, SLACK_BYTES = 65536 };
    struct plan plan = measurement_closed_loop;
    struct err err = {0};
    size_t bytes = 0;
    size_t files = 0;
    size_t changed = 0;
    plan.schedule.duration_ns = 20 * MS;
    plan.max_workers = TEST_USERS;
    struct script_server *server = script_server_start(&measurement_answers_at_once, &err);
    const struct control control = {.stop_fd = -1};
    users.is_plain = true;
    for (int i = 0; i < RUNS; i++) {
        if (i == BEFORE) { /* threads' arenas, OpenSSL and libcurl are there */
            bytes = mallinfo2().uordblks + mallinfo2().hblkhd;
            files = count_files();
        }
        uint16_t port = script_server_port(server);
        measurement_engine = i % 2 ? &engine_curl : &engines;
        switch (i % 10) {
        case 3:
        case 7:
            run_with_results(plan);
            break;
        case 4:
        case 9:
            run_with_tls(plan, i % 10 == 9);
            break;
        case 1:
        case 6:
            changed += run_with_changes(plan, i % 10 == 6, port);
            break;
        case 0:
        case 5:
            summary_destroy(run_users(&plan, "http", port, NULL));
            break;
        default:
            summary_destroy(measurement_attack(&plan, "GET", port, &control, NULL));
        }
    }
    ck_assert_uint_ge(changed, RUNS / 20); /* of RUNS / 5 */
    usleep(100000);                        /* the server closes its side */
    ck_assert_uint_le(mallinfo2().uordblks + mallinfo2().hblkhd, bytes + SLACK_BYTES);
    ck_assert_uint_le(count_files(), files);
    script_server_stop(server);
}
END_TEST

Suite *driver_suite(void);
Suite *driver_suite(void)
{
    Suite *suite = suite_create("driver");
    TCase *tc = tcase_create("nginx");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, each_request_is_made_from_the_last_answer, 0, WAYS * FILES);
    suite_add_tcase(suite, tc);
    tc = tcase_create("failures");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, the_account_balances_whatever_the_server_does, 0, 2 * (FAILURES + 1));
    tcase_add_loop_test(tc, what_fails_inside_a_send_is_answered_after_it, 0, 3);
    suite_add_tcase(suite, tc);
    tc = tcase_create("many runs");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_hundred_runs_leave_nothing_behind);
    suite_add_tcase(suite, tc);
    return suite;
}

/*
 * An order that travelled as JSON and files, as to a worker elsewhere, sends the same requests:
 * nginx logs them. The files of the certificates are gone by then.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/agenda/driver.h"
#include "loadgen/http/choice/engines.h"
#include "loadgen/http/curl/engine.h"
#include "loadgen/order/order_json.h"
#include "loadgen/run/run.h"
#include "tests/support/nginx_server.h"
#include "tests/support/read_targets.h"

enum {
    TEXT = 16 * NGINX_PATH,
    LARGE = ORDER_CHUNK + 1000, /* two chunks */
    REQUESTS = 12,
    LINES = 4 * REQUESTS,
};

static struct nginx_server nginx;
static struct err err;
static long logged; /* bytes of the log that were read */

static const struct {
    const char *name;
    const char *scheme;
    const char *port;
    const char *seen; /* in a line of the log */
    bool is_unix;
    bool h2c;
    bool is_curl;
    bool is_chunked;
    uint64_t max_idle;
} ways[] = {
    {"HTTP/1.1", "http", "PLAIN", "HTTP/1.1 host=api.example", .max_idle = 100},
    {"no idle connections", "http", "PLAIN", "HTTP/1.1 host=api.example", .max_idle = 0},
    {"chunked bodies", "http", "PLAIN", "te=chunked", .is_chunked = true, .max_idle = 100},
    {"a unix socket", "http", "PLAIN", "at=unix", .is_unix = true, .max_idle = 100},
    {"mutual TLS", "https", "TLS", "client=CN=client", .max_idle = 100},
    {"HTTP/2 with mutual TLS", "https", "H2", "HTTP/2.0 host=api.example", .max_idle = 100},
    {"HTTP/2 without TLS", "http", "H2C", "HTTP/2.0 host=api.example", .h2c = true,
     .max_idle = 100},
    {"libcurl with mutual TLS", "https", "TLS", "client=CN=client", .is_curl = true,
     .max_idle = 100},
};

/* The server. */

static void make_certificates(void)
{
    char command[TEXT];
    snprintf(command, sizeof command,
             "cd %s && new='openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
             "-days 1' && {\n"
             "$new -subj /CN=api.example -addext subjectAltName=DNS:api.example -keyout key "
             "-out cert\n"
             "$new -subj /CN=client -keyout client.key -out client.cert\n"
             "$new -subj /CN=other -keyout other.key -out other.cert\n"
             "} 2>openssl.err",
             nginx.folder);
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c): a test's own words
}

static void setup(void)
{
    char http[TEXT];
    nginx_server_make(&nginx);
    make_certificates();
    snprintf(http, sizeof http,
             "log_format all '$request_method $request_uri $server_protocol host=$http_host "
             "te=$http_transfer_encoding cl=$http_content_length mine=$http_x_mine "
             "agent=$http_user_agent attack=$http_x_vegeta_attack seq=$http_x_vegeta_seq "
             "auth=$http_authorization client=$ssl_client_s_dn at=$server_addr "
             "body=$request_body nth=$connection_requests';\n"
             "client_body_buffer_size 1m; client_max_body_size 1m; absolute_redirect off;\n"
             "ssl_certificate %s/cert; ssl_certificate_key %s/key;\n"
             "server {\n"
             "  listen 127.0.0.1:@PLAIN@; listen 127.0.0.1:@H2C@ http2; listen unix:%s/socket;\n"
             "  access_log %s/log all;\n"
             "  location / { proxy_pass http://unix:%s/back; }\n"
             "  location = /start { return 307 /next; }\n"
             "}\n"
             "server {\n"
             "  listen 127.0.0.1:@TLS@ ssl; listen 127.0.0.1:@H2@ ssl http2;\n"
             "  ssl_client_certificate %s/client.cert; ssl_verify_client on;\n"
             "  access_log %s/log all;\n"
             "  location / { proxy_pass http://unix:%s/back; }\n"
             "  location = /start { return 307 /next; }\n"
             "}\n"
             "server { listen unix:%s/back; return 200 0123456789abcde; }\n",
             nginx.folder, nginx.folder, nginx.folder, nginx.folder, nginx.folder, nginx.folder,
             nginx.folder, nginx.folder, nginx.folder);
    nginx_server_start(&nginx, http);
    err = (struct err){0};
    logged = 0;
}

static void teardown(void)
{
    nginx_server_stop(&nginx);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads this many lines of the log, which nginx writes after the answers, and sorts them. */
static void read_log(char *lines[LINES], size_t count)
{
    char path[NGINX_PATH];
    size_t room = 0;
    FILE *in = fopen(nginx_server_path(&nginx, "log", path), "r");
    ck_assert_ptr_nonnull(in);
    fseek(in, logged, SEEK_SET);
    ck_assert_uint_le(count, LINES);
    for (size_t i = 0; i < count; i++) {
        lines[i] = NULL;
        for (int tries = 0; getline(&lines[i], &room, in) <= 0 || !strchr(lines[i], '\n');
             tries++) {
            ck_assert_msg(tries < 1000, "the log has %zu lines, not %zu", i, count);
            usleep(10000);
            fseek(in, logged, SEEK_SET);
        }
        logged = ftell(in);
        room = 0;
    }
    fclose(in);
    qsort(lines, count, sizeof lines[0], compare_lines);
}

static void free_lines(char *lines[LINES], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(lines[i]);
    }
}

/* Runs. */

/* Twelve requests in 100 ms, and then time for those that are late. */
static struct plan make_plan(int way)
{
    static const struct schedule schedule = {
        .type = SCHEDULE_STAGES,
        .duration_ns = 800 * NS_PER_MS,
        .stages = {{{100 * NS_PER_MS, UINT64_C(3600) * 120, UINT64_C(3600) * 120},
                    {700 * NS_PER_MS, 0, 0}},
                   2},
    };
    return (struct plan){
        .name = "copied",
        .schedule = schedule,
        .timeout_ns = 10 * NS_PER_S,
        .max_workers = UINT64_MAX,
        .max_connections = UINT64_MAX,
        .max_idle = ways[way].max_idle,
        .max_redirects = 3,
        .keepalive = true,
        .http2 = true,
        .h2c = ways[way].h2c,
        .threads = 2,
    };
}

static void read_all(struct targets *targets, int way)
{
    static char large[LARGE + 1];
    static const char *const headers[] = {"Authorization: Basic c2VjcmV0"};
    char text[TEXT];
    char path[NGINX_PATH];
    const char *scheme = ways[way].scheme;
    memset(large, 'x', LARGE);
    nginx_server_write(&nginx, "large", large);
    nginx_server_path(&nginx, "large", path);
    int length = snprintf(text, sizeof text,
                          "# @name start\nPOST %s://api.example/start\nX-Mine: a b\n@%s\n"
                          "GET %s://api.example/get?a=%%20\nUser-Agent:\n\n"
                          "PUT %s://api.example/put\nX-Mine: c\n@%s\n",
                          scheme, path, scheme, scheme, path);
    const struct message_defaults defaults = {
        .headers = headers,
        .header_count = 1,
        .attack_name = "copied",
        .keepalive = true,
        .is_chunked = ways[way].is_chunked,
        .is_numbered = true,
    };
    ck_assert_msg(read_targets(targets, text, (size_t)length, &defaults, &err), "%s", err.text);
}

/* Returns the number of requests, each hop of a redirect included. */
static size_t run_order(const struct order *order, int way)
{
    const struct control control = {.stop_fd = -1};
    const struct observer observer = {0};
    struct summary *summary = summary_create();
    const struct engine_type *engine = ways[way].is_curl ? &engine_curl : &engines;
    ck_assert_msg(
        run_with_engine(engine, order, &driver_agenda, &control, &observer, NULL, summary, &err),
        "%s", err.text);
    const struct tally *tally = summary->tally;
    ck_assert_msg(tally->codes[200] == REQUESTS, "%s: %zu errors, such as %s", ways[way].name,
                  tally->error_count, tally->error_count ? tally->errors[0].text : "none");
    ck_assert_uint_eq(summary->started, REQUESTS);
    size_t requests = summary->started + tally->counters.redirected;
    summary_destroy(summary);
    return requests;
}

/* The order as another process gets it. */
static void travel(const struct order *order, struct order_files *got, struct order_copy *copy)
{
    struct order_files files = {0};
    json_t *json = order_to_json(order, &files, &err);
    ck_assert_msg(json != NULL, "%s", err.text);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    json = json_loads(text, 0, NULL);
    free(text);
    ck_assert_msg(order_expect_files(json, got, &err), "%s", err.text);
    for (size_t i = 0; i < files.count; i++) {
        const struct order_file *file = &files.list[i];
        for (size_t k = 0; k < order_file_chunks(file->length); k++) {
            ck_assert_msg(order_files_put(got, file->hash, k, order_file_chunk(file, k), &err),
                          "%s", err.text);
        }
    }
    order_files_free(&files);
    ck_assert_msg(order_from_json(json, got, copy, &err), "%s", err.text);
    json_decref(json);
}

static void remove_files(void)
{
    static const char *const names[] = {"cert", "other.cert", "client.cert", "client.key", "large"};
    char path[NGINX_PATH];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(remove(nginx_server_path(&nginx, names[i], path)), 0);
    }
}

static void expect_same_lines(char *first[LINES], char *second[LINES], size_t count, int way)
{
    bool is_seen = false;
    for (size_t i = 0; i < count; i++) {
        char *nth[] = {strstr(first[i], " nth="), strstr(second[i], " nth=")};
        ck_assert(nth[0] && nth[1]);
        if (ways[way].max_idle == 0 && !strstr(first[i], "/next")) { /* a hop goes on */
            ck_assert_str_eq(nth[0], " nth=1\n");
            ck_assert_str_eq(nth[1], " nth=1\n");
        }
        *nth[0] = *nth[1] = '\0';
        ck_assert_str_eq(first[i], second[i]);
        is_seen |= strstr(first[i], ways[way].seen) != NULL;
    }
    ck_assert_msg(is_seen, "%s: no %s in: %.200s", ways[way].name, ways[way].seen, first[0]);
}

START_TEST(the_copy_of_an_order_sends_the_same_requests)
{
    char paths[4][NGINX_PATH];
    char roots[2 * NGINX_PATH + 1];
    char rule[NGINX_PATH];
    char *first[LINES], *second[LINES];
    struct targets targets;
    struct connect_to connect_to;
    struct order_files got = {0};
    struct order_copy copy;
    struct plan plan = make_plan(_i);
    bool is_https = strcmp(ways[_i].scheme, "https") == 0;
    read_all(&targets, _i);
    snprintf(rule, sizeof rule, "api.example:%d:127.0.0.1:%u", is_https ? 443 : 80,
             nginx_server_port(&nginx, ways[_i].port));
    ck_assert_msg(connect_to_parse(rule, &connect_to, &err), "%s", err.text);
    plan.connect_to = &connect_to;
    plan.connect_to_count = 1;
    plan.unix_socket = ways[_i].is_unix ? nginx_server_path(&nginx, "socket", paths[0]) : NULL;
    if (is_https) {
        snprintf(roots, sizeof roots, "%s,%s", nginx_server_path(&nginx, "other.cert", paths[1]),
                 nginx_server_path(&nginx, "cert", paths[2]));
        plan.tls.root_certs = roots;
        plan.tls.cert = nginx_server_path(&nginx, "client.cert", paths[1]);
        plan.tls.key = nginx_server_path(&nginx, "client.key", paths[3]);
    }
    struct source source = source_of(targets.requests, targets.count);
    const struct order order = {&plan, &targets, &source};
    size_t count = run_order(&order, _i);
    read_log(first, count);
    travel(&order, &got, &copy);
    targets_free(&targets);
    remove_files();
    ck_assert_uint_eq(run_order(&copy.order, _i), count);
    read_log(second, count);
    expect_same_lines(first, second, count, _i);
    free_lines(first, count);
    free_lines(second, count);
    order_copy_free(&copy);
    order_files_free(&got);
}
END_TEST

Suite *copied_order_suite(void);
Suite *copied_order_suite(void)
{
    Suite *suite = suite_create("copied_order");
    TCase *tests = tcase_create("copied_order");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, the_copy_of_an_order_sends_the_same_requests, 0,
                        sizeof ways / sizeof ways[0]);
    suite_add_tcase(suite, tests);
    return suite;
}

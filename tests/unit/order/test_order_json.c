/* Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/order/order_json.h"
#include "loadgen/target/request/request_json.h"
#include "loadgen/users/prepare.h"
#include "tests/support/random.h"
#include "tests/support/read_targets.h"

enum { ROUNDS = 200, TEXT_ROOM = 1 << 20, PATH = 32 };

static struct random chance;
static struct err err;
static struct plan plan;
static struct targets targets;
static struct source source;
static struct order order;
static struct order_files files;
static struct order_copy copy;
static struct connect_to rules[3];
static char texts[16][32];

static uint64_t below(uint64_t n)
{
    return random_below(&chance, n);
}

/* Any bytes but NUL; often none. */
static const char *random_text(size_t i)
{
    size_t length = below(2) ? below(sizeof texts[i] - 1) : 0;
    if (length == 0) {
        return NULL;
    }
    for (size_t k = 0; k < length; k++) {
        texts[i][k] = (char)(below(4) ? 'a' + (int)below(26) : 1 + (int)below(255));
    }
    texts[i][length] = '\0';
    return texts[i];
}

static struct stages random_stages(size_t count, uint64_t *duration_ns)
{
    struct stages stages = {.count = count};
    *duration_ns = 0;
    for (size_t i = 0; i < count; i++) {
        stages.list[i] = (struct stage){1 + below(1000000), below(5000), 1 + below(5000)};
        *duration_ns += stages.list[i].duration_ns;
    }
    return stages;
}

static struct schedule random_schedule(void)
{
    struct schedule schedule = {.type = (enum schedule_type)below(SCHEDULE_STAGES + 1)};
    schedule.duration_ns = below(UINT64_C(1) << 40) + 1;
    switch (schedule.type) {
    case SCHEDULE_POISSON:
        schedule.seed = below(UINT64_MAX) << 20;
        schedule.rate = (struct rate){1 + below(1000), NS_PER_S};
        break;
    case SCHEDULE_CONSTANT:
        schedule.rate = (struct rate){below(1000), 60 * NS_PER_S};
        schedule.duration_ns = below(2) ? 0 : schedule.duration_ns;
        break;
    case SCHEDULE_SINE:
        schedule.sine = (struct sine){1000 + below(1000), below(1000), 1 + below(1000000),
                                      (enum sine_start)below(4)};
        break;
    case SCHEDULE_RAMP:
        schedule.stages = random_stages(1, &schedule.duration_ns);
        break;
    case SCHEDULE_STAGES:
        schedule.stages = random_stages(1 + below(SCHEDULE_STAGES_MAX), &schedule.duration_ns);
        break;
    }
    return schedule;
}

static void random_names(void)
{
    static const char *const given[] = {"a.example:80:127.0.0.1:8080", "[::1]:1:b.example.:65535",
                                        "c:2:[fe80::2]:3"};
    for (size_t i = 0; i < 3; i++) {
        ck_assert(connect_to_parse(given[i], &rules[i], &err));
    }
    plan.unix_socket = random_text(0);
    plan.resolvers = below(2) ? NULL : "10.0.0.1:53,[::1]:54";
    plan.allowed_targets = below(2) ? NULL : "*.example:80, [fd00::/8]:1,unix:/a\xc3\xa9";
    plan.dns_ttl_ns = below(3) ? (int64_t)below(UINT64_C(1) << below(40)) : -1;
    plan.connect_to = rules;
    plan.connect_to_count = below(4);
    if (below(2)) {
        ck_assert(address_parse(below(2) ? "127.0.0.2" : "::1", 0, &plan.local));
    }
}

static void random_plan(void)
{
    plan = (struct plan){
        .name = below(2) ? NULL : "big \xc3\xa9 bang",
        .schedule = random_schedule(),
        .timeout_ns = below(2) ? 0 : below(UINT64_C(1) << 40),
        .max_workers = below(2) ? 1 + below(1000000) : UINT64_MAX,
        .max_connections = below(2) ? 1 + below(UINT64_C(1) << 40) : UINT64_MAX,
        .max_idle = below(UINT64_C(1) << 40),
        .max_redirects = (int)below(12) - 1,
        .keepalive = below(2),
        .counts_only = below(2),
        .keeps_answers = below(2),
        .http2 = below(2),
        .h2c = below(2),
        .tls = {random_text(1), random_text(2), random_text(3), below(2), below(2), NULL, 0},
        .proxy = {.http = random_text(4),
                  .https = random_text(5),
                  .no = random_text(6),
                  .http_name = below(2) ? NULL : "http_proxy",
                  .https_name = below(2) ? NULL : "HTTPS_PROXY",
                  .headers = {"A: b", "Proxy-Authorization: Basic \xff"},
                  .header_count = below(3)},
        .threads = 1 + (unsigned)below(64),
    };
    plan.max_body = !plan.keeps_answers ? 0 : below(2) ? UINT64_MAX : below(UINT64_C(1) << 40);
    plan.warmup = schedule_warmup(&plan.schedule, below(2) ? 0 : below(UINT64_C(1) << 40));
    random_names();
    if (schedule_is_closed(&plan.schedule) && plan.max_workers == UINT64_MAX) {
        plan.max_workers = 7;
    }
}

static void expect_text(const char *a, const char *b)
{
    ck_assert_pstr_eq(a, b);
}

static void expect_same_schedule(const struct schedule *a, const struct schedule *b)
{
    ck_assert_int_eq(a->type, b->type);
    ck_assert_uint_eq(a->duration_ns, b->duration_ns);
    ck_assert_uint_eq(a->rate.count, b->rate.count);
    ck_assert(a->rate.count == 0 || a->rate.per_ns == b->rate.per_ns);
    ck_assert_uint_eq(a->seed, b->seed);
    ck_assert_mem_eq(&a->sine, &b->sine, sizeof a->sine);
    ck_assert_uint_eq(a->stages.count, b->stages.count);
    ck_assert_mem_eq(a->stages.list, b->stages.list, a->stages.count * sizeof a->stages.list[0]);
}

static void expect_same_names(const struct plan *a, const struct plan *b)
{
    expect_text(a->unix_socket, b->unix_socket);
    expect_text(a->resolvers, b->resolvers);
    expect_text(a->allowed_targets, b->allowed_targets);
    ck_assert_int_eq(a->dns_ttl_ns, b->dns_ttl_ns);
    ck_assert_uint_eq(a->connect_to_count, b->connect_to_count);
    for (size_t i = 0; i < a->connect_to_count; i++) {
        char one[CONNECT_TO_TEXT];
        char other[CONNECT_TO_TEXT];
        ck_assert_str_eq(connect_to_print(&a->connect_to[i], one),
                         connect_to_print(&b->connect_to[i], other));
    }
    ck_assert_uint_eq(a->local.length, b->local.length);
    ck_assert_mem_eq(&a->local.socket, &b->local.socket, a->local.length);
}

static void expect_same_security(const struct plan *a, const struct plan *b)
{
    ck_assert(a->http2 == b->http2 && a->h2c == b->h2c);
    expect_text(a->tls.root_certs, b->tls.root_certs);
    expect_text(a->tls.cert, b->tls.cert);
    expect_text(a->tls.key, b->tls.key);
    ck_assert(a->tls.is_insecure == b->tls.is_insecure);
    ck_assert(a->tls.has_tickets == b->tls.has_tickets);
    expect_text(a->proxy.http, b->proxy.http);
    expect_text(a->proxy.https, b->proxy.https);
    expect_text(a->proxy.no, b->proxy.no);
    expect_text(a->proxy.http_name, b->proxy.http_name);
    expect_text(a->proxy.https_name, b->proxy.https_name);
    ck_assert_uint_eq(a->proxy.header_count, b->proxy.header_count);
    for (size_t i = 0; i < a->proxy.header_count; i++) {
        ck_assert_str_eq(a->proxy.headers[i], b->proxy.headers[i]);
    }
}

static void expect_same_plan(const struct plan *a, const struct plan *b)
{
    expect_text(a->name, b->name);
    expect_same_schedule(&a->schedule, &b->schedule);
    expect_same_schedule(&a->warmup, &b->warmup);
    ck_assert_uint_eq(a->timeout_ns, b->timeout_ns);
    ck_assert_uint_eq(a->max_workers, b->max_workers);
    ck_assert_uint_eq(a->max_connections, b->max_connections);
    ck_assert_uint_eq(a->max_idle, b->max_idle);
    ck_assert_int_eq(a->max_redirects, b->max_redirects);
    ck_assert(a->keepalive == b->keepalive && a->counts_only == b->counts_only);
    ck_assert(a->keeps_answers == b->keeps_answers);
    ck_assert_uint_eq(a->max_body, b->max_body);
    expect_same_names(a, b);
    expect_same_security(a, b);
    ck_assert_uint_eq(a->threads, b->threads);
}

/* JSON as another process gets it. Consumes `json`. */
static json_t *sent(json_t *json)
{
    ck_assert_ptr_nonnull(json);
    char *text = json_dumps(json, JSON_COMPACT);
    ck_assert_ptr_nonnull(text);
    json_decref(json);
    json = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(json);
    free(text);
    return json;
}

START_TEST(any_plan_comes_back_the_same)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct plan_room room;
        struct plan got;
        random_plan();
        json_t *json = sent(plan_to_json(&plan, true));
        ck_assert_msg(plan_from_json(json, &room, &got, &err), "%s", err.text);
        expect_same_plan(&plan, &got);
        plan_room_free(&room);
        json_decref(json);
    }
}
END_TEST

static void add_target(FILE *out, char *const *bodies, size_t count)
{
    static const char *const methods[] = {"GET", "POST", "HEAD", "DELETE", "PROPFIND"};
    size_t body = below(count + 1);
    if (below(3) == 0) {
        fprintf(out, "# @name row %d\n", (int)below(100));
    }
    fprintf(out, "%s http%s://host%d.example:%d/path?q=%d\n", methods[below(5)],
            below(2) ? "s" : "", (int)below(3), 80 + (int)below(3), (int)below(1000));
    for (size_t i = below(4); i > 0; i--) {
        fprintf(out, "X-Header-%d: value \xff%d\n", (int)i, (int)below(1000));
    }
    if (below(5) == 0) {
        fprintf(out, "User-Agent:\n");
    }
    fprintf(out, body < count ? "@%s\n" : "%s\n", body < count ? bodies[body] : "");
}

static const char *random_file(char path[PATH])
{
    snprintf(path, PATH, "/tmp/order_XXXXXX");
    FILE *file = fdopen(mkstemp(path), "w");
    for (size_t n = 1 + below(5000); n > 0; n--) {
        fputc((int)below(256), file);
    }
    fclose(file);
    return path;
}

/* Files of certificates and keys that exist, some of them. */
static char tls_paths[4][PATH];

static void random_tls_files(void)
{
    static char roots[2 * PATH];
    struct tls_options *tls = &plan.tls;
    memset(tls_paths, 0, sizeof tls_paths);
    tls->root_certs = tls->cert = tls->key = NULL;
    if (below(2)) {
        snprintf(roots, sizeof roots, "%s,%s", random_file(tls_paths[0]),
                 random_file(tls_paths[1]));
        tls->root_certs = roots;
    }
    tls->cert = below(2) ? random_file(tls_paths[2]) : NULL;
    tls->key = below(2) ? random_file(tls_paths[3]) : NULL;
}

/* The copy has the contents of these files, in their order. Removes them. */
static void expect_tls_files(const struct tls_options *tls)
{
    size_t count = 0;
    for (size_t i = 0; i < 4; i++) {
        if (tls_paths[i][0]) {
            struct bytes bytes = {0};
            const struct tls_file *file = &tls->files[count++];
            ck_assert_uint_le(count, tls->file_count);
            ck_assert_str_eq(file->path, tls_paths[i]);
            ck_assert(bytes_add_file(&bytes, tls_paths[i], &err));
            ck_assert_uint_eq(file->length, bytes.length);
            ck_assert_mem_eq(file->bytes, bytes.at, bytes.length);
            bytes_free(&bytes);
            remove(tls_paths[i]);
        }
    }
    ck_assert_uint_eq(tls->file_count, count);
}

static void set_targets(const char *text, const struct message_defaults *defaults)
{
    ck_assert_msg(read_targets(&targets, text, strlen(text), defaults, &err), "%s", err.text);
    source = source_of(targets.requests, targets.count);
    order = (struct order){&plan, &targets, &source};
}

static void random_targets(void)
{
    static const char *const headers[] = {"Host: other.example", "Authorization: Basic abc"};
    char small[] = "/tmp/order_XXXXXX";
    char large[] = "/tmp/order_XXXXXX";
    char *const bodies[] = {small, large};
    FILE *files_of[] = {fdopen(mkstemp(small), "w"), fdopen(mkstemp(large), "w")};
    for (size_t i = 0; i < 2; i++) {
        for (size_t n = i ? ORDER_CHUNK + below(UINT64_C(2) * ORDER_CHUNK) : 1 + below(20); n > 0;
             n--) {
            fputc((int)below(256), files_of[i]);
        }
        fclose(files_of[i]);
    }
    const struct message_defaults defaults = {
        .headers = headers,
        .header_count = below(3),
        .attack_name = below(2) ? "name" : NULL,
        .body = below(3) ? NULL : "default",
        .body_length = 7,
        .body_file = below(2) ? NULL : "default.json",
        .keepalive = below(2),
        .is_chunked = below(2),
        .is_numbered = below(2),
    };
    char *text = calloc(1, TEXT_ROOM);
    FILE *out = fmemopen(text, TEXT_ROOM, "w");
    for (size_t i = 1 + below(90); i > 0; i--) {
        add_target(out, bodies, 2);
    }
    fclose(out);
    struct message_defaults given = defaults;
    given.body_length = given.body ? 7 : 0;
    set_targets(text, &given);
    free(text);
    remove(small);
    remove(large);
}

static void expect_same_request(const struct request *x, const struct request *y)
{
    ck_assert_uint_eq(x->length, y->length);
    ck_assert_mem_eq(x->bytes, y->bytes, x->length);
    ck_assert_uint_eq(x->body_length, y->body_length);
    ck_assert_uint_eq(x->sequence_at, y->sequence_at);
    ck_assert_uint_eq(x->target, y->target);
    ck_assert_uint_eq(x->endpoint, y->endpoint);
    ck_assert_uint_eq(x->row, y->row);
    ck_assert(x->is_head == y->is_head && x->is_idempotent == y->is_idempotent);
    ck_assert_uint_eq(x->layout.path_length, y->layout.path_length);
    ck_assert_uint_eq(x->layout.headers_at, y->layout.headers_at);
    ck_assert_uint_eq(x->layout.headers_length, y->layout.headers_length);
    ck_assert_uint_eq(x->layout.header_count, y->layout.header_count);
    ck_assert(x->layout.is_chunked == y->layout.is_chunked);
}

static void expect_same_endpoints(const struct targets *a, const struct targets *b)
{
    ck_assert_uint_eq(a->endpoint_count, b->endpoint_count);
    for (size_t i = 0; i < a->endpoint_count; i++) {
        ck_assert_str_eq(a->endpoints[i].host, b->endpoints[i].host);
        ck_assert_uint_eq(a->endpoints[i].port, b->endpoints[i].port);
        ck_assert(a->endpoints[i].is_https == b->endpoints[i].is_https);
    }
}

static void expect_same_text(const char *a, const char *b)
{
    ck_assert_pstr_eq(a, b);
}

static void expect_same_target(const struct targets *a, const struct targets *b, size_t i)
{
    expect_same_text(a->list[i].name, b->list[i].name);
    expect_same_text(a->list[i].method, b->list[i].method);
    expect_same_text(a->list[i].url, b->list[i].url);
    expect_same_text(a->list[i].body_file, b->list[i].body_file);
    ck_assert_uint_eq(a->list[i].row, b->list[i].row);
    expect_same_request(&a->requests[i], &b->requests[i]);
}

static void expect_same_targets(const struct targets *a, const struct targets *b)
{
    ck_assert_uint_eq(a->count, b->count);
    ck_assert_uint_eq(a->rows.count, b->rows.count);
    ck_assert_uint_eq(a->rows.others, b->rows.others);
    expect_same_endpoints(a, b);
    for (size_t i = 0; i < a->count; i++) {
        expect_same_target(a, b, i);
    }
}

/* Sends all contents, the last chunk first, some of them twice. */
static void send_files(const struct order_files *from, struct order_files *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct order_file *file = &from->list[i];
        for (size_t k = order_file_chunks(file->length); k-- > 0;) {
            for (int twice = 0; twice < 2; twice++) {
                ck_assert_msg(order_files_put(to, file->hash, k, order_file_chunk(file, k), &err),
                              "%s", err.text);
            }
        }
    }
}

START_TEST(any_order_comes_back_the_same)
{
    for (int i = 0; i < ROUNDS / 5; i++) {
        struct order_files got = {0};
        random_plan();
        random_tls_files();
        random_targets();
        json_t *json = sent(order_to_json(&order, &files, &err));
        ck_assert_msg(order_expect_files(json, &got, &err), "%s", err.text);
        ck_assert(files.count == 0 || !order_from_json(json, &got, &copy, &err));
        send_files(&files, &got);
        ck_assert_msg(order_from_json(json, &got, &copy, &err), "%s", err.text);
        expect_same_plan(&plan, &copy.plan);
        expect_tls_files(&copy.plan.tls);
        expect_same_targets(&targets, &copy.targets);
        ck_assert_ptr_eq(copy.source.next(&copy.source, targets.count), &copy.targets.requests[0]);
        order_copy_free(&copy);
        json_decref(json);
        targets_free(&targets);
        order_files_free(&got);
        order_files_free(&files);
    }
}
END_TEST

static void usual_order(void)
{
    const struct message_defaults defaults = {.keepalive = true};
    random_plan();
    plan.tls.root_certs = plan.tls.cert = plan.tls.key = NULL;
    set_targets("POST http://a/\nAuthorization: Basic secret\nX-Api-Key: secret\nAccept: text\n"
                "@README.md\n",
                &defaults);
}

START_TEST(files_of_certificates_travel_by_content)
{
    usual_order();
    plan.tls.root_certs = "README.md,Makefile";
    plan.tls.cert = "README.md"; /* the content is there once */
    json_t *json = sent(order_to_json(&order, &files, &err));
    ck_assert_uint_eq(json_array_size(json_object_get(json, "files")), 3);
    ck_assert_uint_eq(files.count, 2);
    ck_assert_msg(order_from_json(json, &files, &copy, &err), "%s", err.text);
    ck_assert_uint_eq(copy.plan.tls.file_count, 3);
    ck_assert_str_eq(copy.plan.tls.files[1].path, "Makefile");
    ck_assert_ptr_nonnull(
        memmem(copy.plan.tls.files[1].bytes, copy.plan.tls.files[1].length, "PHONY", 5));
    json_decref(json);
    plan.tls.key = "no such file";
    ck_assert_ptr_null(order_to_json(&order, &files, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "no such file"));
}
END_TEST

static const struct request *no_request(const struct source *live, uint64_t k)
{
    (void)live, (void)k;
    return NULL;
}

START_TEST(a_live_source_cannot_be_sent)
{
    static const struct source_live live = {0};
    usual_order();
    source = (struct source){.next = no_request, .live = &live};
    ck_assert_ptr_null(order_to_json(&order, &files, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "lazily read targets cannot be sent"));
}
END_TEST

START_TEST(a_scenario_needs_its_driver)
{
    static struct users_order users;
    usual_order();
    source = users_source(&users);
    ck_assert_ptr_null(order_to_json(&order, &files, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_ptr_nonnull(
        strstr(err.text, "a scenario cannot be sent to workers without its driver"));
}
END_TEST

START_TEST(a_source_replaces_the_targets)
{
    struct order_files got = {0};
    char hash[SHA256_TEXT];
    usual_order();
    order_files_add(&files, "text", 4);
    sha256_print("text", 4, hash);
    json_t *cargo =
        json_pack("{s:[{s:s, s:i}], s:s}", "files", "sha256", hash, "size", 4, "own", "x");
    json_t *json = sent(order_to_json_with(&order, cargo, &files, &err));
    ck_assert_ptr_null(json_object_get(json, "targets"));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(json, "source"), "own")),
                     "x");
    ck_assert(order_expect_files(json, &got, &err));
    ck_assert_uint_eq(got.count, 1);
    ck_assert_str_eq(got.list[0].hash, hash);
    ck_assert_msg(order_from_json(json, &files, &copy, &err), "%s", err.text);
    ck_assert_uint_eq(copy.targets.count, 0);
    ck_assert_ptr_null(copy.source.requests);
    json_array_clear(json_object_get(json_object_get(json, "source"), "files"));
    json_array_append_new(json_object_get(json_object_get(json, "source"), "files"), json_null());
    ck_assert(!order_expect_files(json, &got, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "source.files[0]"));
    json_decref(json);
    order_files_free(&got);
}
END_TEST

START_TEST(a_content_with_another_hash_is_refused)
{
    struct order_files got = {0};
    char hash[SHA256_TEXT];
    sha256_print("abc", 3, hash);
    ck_assert_str_eq(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert(order_files_expect(&got, hash, 3, &err));
    ck_assert(!order_files_expect(&got, hash, 4, &err));
    ck_assert(!order_files_expect(&got, "ba78", 3, &err));
    ck_assert(!order_files_put(&got, hash, 0, slice_of("abd"), &err));
    ck_assert(!order_files_put(&got, hash, 0, slice_of("ab"), &err));
    ck_assert(!order_files_put(&got, hash, 1, slice_of("abc"), &err));
    ck_assert_ptr_null(order_files_find(&got, hash).at);
    ck_assert(order_files_put(&got, hash, 0, slice_of("abc"), &err));
    ck_assert(slice_equals(order_files_find(&got, hash), "abc"));
    order_files_free(&got);
}
END_TEST

/* What takes the place of a value, and the key that the error names. */
static const struct {
    const char *where, *key, *value, *named;
} wrong[] = {
    {"plan", "timeout", "-1", "timeout: "},
    {"plan", "max_connections", "0", "max_connections: "},
    {"plan", "unix_socket", "\"\"", "unix_socket: "},
    {"plan", "keepalive", "1", "keepalive: "},
    {"plan", "threads", "0", "thread"},
    {"plan", "schedule", "{\"kind\":\"none\"}", "schedule: "},
    {"plan", "laddr", "\"nowhere\"", "laddr: "},
    {"plan", "connect_to", "[\"a\"]", "connect_to: "},
    {"plan", "allow_target", "\"a,\"", "allow_target: "},
    {"plan", "allow_target", "\"\"", "allow_target: "},
    {"plan", "allow_target", "[]", "allow_target: "},
    {"plan", "proxy_headers", "[\"a\"]", "proxy_headers: "},
    {"", "format", "2", "format 2"},
    {"", "targets", "[]", "targets: "},
    {"", "endpoints", "[]", "targets[0]: "},
    {"", "endpoints", "[{\"host\":\"a b\",\"port\":80,\"https\":false}]", "endpoints[0]: "},
    {"target", "head", "\"GET / HTTP/1.1\\r\\n\\r\\nGET / HTTP/1.1\\r\\n\\r\\n\"", "targets[0]: "},
    {"target", "head", "\"POST / HTTP/1.1\\r\\nContent-Length: 1\\r\\n\\r\\n\"", "targets[0]: "},
    {"target", "head", "\"GET  / HTTP/1.1\\r\\n\\r\\n\"", "targets[0]: "},
    {"target", "head", "\"\"", "targets[0]: "},
    {"target", "number_at", "3", "targets[0]: "},
    {"target", "endpoint", "1", "targets[0]: "},
    {"target", "body", "{\"sha256\":\"0\"}", "targets[0]: "},
    {"target", "body", "{\"sha256\":\"0\",\"path\":1}", "targets[0]: missing"},
};

START_TEST(an_error_names_the_key)
{
    usual_order();
    json_t *json = sent(order_to_json(&order, &files, &err));
    json_t *object = strcmp(wrong[_i].where, "plan") == 0 ? json_object_get(json, "plan")
                     : strcmp(wrong[_i].where, "target") == 0
                         ? json_array_get(json_object_get(json, "targets"), 0)
                         : json;
    if (strcmp(wrong[_i].key, "head") == 0) {
        json_object_del(object, "body");
    }
    json_object_set_new(object, wrong[_i].key, json_loads(wrong[_i].value, JSON_DECODE_ANY, NULL));
    ck_assert(!order_from_json(json, &files, &copy, &err));
    ck_assert_msg(strstr(err.text, wrong[_i].named), "%s", err.text);
    json_decref(json);
}
END_TEST

START_TEST(shown_headers_have_no_secrets)
{
    usual_order();
    json_t *list = request_headers_shown(&targets.requests[0]);
    char *text = json_dumps(list, 0);
    ck_assert_ptr_nonnull(strstr(text, "\"Authorization: ***\""));
    ck_assert_ptr_nonnull(strstr(text, "\"X-Api-Key: ***\""));
    ck_assert_ptr_nonnull(strstr(text, "\"Accept: text\""));
    ck_assert_ptr_null(strstr(text, "secret"));
    free(text);
    json_decref(list);
}
END_TEST

static void setup(void)
{
    chance = random_seeded(5);
    err = (struct err){0};
}

static void teardown(void)
{
    order_copy_free(&copy);
    order_files_free(&files);
    targets_free(&targets);
}

Suite *order_json_suite(void);
Suite *order_json_suite(void)
{
    Suite *suite = suite_create("order_json");
    TCase *tests = tcase_create("order_json");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, any_plan_comes_back_the_same);
    tcase_add_test(tests, any_order_comes_back_the_same);
    tcase_add_test(tests, files_of_certificates_travel_by_content);
    tcase_add_test(tests, a_live_source_cannot_be_sent);
    tcase_add_test(tests, a_scenario_needs_its_driver);
    tcase_add_test(tests, a_source_replaces_the_targets);
    tcase_add_test(tests, a_content_with_another_hash_is_refused);
    tcase_add_loop_test(tests, an_error_names_the_key, 0, sizeof wrong / sizeof wrong[0]);
    tcase_add_test(tests, shown_headers_have_no_secrets);
    suite_add_tcase(suite, tests);
    return suite;
}

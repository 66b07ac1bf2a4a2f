#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/target/lazy.h"
#include "loadgen/target/request_queue.h"
#include "tests/support/printed.h"

static struct targets targets;
static struct message_defaults defaults;
static struct err err;
static struct lazy *lazy;
static struct source source;
static atomic_size_t targets_told;

static void setup(void)
{
    defaults = (struct message_defaults){.keepalive = true};
}

static void teardown(void)
{
    if (source.live) {
        source.live->stop(&source);
    }
    lazy_close(lazy, NULL);
    targets_free(&targets);
}

static void hear_target(void *context, size_t index)
{
    ck_assert_ptr_eq(context, &targets);
    ck_assert_ptr_nonnull(targets.list[index].url);
    targets_told++;
}

static const struct source_listener listener = {hear_target, &targets};

/* A descriptor that the text can be read from, to its end. */
static int text_fd(const char *text, size_t length)
{
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    fflush(file);
    int fd = dup(fileno(file));
    fclose(file);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static bool open_fd(int fd, const struct format *format)
{
    lazy = lazy_open(fd, "list", format, &defaults, &targets, &err);
    if (lazy) {
        source = lazy_source(lazy);
        ck_assert_msg(source.live->start(&source, &listener, &err), "%s", err.text);
    }
    return lazy != NULL;
}

static bool open_text(const char *text)
{
    return open_fd(text_fd(text, strlen(text)), &format_http);
}

/* The next request, waiting for it; NULL at the end. */
static const struct request *next(void)
{
    const struct request *request = NULL;
    struct pollfd ready = {.fd = source.ready_fd, .events = POLLIN};
    while (!(request = source.next(&source, 0)) && !source.live->is_ended(&source)) {
        poll(&ready, 1, 1); /* it stays readable: nobody reads it */
    }
    return request ? request : source.next(&source, 0);
}

START_TEST(each_target_comes_once_and_in_its_order)
{
    ck_assert_msg(
        open_text("GET http://a/1\n# @name two\nPUT http://b/2\nA: b\n\nGET http://a/1\n"), "%s",
        err.text);
    static const char *const lines[] = {"GET /1 ", "PUT /2 ", "GET /1 "};
    static const uint32_t indices[] = {0, 1, 0};
    const struct request *requests[3];
    for (int i = 0; i < 3; i++) {
        requests[i] = next();
        ck_assert_mem_eq(requests[i]->bytes, lines[i], 7);
        ck_assert_uint_eq(requests[i]->target, indices[i]);
        ck_assert_uint_eq(requests[i]->endpoint, indices[i]);
        ck_assert_uint_eq(requests[i]->row, indices[i]);
    }
    ck_assert_ptr_null(next());
    ck_assert_str_eq(targets.list[1].name, "two");
    ck_assert_uint_eq(targets_told, 1); /* the first one was there before the start */
    source.live->stop(&source);
    ck_assert(lazy_close(lazy, &err));
    lazy = NULL;
    source.live = NULL;
}
END_TEST

static const struct {
    const char *text, *expected;
} refused[] = {
    {"", "list: no targets to attack"},
    {"# nothing\n\n", "list: no targets to attack"},
    {"GET\n", "list:1: \"GET\" does not begin a target"},
    {"GET a\n", "list:1: \"a\" is not a URL"},
};

START_TEST(what_has_no_first_target_is_refused_at_once)
{
    ck_assert(!open_text(refused[_i].text));
    ck_assert_msg(strncmp(err.text, refused[_i].expected, strlen(refused[_i].expected)) == 0,
                  "got: %s", err.text);
}
END_TEST

static const struct {
    const char *text;
    int targets;
    const char *expected;
} broken[] = {
    {"GET http://a/1\nGET http://a/2\nget http://a/3\n", 1,
     "list:3: bad header \"get http://a/3\""},
    {"GET http://a/1\nGET http://a/2\n\nget http://a/3\n", 2, "list:4: \"get http://a/3\" does"},
    {"GET http://a/1\n\nGET http://a/2\n@/no/such\nGET http://a/3\n", 1,
     "list:4: cannot open /no/such"},
};

START_TEST(an_error_further_on_ends_the_source_there)
{
    ck_assert(open_text(broken[_i].text));
    int count = 0;
    while (next()) {
        count++;
    }
    /* A bare target is only complete when the line behind it was understood. */
    ck_assert_int_ge(count, broken[_i].targets);
    ck_assert_int_le(count, broken[_i].targets + 1);
    source.live->stop(&source);
    ck_assert(!lazy_close(lazy, &err));
    ck_assert_msg(strncmp(err.text, broken[_i].expected, strlen(broken[_i].expected)) == 0,
                  "got: %s", err.text);
    lazy = NULL;
    source.live = NULL;
}
END_TEST

START_TEST(an_error_that_was_not_reached_is_none)
{
    ck_assert(open_text("GET http://a/1\n\nGET http://a/2\n\nget http://a/3\n"));
    ck_assert_ptr_nonnull(next());
    usleep(50000); /* the thread comes to the error */
    source.live->stop(&source);
    ck_assert_msg(lazy_close(lazy, &err), "%s", err.text);
    lazy = NULL;
    source.live = NULL;
}
END_TEST

START_TEST(a_slow_pipe_makes_nobody_wait)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "GET http://a/1\n\nGET", 19), 19);
    ck_assert(open_fd(ends[0], &format_http));
    ck_assert_ptr_nonnull(source.next(&source, 0));
    ck_assert_ptr_null(source.next(&source, 1));
    ck_assert(!source.live->is_ended(&source));
    struct pollfd ready = {.fd = source.ready_fd, .events = POLLIN};
    ck_assert_int_eq(poll(&ready, 1, 0), 0);
    ck_assert_int_eq(write(ends[1], " http://a/2\n\n", 13), 13);
    ck_assert_int_eq(poll(&ready, 1, 5000), 1);
    ck_assert_ptr_nonnull(source.next(&source, 1));
    source.live->stop(&source); /* while the other end is still open */
    ck_assert_msg(lazy_close(lazy, &err), "%s", err.text);
    lazy = NULL;
    source.live = NULL;
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(whoever_takes_the_last_one_tells_the_others)
{
    ck_assert(open_text("GET http://a/1\n\nGET http://a/2\n"));
    struct pollfd ready = {.fd = source.ready_fd, .events = POLLIN};
    uint64_t count = 0;
    ck_assert_int_eq(poll(&ready, 1, 5000), 1); /* everything was read */
    ck_assert_int_eq(read(source.ready_fd, &count, sizeof count), sizeof count);
    ck_assert_ptr_nonnull(source.next(&source, 0));
    ck_assert_int_eq(poll(&ready, 1, 0), 0);
    ck_assert_ptr_nonnull(source.next(&source, 1));
    ck_assert_int_eq(poll(&ready, 1, 0), 1);
    ck_assert(source.live->is_ended(&source));
}
END_TEST

/* A file of bare targets that are all different. */
static int many_fd(int count, int hosts)
{
    struct printed list = {0};
    FILE *out = printed_open(&list);
    for (int i = 0; i < count; i++) {
        fprintf(out, "GET http://h%d/%d\n", i % hosts, i);
    }
    printed_close(&list);
    int fd = text_fd(list.text, list.length);
    printed_free(&list);
    return fd;
}

static size_t resident_bytes(void)
{
    char line[128];
    FILE *in = fopen("/proc/self/statm", "re");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, in));
    fclose(in);
    return strtoul(strchr(line, ' '), NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void expect_grown(size_t before, size_t most)
{
    size_t grown = resident_bytes() - before;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    most = SIZE_MAX; /* what they need themselves is in it */
#endif
    ck_assert_msg(grown < most, "%zu bytes", grown);
}

#if defined(__SANITIZE_THREAD__)
enum { MANY = 50000 }; /* its memory is not judged there, and each takes ten times as long */
#else
enum { MANY = 300000 };
#endif
enum { IN_FLIGHT = 500, TAKERS = 3 };

static atomic_size_t taken;
static atomic_size_t sum; /* of the numbers in the paths */

/* Holds some requests at a time, as a worker does, and gives the oldest one back. */
static void *take_all(void *context)
{
    const struct request *held[IN_FLIGHT] = {0};
    size_t i = 0;
    const struct request *request = NULL;
    (void)context;
    while ((request = next()) != NULL) {
        const struct request **place = &held[i++ % IN_FLIGHT];
        if (*place) {
            sum += strtoul((*place)->bytes + strlen("GET /"), NULL, 10);
            source.live->release(&source, *place);
        }
        *place = request;
        taken++;
    }
    for (i = 0; i < IN_FLIGHT; i++) {
        if (held[i]) {
            sum += strtoul(held[i]->bytes + strlen("GET /"), NULL, 10);
            source.live->release(&source, held[i]);
        }
    }
    return NULL;
}

START_TEST(threads_share_a_long_file_in_little_memory)
{
    int fd = many_fd(MANY, 3);
    size_t before = resident_bytes();
    ck_assert(open_fd(fd, &format_http));
    pthread_t threads[TAKERS];
    for (int i = 0; i < TAKERS; i++) {
        pthread_create(&threads[i], NULL, take_all, NULL);
    }
    for (int i = 0; i < TAKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_eq(taken, MANY);
    ck_assert_uint_eq(sum, (size_t)MANY * (MANY - 1) / 2);
    ck_assert_uint_eq(targets.count, LAZY_TARGETS + 1);
    ck_assert_uint_eq(targets_told, LAZY_TARGETS);
    ck_assert_str_eq(targets.list[LAZY_TARGETS].name, "other targets");
    ck_assert_uint_eq(targets.rows.count, ROWS_MAX);
    expect_grown(before, 8 << 20);
}
END_TEST

START_TEST(large_requests_are_not_read_far_ahead)
{
    enum { BODY = 1 << 20, COUNT = 40 };
    char path[] = "/tmp/headroom-lazy-XXXXXX";
    int body = mkstemp(path);
    ck_assert_int_eq(ftruncate(body, BODY), 0);
    close(body);
    struct printed list = {0};
    FILE *out = printed_open(&list);
    for (int i = 0; i < COUNT; i++) {
        fprintf(out, "POST http://a/%d\n@%s\n", i, path);
    }
    printed_close(&list);
    size_t before = resident_bytes();
    ck_assert(open_fd(text_fd(list.text, list.length), &format_http));
    printed_free(&list);
    usleep(100000); /* the thread reads what it will */
    expect_grown(before, REQUEST_QUEUE_BYTES + 8 * (size_t)BODY);
    int count = 0;
    const struct request *request = NULL;
    while ((request = next()) != NULL) {
        ck_assert_uint_eq(request->body_length, BODY);
        source.live->release(&source, request);
        count++;
    }
    ck_assert_int_eq(count, COUNT);
    unlink(path);
}
END_TEST

START_TEST(there_may_not_be_any_number_of_hosts)
{
    ck_assert(open_fd(many_fd(LAZY_ENDPOINTS + 1, LAZY_ENDPOINTS + 1), &format_http));
    int count = 0;
    while (next()) {
        count++;
    }
    ck_assert_int_eq(count, LAZY_ENDPOINTS);
    ck_assert_uint_eq(targets.endpoint_count, LAZY_ENDPOINTS);
    ck_assert_uint_eq(targets_endpoint_room(&targets), LAZY_ENDPOINTS);
    source.live->stop(&source);
    ck_assert(!lazy_close(lazy, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "at most 256 different hosts"));
    lazy = NULL;
    source.live = NULL;
}
END_TEST

START_TEST(the_json_format_is_read_as_well)
{
    static const char text[] = "{\"method\":\"GET\",\"url\":\"http://a/1\"}\n"
                               "{\"method\":\"GET\",\"url\":\"http://a/2\"}";
    ck_assert(open_fd(text_fd(text, strlen(text)), &format_json));
    ck_assert_ptr_nonnull(next());
    ck_assert_ptr_nonnull(next());
    ck_assert_ptr_null(next());
}
END_TEST

#define COUNT_OF(table) ((int)(sizeof(table) / sizeof(table)[0]))

Suite *lazy_suite(void);
Suite *lazy_suite(void)
{
    Suite *suite = suite_create("lazy");
    TCase *tests = tcase_create("lazy");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, each_target_comes_once_and_in_its_order);
    tcase_add_loop_test(tests, what_has_no_first_target_is_refused_at_once, 0, COUNT_OF(refused));
    tcase_add_loop_test(tests, an_error_further_on_ends_the_source_there, 0, COUNT_OF(broken));
    tcase_add_test(tests, an_error_that_was_not_reached_is_none);
    tcase_add_test(tests, a_slow_pipe_makes_nobody_wait);
    tcase_add_test(tests, whoever_takes_the_last_one_tells_the_others);
    tcase_add_test(tests, threads_share_a_long_file_in_little_memory);
    tcase_add_test(tests, large_requests_are_not_read_far_ahead);
    tcase_add_test(tests, there_may_not_be_any_number_of_hosts);
    tcase_add_test(tests, the_json_format_is_read_as_well);
    suite_add_tcase(suite, tests);
    return suite;
}

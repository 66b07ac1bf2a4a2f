/*
 * How a run ends: what it leaves in the results, and in the account.
 *
 * Runs alone: it judges times.
 */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/agenda/driver.h"
#include "loadgen/target/lazy.h"
#include "tests/support/measurement.h"
#include "tests/support/printed.h"
#include "tests/support/read_back.h"

static struct err err;

struct asking {
    int file; /* the results': the run has begun when there is something in it */
    int stop_fd;
};

/* Asks for the end twice. */
static void *ask_twice(void *context)
{
    const struct asking *asking = context;
    const uint64_t one = 1;
    struct stat about = {0};
    while (fstat(asking->file, &about) == 0 && about.st_size == 0) {
        usleep(1000);
    }
    for (int i = 0; i < 2; i++) {
        usleep(300000);
        ck_assert_int_eq(write(asking->stop_fd, &one, sizeof one), sizeof one);
    }
    return NULL;
}

/* Every second request is answered, too late for the second signal. */
START_TEST(what_is_in_flight_at_a_second_request_is_abandoned_and_counted)
{
    static const struct script_step steps[] = {{.body_bytes = 15},
                                               {.delay_ms = 4000, .body_bytes = 15}};
    static const struct script script = {.steps = steps, .step_count = 2};
    struct plan plan = _i == 0 ? measurement_open_loop : measurement_closed_loop;
    plan.schedule.duration_ns = 0; /* without an end */
    FILE *file = tmpfile();
    struct script_server *server = script_server_start(&script, &err);
    struct result_writer *writer = result_writer_create(fileno(file), "file", 16, &err);
    const struct control control = {.stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    struct asking asking = {fileno(file), control.stop_fd};
    pthread_t thread;
    uint64_t begin_ns = clock_now_ns();
    pthread_create(&thread, NULL, ask_twice, &asking);
    struct summary *live =
        measurement_attack(&plan, "GET", script_server_port(server), &control, writer);
    ck_assert_uint_lt(clock_now_ns() - begin_ns, 3000 * MS);
    pthread_join(thread, NULL);
    close(control.stop_fd);
    script_server_stop(server);
    ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
    rewind(file);
    struct summary *read = summary_create();
    ck_assert_msg(read_back_fd(fileno(file), "file", read, &err), "%s", err.text);
    fclose(file);
    const struct summary *both[] = {live, read};
    for (int i = 0; i < 2; i++) {
        const struct counters *counters = &both[i]->tally->counters;
        ck_assert(both[i]->is_interrupted && !both[i]->is_cut_short);
        ck_assert_uint_eq(both[i]->damaged, 0);
        ck_assert_uint_gt(both[i]->abandoned, 0);
        ck_assert_uint_eq(both[i]->abandoned, live->abandoned);
        ck_assert_uint_eq(counters->timed_out + counters->failed, 0);
        ck_assert_uint_eq(both[i]->started, counters->answered + both[i]->abandoned);
        ck_assert_uint_eq(both[i]->intended, both[i]->started + both[i]->not_started);
    }
    summary_destroy(live);
    summary_destroy(read);
}
END_TEST

enum { MANY = 100000 };

/* A pipe into which a thread writes different targets, for as long as somebody reads. */
struct feed {
    int fd;
    uint16_t port;
};

static void *feed_targets(void *context)
{
    const struct feed *feed = context;
    FILE *out = fdopen(feed->fd, "w");
    for (int i = 0; i < MANY && !ferror(out); i++) {
        fprintf(out, "GET http://127.0.0.1:%u/%d\n", feed->port, i);
    }
    fclose(out);
    return NULL;
}

/* The types of a file's blocks, in their order; the caller's to free. */
static char *read_types(FILE *file)
{
    struct printed types = {0};
    FILE *out = printed_open(&types);
    struct block *block = malloc(sizeof *block);
    while (read_back_block(block, file)) {
        fputc((int)block->type, out);
    }
    free(block);
    return printed_close(&types);
}

/* The reading thread is far ahead of the attack when that ends. */
START_TEST(nothing_stands_behind_the_end_of_a_lazy_run)
{
    int ends[2];
    struct targets targets;
    const struct message_defaults defaults = {.keepalive = true};
    struct plan plan = measurement_closed_loop;
    plan.schedule.duration_ns = 30 * MS;
    FILE *file = tmpfile();
    struct script_server *server = script_server_start(&measurement_answers_at_once, &err);
    struct result_writer *writer = result_writer_create(fileno(file), "file", 16, &err);
    ck_assert_int_eq(pipe(ends), 0);
    struct feed feed = {ends[1], script_server_port(server)};
    pthread_t feeding;
    pthread_create(&feeding, NULL, feed_targets, &feed);
    struct lazy *lazy = lazy_open(ends[0], "pipe", &format_http, &defaults, &targets, &err);
    ck_assert_msg(lazy != NULL, "%s", err.text);
    struct source source = lazy_source(lazy);
    const struct control control = {.stop_fd = -1};
    const struct observer observer = {0};
    struct summary *summary = summary_create();
    const struct order order = {&plan, &targets, &source};
    ck_assert_msg(run(&order, &driver_agenda, &control, &observer, writer, summary, &err), "%s",
                  err.text);
    ck_assert_msg(result_writer_close(writer, &err), "%s", err.text);
    close(ends[0]);
    pthread_join(feeding, NULL);
    ck_assert(lazy_close(lazy, &err));
    script_server_stop(server);
    rewind(file);
    char *types = read_types(file);
    const char *end = strchr(types, BLOCK_END);
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end, "E");
    free(types);
    fclose(file);
    targets_free(&targets);
    summary_destroy(summary);
}
END_TEST

static void ignore_broken_pipes(void)
{
    signal(SIGPIPE, SIG_IGN);
}

Suite *ending_suite(void);
Suite *ending_suite(void)
{
    Suite *suite = suite_create("ending");
    TCase *tests = tcase_create("endings");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, ignore_broken_pipes, NULL);
    tcase_add_loop_test(tests, what_is_in_flight_at_a_second_request_is_abandoned_and_counted, 0,
                        2);
    tcase_add_loop_test(tests, nothing_stands_behind_the_end_of_a_lazy_run, 0, 10);
    suite_add_tcase(suite, tests);
    return suite;
}

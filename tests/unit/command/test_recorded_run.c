/* What a run of the web server says of its file. Not under tsan: one thread. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/agenda/driver.h"
#include "loadgen/command/runners/recorded_run.h"
#include "loadgen/run/runner.h"
#include "tests/support/measurement.h"

static int file_fd; /* the descriptor that the run's file gets */
static char unkept[640];

static void hear(void *context, const struct err *why)
{
    (void)context;
    snprintf(unkept, sizeof unkept, "%s", why->text);
}

/* Closing fails as it does where a disk is full only then, after all was written. */
static struct drive *close_early(const struct order *order, const struct team *team,
                                 struct err *err)
{
    (void)order, (void)team;
    ck_assert_int_eq(close(file_fd), 0);
    err_set(err, ERR_FAILED, "not today");
    return NULL;
}

START_TEST(a_file_that_cannot_be_closed_is_not_kept)
{
    char path[] = "/tmp/recorded.XXXXXX";
    char expected[128];
    struct err err = {.code = ERR_NONE};
    struct targets targets;
    const struct message_defaults defaults = {.keepalive = true};
    char text[] = "GET http://127.0.0.1:9/\n";
    FILE *in = fmemopen(text, strlen(text), "r");
    ck_assert(targets_read(&targets, in, "test", &format_http, &defaults, &err));
    fclose(in);
    struct source source = source_of(targets.requests, targets.count);
    const struct order order = {&measurement_open_loop, &targets, &source};
    const struct control control = {.stop_fd = -1};
    const struct observer observer = {0};
    struct driver_type type = driver_agenda;
    type.open = close_early;
    close(mkstemp(path));
    file_fd = dup(0);
    close(file_fd); /* the next one that is opened */
    const struct run_watch watch = {
        .control = &control, .observer = &observer, .on_unkept = hear, .file = path};
    struct summary *summary = summary_create();
    ck_assert(!recorded_run(&runner_here, &order, &type, NULL, &watch, summary, &err));
    ck_assert_str_eq(err.text, "not today");
    snprintf(expected, sizeof expected, "cannot write results to %s: Bad file descriptor", path);
    ck_assert_str_eq(unkept, expected);
    summary_destroy(summary);
    targets_free(&targets);
    unlink(path);
}
END_TEST

Suite *recorded_run_suite(void);
Suite *recorded_run_suite(void)
{
    Suite *suite = suite_create("recorded_run");
    TCase *tests = tcase_create("recorded_run");
    tcase_add_test(tests, a_file_that_cannot_be_closed_is_not_kept);
    suite_add_tcase(suite, tests);
    return suite;
}

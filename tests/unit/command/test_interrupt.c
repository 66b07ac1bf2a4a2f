#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#include "loadgen/command/process/interrupt.h"

#define MS NS_PER_MS

/* Signals, their moments, and which of them count. */
static const struct {
    const char *kinds;  /* of each: Int, Term or Hup */
    const char *counts; /* of each: y or n */
    uint64_t at_ms[6];
} cases[] = {
    {"I", "y", {0}},
    {"TT", "yn", {5, 5}},           /* GNU timeout: to the child and to its group */
    {"TT", "yn", {5, 505}},         /* a wrapper passes it on */
    {"II", "yn", {5, 1004}},        /* just within the second, */
    {"II", "yy", {5, 1005}},        /* and just after it */
    {"III", "yny", {0, 600, 1200}}, /* counted from the first of a request */
    {"IIIIII", "yynnyy", {0, 1500, 1500, 2400, 2600, 3600}}, /* each request has its second */
    {"IIII", "yyny", {0, 3600000, 3600001, 3601001}},        /* hours later */
    {"TI", "yy", {5, 305}},                                  /* another kind is another request, */
    {"TTI", "yny", {5, 305, 605}},
    {"ITIII", "yynny", {5, 305, 605, 1304, 1305}}, /* but never a third one soon after a second */
    {"THT", "yny", {5, 305, 1005}},                /* systemd sends both */
    {"HII", "yny", {5, 305, 1005}},
};

static int signal_of(char kind)
{
    return kind == 'I' ? SIGINT : kind == 'T' ? SIGTERM : SIGHUP;
}

START_TEST(signals_of_a_kind_within_a_second_are_one_request)
{
    struct interrupt_requests requests = {0};
    unsigned count = 0;
    for (size_t i = 0; cases[_i].counts[i]; i++) {
        bool is_expected = cases[_i].counts[i] == 'y';
        count += is_expected;
        int signal = signal_of(cases[_i].kinds[i]);
        /* the clock may begin anywhere */
        ck_assert_int_eq(interrupt_add(&requests, signal, 7 + cases[_i].at_ms[i] * MS),
                         is_expected);
        ck_assert_uint_eq(requests.count, count);
    }
}
END_TEST

static struct interrupt interrupt;
static struct err err;

static bool is_asked(int timeout_ms)
{
    struct pollfd stop = {.fd = interrupt.stop_fd, .events = POLLIN};
    return poll(&stop, 1, timeout_ms) == 1;
}

static const int kinds[] = {SIGINT, SIGTERM, SIGHUP};

START_TEST(each_kind_asks_and_none_kills)
{
    ck_assert_msg(interrupt_start(&interrupt, &err), "%s", err.text);
    ck_assert(!is_asked(0));
    ck_assert(!interrupt_must_stop_reading(&interrupt, false));
    kill(getpid(), kinds[_i]);
    ck_assert(is_asked(5000));
    kill(getpid(), kinds[_i]);
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGCONT); /* GNU timeout's last one */
    poll(NULL, 0, 50);
    ck_assert_uint_eq(interrupt_count(&interrupt), 1);
    ck_assert(interrupt_must_stop_reading(&interrupt, false));
    ck_assert(!interrupt_must_stop_reading(&interrupt, true));
    ck_assert(interrupt_check(&interrupt, &err));
    interrupt_stop(&interrupt);
    kill(getpid(), kinds[_i]); /* everything is written: it changes nothing any more */
    poll(NULL, 0, 50);
}
END_TEST

START_TEST(a_second_request_ends_and_has_a_status)
{
    uint64_t count = 0;
    ck_assert(interrupt_start(&interrupt, &err));
    kill(getpid(), SIGINT);
    ck_assert(is_asked(5000));
    ck_assert_int_eq(read(interrupt.stop_fd, &count, sizeof count), sizeof count);
    ck_assert_uint_eq(count, 1);
    kill(getpid(), SIGTERM); /* of another kind: at once */
    ck_assert(is_asked(5000));
    ck_assert_uint_eq(interrupt_count(&interrupt), 2);
    ck_assert(!interrupt_must_stop_reading(&interrupt, true)); /* what writes is ending as well */
    ck_assert(!interrupt_check(&interrupt, &err));
    ck_assert_int_eq(err.code, 128 + SIGTERM);
    ck_assert_str_eq(err.text, "ended immediately by a second SIGTERM");
    poll(NULL, 0, 1050);
    ck_assert(interrupt_must_stop_reading(&interrupt, true));
    interrupt_stop(&interrupt);
}
END_TEST

START_TEST(a_hangup_that_is_ignored_stays_ignored)
{
    signal(SIGHUP, SIG_IGN);
    ck_assert(interrupt_start(&interrupt, &err));
    kill(getpid(), SIGHUP);
    ck_assert(!is_asked(100));
    interrupt_stop(&interrupt);
}
END_TEST

static void count_call(void *context)
{
    atomic_fetch_add((atomic_uint *)context, 1);
}

START_TEST(the_user_signal_is_no_request)
{
    atomic_uint calls = 0;
    interrupt = (struct interrupt){.on_user = count_call, .context = &calls};
    ck_assert(interrupt_start(&interrupt, &err));
    kill(getpid(), SIGUSR1);
    for (int i = 0; i < 100 && atomic_load(&calls) == 0; i++) {
        poll(NULL, 0, 50);
    }
    ck_assert_uint_eq(atomic_load(&calls), 1);
    ck_assert_uint_eq(interrupt_count(&interrupt), 0);
    ck_assert(!is_asked(0));
    kill(getpid(), SIGTERM); /* is not taken for a repetition */
    ck_assert(is_asked(5000));
    interrupt_stop(&interrupt);
}
END_TEST

static void note_count(void *context, unsigned count)
{
    atomic_store((atomic_uint *)context, count);
}

START_TEST(each_request_is_told)
{
    static const int signals[] = {SIGINT, SIGTERM};
    atomic_uint told = 0;
    interrupt = (struct interrupt){.on_request = note_count, .context = &told};
    ck_assert(interrupt_start(&interrupt, &err));
    for (unsigned i = 0; i < 2; i++) {
        kill(getpid(), signals[i]);
        for (int k = 0; k < 100 && atomic_load(&told) <= i; k++) {
            poll(NULL, 0, 50);
        }
        ck_assert_uint_eq(atomic_load(&told), i + 1);
    }
    interrupt_stop(&interrupt);
}
END_TEST

START_TEST(what_was_never_started_may_be_stopped)
{
    interrupt_stop(&interrupt);
    ck_assert_uint_eq(interrupt_count(&interrupt), 0);
    ck_assert(interrupt_check(&interrupt, &err));
}
END_TEST

Suite *interrupt_suite(void);
Suite *interrupt_suite(void)
{
    Suite *suite = suite_create("interrupt");
    TCase *tests = tcase_create("signals");
    tcase_add_loop_test(tests, signals_of_a_kind_within_a_second_are_one_request, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_loop_test(tests, each_kind_asks_and_none_kills, 0,
                        (int)(sizeof kinds / sizeof kinds[0]));
    tcase_add_test(tests, a_second_request_ends_and_has_a_status);
    tcase_add_test(tests, a_hangup_that_is_ignored_stays_ignored);
    tcase_add_test(tests, the_user_signal_is_no_request);
    tcase_add_test(tests, each_request_is_told);
    tcase_add_test(tests, what_was_never_started_may_be_stopped);
    suite_add_tcase(suite, tests);
    return suite;
}

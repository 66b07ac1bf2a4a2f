/* Not under tsan: one thread reads an answer; the suite engine has several. */
/*
 * Answers that break RFC 9112, from a real server: what counts and what fails is the same with our
 * own engine and with libcurl's, which carries what goes through a proxy.
 */
#include <check.h>
#include <string.h>

#include "loadgen/http/choice/engines.h"
#include "loadgen/http/curl/engine.h"
#include "tests/support/measurement.h"

enum { ENGINES = 2 };

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

static struct plan plan_of(int number)
{
    struct plan plan = measurement_open_loop;
    measurement_engine = number % ENGINES == 1 ? &engine_curl : &engines;
    plan.schedule.rate.count = 50;
    plan.schedule.duration_ns = 200 * MS;
    return plan;
}

/* All have five bytes of body. */
static const struct {
    struct script_step step;
    unsigned violations;
    bool is_reused; /* is the connection */
} taken[] = {
    {{.raw = "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"}, VIOLATION_BIT(line_feed), true},
    {{.raw = "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello"}, VIOLATION_BIT(status_line), true},
    {{.raw = OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
     VIOLATION_BIT(length_and_chunked),
     false},
    {{.raw = OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
     VIOLATION_BIT(repeated_length),
     true},
    {{.raw = OK "Content-Length: 5, 5\r\n\r\nhello"}, VIOLATION_BIT(repeated_length), true},
    {{.raw = CHUNKED "5; a=b\r\nhello\r\n0\r\n\r\n"}, VIOLATION_BIT(chunk_size), true},
    {{.raw = CHUNKED "5 \r\nhello\r\n0\r\n\r\n"}, VIOLATION_BIT(chunk_size), true},
    {{.raw = CHUNKED "5\nhello\n0\n\n"}, VIOLATION_BIT(line_feed), false},
    {{.raw = CHUNKED "5\r\nhello\r\n0\r\n\r\nxx"}, VIOLATION_BIT(excess), false},
    {{.raw = OK "X A: a\x01"
                "b\r\n c\r\nX-B : d\r\nContent-Length: 5\r\n\r\nhello"},
     VIOLATION_BIT(header_name) | VIOLATION_BIT(header_value) | VIOLATION_BIT(folded_header) |
         VIOLATION_BIT(space_before_colon),
     true},
    {{.raw = CHUNKED "5\r\nhello\r\n0\r\nX-T: y\r\n\r\n"}, 0, true},
};

START_TEST(an_answer_that_breaks_the_rfc_counts_and_is_noted)
{
    const struct script script = {.steps = &taken[_i / ENGINES].step, .step_count = 1};
    struct plan plan = plan_of(_i);
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    unsigned violations = taken[_i / ENGINES].violations;
    ck_assert_uint_gt(m.summary->started, 2);
    ck_assert_uint_eq(tally->codes[200], m.summary->started);
    ck_assert_uint_eq(tally->bytes_in, 5 * m.summary->started);
    ck_assert_uint_eq(tally->counters.malformed, violations ? m.summary->started : 0);
    for (size_t i = 0; i < VIOLATIONS_ALL; i++) {
        ck_assert_uint_eq(tally->violations[i], violations >> i & 1 ? m.summary->started : 0);
    }
    if (!taken[_i / ENGINES].is_reused) {
        ck_assert_uint_eq(m.truth.connections, m.truth.requests);
    } else {
        ck_assert_uint_lt(m.truth.connections, m.truth.requests);
    }
    summary_destroy(m.summary);
}
END_TEST

/* With libcurl it may be libcurl that refuses, in its own words: NULL. */
static const struct {
    struct script_step step;
    const char *error;
    const char *libcurls;
} refused[] = {
    {{.raw = OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"},
     "conflicting Content-Length values",
     "conflicting Content-Length values"},
    {{.raw = OK "Content-Length: 5x\r\n\r\nhello"},
     "Content-Length is not a number",
     "Content-Length is not a number"},
    {{.raw = OK "Content-Length : 5\r\n\r\nhello"},
     "white space before the colon",
     "white space before the colon"},
    {{.raw = OK "Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
     "chunked is not the last transfer coding, or is repeated",
     "chunked is not the last transfer coding, or is repeated"},
    {{.raw = OK "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"},
     "chunked is not the last transfer coding",
     "chunked is not the last transfer coding"},
    {{.raw = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
             "5\r\nhello\r\n0\r\n\r\n"},
     "in HTTP/1.0",
     "in HTTP/1.0"},
    {{.raw = CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n"},
     "a chunk size is too large",
     "a chunk size is too large"},
    {{.raw = CHUNKED "5x\r\nhello\r\n0\r\n\r\n"},
     "is not a hexadecimal number",
     "is not a hexadecimal number"},
    {{.raw = OK "garbage\r\nContent-Length: 5\r\n\r\nhello"},
     "a header without a colon",
     "Header without colon"},
    {{.raw = OK " X: y\r\nContent-Length: 5\r\n\r\nhello"},
     "white space before the first header",
     "libcurl could not parse a header"},
    {{.raw = "\r\n" OK "Content-Length: 5\r\n\r\nhello"}, "a blank line instead", "HTTP/0.9"},
    {{.raw = "HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
     "unknown HTTP version",
     "Unsupported HTTP version"},
};

START_TEST(an_answer_whose_length_is_in_doubt_fails_with_the_reason)
{
    const struct script script = {.steps = &refused[_i / ENGINES].step, .step_count = 1};
    struct plan plan = plan_of(_i);
    struct measurement m = measure(&plan, &script);
    const struct tally *tally = m.summary->tally;
    const char *reason = measurement_engine == &engine_curl ? refused[_i / ENGINES].libcurls
                                                            : refused[_i / ENGINES].error;
    ck_assert_uint_gt(m.summary->started, 2);
    ck_assert_uint_eq(tally->kinds[OUTCOME_PROTOCOL].count, m.summary->started);
    const char *example = tally->kinds[OUTCOME_PROTOCOL].example;
    ck_assert_msg(strstr(example, "malformed HTTP response: ") && strstr(example, reason), "%s",
                  example);
    ck_assert_uint_eq(tally->bytes_in, 0);
    ck_assert_uint_eq(tally->counters.malformed, 0);
    ck_assert_uint_eq(m.truth.connections, m.truth.requests);
    summary_destroy(m.summary);
}
END_TEST

#define add(tests, test, cases) tcase_add_loop_test(tests, test, 0, (int)(ENGINES * (cases)))

Suite *engine_lenient_suite(void);
Suite *engine_lenient_suite(void)
{
    Suite *suite = suite_create("engine_lenient");
    TCase *tests = tcase_create("engine_lenient");
    tcase_set_timeout(tests, 60);
    add(tests, an_answer_that_breaks_the_rfc_counts_and_is_noted, sizeof taken / sizeof taken[0]);
    add(tests, an_answer_whose_length_is_in_doubt_fails_with_the_reason,
        sizeof refused / sizeof refused[0]);
    suite_add_tcase(suite, tests);
    return suite;
}

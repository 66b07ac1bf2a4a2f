#include <check.h>
#include <errno.h>
#include <string.h>

#include "loadgen/measure/error_text.h"

#define LONG                                                                                       \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"  \
    "123456789"

static char get[] = "GET";
static char post[] = "POST";
static char url[] = "http://127.0.0.1:5000/";
static char long_url[] = "http://127.0.0.1:5000/" LONG LONG LONG LONG LONG LONG;
static struct target list[] = {
    {.method = get, .url = url}, {.method = post, .url = url}, {.method = get, .url = long_url}};
static const struct targets targets = {.list = list, .count = 3};
static struct address_list addresses;
static struct request request;
static struct err err;

static void setup(void)
{
    struct address address;
    address_list_init(&addresses);
    ck_assert(address_resolve("127.0.0.1", 5000, &address, &err));
    ck_assert_uint_eq(address_list_add(&addresses, &address), 0);
    ck_assert(address_resolve("::1", 81, &address, &err));
    ck_assert_uint_eq(address_list_add(&addresses, &address), 1);
    request = (struct request){0};
}

#define DEADLINE                                                                                   \
    "Get \"http://127.0.0.1:5000/\": context deadline exceeded (Client.Timeout exceeded "

static const struct {
    struct exchange exchange;
    const char *text;
} texts[] = {
    {{.outcome = OUTCOME_ANSWERED, .code = 404, .reason = "Not Found"}, "404 Not Found"},
    {{.outcome = OUTCOME_ANSWERED, .code = 500}, "500"},
    {{.outcome = OUTCOME_ANSWERED, .code = 502, .reason = "1.2.3.4:5:6->7.8.9.1:80"},
     "502 1.2.3.4->7.8.9.1:80"},
    {{.outcome = OUTCOME_CONNECT, .system_error = ECONNREFUSED},
     "Get \"http://127.0.0.1:5000/\": dial tcp 127.0.0.1:5000: connect: connection refused"},
    {{.outcome = OUTCOME_CONNECT, .system_error = EMFILE},
     "Get \"http://127.0.0.1:5000/\": dial tcp 127.0.0.1:5000: connect: too many open files "
     "(raise the limit of open files with ulimit -Hn, or cap the requests in flight)"},
    {{.outcome = OUTCOME_RESET, .system_error = ECONNRESET, .sent_ns = 1},
     "Get \"http://127.0.0.1:5000/\": read tcp ->127.0.0.1:5000: read: connection reset by peer"},
    {{.outcome = OUTCOME_CLOSED, .sent_ns = 1}, "Get \"http://127.0.0.1:5000/\": EOF"},
    {{.outcome = OUTCOME_CLOSED, .sent_ns = 1, .first_byte_ns = 2},
     "Get \"http://127.0.0.1:5000/\": unexpected EOF"},
    {{.outcome = OUTCOME_TIMED_OUT}, DEADLINE "while dialing)"},
    {{.outcome = OUTCOME_TIMED_OUT, .sent_ns = 1}, DEADLINE "while awaiting headers)"},
    {{.outcome = OUTCOME_TIMED_OUT, .sent_ns = 1, .first_byte_ns = 2},
     DEADLINE "while reading the response)"},
    {{.outcome = OUTCOME_PROTOCOL, .reason = "malformed HTTP response: Expected HTTP/"},
     "Get \"http://127.0.0.1:5000/\": malformed HTTP response: Expected HTTP/"},
};

/* As in Locust, the script's last word is kept, unless it would hide an error of this machine. */
START_TEST(a_failure_has_the_reason_that_a_script_gave)
{
    char text[ERROR_TEXT_MAX];
    struct exchange exchange = {
        .request = &request, .judgement = JUDGEMENT_FAILURE, .reason = "too slow"};
    for (int i = 0; i < OUTCOMES_ALL; i++) {
        exchange.outcome = (enum outcome)i;
        error_text_write(&exchange, &targets.list[0], &addresses, text);
        ck_assert_str_eq(text, "too slow");
    }
    exchange.outcome = OUTCOME_CONNECT;
    exchange.system_error = EADDRNOTAVAIL;
    error_text_write(&exchange, &targets.list[0], &addresses, text);
    ck_assert(error_text_lacks_port(text) && error_text_is_ours(text));
}
END_TEST

START_TEST(failures_are_called_as_vegeta_calls_them)
{
    char text[ERROR_TEXT_MAX];
    struct exchange exchange = texts[_i].exchange;
    exchange.request = &request;
    ck_assert(error_text_is_needed(&exchange));
    error_text_write(&exchange, &targets.list[request.target], &addresses, text);
    ck_assert_str_eq(text, texts[_i].text);
}
END_TEST

START_TEST(the_method_the_url_and_the_address_are_those_of_the_target)
{
    char text[ERROR_TEXT_MAX];
    struct exchange exchange = {
        .request = &request, .outcome = OUTCOME_CONNECT, .system_error = ETIMEDOUT};
    request.target = 1;
    exchange.address = 1;
    error_text_write(&exchange, &targets.list[request.target], &addresses, text);
    ck_assert_str_eq(text, "Post \"http://127.0.0.1:5000/\": dial tcp [::1]:81: connect: "
                           "connection timed out");
}
END_TEST

START_TEST(a_long_url_is_cut_and_the_cause_is_not)
{
    char text[ERROR_TEXT_MAX];
    struct exchange exchange = {
        .request = &request, .outcome = OUTCOME_RESET, .system_error = ECONNRESET};
    request.target = 2;
    error_text_write(&exchange, &targets.list[request.target], &addresses, text);
    ck_assert_ptr_nonnull(strstr(text, "read: connection reset by peer"));
    ck_assert_uint_lt(strlen(text), ERROR_TEXT_MAX);
}
END_TEST

START_TEST(a_success_has_no_text)
{
    static const struct {
        uint16_t code;
        bool is_needed;
    } codes[] = {{0, true},    {101, true},  {199, true}, {200, false}, {204, false},
                 {301, false}, {399, false}, {400, true}, {503, true},  {999, true}};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct exchange exchange = {.outcome = OUTCOME_ANSWERED, .code = codes[i].code};
        ck_assert_int_eq(error_text_is_needed(&exchange), codes[i].is_needed);
    }
    struct exchange broken = {.outcome = OUTCOME_TIMED_OUT, .code = 200};
    ck_assert(error_text_is_needed(&broken));
}
END_TEST

Suite *error_text_suite(void);
Suite *error_text_suite(void)
{
    Suite *suite = suite_create("error_text");
    TCase *tests = tcase_create("error_text");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_failure_has_the_reason_that_a_script_gave);
    tcase_add_loop_test(tests, failures_are_called_as_vegeta_calls_them, 0,
                        sizeof texts / sizeof texts[0]);
    tcase_add_test(tests, the_method_the_url_and_the_address_are_those_of_the_target);
    tcase_add_test(tests, a_long_url_is_cut_and_the_cause_is_not);
    tcase_add_test(tests, a_success_has_no_text);
    suite_add_tcase(suite, tests);
    return suite;
}

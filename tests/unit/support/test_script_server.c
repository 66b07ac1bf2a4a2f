/* Raw sockets against each thing that a script can do, but for waiting. */
#include <check.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/support/script_client.h"

static struct script_server *server;

START_TEST(an_answer_has_the_status_the_headers_and_the_body)
{
    struct script_step step = {.status = 404, .body_bytes = 28, .headers = "X-A: b\r\n"};
    struct script_counts counts =
        client_one_step(&step,
                        "HTTP/1.1 404 Scripted\r\nX-A: b\r\n"
                        "Content-Length: 28\r\n\r\nabcdefghijklmnopqrstuvwxyzab",
                        NULL);
    ck_assert_uint_eq(counts.answers, 1);
    ck_assert_uint_eq(counts.connections_peak, 1);
}
END_TEST

START_TEST(chunks_have_the_asked_size_and_an_end)
{
    struct script_step step = {.body_bytes = 17, .chunk_bytes = 16};
    client_one_step(&step,
                    "HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "10\r\nabcdefghijklmnop\r\n1\r\nq\r\n0\r\n\r\n",
                    NULL);
    step.body_bytes = 0;
    client_one_step(&step, "HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    NULL);
}
END_TEST

START_TEST(a_reset_comes_before_or_within_the_answer)
{
    struct script_step step = {.end = SCRIPT_RESET};
    ck_assert_uint_eq(client_one_step(&step, "", client_expect_reset).broken, 1);
    step.cut_at = 8;
    ck_assert_uint_eq(client_one_step(&step, "HTTP/1.1", client_expect_reset).broken, 1);
}
END_TEST

START_TEST(a_close_comes_before_within_or_after_the_answer)
{
    struct script_step step = {.end = SCRIPT_CLOSE};
    ck_assert_uint_eq(client_one_step(&step, "", client_expect_close).broken, 1);
    step.cut_at = 8;
    ck_assert_uint_eq(client_one_step(&step, "HTTP/1.1", client_expect_close).broken, 1);
    step.cut_at = SCRIPT_WHOLE;
    const char answer[] = "HTTP/1.1 200 Scripted\r\nContent-Length: 0\r\n\r\n";
    ck_assert_uint_eq(client_one_step(&step, answer, client_expect_close).answers, 1);
}
END_TEST

START_TEST(a_close_without_an_answer_waits_as_well)
{
    struct script_step step = {.end = SCRIPT_CLOSE, .delay_ms = 30};
    uint64_t before = clock_now_ns();
    client_one_step(&step, "", client_expect_close);
    ck_assert_uint_ge(clock_now_ns() - before, 30 * NS_PER_MS);
}
END_TEST

START_TEST(a_body_may_be_shorter_than_its_content_length)
{
    struct script_step step = {
        .body_bytes = 10, .missing_bytes = 7, .end = SCRIPT_CLOSE, .cut_at = SCRIPT_WHOLE};
    const char answer[] = "HTTP/1.1 200 Scripted\r\nContent-Length: 10\r\n\r\nabc";
    struct script_counts counts = client_one_step(&step, answer, client_expect_close);
    ck_assert_uint_eq(counts.broken, 1);
    ck_assert_uint_eq(counts.answers, 0);
}
END_TEST

START_TEST(garbage_is_sent_as_it_is)
{
    struct script_step step = {.raw = "\x01garbage\r\n\r\n"};
    ck_assert_uint_eq(client_one_step(&step, "\x01garbage\r\n\r\n", NULL).broken, 1);
}
END_TEST

START_TEST(silence_comes_before_or_within_the_answer_and_is_kept)
{
    struct script_step step = {.end = SCRIPT_SILENCE};
    ck_assert_uint_eq(client_one_step(&step, "", NULL).broken, 1);
    step.cut_at = 8;
    ck_assert_uint_eq(client_one_step(&step, "HTTP/1.1", NULL).broken, 1);
}
END_TEST

START_TEST(every_nth_answer_closes_its_connection)
{
    struct script_step step = {0};
    struct script script = {.steps = &step, .step_count = 1, .close_every = 3};
    server = client_serve(&script);
    for (size_t i = 0; i < 2; i++) {
        int fd = client_dial(server);
        for (size_t j = 0; j < 3; j++) {
            client_say(fd, CLIENT_GET);
            client_expect(fd, "HTTP/1.1 200 Scripted\r\nContent-Length: 0\r\n\r\n");
        }
        client_expect_close(fd);
    }
    struct script_counts counts = client_stop(server);
    ck_assert_uint_eq(counts.connections, 2);
    ck_assert_uint_eq(counts.connections_peak, 1);
    ck_assert_uint_eq(counts.answers, 6);
}
END_TEST

START_TEST(the_order_says_what_a_step_belongs_to)
{
    static const struct {
        enum script_order order;
        const char *answers; /* to A, A, B, A, A, B: a connection each letter */
    } cases[] = {
        {SCRIPT_BY_REQUEST, "012121"},
        {SCRIPT_BY_CONNECTION, "001001"},
        {SCRIPT_BY_REQUEST_OF_CONNECTION, "010211"},
    };
    static const struct script_step steps[] = {{.raw = "0"}, {.raw = "1"}, {.raw = "2"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct script script = {
            .steps = steps, .step_count = 3, .loop_from = 1, .order = cases[i].order};
        server = client_serve(&script);
        int fds[2] = {client_dial(server), client_dial(server)};
        for (size_t k = 0; k < 6; k++) {
            int fd = fds["001001"[k] - '0'];
            client_say(fd, CLIENT_GET);
            client_expect(fd, (char[]){cases[i].answers[k], '\0'});
        }
        close(fds[0]);
        close(fds[1]);
        client_stop(server);
    }
}
END_TEST

START_TEST(a_request_ends_with_its_body_however_it_comes)
{
    const char post[] = "POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nab\r\n\r";
    struct script_step step = {.raw = "y"};
    struct script script = {.steps = &step, .step_count = 1};
    server = client_serve(&script);
    int fd = client_dial(server);
    for (size_t i = 0; post[i] != '\0'; i++) {
        client_expect_nothing(fd, i == sizeof post - 2 ? 20 : 0);
        client_say(fd, (char[]){post[i], '\0'});
    }
    client_expect(fd, "y");
    client_say(fd, CLIENT_GET CLIENT_GET); /* the second waits its turn */
    client_expect(fd, "yy");
    close(fd);
    ck_assert_uint_eq(client_stop(server).requests, 3);
}
END_TEST

START_TEST(a_head_gets_no_body)
{
    struct script_step step = {.body_bytes = 5};
    struct script script = {.steps = &step, .step_count = 1};
    server = client_serve(&script);
    int fd = client_dial(server);
    client_say(fd, "HEAD / HTTP/1.1\r\n\r\n");
    client_expect(fd, "HTTP/1.1 200 Scripted\r\nContent-Length: 5\r\n\r\n");
    client_expect_nothing(fd, 20);
    close(fd);
    ck_assert_uint_eq(client_stop(server).answers, 1);
}
END_TEST

START_TEST(a_chunked_request_is_refused)
{
    struct script_step step = {0};
    struct script script = {.steps = &step, .step_count = 1};
    server = client_serve(&script);
    int fd = client_dial(server);
    client_say(fd, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    client_expect_close(fd);
    struct script_counts counts = client_stop(server);
    ck_assert_uint_eq(counts.refused, 1);
    ck_assert_uint_eq(counts.requests, 0);
}
END_TEST

START_TEST(an_answer_that_nobody_waits_for_is_abandoned)
{
    struct script_step step = {.delay_ms = 60000};
    struct script script = {.steps = &step, .step_count = 1};
    server = client_serve(&script);
    int gone = client_dial(server);
    client_say(gone, CLIENT_GET);
    client_expect_nothing(gone, 20); /* so that it is read before the close */
    close(gone);
    int waits = client_dial(server);
    client_say(waits, CLIENT_GET);
    client_expect_nothing(waits, 20);
    struct script_counts counts = client_stop(server);
    ck_assert_uint_eq(counts.connections_peak, 1);
    ck_assert_uint_eq(counts.abandoned, 2);
    client_expect_close(waits);
}
END_TEST

START_TEST(a_script_without_steps_is_refused)
{
    struct script script = {0};
    struct err err = {0};
    ck_assert_ptr_null(script_server_start(&script, &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

Suite *script_server_suite(void);
Suite *script_server_suite(void)
{
    Suite *suite = suite_create("script_server");
    TCase *answers = tcase_create("answers");
    tcase_add_test(answers, an_answer_has_the_status_the_headers_and_the_body);
    tcase_add_test(answers, chunks_have_the_asked_size_and_an_end);
    tcase_add_test(answers, a_body_may_be_shorter_than_its_content_length);
    tcase_add_test(answers, garbage_is_sent_as_it_is);
    tcase_add_test(answers, a_head_gets_no_body);
    suite_add_tcase(suite, answers);
    TCase *ends = tcase_create("ends");
    tcase_add_test(ends, a_reset_comes_before_or_within_the_answer);
    tcase_add_test(ends, a_close_comes_before_within_or_after_the_answer);
    tcase_add_test(ends, a_close_without_an_answer_waits_as_well);
    tcase_add_test(ends, silence_comes_before_or_within_the_answer_and_is_kept);
    tcase_add_test(ends, every_nth_answer_closes_its_connection);
    tcase_add_test(ends, an_answer_that_nobody_waits_for_is_abandoned);
    suite_add_tcase(suite, ends);
    TCase *script = tcase_create("script");
    tcase_add_test(script, the_order_says_what_a_step_belongs_to);
    tcase_add_test(script, a_request_ends_with_its_body_however_it_comes);
    tcase_add_test(script, a_chunked_request_is_refused);
    tcase_add_test(script, a_script_without_steps_is_refused);
    suite_add_tcase(suite, script);
    return suite;
}

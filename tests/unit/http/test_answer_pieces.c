/* Not under tsan: one thread. */
/*
 * Answers read in pieces. The reader has a shorter way for lines that lie whole in one piece, and
 * none of its own for a byte at a time: an answer must come to the same either way. Answers are put
 * together from parts, well-formed and not, and read whole and cut in two at every byte.
 */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/answer/answer.h"
#include "tests/support/random.h"

enum { ANSWERS = 2000, LINES_MAX = 4, ANSWER_BYTES = 1024, BODY_MAX = 8, REASON = 24 };

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const char *const statuses[] = {
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 302 Found\r\n",
    "HTTP/1.1 404 Not Found in any of the usual places\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 \r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 3\r\n\r\nHTTP/1.1 503 No\r\n",
    "HTTP/1.0 200 OK\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n",
    "HTTP/1.1 204\r\n",
    "http/1.1 200 OK\n",
    "HTTP/1.1  500 a\rb\x01 c\td\r\r\n",
    "HTTP/1.1 1000 OK\r\n",
};
static const char *const plain_lines[] = {
    "Content-Length: 5\r\n",
    "Content-Length: 5\r\n",
    "content-LENGTH:05 \r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: keep-alive, x\r\n",
    "Connection: close\r\n",
    "Location: /elsewhere\r\n",
    "Content-Type:\ttext/html; charset=utf-8\r\n",
    "X-Amz-Request-Id_2.0: 0123456789abcdef0123456789abcdef0123456789\r\n",
    "Strict-Transport-Security-And-More:\r\n",
    "Content-Lengthy: 6\r\n",
    "Contentolength: tab\tand \xc3\xa4\r\n",
};
static const char *const names[] = {
    "Content-Length",
    "Transfer-Encoding",
    "Connection",
    "X-A",
    "Content Length",
    "X(y)\xe4",
    "X[",
    "X{",
    "X@",
    "",
    "X\rY",
};
static const char *const colons[] = {": ", ":", ": ", ":\t ", " : "};
static const char *const values[] = {
    "5",
    "chunked",
    "",
    "a\rb",
    "a\x01 and more than sixteen bytes",
    "a\x7f and more than sixteen bytes",
};
static const char *const ends[] = {
    "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r\r\n", "\r\n folded\r\n", "\r\n\t\r\n"};
static const char *const bodies[] = {
    "\r\nhello",
    "\r\nhello and bytes behind it",
    "\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "\n5\r\nhello\r\n0\r\nContent-Length: 7\r\nX \x01: y\n\r\n",
};

/* All that an engine asks of an answer. */
struct seen {
    enum answer_state state;
    size_t used;
    uint64_t body_bytes;
    unsigned violations;
    uint16_t code;
    bool keeps_alive;
    bool is_doubtful;
    char reason[REASON];
    char location[ANSWER_BYTES];
    char problem[128];
    size_t headers_length;
    char headers[2 * ANSWER_BYTES];
    size_t kept_length;
    char kept[BODY_MAX];
};

static struct answer answer;
static struct capture capture;

/* In memory of its own, so that a sanitizer sees a byte too far. */
static size_t feed(const char *bytes, size_t length, enum answer_state *state)
{
    size_t used = 0;
    char *exact = malloc(length);
    memcpy(exact, bytes, length);
    *state = answer_feed(&answer, exact, length, &used);
    free(exact);
    return used;
}

static void note(struct seen *seen)
{
    if (seen->state == ANSWER_BROKEN) {
        snprintf(seen->problem, sizeof seen->problem, "%s", answer_problem(&answer));
        memset(seen->reason, 0, sizeof seen->reason);
        seen->used = 0;
        return;
    }
    seen->body_bytes = answer.body_bytes;
    seen->violations = answer_violations(&answer);
    seen->code = answer_code(&answer);
    seen->is_doubtful = answer_is_doubtful(&answer);
    seen->keeps_alive = answer_keeps_alive(&answer);
    seen->headers_length = capture.headers.length;
    seen->kept_length = capture.body.length;
    if (seen->state == ANSWER_COMPLETE) {
        snprintf(seen->location, sizeof seen->location, "%s", answer_location(&answer));
    }
    if (seen->headers_length > 0) {
        ck_assert_uint_le(seen->headers_length, sizeof seen->headers);
        memcpy(seen->headers, capture.headers.bytes, seen->headers_length);
    }
    if (seen->kept_length > 0) {
        memcpy(seen->kept, capture.body.bytes, seen->kept_length);
    }
}

/* Reads a first piece of `first` bytes, the others of `rest` bytes. */
static void read_in_pieces(const char *bytes, size_t length, size_t first, size_t rest,
                           struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    capture_begin(&capture, BODY_MAX);
    answer_begin(&answer, false, seen->reason, sizeof seen->reason, &capture);
    size_t piece = first;
    while (seen->used < length && seen->state == ANSWER_MORE) {
        size_t left = length - seen->used;
        seen->used += feed(bytes + seen->used, piece < left ? piece : left, &seen->state);
        piece = rest;
    }
    note(seen);
}

static bool is_same(const struct seen *a, const struct seen *b)
{
    return a->state == b->state && a->used == b->used && a->body_bytes == b->body_bytes &&
           a->violations == b->violations && a->code == b->code &&
           a->keeps_alive == b->keeps_alive && a->is_doubtful == b->is_doubtful &&
           strcmp(a->reason, b->reason) == 0 && strcmp(a->location, b->location) == 0 &&
           strcmp(a->problem, b->problem) == 0 && a->headers_length == b->headers_length &&
           memcmp(a->headers, b->headers, a->headers_length) == 0 &&
           a->kept_length == b->kept_length && memcmp(a->kept, b->kept, a->kept_length) == 0;
}

#define DRAW(table) (table)[random_below(random, COUNT(table))]

static char *put_line(char *at, struct random *random)
{
    if (random_below(random, 3) > 0) {
        return stpcpy(at, DRAW(plain_lines));
    }
    at = stpcpy(at, DRAW(names));
    at = stpcpy(at, DRAW(colons));
    at = stpcpy(at, DRAW(values));
    return stpcpy(at, DRAW(ends));
}

static size_t make_answer(char bytes[ANSWER_BYTES], struct random *random)
{
    char *at = stpcpy(bytes, DRAW(statuses));
    for (uint64_t lines = random_below(random, LINES_MAX + 1); lines > 0; lines--) {
        at = put_line(at, random);
    }
    at = stpcpy(at, DRAW(bodies));
    ck_assert_int_lt(at - bytes, ANSWER_BYTES);
    return (size_t)(at - bytes);
}

START_TEST(an_answer_is_the_same_wherever_it_is_cut)
{
    char bytes[ANSWER_BYTES];
    struct random random = random_seeded(1);
    unsigned ended[3] = {0};
    unsigned violations = 0;
    for (int i = 0; i < ANSWERS; i++) {
        struct seen slow;
        struct seen cut;
        size_t length = make_answer(bytes, &random);
        read_in_pieces(bytes, length, 1, 1, &slow);
        ended[slow.state]++;
        violations |= slow.violations;
        for (size_t first = 1; first <= length; first++) {
            read_in_pieces(bytes, length, first, length, &cut);
            ck_assert_msg(is_same(&slow, &cut), "cut at byte %zu:\n%s", first, bytes);
        }
    }
    unsigned never = VIOLATION_BIT(excess) | VIOLATION_BIT(chunk_size) |
                     VIOLATION_BIT(transfer_coding); /* the engine's, and those of no part here */
    ck_assert_uint_eq(violations | never, VIOLATION_BITS);
    ck_assert_uint_gt(ended[ANSWER_COMPLETE], ANSWERS / 20);
    ck_assert_uint_gt(ended[ANSWER_BROKEN], ANSWERS / 20);
    ck_assert_uint_gt(ended[ANSWER_MORE], ANSWERS / 20);
    answer_fini(&answer);
    capture_fini(&capture);
}
END_TEST

Suite *answer_pieces_suite(void);
Suite *answer_pieces_suite(void)
{
    Suite *suite = suite_create("answer_pieces");
    TCase *tests = tcase_create("answer_pieces");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_answer_is_the_same_wherever_it_is_cut);
    suite_add_tcase(suite, tests);
    return suite;
}

/*
 * fuzz_answer - any bytes as the answer of a server, for libFuzzer (`make fuzz`).
 *
 * The first byte says whether the request was HEAD (bit 0) and whether the server closes at the end
 * (bit 1); the rest is the answer. It is read whole, a byte at a time, and in pieces whose lengths
 * follow from the input. What is checked beside the sanitizers: the result does not depend on where
 * the bytes were cut; and what llhttp, which is strict, and we take, when we find nothing that
 * breaks RFC 9112, has the same status, body, end and fate of the connection.
 */
#include <llhttp/llhttp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/hash.h"
#include "loadgen/http/answer/answer.h"
#include "loadgen/http/engine.h"
#include "tests/support/random.h"

struct input {
    const uint8_t *bytes;
    size_t length;
    bool is_head;
    bool is_closed; /* after the last byte */
};

/* All that an engine asks of an answer. */
struct outcome_seen {
    enum answer_state state;
    size_t used; /* when it is complete */
    uint64_t body_bytes;
    uint16_t code;
    bool keeps_alive;
    unsigned violations;
    char reason[REASON_MAX];
    char location[ANSWER_LOCATION_MAX];
    char problem[128]; /* when it is broken */
    struct capture kept;
};

enum { BODY_MAX = 64 }; /* bytes of a body that are kept */

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* In memory of its own, so that a byte too far is seen. */
static enum answer_state feed(struct answer *answer, const uint8_t *bytes, size_t length,
                              size_t *used)
{
    char *copy = malloc(length > 0 ? length : 1);
    require(copy != NULL);
    memcpy(copy, bytes, length);
    enum answer_state state = answer_feed(answer, copy, length, used);
    require(*used <= length);
    if (state == ANSWER_COMPLETE) {
        require(answer_code(answer) >= 200 && answer_code(answer) <= 999);
    }
    free(copy);
    return state;
}

/* Reads it in pieces of 1 to `longest` bytes, whose lengths change with each byte of the input; 0:
 * all at once. */
static void read_pieces(struct answer *answer, const struct input *input, size_t longest,
                        struct outcome_seen *seen)
{
    memset(seen, 0, sizeof *seen);
    capture_begin(&seen->kept, BODY_MAX);
    answer_begin(answer, input->is_head, seen->reason, sizeof seen->reason, &seen->kept);
    struct random chance = random_seeded(hash_fnv1a(input->bytes, input->length));
    size_t at = 0;
    while (at < input->length && seen->state == ANSWER_MORE) {
        size_t left = input->length - at;
        size_t length = longest ? 1 + random_below(&chance, longest) : left;
        length = length < left ? length : left;
        size_t used = 0;
        seen->state = feed(answer, input->bytes + at, length, &used);
        at += used;
    }
    if (seen->state == ANSWER_MORE && input->is_closed) {
        seen->state = answer_finish(answer);
    }
    seen->used = seen->state == ANSWER_COMPLETE ? at : 0;
    if (seen->state == ANSWER_BROKEN) {
        /* Nobody asks a broken answer for more than what was wrong with it. */
        const char *problem = answer_problem(answer);
        require(problem[0] != '\0' && strlen(problem) < sizeof seen->problem);
        memcpy(seen->problem, problem, strlen(problem));
        memset(seen->reason, 0, sizeof seen->reason);
        capture_fini(&seen->kept);
        return;
    }
    seen->body_bytes = answer->body_bytes;
    if (seen->state == ANSWER_COMPLETE) {
        seen->code = answer_code(answer);
        seen->keeps_alive = answer_keeps_alive(answer);
        seen->violations = answer_violations(answer);
        require(seen->violations <= VIOLATION_BITS);
        require(strlen(answer_location(answer)) < sizeof seen->location);
        memcpy(seen->location, answer_location(answer), strlen(answer_location(answer)));
    }
}

static void check_same_bytes(const struct capture_buffer *a, const struct capture_buffer *b)
{
    require(a->length == b->length);
    require(a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

static void check_same(const struct outcome_seen *a, const struct outcome_seen *b)
{
    require(a->state == b->state && a->used == b->used && a->code == b->code);
    require(a->body_bytes == b->body_bytes && a->keeps_alive == b->keeps_alive);
    require(a->violations == b->violations);
    require(strcmp(a->reason, b->reason) == 0);
    require(strcmp(a->location, b->location) == 0);
    require(strcmp(a->problem, b->problem) == 0);
    check_same_bytes(&a->kept.headers, &b->kept.headers);
    check_same_bytes(&a->kept.body, &b->kept.body);
}

/* The same answer in llhttp's eyes. */

struct strict {
    llhttp_t parser; /* first member: the callbacks find the rest by it */
    bool is_head;
    bool is_complete;
    bool is_bodyless;
    bool keeps_alive; /* as its headers say; llhttp lets trailers change that */
    uint64_t body_bytes;
};

static int strict_headers(llhttp_t *parser)
{
    struct strict *strict = (struct strict *)parser;
    unsigned code = parser->status_code;
    strict->is_bodyless = strict->is_head || code / 100 == 1 || code == 204 || code == 304;
    strict->keeps_alive = llhttp_should_keep_alive(parser) != 0;
    return strict->is_bodyless;
}

static int strict_body(llhttp_t *parser, const char *at, size_t length)
{
    (void)at;
    ((struct strict *)parser)->body_bytes += length;
    return 0;
}

static int strict_complete(llhttp_t *parser)
{
    struct strict *strict = (struct strict *)parser;
    strict->is_complete = parser->status_code / 100 != 1;
    return strict->is_complete ? HPE_PAUSED : 0;
}

static void check_strict(const struct input *input, const struct outcome_seen *ours)
{
    static const llhttp_settings_t settings = {
        .on_headers_complete = strict_headers,
        .on_body = strict_body,
        .on_message_complete = strict_complete,
    };
    struct strict strict = {.is_head = input->is_head};
    const char *bytes = (const char *)input->bytes;
    llhttp_init(&strict.parser, HTTP_RESPONSE, &settings);
    llhttp_execute(&strict.parser, bytes, input->length);
    if (strict.is_complete && ours->state == ANSWER_COMPLETE && ours->violations == 0) {
        require(ours->used == (size_t)(llhttp_get_error_pos(&strict.parser) - bytes));
        require(ours->code == strict.parser.status_code);
        require(ours->body_bytes == strict.body_bytes);
        require(ours->keeps_alive == strict.keeps_alive || strict.is_bodyless);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const struct input input = {data + 1, size - 1, data[0] & 1, data[0] & 2};
    struct answer answer = {0}; /* used again, as that of a connection is */
    struct outcome_seen whole;
    struct outcome_seen cut;
    read_pieces(&answer, &input, 0, &whole);
    check_strict(&input, &whole);
    static const size_t longest[] = {1, 2, 7, 40, 1000};
    for (size_t i = 0; i < sizeof longest / sizeof longest[0]; i++) {
        read_pieces(&answer, &input, longest[i], &cut);
        check_same(&whole, &cut);
        capture_fini(&cut.kept);
    }
    capture_fini(&whole.kept);
    answer_fini(&answer);
    return 0;
}

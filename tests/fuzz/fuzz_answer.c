/*
 * fuzz_answer - any bytes as the answer of a server, for libFuzzer (`make fuzz`).
 *
 * The first byte says whether the request was HEAD (bit 0) and whether the server closes at the end
 * (bit 1); the rest is the answer. It is read whole, a byte at a time, and in pieces whose lengths
 * follow from the input. What is checked beside the sanitizers: the result does not depend on where
 * the bytes were cut.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/http/answer.h"
#include "loadgen/http/engine.h"

struct input {
    const uint8_t *bytes;
    size_t length;
    bool is_head;
    bool is_closed; /* behind the last byte */
};

/* All that an engine asks of an answer. */
struct outcome_seen {
    enum answer_state state;
    size_t used; /* when it is complete */
    uint64_t body_bytes;
    uint16_t code;
    bool keeps_alive;
    char reason[REASON_MAX];
    char location[ANSWER_LOCATION_MAX];
    char problem[128]; /* when it is broken */
};

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
    char *copy = malloc(length);
    require(copy != NULL || length == 0);
    memcpy(copy, bytes, length);
    enum answer_state state = answer_feed(answer, copy, length, used);
    require(*used <= length);
    if (state == ANSWER_COMPLETE) {
        require(answer_code(answer) >= 200 && answer_code(answer) <= 999);
    }
    free(copy);
    return state;
}

/* FNV-1a: the lengths of pieces come from the input, and change with each byte of it. */
static uint32_t hash(const struct input *input)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < input->length; i++) {
        hash = (hash ^ input->bytes[i]) * 16777619U;
    }
    return hash;
}

/* Reads it in pieces of 1 to `longest` bytes; 0: all at once. */
static void read_pieces(struct answer *answer, const struct input *input, size_t longest,
                        struct outcome_seen *seen)
{
    memset(seen, 0, sizeof *seen);
    answer_begin(answer, input->is_head, seen->reason, sizeof seen->reason, NULL);
    uint32_t random = hash(input);
    size_t at = 0;
    while (at < input->length && seen->state == ANSWER_MORE) {
        random = random * 1664525U + 1013904223U;
        size_t left = input->length - at;
        size_t length = longest ? 1 + (random >> 8) % longest : left;
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
        return;
    }
    seen->body_bytes = answer->body_bytes;
    if (seen->state == ANSWER_COMPLETE) {
        seen->code = answer_code(answer);
        seen->keeps_alive = answer_keeps_alive(answer);
        require(strlen(answer_location(answer)) < sizeof seen->location);
        memcpy(seen->location, answer_location(answer), strlen(answer_location(answer)));
    }
}

static void check_same(const struct outcome_seen *a, const struct outcome_seen *b)
{
    require(a->state == b->state && a->used == b->used && a->code == b->code);
    require(a->body_bytes == b->body_bytes && a->keeps_alive == b->keeps_alive);
    require(strcmp(a->reason, b->reason) == 0);
    require(strcmp(a->location, b->location) == 0);
    require(strcmp(a->problem, b->problem) == 0);
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
    static const size_t longest[] = {1, 2, 7, 40, 1000};
    for (size_t i = 0; i < sizeof longest / sizeof longest[0]; i++) {
        read_pieces(&answer, &input, longest[i], &cut);
        check_same(&whole, &cut);
    }
    answer_fini(&answer);
    return 0;
}

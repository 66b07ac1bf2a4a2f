#include "loadgen/http/answer/answer.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/http/answer/field.h"
#include "loadgen/http/answer/head.h"

enum { SIZE_DIGITS = 16 }; /* of a chunk; curl and Go take no more */

void answer_begin(struct answer *answer, bool is_head, char *reason, size_t reason_size,
                  struct capture *capture)
{
    answer->is_head = is_head;
    answer->violations = 0;
    answer->left = 0;
    answer->head_bytes = 0;
    answer->body_bytes = 0;
    answer->problem = NULL;
    answer->is_doubtful = answer->is_trailer = false;
    answer->location_length = 0;
    answer->has_location = false;
    answer->is_location_lost = false;
    answer->reason = reason;
    answer->reason_size = reason_size;
    answer->capture = capture;
    answer_head_begin(answer);
}

void answer_fini(struct answer *answer)
{
    free(answer->location);
    answer->location = NULL;
}

/* Bodies. */

static void begin_size(struct answer *answer)
{
    answer->at = AT_SIZE;
    answer->left = 0;
    answer->step = 0;
}

static bool has_no_body(const struct answer *answer)
{
    return answer->is_head || answer->code == 204 || answer->code == 304;
}

/* Call this after the head, and after the trailers. */
static void end_head(struct answer *answer)
{
    if (answer->is_trailer) {
        answer->at = AT_END;
        return;
    }
    answer_fields_check(answer);
    if (answer->at == AT_PROBLEM) {
        return;
    }
    if (answer->code / 100 == 1) { /* the final answer follows */
        answer_head_begin(answer);
        if (answer->capture) {
            capture_begin(answer->capture, answer->capture->max_body);
        }
    } else if (has_no_body(answer)) {
        answer->at = AT_END;
    } else if (answer->is_chunked) {
        begin_size(answer);
    } else if (answer->has_length) {
        answer->left = answer->length;
        answer->at = answer->left > 0 ? AT_BODY : AT_END;
    } else {
        answer->at = AT_OPEN_BODY;
    }
}

static void keep_body(struct answer *answer, const char *at, size_t length)
{
    answer->body_bytes += length;
    if (answer->capture) {
        capture_body(answer->capture, at, length);
    }
}

/*
 * Reads bytes of the body or the chunk, and returns where it stopped. When `left` reaches 0, the
 * state becomes `next`.
 */
static const char *read_body(struct answer *answer, const char *at, const char *end,
                             enum answer_at next)
{
    size_t length = (size_t)(end - at);
    if (length >= answer->left) {
        length = (size_t)answer->left;
        answer->at = next;
    }
    answer->left -= length;
    keep_body(answer, at, length);
    return at + length;
}

/* Chunks. */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads the LF after a chunk size; data or the trailers follow. */
static void end_size(struct answer *answer)
{
    if (!answer->has_cr) {
        answer->violations |= VIOLATION_BIT(line_feed);
        answer->is_doubtful = true;
    }
    answer->has_cr = false;
    if (answer->left > 0) {
        answer->at = AT_CHUNK;
        return;
    }
    answer->is_trailer = true;
    answer->has_field = false;
    answer->field = FIELD_OTHER;
    answer->at = AT_LINE;
}

static void take_size(struct answer *answer, char c)
{
    int digit = digit_of(c);
    if (digit < 0 && answer->step > 0) {
        answer->at = AT_EXTENSION;
        answer->is_blank = false;
        answer->is_over = false; /* true: an extension has begun */
    } else if (digit < 0) {
        answer_break(answer, "a chunk has no size");
    } else if (++answer->step > SIZE_DIGITS || answer->left > (uint64_t)INT64_MAX >> 4) {
        answer_break(answer, "a chunk size is too large");
    } else {
        answer->left = answer->left << 4 | (uint64_t)digit;
    }
}

/*
 * Skips blanks and the extension after a chunk size. Refuses a CR without LF, which other parsers
 * may take for the line end.
 */
static void take_extension(struct answer *answer, char c)
{
    bool is_blank = c == ' ' || c == '\t';
    bool is_control = ((unsigned char)c < ' ' && c != '\t') || c == 127;
    if (c == '\n') {
        answer->violations |= answer->is_blank && !answer->is_over ? VIOLATION_BIT(chunk_size) : 0;
        end_size(answer);
    } else if (c == '\r') {
        answer->violations |= answer->has_cr ? VIOLATION_BIT(chunk_size) : 0;
        answer->has_cr = true;
    } else if (answer->has_cr) {
        answer_break(answer, "bare CR after a chunk size");
    } else if (answer->is_over) {
        answer->violations |=
            is_control || (is_blank && answer->is_blank) ? VIOLATION_BIT(chunk_size) : 0;
        answer->is_blank = false;
    } else if (c == ';') {
        answer->violations |= answer->is_blank ? VIOLATION_BIT(chunk_size) : 0;
        answer->is_over = answer->is_blank = true; /* a blank may not follow the semicolon either */
    } else if (is_blank) {
        answer->is_blank = true;
    } else {
        answer_break(answer, "a chunk size is not a hexadecimal number");
    }
}

/* Reads the line end after a chunk. */
static void take_chunk_end(struct answer *answer, char c)
{
    if (c == '\r' && answer->at == AT_CHUNK_CR) {
        answer->at = AT_CHUNK_LF;
        return;
    }
    if (c != '\n') {
        answer_break(answer, "a chunk is longer than its declared size");
        return;
    }
    if (answer->at == AT_CHUNK_CR) {
        answer->violations |= VIOLATION_BIT(line_feed);
        answer->is_doubtful = true;
    }
    begin_size(answer);
}

/* The contract. */

static enum answer_state state_of(const struct answer *answer)
{
    return answer->at == AT_END       ? ANSWER_COMPLETE
           : answer->at == AT_PROBLEM ? ANSWER_BROKEN
                                      : ANSWER_MORE;
}

static const char *read_head(struct answer *answer, const char *at, const char *end)
{
    size_t room = ANSWER_HEAD_MAX - answer->head_bytes;
    size_t length = (size_t)(end - at) < room ? (size_t)(end - at) : room;
    const char *stop = answer_head_read(answer, at, at + length);
    answer->head_bytes += (size_t)(stop - at);
    if (answer->at == AT_HEAD_OVER) {
        end_head(answer);
    } else if (answer->head_bytes == ANSWER_HEAD_MAX && answer->at != AT_PROBLEM) {
        answer_break(answer, "headers exceed 300 KB");
    }
    return stop;
}

static const char *read_some(struct answer *answer, const char *at, const char *end)
{
    switch (answer->at) {
    case AT_BODY:
        return read_body(answer, at, end, AT_END);
    case AT_OPEN_BODY:
        keep_body(answer, at, (size_t)(end - at));
        return end;
    case AT_SIZE:
        take_size(answer, *at);
        return at + (answer->at == AT_SIZE);
    case AT_EXTENSION:
        take_extension(answer, *at);
        return at + 1;
    case AT_CHUNK:
        return read_body(answer, at, end, AT_CHUNK_CR);
    case AT_CHUNK_CR:
    case AT_CHUNK_LF:
        take_chunk_end(answer, *at);
        return at + 1;
    default:
        return read_head(answer, at, end);
    }
}

enum answer_state answer_feed(struct answer *answer, const char *bytes, size_t length, size_t *used)
{
    const char *at = bytes;
    const char *end = bytes + length;
    while (at < end && answer->at != AT_END && answer->at != AT_PROBLEM) {
        at = read_some(answer, at, end);
    }
    *used = (size_t)(at - bytes);
    return state_of(answer);
}

enum answer_state answer_finish(struct answer *answer)
{
    if (answer->at == AT_OPEN_BODY) {
        answer->at = AT_END;
        answer->is_doubtful = true; /* it has ended */
    }
    return answer->at == AT_END ? ANSWER_COMPLETE : ANSWER_BROKEN;
}

bool answer_is_complete(const struct answer *answer)
{
    return answer->at == AT_END;
}

bool answer_keeps_alive(const struct answer *answer)
{
    return !answer->is_doubtful && !answer->says_close &&
           (answer->minor > 0 || answer->says_keep_alive);
}

const char *answer_location(const struct answer *answer)
{
    size_t length = answer->location_length;
    while (length > 0 && strchr(" \t", answer->location[length - 1])) {
        length--; /* white space around a value does not belong to it */
    }
    if (length == 0) {
        return answer->is_location_lost ? location_lost : "";
    }
    answer->location[length] = '\0';
    return answer->location;
}

bool answer_is_doubtful(const struct answer *answer)
{
    return answer->is_doubtful;
}

uint16_t answer_code(const struct answer *answer)
{
    return answer->code;
}

unsigned answer_violations(const struct answer *answer)
{
    return answer->violations;
}

const char *answer_problem(const struct answer *answer)
{
    return answer->problem ? answer->problem : "the response is incomplete";
}

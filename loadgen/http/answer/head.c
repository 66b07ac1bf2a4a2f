#include "loadgen/http/answer/head.h"

#include <string.h>

#include "loadgen/http/answer/field.h"
#include "loadgen/http/answer/line.h"
#include "loadgen/http/answer/runs.h"
#include "loadgen/http/answer/status.h"

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && answer_line_is_blank(*at)) {
        at++;
    }
    return at;
}

void answer_head_begin(struct answer *answer)
{
    answer_status_begin(answer);
    answer->has_length = answer->has_coding = answer->is_chunked = false;
    answer->says_close = answer->says_keep_alive = false;
    answer->has_field = answer->has_cr = false;
    answer->field = FIELD_OTHER;
}

static bool is_kept(const struct answer *answer)
{
    return answer->capture && !answer->is_trailer;
}

static void take_value(struct answer *answer, const char *at, size_t length)
{
    if (length > 0) {
        answer->has_value = true;
        if (is_kept(answer)) {
            capture_header(answer->capture, at, length);
        }
        if (answer->field != FIELD_OTHER) {
            answer_field_take(answer, at, length);
        }
    }
}

/* Ends the value, because the next line does not continue it. */
static void end_field(struct answer *answer)
{
    answer->has_field = false;
    if (is_kept(answer)) {
        capture_header_end(answer->capture);
    }
    answer_field_end(answer);
}

/* Interprets the first byte of a line. */
static void take_line(struct answer *answer, char c)
{
    if (answer_line_is_blank(c)) {
        if (!answer->has_field) {
            answer_break(answer, "white space before the first header");
        } else if (answer->field == FIELD_LENGTH || answer->field == FIELD_CODING) {
            answer_break(answer, "Content-Length or Transfer-Encoding is folded");
        } else {
            answer->violations |= VIOLATION_BIT(folded_header);
            take_value(answer, " ", answer->has_value);
            answer->at = AT_BLANKS;
        }
        return;
    }
    answer->at = c == '\r' || c == '\n' ? AT_HEAD_LF : AT_NAME;
    answer->name_length = 0;
    answer->is_blank = false;
    if (answer->has_field) {
        end_field(answer);
    }
}

/* Call this when the name is complete and the value follows. */
static void begin_field(struct answer *answer, const char *name, size_t length)
{
    answer->has_field = true;
    answer->has_value = false;
    answer_field_begin(answer, name, length);
    if (is_kept(answer)) {
        capture_header_trim(answer->capture);
        capture_header(answer->capture, ": ", 2);
    }
}

static void end_name(struct answer *answer)
{
    answer->at = AT_BLANKS;
    begin_field(answer, answer->name, answer->name_length);
    if (answer->name_length == 0) {
        answer->violations |= VIOLATION_BIT(header_name);
    }
    if (answer->is_blank) {
        answer->violations |= VIOLATION_BIT(space_before_colon);
        if (answer->field == FIELD_LENGTH || answer->field == FIELD_CODING) {
            answer_break(answer, "white space before the colon of Content-Length or "
                                 "Transfer-Encoding");
        }
    }
}

/* Reads a byte of a name that is not allowed in names. */
static void take_odd_name(struct answer *answer, char c)
{
    if (c == '\n' || c == '\r') {
        answer_break(answer, "a header without a colon");
    } else if (c == '\0') {
        answer_break(answer, "a NUL byte in the head");
    } else {
        answer->violations |= VIOLATION_BIT(header_name);
        answer->name_length = ANSWER_NAME; /* not a known name */
        answer->is_blank = false;
    }
}

/* Appends a run of valid bytes to the name. Blanks at the end of a name do not belong to it. */
static void keep_name(struct answer *answer, const char *at, size_t length)
{
    if (answer->is_blank) {
        answer->violations |= VIOLATION_BIT(header_name);
        answer->is_blank = false;
        answer->name_length = ANSWER_NAME; /* not a known name */
    }
    if (length < ANSWER_NAME - answer->name_length) {
        memcpy(answer->name + answer->name_length, at, length);
        answer->name_length += length;
    } else {
        answer->name_length = ANSWER_NAME; /* too long for a known name */
    }
}

static const char *read_name(struct answer *answer, const char *at, const char *end)
{
    const char *begin = at;
    while (at < end && answer->at == AT_NAME && *at != ':') {
        const char *stop = runs_skip_name(at, end);
        if (stop > at) {
            keep_name(answer, at, (size_t)(stop - at));
            at = stop;
        } else if (answer_line_is_blank(*at)) {
            answer->is_blank = true;
            at++;
        } else {
            take_odd_name(answer, *at++);
        }
    }
    if (answer->at == AT_NAME && is_kept(answer)) {
        capture_header(answer->capture, begin, (size_t)(at - begin));
    }
    if (at < end && answer->at == AT_NAME) {
        end_name(answer);
        at++;
    }
    return at;
}

static const char *read_value(struct answer *answer, const char *at, const char *end)
{
    while (at < end && answer->at == AT_VALUE) {
        const char *run = answer_line_skip_plain(answer, at, end);
        const char *before = NULL;
        take_value(answer, at, (size_t)(run - at));
        at = run;
        if (at < end && answer->at == AT_VALUE) {
            if (answer_line_take_odd(answer, *at, VIOLATION_BIT(header_value), &before)) {
                take_value(answer, before, strlen(before));
                take_value(answer, at, 1);
            }
            at++;
        }
    }
    return at;
}

static const char *read_blanks(struct answer *answer, const char *at, const char *end)
{
    at = skip_blanks(at, end);
    if (at < end) {
        answer->at = AT_VALUE;
    }
    return at;
}

/*
 * Reads a complete line with a well-formed field, as nearly all are, and returns its end. For any
 * other line, changes nothing and returns `at`.
 */
static const char *read_plain_field(struct answer *answer, const char *at, const char *end)
{
    const char *colon = runs_skip_name(at, end);
    if (colon == at || colon == end || *colon != ':') {
        return at;
    }
    const char *value = skip_blanks(colon + 1, end);
    const char *stop = answer_line_skip_plain(answer, value, end);
    if (!answer_line_is_end(answer, stop, end)) {
        return at;
    }
    if (is_kept(answer)) {
        capture_header(answer->capture, at, (size_t)(colon - at));
    }
    answer->at = AT_LINE;
    begin_field(answer, at, (size_t)(colon - at));
    take_value(answer, value, (size_t)(stop - value));
    return stop + 2;
}

/* Reads a CR or LF at the beginning of a line: the end of the head. */
static void take_head_end(struct answer *answer, char c)
{
    if (c == '\r' && !answer->has_cr) {
        answer->has_cr = true;
        return;
    }
    if (c != '\n') {
        answer_break(answer, "bare CR");
        return;
    }
    answer_line_end(answer);
    answer->at = AT_HEAD_OVER;
}

const char *answer_head_read(struct answer *answer, const char *at, const char *end)
{
    while (at < end) {
        switch (answer->at) {
        case AT_STATUS:
        case AT_REASON:
            at = answer_status_read(answer, at, end);
            break;
        case AT_LINE:
            take_line(answer, *at);
            if (answer->at == AT_NAME) {
                at = read_plain_field(answer, at, end);
            }
            break;
        case AT_NAME:
            at = read_name(answer, at, end);
            break;
        case AT_BLANKS:
            at = read_blanks(answer, at, end);
            break;
        case AT_VALUE:
            at = read_value(answer, at, end);
            break;
        case AT_HEAD_LF:
            take_head_end(answer, *at++);
            break;
        default:
            return at;
        }
    }
    return at;
}

#include "loadgen/http/answer/status.h"

#include <string.h>

#include "loadgen/http/answer/line.h"

void answer_status_begin(struct answer *answer)
{
    answer->at = AT_STATUS;
    answer->step = 0;
    answer->code = 0;
    answer->reason_length = 0;
    answer->reason[0] = '\0';
}

/* "HTTP/1.1 200", a byte at a time. */

enum {
    STEP_MAJOR = 5,
    STEP_DOT,
    STEP_MINOR,
    STEP_SPACE,
    STEP_CODE,
    STEP_CODE_LAST = 11,
    STEP_TEXT
};

static void take_http(struct answer *answer, char c)
{
    char expected = "HTTP/"[answer->step];
    if (c != expected && (expected == '/' || c != expected - 'A' + 'a')) {
        answer_break(answer, answer->step == 0 && (c == '\r' || c == '\n')
                                 ? "a blank line instead of the status line"
                                 : "no status line");
    } else if (c != expected) {
        answer->violations |= VIOLATION_BIT(status_line);
        answer->is_doubtful = true;
    }
}

/* Accepts 1.0, 1.1 and, like curl, 2 and 2.0. */
static void take_version(struct answer *answer, char c)
{
    bool ok = true;
    switch (answer->step) {
    case STEP_MAJOR:
        ok = c == '1' || c == '2';
        answer->minor = (uint8_t)(c - '0' - 1);
        if (c == '2') {
            answer->violations |= VIOLATION_BIT(status_line);
            answer->is_doubtful = true;
        }
        break;
    case STEP_DOT:
        ok = c == '.' || (c == ' ' && answer->minor == 1);
        if (c == ' ') {
            answer->step = STEP_SPACE;
        }
        break;
    case STEP_MINOR:
        ok = c == '0' || (c == '1' && answer->minor == 0);
        answer->minor = (uint8_t)(answer->minor + c - '0');
        break;
    default:
        ok = c == ' ';
        break;
    }
    if (!ok) {
        answer_break(answer, "unknown HTTP version");
    }
}

static void take_code(struct answer *answer, char c)
{
    if (answer->step == STEP_CODE && c == ' ') {
        answer->violations |= VIOLATION_BIT(status_line);
        answer->step--; /* more than one space */
    } else if (c < '0' || c > '9') {
        answer_break(answer, "the status is not a three-digit number");
    } else {
        answer->code = (uint16_t)(answer->code * 10 + c - '0');
    }
    if (answer->step == STEP_CODE_LAST && answer->problem == NULL) {
        if (answer->code < 100) {
            answer_break(answer, "a status below 100");
        } else if (answer->code == 101) {
            answer_break(answer, "unrequested protocol switch (101)");
        }
    }
}

/* After the three digits. Returns false if the byte belongs to the text. */
static bool take_separator(struct answer *answer, char c)
{
    answer->at = AT_REASON;
    if (c == ' ') {
        return true;
    }
    if (c >= '0' && c <= '9') {
        answer_break(answer, "the status is not a three-digit number");
        return true;
    }
    answer->violations |= VIOLATION_BIT(status_line);
    return false;
}

/*
 * Reads the usual beginning, "HTTP/1.1 200 ", in one step and returns its end. For any other
 * beginning, changes nothing and returns `at`.
 */
static const char *read_usual(struct answer *answer, const char *at, const char *end)
{
    static const char version[] = "HTTP/1.1 ";
    if (end - at <= STEP_TEXT || memcmp(at, version, STEP_CODE) != 0 || at[STEP_TEXT] != ' ') {
        return at;
    }
    unsigned hundreds = (unsigned char)(at[STEP_CODE] - '0');
    unsigned tens = (unsigned char)(at[STEP_CODE + 1] - '0');
    unsigned ones = (unsigned char)(at[STEP_CODE + 2] - '0');
    if (hundreds < 2 || hundreds > 9 || tens > 9 || ones > 9) {
        return at;
    }
    answer->minor = 1;
    answer->code = (uint16_t)(hundreds * 100 + tens * 10 + ones);
    answer->step = STEP_TEXT;
    answer->at = AT_REASON;
    return at + STEP_TEXT + 1;
}

static const char *read_status(struct answer *answer, const char *at, const char *end)
{
    if (answer->step == 0) {
        at = read_usual(answer, at, end);
    }
    while (at < end && answer->at == AT_STATUS) {
        if (answer->step == STEP_TEXT) {
            at += take_separator(answer, *at);
            continue;
        }
        if (answer->step < STEP_MAJOR) {
            take_http(answer, *at);
        } else if (answer->step < STEP_CODE) {
            take_version(answer, *at);
        } else {
            take_code(answer, *at);
        }
        answer->step++;
        at++;
    }
    return at;
}

/* Keeps the status text if the status is an error; it is not shown otherwise. */
static void keep_reason(struct answer *answer, const char *at, size_t length)
{
    size_t room = answer->reason_size - 1 - answer->reason_length;
    if (answer->code < 400) {
        return;
    }
    length = length < room ? length : room;
    memcpy(answer->reason + answer->reason_length, at, length);
    answer->reason_length += length;
    answer->reason[answer->reason_length] = '\0';
}

static const char *read_reason(struct answer *answer, const char *at, const char *end)
{
    while (at < end && answer->at == AT_REASON) {
        const char *run = answer_line_skip_plain(answer, at, end);
        const char *before = NULL;
        keep_reason(answer, at, (size_t)(run - at));
        at = run;
        if (answer_line_is_end(answer, at, end)) {
            answer->at = AT_LINE;
            return at + 2;
        }
        if (at < end) {
            if (answer_line_take_odd(answer, *at, VIOLATION_BIT(status_line), &before)) {
                keep_reason(answer, before, strlen(before));
                keep_reason(answer, at, 1);
            }
            at++;
        }
    }
    return at;
}

const char *answer_status_read(struct answer *answer, const char *at, const char *end)
{
    if (answer->at == AT_STATUS) {
        at = read_status(answer, at, end);
    }
    return read_reason(answer, at, end);
}

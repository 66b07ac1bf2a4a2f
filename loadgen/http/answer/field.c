#include "loadgen/http/answer/field.h"

#include <stdlib.h>
#include <string.h>

enum { WORD = sizeof(uint64_t) };

static bool is_word(const char *name, const char *known)
{
    uint64_t a = 0;
    uint64_t b = 0;
    memcpy(&a, name, WORD);
    memcpy(&b, known, WORD);
    return (a | UINT64_MAX / 255 * 0x20) == b;
}

/*
 * Compares without case, by setting bit 0x20: of the bytes allowed in names, only the same letter
 * or hyphen then equals a byte of a known name. Known names have at least eight bytes; the last two
 * words may overlap.
 */
static inline bool is_name(const char *name, size_t length, const char *known)
{
    if (length != strlen(known) || !is_word(name + length - WORD, known + strlen(known) - WORD)) {
        return false;
    }
    size_t at = 0;
    while (at + WORD < length && is_word(name + at, known + at)) {
        at += WORD;
    }
    return at + WORD >= length;
}

static enum answer_field field_of(const struct answer *answer, const char *name, size_t length)
{
    if (is_name(name, length, "content-length")) {
        return FIELD_LENGTH;
    }
    if (is_name(name, length, "transfer-encoding")) {
        return FIELD_CODING;
    }
    if (is_name(name, length, "connection")) {
        return FIELD_CONNECTION;
    }
    bool is_wanted = answer->code / 100 == 3 && !answer->has_location;
    return is_wanted && is_name(name, length, "location") ? FIELD_LOCATION : FIELD_OTHER;
}

void answer_field_begin(struct answer *answer, const char *name, size_t length)
{
    answer->field = answer->is_trailer ? FIELD_OTHER : field_of(answer, name, length);
    answer->number = 0;
    answer->has_digits = answer->is_over = false;
    answer->token_length = 0;
    if (answer->field == FIELD_LOCATION) {
        answer->has_location = true;
    }
}

/* Content-Length: a number, or a list of equal ones. */

static void end_number(struct answer *answer)
{
    if (!answer->has_digits) {
        answer_break(answer, "Content-Length is not a number");
        return;
    }
    if (answer->has_length && answer->length != answer->number) {
        answer_break(answer, "conflicting Content-Length values");
        return;
    }
    answer->violations |= answer->has_length ? VIOLATION_BIT(repeated_length) : 0;
    answer->has_length = true;
    answer->length = answer->number;
    answer->number = 0;
    answer->has_digits = answer->is_over = false;
}

static void take_digit(struct answer *answer, char c)
{
    unsigned digit = (unsigned)(c - '0');
    if (digit > 9 || answer->is_over) {
        answer_break(answer, "Content-Length is not a number");
    } else if (answer->number > INT64_MAX / 10 ||
               (answer->number == INT64_MAX / 10 && digit > INT64_MAX % 10)) {
        answer_break(answer, "Content-Length is too large");
    } else {
        answer->number = answer->number * 10 + digit;
        answer->has_digits = true;
    }
}

static void take_length(struct answer *answer, const char *at, size_t length)
{
    for (size_t i = 0; !answer->problem && i < length; i++) {
        if (at[i] == ',') {
            end_number(answer);
        } else if (at[i] == ' ' || at[i] == '\t') {
            answer->is_over = answer->has_digits;
        } else {
            take_digit(answer, at[i]);
        }
    }
}

/* Transfer-Encoding and Connection: lists of tokens. */

static bool is_token(const struct answer *answer, const char *word)
{
    return answer->token_length == strlen(word) &&
           memcmp(answer->token, word, answer->token_length) == 0;
}

static void end_coding(struct answer *answer)
{
    static const char *const known[] = {"identity", "gzip",     "x-gzip",
                                        "deflate",  "compress", "x-compress"};
    if (answer->is_chunked) {
        answer_break(answer, "chunked is not the last transfer coding, or is repeated");
        return;
    }
    if (is_token(answer, "chunked")) {
        answer->is_chunked = true;
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (is_token(answer, known[i])) {
            answer->violations |= VIOLATION_BIT(transfer_coding);
            return;
        }
    }
    answer_break(answer, "unknown Transfer-Encoding");
}

static void end_token(struct answer *answer)
{
    while (answer->token_length > 0 && answer->token_length <= ANSWER_TOKEN &&
           (answer->token[answer->token_length - 1] == ' ' ||
            answer->token[answer->token_length - 1] == '\t')) {
        answer->token_length--;
    }
    if (answer->token_length > 0 && answer->field == FIELD_CODING) {
        end_coding(answer);
    } else if (answer->token_length > 0) {
        answer->says_close |= is_token(answer, "close");
        answer->says_keep_alive |= is_token(answer, "keep-alive");
    }
    answer->token_length = 0;
}

static char lower(char c)
{
    bool is_upper = c >= 'A' && c <= 'Z';
    return (char)(c + (is_upper ? 'a' - 'A' : 0));
}

static void take_list(struct answer *answer, const char *at, size_t length)
{
    for (size_t i = 0; !answer->problem && i < length; i++) {
        bool is_blank = at[i] == ' ' || at[i] == '\t';
        if (at[i] == ',') {
            end_token(answer);
        } else if (answer->token_length < ANSWER_TOKEN && (!is_blank || answer->token_length > 0)) {
            answer->token[answer->token_length++] = lower(at[i]);
        } else if (!is_blank) {
            answer->token_length = ANSWER_TOKEN + 1; /* longer than any known token */
        }
    }
}

static void take_location(struct answer *answer, const char *at, size_t length)
{
    if (!answer->location) {
        answer->location = malloc(ANSWER_LOCATION_MAX);
        answer->is_location_lost = !answer->location;
    }
    if (!answer->location) {
        return;
    }
    size_t room = ANSWER_LOCATION_MAX - 1 - answer->location_length;
    length = length < room ? length : room;
    memcpy(answer->location + answer->location_length, at, length);
    answer->location_length += length;
}

void answer_field_take(struct answer *answer, const char *at, size_t length)
{
    switch (answer->field) {
    case FIELD_OTHER:
        break;
    case FIELD_LENGTH:
        take_length(answer, at, length);
        break;
    case FIELD_CODING:
    case FIELD_CONNECTION:
        take_list(answer, at, length);
        break;
    case FIELD_LOCATION:
        take_location(answer, at, length);
        break;
    }
}

void answer_field_end(struct answer *answer)
{
    switch (answer->field) {
    case FIELD_OTHER:
    case FIELD_LOCATION:
        break;
    case FIELD_LENGTH:
        end_number(answer);
        break;
    case FIELD_CODING:
        answer->has_coding = true;
        end_token(answer);
        break;
    case FIELD_CONNECTION:
        end_token(answer);
        break;
    }
}

void answer_fields_check(struct answer *answer)
{
    bool is_bodyless = answer->code / 100 == 1 || answer->code == 204;
    if (answer->has_coding && !answer->is_chunked) {
        answer_break(answer, "chunked is not the last transfer coding");
    } else if (answer->has_coding && answer->has_length && answer->minor == 0) {
        answer_break(answer, "Content-Length and Transfer-Encoding in HTTP/1.0");
    } else if (answer->has_coding && (answer->has_length || answer->minor == 0)) {
        answer->violations |=
            answer->has_length ? VIOLATION_BIT(length_and_chunked) : VIOLATION_BIT(chunked_in_1_0);
        answer->is_doubtful = true;
    }
    if (is_bodyless && (answer->has_coding || answer->has_length)) {
        answer->violations |= VIOLATION_BIT(length_without_body);
    }
}

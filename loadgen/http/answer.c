#include "loadgen/http/answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char location_name[] = "location";
enum { LOCATION_NAME = sizeof location_name - 1 };

static struct answer *answer_of(llhttp_t *parser)
{
    return (struct answer *)parser;
}

static int on_status(llhttp_t *parser, const char *at, size_t length)
{
    struct answer *answer = answer_of(parser);
    if (parser->status_code < 400) {
        return 0; /* the text is only ever shown for errors */
    }
    size_t room = answer->reason_size - 1 - answer->reason_length;
    length = length < room ? length : room;
    memcpy(answer->reason + answer->reason_length, at, length);
    answer->reason_length += length;
    answer->reason[answer->reason_length] = '\0';
    return 0;
}

static void keep_header(struct answer *answer, const char *bytes, size_t length)
{
    if (answer->capture && !answer->is_trailer) {
        capture_header(answer->capture, bytes, length);
    }
}

/* Names and values may come in pieces. */
static int on_header_field(llhttp_t *parser, const char *at, size_t length)
{
    struct answer *answer = answer_of(parser);
    keep_header(answer, at, length);
    for (size_t i = 0; i < length; i++) {
        bool fits = answer->name_matched < LOCATION_NAME &&
                    strncasecmp(&at[i], &location_name[answer->name_matched], 1) == 0;
        answer->name_matched = fits ? answer->name_matched + 1 : LOCATION_NAME + 1;
    }
    if (answer->name_matched == LOCATION_NAME && answer->location_length > 0) {
        answer->name_matched = LOCATION_NAME + 1; /* the first one counts */
    }
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t length)
{
    struct answer *answer = answer_of(parser);
    keep_header(answer, at, length);
    if (answer->name_matched != LOCATION_NAME) {
        return 0;
    }
    if (!answer->location) {
        answer->location = malloc(ANSWER_LOCATION_MAX);
    }
    if (!answer->location || length > ANSWER_LOCATION_MAX - 1 - answer->location_length) {
        answer->name_matched = LOCATION_NAME + 1; /* half an address is none */
        answer->location_length = 0;
        return 0;
    }
    memcpy(answer->location + answer->location_length, at, length);
    answer->location_length += length;
    return 0;
}

static int on_header_field_complete(llhttp_t *parser)
{
    keep_header(answer_of(parser), ": ", 2);
    return 0;
}

static int on_header_value_complete(llhttp_t *parser)
{
    struct answer *answer = answer_of(parser);
    answer->name_matched = 0;
    if (answer->capture && !answer->is_trailer) {
        capture_header_end(answer->capture);
    }
    return 0;
}

/* 1 tells llhttp that no body follows: a Content-Length there only says what a GET would get. */
static int on_headers_complete(llhttp_t *parser)
{
    bool is_bodyless = answer_of(parser)->is_head || parser->status_code / 100 == 1 ||
                       parser->status_code == 204 || parser->status_code == 304;
    answer_of(parser)->is_trailer = true;
    return is_bodyless ? 1 : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    struct answer *answer = answer_of(parser);
    answer->body_bytes += length;
    if (answer->capture) {
        capture_body(answer->capture, at, length);
    }
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct answer *answer = answer_of(parser);
    if (parser->status_code / 100 == 1) {
        /* An interim answer: the one that we wait for comes behind it. */
        answer->is_trailer = false;
        if (answer->capture) {
            capture_begin(answer->capture, answer->capture->max_body);
        }
        return 0;
    }
    answer->is_complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t header_settings = {
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* No request of ours asks for another protocol, and there are no statuses below 100. */
static bool is_refused(uint16_t code)
{
    return code < 100 || code == 101;
}

/* Headers cost time, and matter when they are kept or tell of a redirect: then callbacks for them
 * are put in. */
static int on_status_complete(llhttp_t *parser)
{
    if (is_refused(parser->status_code)) {
        return HPE_USER;
    }
    if (parser->status_code / 100 == 3 || answer_of(parser)->capture) {
        union { /* llhttp only reads them, but keeps a pointer that could write */
            const llhttp_settings_t *from;
            void *to;
        } with_headers = {&header_settings};
        parser->settings = with_headers.to;
    }
    return 0;
}

static const llhttp_settings_t settings = {
    .on_status = on_status,
    .on_status_complete = on_status_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void answer_begin(struct answer *answer, bool is_head, char *reason, size_t reason_size,
                  struct capture *capture)
{
    llhttp_init(&answer->parser, HTTP_RESPONSE, &settings);
    answer->body_bytes = 0;
    answer->is_head = is_head;
    answer->is_complete = false;
    answer->name_matched = 0;
    answer->location_length = 0;
    answer->reason = reason;
    answer->reason_size = reason_size;
    answer->reason_length = 0;
    answer->capture = capture;
    answer->is_trailer = false;
    reason[0] = '\0';
}

void answer_fini(struct answer *answer)
{
    free(answer->location);
    answer->location = NULL;
}

enum answer_state answer_feed(struct answer *answer, const char *bytes, size_t length, size_t *used)
{
    llhttp_errno_t result = llhttp_execute(&answer->parser, bytes, length);
    if (answer->is_complete) {
        *used = (size_t)(llhttp_get_error_pos(&answer->parser) - bytes);
        return ANSWER_COMPLETE;
    }
    *used = length;
    return result == HPE_OK ? ANSWER_MORE : ANSWER_BROKEN;
}

enum answer_state answer_finish(struct answer *answer)
{
    llhttp_finish(&answer->parser);
    return answer->is_complete ? ANSWER_COMPLETE : ANSWER_BROKEN;
}

bool answer_keeps_alive(const struct answer *answer)
{
    return llhttp_should_keep_alive(&answer->parser) != 0;
}

const char *answer_location(const struct answer *answer)
{
    size_t length = answer->location_length;
    while (length > 0 && strchr(" \t", answer->location[length - 1])) {
        length--; /* white space around a value is none of it */
    }
    if (length == 0) {
        return "";
    }
    answer->location[length] = '\0';
    return answer->location;
}

uint16_t answer_code(const struct answer *answer)
{
    return answer->parser.status_code;
}

const char *answer_problem(const struct answer *answer)
{
    if (llhttp_get_errno(&answer->parser) == HPE_CB_STATUS_COMPLETE &&
        is_refused(answer->parser.status_code)) {
        return answer->parser.status_code == 101
                   ? "the server switched protocols, which was not asked for"
                   : "a status below 100";
    }
    const char *reason = llhttp_get_error_reason(&answer->parser);
    return reason ? reason : "no HTTP";
}

#include "loadgen/http/answer.h"

#include <string.h>

static int on_status(llhttp_t *parser, const char *at, size_t length)
{
    struct answer *answer = (struct answer *)parser;
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

/* 1 tells llhttp that no body follows: a Content-Length there only says what a GET would get. */
static int on_headers_complete(llhttp_t *parser)
{
    bool is_bodyless = ((struct answer *)parser)->is_head || parser->status_code == 204 ||
                       parser->status_code == 304;
    return is_bodyless ? 1 : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    (void)at;
    ((struct answer *)parser)->body_bytes += length;
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    if (parser->status_code < 200) {
        return 0; /* an interim answer: the one that we wait for comes behind it */
    }
    ((struct answer *)parser)->is_complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_status = on_status,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void answer_begin(struct answer *answer, bool is_head, char *reason, size_t reason_size)
{
    llhttp_init(&answer->parser, HTTP_RESPONSE, &settings);
    answer->body_bytes = 0;
    answer->is_head = is_head;
    answer->is_complete = false;
    answer->reason = reason;
    answer->reason_size = reason_size;
    answer->reason_length = 0;
    reason[0] = '\0';
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

uint16_t answer_code(const struct answer *answer)
{
    return answer->parser.status_code;
}

const char *answer_problem(const struct answer *answer)
{
    if (llhttp_get_errno(&answer->parser) == HPE_PAUSED_UPGRADE) {
        return "the server switched protocols, which was not asked for";
    }
    const char *reason = llhttp_get_error_reason(&answer->parser);
    return reason ? reason : "no HTTP";
}

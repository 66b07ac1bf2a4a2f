#include "target-api/answer.h"

#include <limits.h>
#include <stdlib.h>

static void release_document(void *document)
{
    document_unref(document);
}

/* The parts stay where they are; only the list of them is copied. */
static struct MHD_Response *create_from_document(struct document *document)
{
    size_t count = document_parts(document);
    struct MHD_IoVec *parts = calloc(count, sizeof *parts);
    if (!parts || count > UINT_MAX) {
        free(parts);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct slice part = document_part(document, i);
        parts[i] = (struct MHD_IoVec){.iov_base = part.bytes, .iov_len = part.len};
    }
    struct MHD_Response *response =
        MHD_create_response_from_iovec(parts, (unsigned)count, release_document, document);
    free(parts);
    return response;
}

static struct MHD_Response *create_response(struct reply *reply)
{
    if (reply->document) {
        return create_from_document(reply->document);
    }
    /* MHD only reads the bytes, but asks for a pointer that could write. */
    union {
        const char *bytes;
        void *buffer;
    } body = {.bytes = reply->bytes};
    if (!reply->release) {
        return MHD_create_response_from_buffer(reply->len, body.buffer, MHD_RESPMEM_PERSISTENT);
    }
    return MHD_create_response_from_buffer_with_free_callback_cls(reply->len, body.buffer,
                                                                  reply->release, reply->owner);
}

/* Takes the reply over. NULL: no memory. */
static struct MHD_Response *make(struct reply *reply, bool close)
{
    struct MHD_Response *response = create_response(reply);
    if (!response) {
        reply_release(reply);
        return NULL;
    }
    enum MHD_Result ok =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    if (ok == MHD_YES && reply->allow) {
        ok = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
    }
    if (ok == MHD_YES && close) {
        ok = MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    if (ok != MHD_YES) {
        MHD_destroy_response(response);
        return NULL;
    }
    return response;
}

static enum MHD_Result queue_and_forget(struct MHD_Connection *connection, unsigned status,
                                        struct MHD_Response *response)
{
    if (!response) {
        return MHD_NO;
    }
    enum MHD_Result ok = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response); /* ours; the queue holds its own, and frees the bytes with it */
    return ok;
}

void answers_fini(struct answers *answers)
{
    for (size_t i = 0; i < ANSWERS_KEPT; i++) {
        if (answers->kept[i].response) {
            MHD_destroy_response(answers->kept[i].response);
        }
    }
}

enum MHD_Result answer_queue(struct answers *answers, struct MHD_Connection *connection,
                             struct reply *reply)
{
    unsigned status = reply->status;
    const void *identity = reply_identity(reply);
    if (!answers || !identity || reply->len > ANSWERS_LEN_MAX) {
        return queue_and_forget(connection, status, make(reply, false));
    }
    uint64_t hash = (uint64_t)(uintptr_t)identity * UINT64_C(0x9E3779B97F4A7C15);
    size_t place = (size_t)(hash >> 32) % ANSWERS_KEPT;
    if (answers->kept[place].identity == identity) {
        reply_release(reply);
        return MHD_queue_response(connection, status, answers->kept[place].response);
    }
    struct MHD_Response *response = make(reply, false);
    if (!response) {
        return MHD_NO;
    }
    if (answers->kept[place].response) {
        MHD_destroy_response(answers->kept[place].response);
    }
    answers->kept[place].identity = identity;
    answers->kept[place].response = response;
    return MHD_queue_response(connection, status, response);
}

enum MHD_Result answer_queue_last(struct MHD_Connection *connection, struct reply *reply)
{
    unsigned status = reply->status;
    return queue_and_forget(connection, status, make(reply, true));
}

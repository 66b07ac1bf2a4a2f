#include "target-api/http/answer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The progress of sending a document. */
struct reader {
    struct document *document;
    uint64_t position; /* in the document: byte `offset` of `part` */
    size_t part;
    size_t offset;
};

static void release_reader(void *cls)
{
    struct reader *reader = cls;
    document_unref(reader->document);
    free(reader);
}

/* MHD_ContentReaderCallback; asks for each byte once, in order. */
static ssize_t read_document(void *cls, uint64_t position, char *bytes, size_t max)
{
    struct reader *reader = cls;
    if (position != reader->position) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t count = document_parts(reader->document);
    size_t len = 0;
    while (len < max && reader->part < count) {
        struct slice part = document_part(reader->document, reader->part);
        size_t left = part.length - reader->offset;
        size_t piece = left < max - len ? left : max - len;
        memcpy(bytes + len, part.at + reader->offset, piece);
        len += piece;
        reader->offset += piece;
        if (piece == left) {
            reader->part++;
            reader->offset = 0;
        }
    }
    reader->position += len;
    return (ssize_t)len;
}

static struct MHD_Response *create_from_blocks(struct document *document)
{
    struct reader *reader = malloc(sizeof *reader);
    if (!reader) {
        return NULL;
    }
    *reader = (struct reader){.document = document};
    struct MHD_Response *response = MHD_create_response_from_callback(
        document_len(document), ANSWERS_BLOCK, read_document, reader, release_reader);
    if (!response) {
        free(reader);
    }
    return response;
}

static void release_document(void *document)
{
    document_unref(document);
}

/*
 * libmicrohttpd copies the list of parts into the connection's pool, of which the request takes a
 * share. If the list does not fit, 0.9.75 unlocks a mutex that it does not hold, and aborts the
 * process when it destroys that mutex. The head of the answer was in the same pool before and its
 * memory is free again once sent, so a list no larger than the head always fits. Documents with
 * more parts are copied block by block instead.
 */
static_assert(DOCUMENT_FLAT_PARTS * sizeof(struct MHD_IoVec) <=
                  sizeof "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                         "Content-Type: application/json\r\nContent-Length: 1\r\n\r\n",
              "the list of parts must not be larger than the head of the answer");

static struct MHD_Response *create_from_document(struct document *document)
{
    struct slice flat[DOCUMENT_FLAT_PARTS];
    if (!document_flat_parts(document, flat)) {
        return create_from_blocks(document);
    }
    struct MHD_IoVec parts[DOCUMENT_FLAT_PARTS];
    for (size_t i = 0; i < DOCUMENT_FLAT_PARTS; i++) {
        parts[i] = (struct MHD_IoVec){.iov_base = flat[i].at, .iov_len = flat[i].length};
    }
    return MHD_create_response_from_iovec(parts, DOCUMENT_FLAT_PARTS, release_document, document);
}

static struct MHD_Response *create_response(struct reply *reply)
{
    if (reply->document) {
        return create_from_document(reply->document);
    }
    /* libmicrohttpd only reads the bytes, but takes a non-const pointer. */
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

/* Takes the reply over. NULL: out of memory. */
static struct MHD_Response *create(struct reply *reply, bool close)
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

static enum MHD_Result queue_once(struct MHD_Connection *connection, unsigned status,
                                  struct MHD_Response *response)
{
    if (!response) {
        return MHD_NO;
    }
    enum MHD_Result ok = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response); /* the queue has a reference of its own */
    return ok;
}

void answers_fini(struct answers *answers)
{
    for (size_t i = 0; i < ANSWERS_CACHED; i++) {
        if (answers->cached[i].response) {
            MHD_destroy_response(answers->cached[i].response);
        }
    }
}

enum MHD_Result answer_queue(struct answers *answers, struct MHD_Connection *connection,
                             struct reply *reply)
{
    unsigned status = reply->status;
    const void *identity = reply_identity(reply);
    if (!answers || !identity || reply->len > ANSWERS_LEN_MAX) {
        return queue_once(connection, status, create(reply, false));
    }
    uint64_t hash = (uint64_t)(uintptr_t)identity * UINT64_C(0x9E3779B97F4A7C15);
    size_t index = (size_t)(hash >> 32) % ANSWERS_CACHED;
    if (answers->cached[index].identity == identity) {
        reply_release(reply);
        return MHD_queue_response(connection, status, answers->cached[index].response);
    }
    struct MHD_Response *response = create(reply, false);
    if (!response) {
        return MHD_NO;
    }
    if (answers->cached[index].response) {
        MHD_destroy_response(answers->cached[index].response);
    }
    answers->cached[index].identity = identity;
    answers->cached[index].response = response;
    return MHD_queue_response(connection, status, response);
}

enum MHD_Result answer_queue_last(struct MHD_Connection *connection, struct reply *reply)
{
    unsigned status = reply->status;
    return queue_once(connection, status, create(reply, true));
}

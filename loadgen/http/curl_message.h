/*
 * curl_message - a request's bytes as libcurl's easy interface wants them: URL, method, headers,
 * body.
 *
 * Requests are built once as HTTP/1.1 messages (loadgen/target/message.h); here they are taken
 * apart again. The headers go out as they are, and libcurl adds none of its own but those that say
 * how long the body is.
 *
 * Threads: a value of its owner, with its handle. Memory: start with zeroes, curl_message_fini;
 * what a message takes is kept for the next one. The request's bytes are borrowed until then.
 */
#ifndef LOADGEN_HTTP_CURL_MESSAGE_H
#define LOADGEN_HTTP_CURL_MESSAGE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/target/source.h"

struct curl_message {
    char *text; /* strings, each ended by a NUL: URL, method, headers */
    size_t text_room;
    struct curl_slist *lines; /* headers, and some that libcurl shall leave out */
    size_t line_room;
    char *sequence; /* where the digits of the request's number go; NULL: nowhere */
    const char *body;
    size_t body_length;
    size_t body_sent; /* of a chunked one */
};

/*
 * Sets the handle up for this request to `origin`, "https://host:port". False: no memory.
 */
bool curl_message_set(struct curl_message *message, CURL *easy, const char *origin,
                      const struct request *request);

/* Puts in the number of the request in the run. */
void curl_message_number(struct curl_message *message, uint64_t number);

void curl_message_fini(struct curl_message *message);

#endif

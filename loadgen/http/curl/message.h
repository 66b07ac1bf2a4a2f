/*
 * message - sets up a libcurl handle for a request: URL, method, headers and body.
 *
 * Headers are sent unchanged, except Content-Length and Transfer-Encoding, which libcurl writes.
 *
 * Threads: belongs to its handle. Memory: start with zeroes; curl_message_fini. Buffers are reused
 * for the next request; the request's bytes are borrowed until then.
 */
#ifndef LOADGEN_HTTP_CURL_MESSAGE_H
#define LOADGEN_HTTP_CURL_MESSAGE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/target/request/source.h"

struct curl_message {
    char *text; /* NUL-terminated strings: URL, method, headers */
    size_t text_room;
    struct curl_slist *lines; /* headers, and entries that keep libcurl from adding its own */
    size_t line_room;
    char *sequence; /* where to write the request's number; NULL: nowhere */
    const char *body;
    size_t body_length;
    size_t body_sent; /* bytes sent so far, of a chunked body */
};

/* Sets up the handle for this request to `origin`, "https://host:port". False: out of memory. */
bool curl_message_set(struct curl_message *message, CURL *easy, const char *origin,
                      const struct request *request);

/* Sets the request's number in the run, and rewinds the body. */
void curl_message_number(struct curl_message *message, uint64_t number);

void curl_message_fini(struct curl_message *message);

#endif

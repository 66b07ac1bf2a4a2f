/*
 * parts - a request's bytes taken apart again, for engines that do not send them as they are.
 *
 * Requests are built once, as HTTP/1.1 messages (loadgen/target/message.h).
 *
 * Threads: pure functions. Memory: slices of the request's bytes.
 */
#ifndef LOADGEN_HTTP_PARTS_H
#define LOADGEN_HTTP_PARTS_H

#include <stdbool.h>

#include "loadgen/target/source.h"
#include "loadgen/target/url.h"

struct parts {
    struct slice method;
    struct slice path;
    struct slice headers; /* lines, each with its CRLF */
    struct slice body;    /* without what chunks add */
    bool is_chunked;
};

/* A request without its body, or with a part of it, may be taken apart as well. */
void parts_of(const struct request *request, struct parts *parts);

/* The next header without its CRLF; `rest`, which is not empty, is what comes behind it. */
struct slice parts_next_line(struct slice *rest);

/* Is the line one of this header? */
bool parts_line_is(struct slice line, const char *name);

/* Do the digits of the request's number belong at the end of this line? */
bool parts_is_numbered(const struct request *request, struct slice line);

#endif

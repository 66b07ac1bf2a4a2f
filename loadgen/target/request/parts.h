/*
 * parts - method, path, headers and body of a request, for engines that do not send its bytes
 * unchanged.
 *
 * Requests are built once, as HTTP/1.1 messages (message.h), with the offsets of their parts.
 * HTTP/1.1 sends the bytes unchanged; HTTP/2 reads the headers from a table of offsets, which is
 * stored after the message. So neither parses a request while it sends, with one exception: a
 * request that follows a redirect has no table.
 *
 * Threads: pure functions. Memory: slices of the request's bytes.
 */
#ifndef LOADGEN_TARGET_REQUEST_PARTS_H
#define LOADGEN_TARGET_REQUEST_PARTS_H

#include <stdbool.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"
#include "loadgen/target/request/source.h"

struct parts {
    struct slice method;
    struct slice path;
    struct slice headers;  /* lines, each with CRLF */
    struct slice body;     /* before chunked encoding */
    struct slice raw_body; /* as sent */
    size_t header_count;
    bool is_chunked;
};

/* How engines treat a header. */
enum field_kind {
    FIELD_OTHER,
    FIELD_HOST,
    FIELD_CONNECTION, /* only for HTTP/1.1 connections (RFC 9113, 8.2.2) */
    FIELD_NUMBER,     /* its value is the request's number */
};

/* A header; offsets are into the request's bytes. */
struct field {
    uint32_t name_at;
    uint32_t name_length;
    uint32_t value_at; /* without the blanks around it */
    uint32_t value_length;
    uint32_t kind; /* enum field_kind */
};

/* Removes the first line, a header, from `rest`, and returns the offsets of its name and value. */
struct field parts_next_field(const struct request *request, struct slice *rest);

/* Header i of a request with layout.has_fields. */
struct field parts_field(const struct request *request, size_t i);

/* Appends the table of headers to `out`, which ends with the request's bytes. */
void parts_add_fields(struct bytes *out, struct request *request);

/* The layout of a request with these bytes. Its body may be missing. */
struct request_layout parts_find(const char *bytes, size_t length);

/* Finds the parts of a request. The body in request->bytes may be missing or incomplete. */
void parts_of(const struct request *request, struct parts *parts);

/* Removes the first line from `rest`, which must not be empty; returns it without CRLF. */
struct slice parts_next_line(struct slice *rest);

/* True if the line is a header of this name. */
bool parts_line_is(struct slice line, const char *name);

/* True if the request's number is inserted at the end of this line (request.sequence_at). */
bool parts_is_numbered(const struct request *request, struct slice line);

#endif

/*
 * exchange - a request to the web server, and the reply to it.
 *
 * Threads: the server's thread. Memory: a request is valid until its reply is given; the server
 * frees the body of a reply.
 */
#ifndef LOADGEN_WEB_HTTP_EXCHANGE_H
#define LOADGEN_WEB_HTTP_EXCHANGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/base/bytes.h"
#include "loadgen/web/access/access.h"

enum {
    HTTP_OK = 200,
    HTTP_CREATED = 201,
    HTTP_NO_CONTENT = 204,
    HTTP_BAD_REQUEST = 400,
    HTTP_UNAUTHORIZED = 401,
    HTTP_FORBIDDEN = 403,
    HTTP_NOT_FOUND = 404,
    HTTP_METHOD_NOT_ALLOWED = 405,
    HTTP_CONFLICT = 409,
    HTTP_TOO_LARGE = 413,
    HTTP_OTHER_TYPE = 415,
    HTTP_TOO_MANY = 429,
    HTTP_FAILED = 500,
    HTTP_UNAVAILABLE = 503,
};

/* Maximum bytes of a body that is kept. */
enum { HTTP_BODY_MAX = 64 * 1024 };

/* Room for the text of an address: INET6_ADDRSTRLEN, and an interface. */
enum { HTTP_CLIENT_TEXT = 64 };

/* Maximum bytes of a part of a path that names something (route.h). */
enum { HTTP_ID_MAX = 32 };

struct http_request {
    const char *method;
    const char *path;              /* decoded */
    char id[HTTP_ID_MAX + 1];      /* part of the path that matched `*` in the route; "": none */
    const char *query;             /* as sent, without the `?`; "": none */
    const char *type;              /* Content-Type; NULL: absent */
    const char *event;             /* Last-Event-ID; NULL: absent */
    char client[HTTP_CLIENT_TEXT]; /* its address, without the port; "": unknown */
    struct access_request access;
    char *body; /* with room for a NUL after it */
    size_t length;
    bool is_too_large; /* a part of the body was dropped */
    bool is_resumed;   /* it has waited (http_reply.waits) */
};

struct http_reply {
    bool waits; /* no reply until http_server_resume (server.h); nothing else is set */
    unsigned status;
    const char *type;      /* Content-Type */
    const char *allow;     /* methods, with 405 and for OPTIONS; NULL: not sent */
    const char *challenge; /* WWW-Authenticate; NULL: not sent */
    unsigned retry_s;      /* Retry-After; 0: not sent */
    char disposition[128]; /* Content-Disposition; "": not sent */
    char cookie[512];      /* Set-Cookie; "": not sent */
    char policy[1024];     /* Content-Security-Policy; "": that of the page */
    char location[64];     /* Location; "": not sent */
    struct bytes body;
    bool is_stream; /* the stream (stream.h) follows the body, */
    uint64_t from;  /* from this position on */
    bool has_file;  /* `file` is sent instead of the body, and closed */
    int file;
    uint64_t file_size; /* bytes of it that are sent */
};

/* Each of these fills in the whole reply. */

void http_reply_text(struct http_reply *reply, unsigned status, const char *text);

/* Printed as by Locust: keys sorted, indented by two spaces. Takes ownership of `json`. */
void http_reply_json(struct http_reply *reply, json_t *json);

/* A file for download; takes ownership of the content. The name must be a token (RFC 9110). */
void http_reply_file(struct http_reply *reply, const char *type, const char *name,
                     struct bytes *content);

/* The same for the first `size` bytes of an open file. Takes ownership of the descriptor. */
void http_reply_open_file(struct http_reply *reply, const char *type, const char *name, int file,
                          uint64_t size);

#endif

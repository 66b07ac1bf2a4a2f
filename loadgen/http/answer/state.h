/*
 * state - the state of the answer reader (answer.h), shared by its parts.
 *
 * Only the parts of the reader, listed in answer.h, access it; other code uses the functions of
 * answer.h.
 *
 * Threads, memory: see answer.h.
 */
#ifndef LOADGEN_HTTP_ANSWER_STATE_H
#define LOADGEN_HTTP_ANSWER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/http/answer/capture.h"
#include "loadgen/http/answer/violations.h"
#include "loadgen/http/redirect/location.h"

enum {
    ANSWER_LOCATION_MAX = LOCATION_MAX + 2, /* one byte to detect longer values, and the NUL */
    ANSWER_HEAD_MAX = 300 * 1024,           /* head and trailer bytes of an answer; as in curl */
};

/* The position of the reader: the element to which the next byte belongs. */
enum answer_at {
    AT_STATUS,    /* in the status line, before its text; `step` counts bytes */
    AT_REASON,    /* in the status text */
    AT_LINE,      /* the first byte of a line of the head, or of the trailers */
    AT_NAME,      /* in the name of a field */
    AT_BLANKS,    /* white space before a value */
    AT_VALUE,     /* in a value */
    AT_HEAD_LF,   /* in the line end of an empty line */
    AT_HEAD_OVER, /* after the empty line; consumes no byte */
    AT_BODY,      /* in a body with `left` more bytes */
    AT_OPEN_BODY, /* in a body that ends with the connection */
    AT_SIZE,      /* in the size of a chunk */
    AT_EXTENSION, /* after the size of a chunk, before its line end */
    AT_CHUNK,     /* in a chunk with `left` more bytes */
    AT_CHUNK_CR,  /* at the line end after a chunk */
    AT_CHUNK_LF,  /* at the LF of that line end */
    AT_END,       /* the answer is complete */
    AT_PROBLEM,   /* the answer is refused */
};

/* The fields that the reader interprets. */
enum answer_field {
    FIELD_OTHER,
    FIELD_LENGTH,     /* Content-Length */
    FIELD_CODING,     /* Transfer-Encoding */
    FIELD_CONNECTION, /* Connection */
    FIELD_LOCATION,   /* Location, of a 3xx */
};

enum { ANSWER_NAME = 18, ANSWER_TOKEN = 16 };

struct answer {
    enum answer_at at;
    enum answer_field field; /* of the current value */
    unsigned violations;     /* VIOLATION_BIT */
    unsigned step;           /* bytes of the status line, or digits of a chunk size */
    uint64_t left;           /* bytes of the body or the chunk; or the chunk size so far */
    uint64_t length;         /* Content-Length */
    uint64_t number;         /* the part of Content-Length read so far */
    uint64_t body_bytes;
    const char *problem; /* NULL: none */
    uint16_t code;
    uint8_t minor; /* HTTP/1.x */
    bool is_head;  /* the request was HEAD */
    bool has_length;
    bool has_coding;
    bool is_chunked;
    bool says_close;
    bool says_keep_alive;
    bool is_doubtful;  /* the connection must not be reused */
    bool is_trailer;   /* the body is over: fields are trailers */
    bool has_field;    /* the last line was a field, which the next line may continue */
    bool has_value;    /* a byte other than white space was read */
    bool is_blank;     /* the last byte, in a name or after a chunk size, was white space */
    bool has_cr;       /* the last byte was a CR */
    bool has_digits;   /* `number` has begun */
    bool is_over;      /* `number` has ended, or a chunk extension has begun */
    size_t head_bytes; /* of all heads and trailers so far */
    size_t name_length;
    char name[ANSWER_NAME]; /* not kept if longer than all known names */
    size_t token_length;
    char token[ANSWER_TOKEN]; /* current token of a list, in lower case */
    char *location;           /* of a 3xx answer; ANSWER_LOCATION_MAX bytes; NULL: none so far */
    size_t location_length;
    bool has_location;     /* a Location was read; only the first one counts */
    bool is_location_lost; /* there was no memory for it */
    char *reason;          /* buffer for the status text, NUL-terminated and truncated */
    size_t reason_size;
    size_t reason_length;
    struct capture *capture; /* NULL: headers and body are not kept */
};

/* Refuses the answer for this reason. */
static inline void answer_break(struct answer *answer, const char *problem)
{
    answer->at = AT_PROBLEM;
    answer->problem = problem;
}

#endif

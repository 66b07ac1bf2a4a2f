/*
 * multipart - splits a body of type multipart/form-data (RFC 7578) into its parts, in place.
 *
 *     --BOUNDARY
 *     Content-Disposition: form-data; name="user_count"
 *
 *     4
 *     --BOUNDARY--
 *
 * Lines end with CR LF. Text before the first boundary and after the last one is ignored, and so
 * are all headers except Content-Disposition. In a name, \" and \\ are unescaped.
 *
 * Refused: a type without a boundary of 1 to MULTIPART_BOUNDARY_MAX characters, a body without the
 * last boundary, a part without a name, and a NUL in a name or in a value that is not a file.
 *
 * Threads: pure functions. Memory: the body is overwritten; names and values point into it.
 */
#ifndef LOADGEN_WEB_FORM_MULTIPART_H
#define LOADGEN_WEB_FORM_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

enum { MULTIPART_BOUNDARY_MAX = 70 };

struct multipart {
    char *at;                                  /* the rest of the body, after a boundary */
    char *end;                                 /* of the body */
    char boundary[4 + MULTIPART_BOUNDARY_MAX]; /* with CR LF - - before it; not a string */
    size_t length;                             /* of `boundary` */
    const char *problem;                       /* NULL: none so far */
};

struct multipart_part {
    const char *name;
    const char *value; /* of a file: its bytes, up to a NUL */
    bool is_file;      /* it has a file name */
};

/* Starts to read a body; `type` is its Content-Type. */
struct multipart multipart_of(const char *type, char *body, size_t length);

/* Reads the next part. False: there are no more, or `problem` says what is wrong. */
bool multipart_next(struct multipart *multipart, struct multipart_part *part);

#endif

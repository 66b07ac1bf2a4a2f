/*
 * reader - reads targets one at a time, in one of the formats of -format.
 *
 * The reader handles lines and their numbers; the grammars are in format_http.c and format_json.c.
 * A draft is a parsed target: already checked, so every error names its line, but not yet encoded
 * as a request.
 *
 * Errors: ERR_USAGE with file, line and what was expected; ERR_FAILED if a file cannot be read.
 * Threads: one at a time. Memory: reader_fini.
 */
#ifndef LOADGEN_TARGET_READ_READER_H
#define LOADGEN_TARGET_READ_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/base/bytes.h"
#include "loadgen/target/request/message.h"
#include "loadgen/target/request/url.h"

/*
 * One target as read. Its texts are valid until the next target is read. All except headers and
 * body are NUL-terminated.
 */
struct draft {
    const char *target_host; /* HOST[:PORT] or a URL, prepended to a path; NULL: none */
    struct bytes method;
    struct bytes url;       /* bytes outside ASCII are percent-encoded */
    struct url parts;       /* of url */
    struct bytes shown_url; /* without secrets (secret.h) */
    struct bytes name;
    struct bytes headers; /* lines, as message_add_header writes them */
    struct bytes body;
    struct bytes body_file; /* its path; empty: the body is not from a file */
    bool has_body;          /* false: the defaults' body is sent */
};

enum read_state { READ_OK, READ_END, READ_FAIL };

struct reader {
    FILE *in;
    const char *name; /* of the file, for errors */
    const struct format *format;
    struct draft draft;
    char *line;
    size_t line_size;
    uint64_t number; /* of the line, from 1 */
    bool is_kept;    /* the next reader_line returns the same line */
};

/* A format of targets. */
struct format {
    const char *name;
    /* Reads one target into reader->draft, which is empty. */
    enum read_state (*read)(struct reader *reader, struct err *err);
};

extern const struct format format_http;
extern const struct format format_json;

/* Borrows `in`, `name` and `target_host` (see struct draft). */
void reader_init(struct reader *reader, FILE *in, const char *name, const struct format *format,
                 const char *target_host);
void reader_fini(struct reader *reader);

/* Reads the next target into reader->draft; headers and body may be empty. */
enum read_state reader_next(struct reader *reader, struct err *err);

/* The draft as input for message_write; valid until the draft changes. */
struct message draft_message(const struct draft *draft);

/* For the formats, and for callers that fill a draft themselves. */

/* Reads the next line and trims white space, including a byte order mark (blank.h). */
enum read_state reader_line(struct reader *reader, char **line, struct err *err);

/* Makes the next reader_line return the same line again. */
void reader_keep_line(struct reader *reader);

bool draft_set_method(struct draft *draft, const char *method, size_t length, struct err *err);

/* Trims the URL. If it is only a path ('/...'), prepends the draft's target_host. */
bool draft_set_url(struct draft *draft, const char *url, struct err *err);
bool draft_set_name(struct draft *draft, const char *name, struct err *err);

/* Reads the body from this file. */
bool draft_set_body_file(struct draft *draft, const char *path, struct err *err);

/*
 * Completes a draft that has method and URL: sets shown_url and, if no name is set, the default
 * name (the method and the path without its query).
 */
bool draft_finish(struct draft *draft, struct err *err);
void draft_clear(struct draft *draft);
void draft_free(struct draft *draft);

#endif

/*
 * reader - reads targets, one at a time, from a text in one of the formats of -format.
 *
 * It knows lines, their numbers and what a target is made of; the grammar of a format is in
 * format_http.c and format_json.c. A draft is what has been read of a target: checked, so that
 * every error names the line that it is in, and not yet turned into the bytes of a request.
 *
 * Errors: ERR_USAGE with the file, the line, and what was expected; ERR_FAILED when a file cannot
 * be read. Threads: a value of its owner. Memory: reader_fini.
 */
#ifndef LOADGEN_TARGET_READER_H
#define LOADGEN_TARGET_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/target/bytes.h"
#include "loadgen/target/message.h"
#include "loadgen/target/url.h"

/* One target as it was read; the texts are NUL-terminated, and stay until the next is read. */
struct draft {
    const char
        *target_host; /* HOST[:PORT] or a URL, of URLs that are only a path; NULL, "": none */
    struct bytes method;
    struct bytes url; /* without bytes outside of ASCII: those are percent-encoded */
    struct url parts; /* of url */
    struct bytes name;
    struct bytes headers; /* lines, as message_add_header writes them */
    struct bytes body;
    bool has_body; /* one of its own */
};

enum read_state { READ_OK, READ_END, READ_FAIL };

struct reader {
    FILE *in;
    const char *name; /* what errors call it */
    const struct format *format;
    struct draft draft;
    char *line;
    size_t line_size;
    uint64_t number; /* of the line */
    bool is_kept;    /* the line was looked at, and will be read again */
};

/* A way to write targets. */
struct format {
    const char *name;
    /* Reads one target into reader->draft, which is empty. */
    enum read_state (*read)(struct reader *reader, struct err *err);
};

extern const struct format format_http;
extern const struct format format_json;

/* The format of this name; NULL with ERR_USAGE. */
const struct format *format_find(const char *name, struct err *err);

/* Borrows `in`, `name` and `target_host`, which a struct draft has. */
void reader_init(struct reader *reader, FILE *in, const char *name, const struct format *format,
                 const char *target_host);
void reader_fini(struct reader *reader);

/* Reads the next target into reader->draft: all of it but headers and body is there. */
enum read_state reader_next(struct reader *reader, struct err *err);

/* What the draft says, for message_write; lives as long as the draft does. */
struct message draft_message(const struct draft *draft);

/* For the formats, and whoever has no text to read. */

/* The next line without white space at its ends. */
enum read_state reader_line(struct reader *reader, char **line, struct err *err);

/* Lets the next reader_line give the same line again. */
void reader_keep_line(struct reader *reader);

bool draft_set_method(struct draft *draft, const char *method, size_t length, struct err *err);

/* A path, which begins with '/', is put behind the draft's target_host. */
bool draft_set_url(struct draft *draft, const char *url, struct err *err);
bool draft_set_name(struct draft *draft, const char *name, struct err *err);

/* Fills in the name when none was given: method and path, without the query. */
bool draft_finish(struct draft *draft, struct err *err);
void draft_clear(struct draft *draft);
void draft_free(struct draft *draft);

#endif

/*
 * csv - splits CSV (RFC 4180) into records, in place.
 *
 *     user,city
 *     anna,"Paris, France"        a quoted value may contain commas and newlines,
 *     bert,"a ""big"" town"       and quotes, which are doubled
 *
 * A record ends at LF, CR LF or CR. Empty lines are skipped. Values keep their spaces.
 *
 * Errors, each with its line: a quote that is not closed, characters after a closing quote, a quote
 * inside an unquoted value, and a NUL.
 *
 * Threads: pure functions. Memory: none; the text is overwritten.
 */
#ifndef LOADGEN_BASE_TEXT_CSV_H
#define LOADGEN_BASE_TEXT_CSV_H

#include <stddef.h>

struct csv {
    char *at; /* the rest of the text */
    char *end;
    char *to;            /* where the next byte of a value is written */
    size_t line;         /* of `at`, from 1 */
    size_t record_line;  /* of the first byte of the last record */
    const char *problem; /* NULL: none so far */
    size_t problem_line;
};

/*
 * Starts reading `text`, which must not begin with a byte order mark and must have room for a NUL
 * at text[length].
 */
struct csv csv_of(char *text, size_t length);

/*
 * Reads the next record. *record becomes its values, one after the other, each NUL-terminated.
 * Returns the number of values; 0: there are no more records, or `problem` says what is wrong.
 */
size_t csv_next(struct csv *csv, char **record);

#endif

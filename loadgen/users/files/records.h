/*
 * records - the rows of a data file: the records of a CSV file, the lines of a text file, or the
 * elements of a JSON array.
 *
 * The whole file is read and checked. Memory is used for its text, in which each value ends with a
 * NUL, and for four bytes per row. A byte order mark, and empty lines outside of JSON, are skipped.
 *
 * Errors: ERR_USAGE with file and line; ERR_FAILED if memory runs out.
 * Threads: any may read. Memory: records_free.
 */
#ifndef LOADGEN_USERS_FILES_RECORDS_H
#define LOADGEN_USERS_FILES_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/base/sha256.h"

enum {
    RECORDS_BYTES_MAX = 256 * 1024 * 1024, /* of a file */
    RECORDS_MAX = 10 * 1000 * 1000,
    RECORDS_COLUMNS_MAX = 1000,
    RECORDS_ROW_BYTES_MAX = 1024 * 1024,
};

enum records_format { RECORDS_CSV, RECORDS_LINES, RECORDS_JSON };

struct records {
    enum records_format format;
    char *text;
    uint32_t *begins;  /* of each row, in the text */
    size_t count;      /* at least 1 */
    size_t columns;    /* of CSV */
    const char *names; /* of the columns of CSV: one after the other, each with a NUL at its end */
    size_t bytes;      /* of the file */
    char sha256[SHA256_TEXT];
};

/* Reads a file of this folder (folder.h). */
bool records_read(struct records *rows, const char *folder, const char *name,
                  enum records_format format, struct err *err);

/*
 * Like records_read, for the text of a file that is already in memory; `name` is its name, for
 * errors. Takes over `text`, which must come from malloc and have room for a NUL at text[length].
 */
bool records_parse(struct records *rows, char *text, size_t length, const char *name,
                   enum records_format format, struct err *err);

void records_free(struct records *rows);

/*
 * A row: a line; the text of a JSON value; or the values of a CSV record, one after the other. Each
 * ends with a NUL.
 */
static inline const char *records_at(const struct records *rows, size_t row)
{
    return rows->text + rows->begins[row];
}

#endif

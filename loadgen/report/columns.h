/*
 * columns - aligns text in columns. Widths count characters, not bytes: "µs" has two.
 *
 * Threads: one. Memory: from columns_begin to columns_end. Errors: false with errno.
 */
#ifndef LOADGEN_REPORT_COLUMNS_H
#define LOADGEN_REPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { COLUMNS_MAX = 8 };

/* Number of characters of a UTF-8 text. */
int columns_width(const char *text);

/*
 * Like Go's tabwriter, which vegeta uses: a cell ends with a tab and is padded to the widest cell
 * of its column plus two blanks; text after the last tab of a line is not padded. At most
 * COLUMNS_MAX tabs per line.
 */
struct columns {
    FILE *cells; /* write cells here */
    char *lines;
    size_t length;
};

bool columns_begin(struct columns *columns);

/* Writes the aligned lines to `out` and frees everything. False with errno on failure. */
bool columns_end(struct columns *columns, FILE *out);

#endif

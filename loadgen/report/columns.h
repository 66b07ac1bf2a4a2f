/*
 * columns - texts beside one another. Widths count characters, not bytes: "µs" has two.
 *
 * Threads: one. Memory: from columns_begin to columns_end. Errors: false with errno.
 */
#ifndef LOADGEN_REPORT_COLUMNS_H
#define LOADGEN_REPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { COLUMNS_MAX = 8 };

/* The characters of a UTF-8 text. */
int columns_width(const char *text);

/*
 * Lines of cells: a cell ends with a tab and becomes as wide as the widest of its column and two
 * blanks; what follows the last tab of a line stays as it is. So does Go's tabwriter, with which
 * vegeta lays out its reports. At most COLUMNS_MAX tabs a line.
 */
struct columns {
    FILE *cells; /* to write to */
    char *lines;
    size_t length;
};

bool columns_begin(struct columns *columns);

/* Writes them to `out`, and releases all. false when that cannot be done. */
bool columns_end(struct columns *columns, FILE *out);

#endif

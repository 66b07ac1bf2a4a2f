#include "loadgen/report/columns.h"

#include <stdlib.h>
#include <string.h>

enum { GAP = 2 };

static int width_of(const char *text, size_t length)
{
    int width = 0;
    for (size_t i = 0; i < length; i++) {
        width += ((unsigned char)text[i] & 0xC0) != 0x80; /* the first byte of a character */
    }
    return width;
}

int columns_width(const char *text)
{
    return width_of(text, strlen(text));
}

static void measure(const char *lines, int widths[COLUMNS_MAX])
{
    size_t column = 0;
    for (const char *cell = lines; *cell;) {
        size_t length = strcspn(cell, "\t\n");
        if (cell[length] == '\t' && column < COLUMNS_MAX) {
            int width = width_of(cell, length) + GAP;
            widths[column] = width > widths[column] ? width : widths[column];
        }
        column = cell[length] == '\t' ? column + 1 : 0;
        cell += length + (cell[length] != '\0');
    }
}

static void write_aligned(const char *lines, FILE *out)
{
    int widths[COLUMNS_MAX] = {0};
    measure(lines, widths);
    size_t column = 0;
    for (const char *cell = lines; *cell;) {
        size_t length = strcspn(cell, "\t\n");
        fwrite(cell, 1, length, out);
        if (cell[length] == '\t') {
            int width = column < COLUMNS_MAX ? widths[column] : GAP;
            fprintf(out, "%*s", width - width_of(cell, length), "");
            column++;
        } else {
            fputc('\n', out);
            column = 0;
        }
        cell += length + (cell[length] != '\0');
    }
}

bool columns_begin(struct columns *columns)
{
    columns->lines = NULL;
    columns->cells = open_memstream(&columns->lines, &columns->length);
    return columns->cells != NULL;
}

bool columns_end(struct columns *columns, FILE *out)
{
    bool ok = fclose(columns->cells) == 0;
    if (ok) {
        write_aligned(columns->lines, out);
    }
    free(columns->lines);
    return ok && fflush(out) == 0 && !ferror(out);
}

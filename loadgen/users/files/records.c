#include "loadgen/users/files/records.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/base/text/csv.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/users/files/folder.h"

enum { MB = 1024 * 1024, RECORDS_FIRST = 1024 };

/* A file being read. */
struct reading {
    struct records *rows;
    const char *name;
    char *at; /* the rest of the text, followed by room for a NUL */
    char *end;
    size_t line;
    size_t room; /* for rows */
    struct err *err;
};

static bool refuse(struct reading *reading, size_t line, const char *problem)
{
    return err_set(reading->err, ERR_USAGE, "%s:%zu: %s", reading->name, line, problem);
}

static const char long_row[] = "a row of more than 1 MB";

static bool add_row(struct reading *reading, const char *begin, const char *end, size_t line)
{
    struct records *rows = reading->rows;
    if (end - begin > RECORDS_ROW_BYTES_MAX) {
        return refuse(reading, line, long_row);
    }
    if (rows->count == RECORDS_MAX) {
        return refuse(reading, line, "more than 10,000,000 rows");
    }
    if (rows->count == reading->room) {
        reading->room = reading->room ? 2 * reading->room : RECORDS_FIRST;
        uint32_t *more = realloc(rows->begins, reading->room * sizeof *more);
        if (!more) {
            return err_set(reading->err, ERR_FAILED, "not enough memory for the rows of %s",
                           reading->name);
        }
        rows->begins = more;
    }
    rows->begins[rows->count++] = (uint32_t)(begin - rows->text);
    return true;
}

/* CSV. */

static bool has_name(const char *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++, names += strlen(names) + 1) {
        if (strcmp(names, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_names(struct reading *reading, const struct csv *csv)
{
    const struct records *rows = reading->rows;
    const char *name = rows->names;
    size_t line = csv->record_line;
    if (rows->columns > RECORDS_COLUMNS_MAX) {
        return refuse(reading, line, "more than 1000 columns");
    }
    if (csv->to - name > RECORDS_ROW_BYTES_MAX) {
        return refuse(reading, line, long_row);
    }
    for (size_t i = 0; i < rows->columns; i++, name += strlen(name) + 1) {
        if (name[0] == '\0') {
            return err_set(reading->err, ERR_USAGE,
                           "%s:%zu: column %zu has no name; the first line must name the columns",
                           reading->name, line, i + 1);
        }
        if (has_name(rows->names, i, name)) {
            return err_set(reading->err, ERR_USAGE, "%s:%zu: two columns are named \"%.100s\"",
                           reading->name, line, name);
        }
    }
    return true;
}

static bool add_record(struct reading *reading, const struct csv *csv, const char *record,
                       size_t count)
{
    if (count != reading->rows->columns) {
        return err_set(reading->err, ERR_USAGE,
                       "%s:%zu: %zu %s instead of %zu, as in the first line", reading->name,
                       csv->record_line, count, plural(count, "value", "values"),
                       reading->rows->columns);
    }
    return add_row(reading, record, csv->to, csv->record_line);
}

static bool read_csv(struct reading *reading)
{
    struct csv csv = csv_of(reading->at, (size_t)(reading->end - reading->at));
    char *record = NULL;
    size_t count = csv_next(&csv, &record);
    reading->rows->names = record;
    reading->rows->columns = count;
    bool ok = count == 0 || check_names(reading, &csv);
    while (ok && (count = csv_next(&csv, &record)) > 0) {
        ok = add_record(reading, &csv, record, count);
    }
    return ok && (!csv.problem || refuse(reading, csv.problem_line, csv.problem));
}

/* Lines. */

static bool read_lines(struct reading *reading)
{
    bool ok = true;
    for (size_t line = 1; ok && reading->at < reading->end; line++) {
        char *begin = reading->at;
        char *newline = memchr(begin, '\n', (size_t)(reading->end - begin));
        char *end = newline ? newline : reading->end;
        reading->at = newline ? newline + 1 : reading->end;
        end -= end > begin && end[-1] == '\r';
        *end = '\0';
        if (end > begin) {
            bool has_nul = strlen(begin) != (size_t)(end - begin);
            ok = has_nul ? refuse(reading, line, "a NUL byte") : add_row(reading, begin, end, line);
        }
    }
    return ok;
}

/*
 * JSON. The array is split at its commas, and then each of its elements is checked: if all are
 * JSON, the array is. So jansson never holds more than one element.
 */

static void skip_space(struct reading *reading)
{
    for (; reading->at < reading->end && strchr(" \t\r\n", *reading->at) && *reading->at;
         reading->at++) {
        reading->line += *reading->at == '\n';
    }
}

/* Moves to the end of the element: a comma, a closing bracket, or the end of the text. */
static void skip_element(struct reading *reading)
{
    size_t depth = 0;
    bool is_in_string = false;
    for (; reading->at < reading->end; reading->at++) {
        char c = *reading->at;
        reading->line += c == '\n';
        if (is_in_string) {
            is_in_string = c != '"';
            reading->at += c == '\\' && reading->at + 1 < reading->end;
        } else if (c == '"') {
            is_in_string = true;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (c == ']' || c == '}' || c == ',') {
            if (depth == 0) {
                return;
            }
            depth -= c != ',';
        }
    }
}

static bool add_element(struct reading *reading, char *begin, size_t line)
{
    json_error_t error;
    if (!add_row(reading, begin, reading->at, line)) {
        return false;
    }
    json_t *json =
        json_loadb(begin, (size_t)(reading->at - begin), JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!json) {
        return refuse(reading, line + (error.line > 0 ? (size_t)error.line - 1 : 0), error.text);
    }
    json_decref(json);
    return true;
}

static bool read_json(struct reading *reading)
{
    static const char form[] = "expected an array: [..., ...]";
    reading->line = 1;
    skip_space(reading);
    if (reading->at == reading->end || *reading->at != '[') {
        return refuse(reading, reading->line, form);
    }
    reading->at++;
    skip_space(reading);
    bool is_over = reading->at < reading->end && *reading->at == ']';
    reading->at += is_over;
    while (!is_over) {
        skip_space(reading);
        char *begin = reading->at;
        size_t line = reading->line;
        skip_element(reading);
        if (reading->at == reading->end) {
            return refuse(reading, reading->line, "the array does not end");
        }
        is_over = *reading->at == ']';
        if ((!is_over && *reading->at != ',') || !add_element(reading, begin, line)) {
            return refuse(reading, reading->line, form);
        }
        *reading->at = '\0';
        reading->at++;
    }
    skip_space(reading);
    return reading->at == reading->end ||
           refuse(reading, reading->line, "characters after the array");
}

static void shrink(struct records *rows)
{
    size_t count = rows->count > 0 ? rows->count : 1;
    uint32_t *less = realloc(rows->begins, count * sizeof *less);
    rows->begins = less ? less : rows->begins;
}

/* Skips a byte order mark. */
static bool check_encoding(struct reading *reading, size_t length)
{
    const char *other = utf8_other_encoding(reading->at, length);
    if (other) {
        return err_set(reading->err, ERR_USAGE,
                       "%s is %s; convert it to UTF-8: iconv -f %s -t UTF-8 FILE >NEW_FILE",
                       reading->name, other, other);
    }
    bool has_mark = length >= 3 && memcmp(reading->at, "\xef\xbb\xbf", 3) == 0;
    reading->at += has_mark ? 3 : 0;
    return true;
}

bool records_parse(struct records *rows, char *text, size_t length, const char *name,
                   enum records_format format, struct err *err)
{
    static bool (*const readers[])(struct reading * reading) = {
        [RECORDS_CSV] = read_csv,
        [RECORDS_LINES] = read_lines,
        [RECORDS_JSON] = read_json,
    };
    struct reading reading = {
        .rows = rows, .name = name, .at = text, .end = text + length, .err = err};
    *rows = (struct records){.format = format, .text = text, .bytes = length};
    sha256_print(text, length, rows->sha256);
    bool ok = check_encoding(&reading, length) && readers[format](&reading) &&
              (rows->count > 0 || err_set(err, ERR_USAGE, "%s has no rows", name));
    if (ok) {
        shrink(rows);
    } else {
        records_free(rows);
    }
    return ok;
}

bool records_read(struct records *rows, const char *folder, const char *name,
                  enum records_format format, struct err *err)
{
    char path[PATH_MAX];
    size_t size = 0;
    size_t length = 0;
    const char *problem = folder_find(folder, name, path, &size);
    if (problem) {
        return err_set(err, ERR_USAGE, "cannot read %.200s: %s", name, problem);
    }
    if (size > RECORDS_BYTES_MAX) {
        return err_set(err, ERR_USAGE, "%.200s has %zu MB; at most %d MB are allowed", name,
                       size / MB, RECORDS_BYTES_MAX / MB);
    }
    char *text = malloc(size + 1);
    if (!text) {
        return err_set(err, ERR_FAILED, "not enough memory for %.200s", name);
    }
    problem = folder_read(path, text, size, &length);
    if (problem) {
        free(text);
        return err_set(err, ERR_USAGE, "cannot read %.200s: %s", name, problem);
    }
    return records_parse(rows, text, length, name, format, err);
}

void records_free(struct records *rows)
{
    free(rows->text);
    free(rows->begins);
    *rows = (struct records){0};
}

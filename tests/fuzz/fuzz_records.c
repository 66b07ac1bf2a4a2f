/*
 * fuzz_records - any bytes as a data file of a scenario, for libFuzzer (`make fuzz`). The first
 * byte is the format.
 *
 * What is checked beside the sanitizers: values end inside the text; the rows of a CSV file,
 * written again with all values in quotes, are read as the same rows; JSON is read or refused as
 * jansson does, with the same elements.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/bytes.h"
#include "loadgen/users/files/records.h"

static const size_t any = JSON_DECODE_ANY | JSON_ALLOW_NUL;

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static bool parse(struct records *rows, const char *text, size_t length, enum records_format format,
                  struct err *err)
{
    char *copy = malloc(length + 1);
    require(copy != NULL);
    if (length > 0) {
        memcpy(copy, text, length);
    }
    return records_parse(rows, copy, length, "fuzz", format, err);
}

/* How many bytes these values take, with a NUL each. */
static size_t size_of(const char *values, size_t count)
{
    const char *at = values;
    for (size_t i = 0; i < count; i++) {
        at += strlen(at) + 1;
    }
    return (size_t)(at - values);
}

/* CSV. */

static void write_values(const char *value, size_t count, struct bytes *out)
{
    for (size_t i = 0; i < count; i++, value += strlen(value) + 1) {
        bytes_add_text(out, i > 0 ? ",\"" : "\"");
        for (const char *c = value; *c; c++) {
            bytes_add(out, "\"\"", *c == '"' ? 2 : 0);
            bytes_add(out, c, *c == '"' ? 0 : 1);
        }
        bytes_add_text(out, "\"");
    }
    bytes_add_text(out, "\r\n");
}

static void check_csv(const struct records *rows)
{
    struct bytes text = {0};
    struct records again;
    struct err err = {0};
    write_values(rows->names, rows->columns, &text);
    for (size_t i = 0; i < rows->count; i++) {
        write_values(records_at(rows, i), rows->columns, &text);
    }
    require(parse(&again, text.at, text.length, RECORDS_CSV, &err));
    require(again.count == rows->count && again.columns == rows->columns);
    for (size_t i = 0; i < rows->count; i++) {
        size_t size = size_of(records_at(rows, i), rows->columns);
        require(size == size_of(records_at(&again, i), rows->columns) &&
                memcmp(records_at(rows, i), records_at(&again, i), size) == 0);
    }
    records_free(&again);
    bytes_free(&text);
}

/* JSON. */

static void check_elements(const struct records *rows, const json_t *all)
{
    require(json_array_size(all) == rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        json_t *one = json_loadb(records_at(rows, i), strlen(records_at(rows, i)), any, NULL);
        require(one && json_equal(one, json_array_get(all, i)));
        json_decref(one);
    }
}

/* Of an array inside an array, jansson counts one level more. */
static bool is_too_deep(const json_error_t *error)
{
    return strstr(error->text, "maximum parsing depth") != NULL;
}

static void check_json(const struct records *rows, const char *text, size_t length)
{
    json_error_t error = {.text = ""};
    size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    json_t *all = json_loadb(text + mark, length - mark, any, &error);
    if (rows) {
        require(all || is_too_deep(&error));
    } else {
        require(!json_is_array(all) || json_array_size(all) == 0);
    }
    if (rows && all) {
        check_elements(rows, all);
    }
    json_decref(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    enum records_format format = (enum records_format)(data[0] % 3);
    const char *text = (const char *)data + 1;
    struct records rows;
    struct err err = {0};
    bool ok = parse(&rows, text, size - 1, format, &err);
    require(ok == (err.code == ERR_NONE));
    for (size_t i = 0; ok && i < rows.count; i++) {
        size_t bytes = size_of(records_at(&rows, i), format == RECORDS_CSV ? rows.columns : 1);
        require(rows.begins[i] + bytes <= size); /* the text and its last NUL */
    }
    if (ok && format == RECORDS_CSV) {
        check_csv(&rows);
    } else if (format == RECORDS_JSON) {
        check_json(ok ? &rows : NULL, text, size - 1);
    }
    records_free(&rows);
    return 0;
}

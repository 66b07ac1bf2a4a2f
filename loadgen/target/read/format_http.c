/*
 * vegeta's text format; targets.h shows it.
 *
 *     file   = { skip } target { { skip } target }
 *     skip   = blank line | "#" anything
 *     target = METHOD white-space URL, [ { header | comment } ( blank line | "@" path | end ) ]
 *
 * If the line after the request line is blank or another request line, the target is complete.
 * Otherwise headers follow, and a blank line must precede the next target. A comment "# @name NAME"
 * belongs to the target below it, so it ends the one above.
 */
#include <string.h>

#include "common/blank.h"
#include "loadgen/target/read/hint.h"
#include "loadgen/target/read/reader.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const char *skip_space(const char *text)
{
    while (blank_at(text) > 0) {
        text += blank_at(text);
    }
    return text;
}

/* A line that starts a target: capital letters, then white space. */
static bool is_request_line(const char *line)
{
    size_t length = strspn(line, letters);
    return length > 0 && blank_at(line + length) > 0;
}

/* The name in a comment "# @name NAME"; NULL when it is another comment, or none. */
static const char *name_in(const char *line)
{
    static const char word[] = "@name";
    if (line[0] != '#') {
        return NULL;
    }
    const char *text = skip_space(line + 1);
    const char *name = text + sizeof word - 1;
    bool is_name =
        strncmp(text, word, sizeof word - 1) == 0 && (*name == '\0' || blank_at(name) > 0);
    return is_name ? skip_space(name) : NULL;
}

static bool begin(struct draft *draft, const char *line, struct err *err)
{
    if (!is_request_line(line)) {
        return hint_no_target(line, err);
    }
    size_t length = strspn(line, letters);
    const char *url = skip_space(line + length);
    if (url[strcspn(url, " \t")]) {
        return hint_one_line(line, (int)length, url, err);
    }
    return draft_set_method(draft, line, length, err) && draft_set_url(draft, url, err);
}

static bool add_header(struct draft *draft, const char *line, struct err *err)
{
    if (is_request_line(line)) {
        return err_set(
            err, ERR_USAGE,
            "\"%.300s\" follows a header of the target above; put a blank line before it", line);
    }
    if (hint_is_body(line)) {
        return hint_inline_body(line, err);
    }
    return message_add_header(&draft->headers, line, err);
}

/* Without a line feed the lines of an old Mac are all one. */
static enum read_state next_line(struct reader *reader, char **line, struct err *err)
{
    enum read_state state = reader_line(reader, line, err);
    if (state == READ_OK && strchr(*line, '\r')) {
        err_set(err, ERR_USAGE,
                "the line contains a carriage return; if lines end with only this character, "
                "convert the file: tr '\\r' '\\n' <FILE >NEW_FILE");
        return READ_FAIL;
    }
    return state;
}

/* Skips blank lines and comments between targets; returns the first other line. */
static enum read_state skip(struct reader *reader, char **line, struct err *err)
{
    enum read_state state = READ_OK;
    while ((state = next_line(reader, line, err)) == READ_OK) {
        const char *name = name_in(*line);
        if (name && !draft_set_name(&reader->draft, name, err)) {
            return READ_FAIL;
        }
        if ((*line)[0] && (*line)[0] != '#') {
            break;
        }
    }
    return state;
}

static enum read_state read_http(struct reader *reader, struct err *err)
{
    struct draft *draft = &reader->draft;
    char *line = NULL;
    enum read_state state = skip(reader, &line, err);
    if (state != READ_OK) {
        return state;
    }
    if (!begin(draft, line, err)) {
        return READ_FAIL;
    }
    bool has_headers = false;
    while ((state = next_line(reader, &line, err)) == READ_OK && line[0]) {
        if (name_in(line) || (!has_headers && is_request_line(line))) {
            reader_keep_line(reader);
            break;
        }
        if (line[0] == '@') {
            return draft_set_body_file(draft, line + 1, err) ? READ_OK : READ_FAIL;
        }
        has_headers = true;
        if (line[0] != '#' && !add_header(draft, line, err)) {
            return READ_FAIL;
        }
    }
    return state == READ_FAIL ? READ_FAIL : READ_OK;
}

const struct format format_http = {.name = "http", .read = read_http};

/*
 * vegeta's text format; targets.h shows it.
 *
 *     file   = { skip } target { { skip } target }
 *     skip   = blank line | "#" anything
 *     target = METHOD white-space URL, [ { header | comment } ( blank line | "@" path | end ) ]
 *
 * The line after the request line is looked at: when it is blank or another request line, the
 * target is complete. Otherwise headers follow, and then a blank line has to come before the next
 * target. A comment "# @name NAME" belongs to the target below it, so it ends the one above.
 */
#include <ctype.h>
#include <string.h>

#include "loadgen/target/reader.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t\v\f\r");
}

/* A line that starts a target: capital letters, then white space. */
static bool is_request_line(const char *line)
{
    size_t length = strspn(line, letters);
    return length > 0 && isspace((unsigned char)line[length]);
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
    bool is_name = strncmp(text, word, sizeof word - 1) == 0 &&
                   (*name == '\0' || isspace((unsigned char)*name));
    return is_name ? skip_space(name) : NULL;
}

/* What follows the URL on its line: a header, and behind it what looks like a body. */
static bool refuse_one_line(const char *method, int method_length, const char *url, struct err *err)
{
    int url_length = (int)strcspn(url, " \t");
    const char *rest = skip_space(url + url_length);
    int header = (int)strcspn(rest, "{['\"");
    const char *body = rest[header] ? rest + header : "the body";
    while (header > 0 && isspace((unsigned char)rest[header - 1])) {
        header--;
    }
    bool has_header = memchr(rest, ':', (size_t)header) != NULL;
    return err_set(err, ERR_USAGE,
                   "the URL \"%.160s\" has a space in it; a target is written on lines of its own: "
                   "\"%.*s %.*s\", below it \"%.*s\", below that \"@FILE\", with %.60s in FILE "
                   "(a space inside a URL is written %%20)",
                   url, method_length, method, url_length < 120 ? url_length : 120, url,
                   has_header ? (header < 80 ? header : 80) : 11, has_header ? rest : "Name: value",
                   body);
}

static bool begin(struct draft *draft, const char *line, struct err *err)
{
    if (!is_request_line(line)) {
        return err_set(err, ERR_USAGE,
                       "\"%.300s\" does not begin a target; write a method in capitals and a URL, "
                       "as GET http://127.0.0.1:5000/health",
                       line);
    }
    size_t length = strspn(line, letters);
    const char *url = skip_space(line + length);
    if (url[strcspn(url, " \t")]) {
        return refuse_one_line(line, (int)length, url, err);
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
    return message_add_header(&draft->headers, line, err);
}

/* Passes over what may stand between targets; the line is the first one that is not that. */
static enum read_state skip(struct reader *reader, char **line, struct err *err)
{
    enum read_state state = READ_OK;
    while ((state = reader_line(reader, line, err)) == READ_OK) {
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
    while ((state = reader_line(reader, &line, err)) == READ_OK && line[0]) {
        if (name_in(line) || (!has_headers && is_request_line(line))) {
            reader_keep_line(reader);
            break;
        }
        if (line[0] == '@') {
            draft->has_body = true;
            return bytes_add_file(&draft->body, line + 1, err) ? READ_OK : READ_FAIL;
        }
        has_headers = true;
        if (line[0] != '#' && !add_header(draft, line, err)) {
            return READ_FAIL;
        }
    }
    return state == READ_FAIL ? READ_FAIL : READ_OK;
}

const struct format format_http = {.name = "http", .read = read_http};

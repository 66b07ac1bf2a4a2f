#include "loadgen/target/read/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/blank.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/target/request/secret.h"

enum { NAME_BYTES_MAX = 200 };

static bool check_memory(const struct bytes *bytes, struct err *err)
{
    return !bytes->has_failed || err_set(err, ERR_FAILED, "not enough memory for the targets");
}

/* Drafts. */

void draft_clear(struct draft *draft)
{
    bytes_clear(&draft->method);
    bytes_clear(&draft->url);
    bytes_clear(&draft->shown_url);
    bytes_clear(&draft->name);
    bytes_clear(&draft->headers);
    bytes_clear(&draft->body);
    bytes_clear(&draft->body_file);
    draft->has_body = false;
}

void draft_free(struct draft *draft)
{
    bytes_free(&draft->method);
    bytes_free(&draft->url);
    bytes_free(&draft->shown_url);
    bytes_free(&draft->name);
    bytes_free(&draft->headers);
    bytes_free(&draft->body);
    bytes_free(&draft->body_file);
}

bool draft_set_method(struct draft *draft, const char *method, size_t length, struct err *err)
{
    bytes_add(&draft->method, method, length);
    bytes_add(&draft->method, "", 1);
    return check_memory(&draft->method, err);
}

static void add_as_ascii(struct bytes *out, const char *text, const char *end)
{
    for (const char *c = text; c < end; c++) {
        if ((unsigned char)*c < 0x80) {
            bytes_add(out, c, 1);
        } else {
            char code[4];
            bytes_add(out, code, (size_t)snprintf(code, sizeof code, "%%%02X", (unsigned char)*c));
        }
    }
}

/* What stands before a path: "http://HOST[:PORT]", checked here so that errors name their cause. */
static bool add_target_host(struct draft *draft, const char *path, struct err *err)
{
    const char *host = draft->target_host;
    if (!host) {
        return err_set(err, ERR_USAGE,
                       "\"%.200s\" is only a path, and TARGET_HOST is not set; write "
                       "http://HOST[:PORT]%.200s, or set TARGET_HOST=HOST:PORT",
                       path, path);
    }
    if (strpbrk(host, "?#")) {
        return err_set(err, ERR_USAGE,
                       "TARGET_HOST: \"%.200s\" is neither HOST:PORT nor http://HOST[:PORT]", host);
    }
    if (!strstr(host, "://")) {
        bytes_add_text(&draft->url, "http://");
    }
    add_as_ascii(&draft->url, host, host + strlen(host));
    while (!draft->url.has_failed && draft->url.at[draft->url.length - 1] == '/') {
        draft->url.length--;
    }
    bytes_add(&draft->url, "", 1);
    if (!check_memory(&draft->url, err)) {
        return false;
    }
    draft->url.length--; /* the path follows */
    return url_parse(draft->url.at, &draft->parts, err) || err_prefix(err, "TARGET_HOST");
}

bool draft_set_url(struct draft *draft, const char *url, struct err *err)
{
    const char *end = url + strlen(url);
    blank_trim_range(&url, &end);
    if (url[0] == '/' && !add_target_host(draft, url, err)) {
        return false;
    }
    add_as_ascii(&draft->url, url, end);
    bytes_add(&draft->url, "", 1);
    return check_memory(&draft->url, err) && url_parse(draft->url.at, &draft->parts, err);
}

/* A name stands in reports, on terminals and in JSON. */
bool draft_set_name(struct draft *draft, const char *name, struct err *err)
{
    if (!name[0] || !utf8_is_text(name) || strlen(name) > NAME_BYTES_MAX) {
        return err_set(err, ERR_USAGE,
                       "a target's name must be 1 to %d bytes of UTF-8 without control characters",
                       NAME_BYTES_MAX);
    }
    bytes_clear(&draft->name);
    bytes_add(&draft->name, name, strlen(name) + 1);
    return check_memory(&draft->name, err);
}

bool draft_set_body_file(struct draft *draft, const char *path, struct err *err)
{
    draft->has_body = true;
    bytes_add(&draft->body_file, path, strlen(path) + 1);
    return check_memory(&draft->body_file, err) && bytes_add_file(&draft->body, path, err);
}

bool draft_finish(struct draft *draft, struct err *err)
{
    if (draft->name.length == 0) {
        bytes_add_text(&draft->name, draft->method.at);
        bytes_add(&draft->name, " ", 1);
        url_add_bare_path(&draft->parts, &draft->name);
        bytes_add(&draft->name, "", 1);
    }
    bytes_add(&draft->shown_url, draft->url.at, draft->url.length);
    if (!check_memory(&draft->shown_url, err)) {
        return false;
    }
    secret_mask_url(draft->shown_url.at);
    return check_memory(&draft->name, err) && check_memory(&draft->headers, err) &&
           check_memory(&draft->body, err);
}

struct message draft_message(const struct draft *draft)
{
    struct message message = {
        .method = draft->method.at,
        .url = draft->parts,
        .headers = {draft->headers.at ? draft->headers.at : "", draft->headers.length},
    };
    if (draft->has_body) {
        message.body = (struct slice){draft->body.at ? draft->body.at : "", draft->body.length};
    }
    return message;
}

/* Reading. */

void reader_init(struct reader *reader, FILE *in, const char *name, const struct format *format,
                 const char *target_host)
{
    *reader =
        (struct reader){.in = in, .name = name, .format = format, .draft.target_host = target_host};
}

void reader_fini(struct reader *reader)
{
    free(reader->line);
    draft_free(&reader->draft);
}

/* A line as getline gave it: UTF-8, as far as NUL bytes tell. */
static bool check_text(const struct reader *reader, size_t length, struct err *err)
{
    const char *other = reader->number == 1 ? utf8_other_encoding(reader->line, length) : NULL;
    if (other) {
        return err_set(err, ERR_USAGE,
                       "the file is %s; convert it to UTF-8: iconv -f %s -t UTF-8 FILE >NEW_FILE",
                       other, other);
    }
    return strlen(reader->line) == length ||
           err_set(err, ERR_USAGE, "the line contains a NUL byte");
}

enum read_state reader_line(struct reader *reader, char **line, struct err *err)
{
    if (!reader->is_kept) {
        errno = 0;
        ssize_t length = getline(&reader->line, &reader->line_size, reader->in);
        if (length < 0) {
            if (feof(reader->in)) {
                return READ_END;
            }
            err_set(err, ERR_FAILED, "cannot read: %s", strerror(errno));
            return READ_FAIL;
        }
        reader->number++;
        if (!check_text(reader, (size_t)length, err)) {
            return READ_FAIL;
        }
        const char *text = blank_trim(reader->line);
        memmove(reader->line, text, strlen(text) + 1);
    }
    reader->is_kept = false;
    *line = reader->line;
    return READ_OK;
}

void reader_keep_line(struct reader *reader)
{
    reader->is_kept = true;
}

enum read_state reader_next(struct reader *reader, struct err *err)
{
    draft_clear(&reader->draft);
    enum read_state state = reader->format->read(reader, err);
    if (state == READ_OK && !draft_finish(&reader->draft, err)) {
        state = READ_FAIL;
    }
    if (state == READ_FAIL) {
        err_prefix(err, "%s:%" PRIu64, reader->name, reader->number);
    }
    return state;
}

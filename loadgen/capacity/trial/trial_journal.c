#include "loadgen/capacity/trial/trial_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/base/bytes.h"

enum { FORMAT = 1, DIGITS = 15 };

static bool fail(const struct trial_journal *journal, const char *what, struct err *err)
{
    return err_set(err, ERR_FAILED, "search.journal: cannot %s %s: %s", what, journal->path,
                   strerror(errno));
}

static bool write_all(int fd, const char *at, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        at += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

/* Continues without the journal if on_failure is set. */
static bool tolerate(struct trial_journal *journal, struct err *err)
{
    struct err why = {.code = ERR_NONE};
    fail(journal, "write", &why);
    if (!journal->on_failure) {
        return err_set(err, why.code, "%s", why.text);
    }
    close(journal->fd);
    journal->fd = -1;
    journal->on_failure(journal->context, &why);
    return true;
}

bool trial_journal_add(struct trial_journal *journal, const json_t *line, struct err *err)
{
    if (journal->fd < 0) {
        return true;
    }
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    if (!text) {
        return err_set(err, ERR_FAILED, "search.journal: not enough memory");
    }
    size_t length = strlen(text);
    text[length] = '\n';
    bool ok = write_all(journal->fd, text, length + 1) && fsync(journal->fd) == 0;
    int problem = errno;
    free(text);
    errno = problem;
    return ok || tolerate(journal, err);
}

static json_t *make_header(json_t *settings)
{
    return json_pack("{s:i, s:O}", "journal", FORMAT, "settings", settings);
}

/* Writes the JSON to text and reads it back, so that numbers are rounded as in the file. */
static json_t *as_read(json_t *json)
{
    char *text = json_dumps(json, JSON_REAL_PRECISION(DIGITS));
    json_t *read = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return read;
}

/* Names the first setting that differs. */
static bool refuse_settings(const struct trial_journal *journal, json_t *theirs, json_t *ours,
                            struct err *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(ours, key, value)
    {
        json_t *other = json_object_get(theirs, key);
        if (!json_equal(value, other)) {
            char *then = other ? json_dumps(other, JSON_ENCODE_ANY) : NULL;
            char *now = json_dumps(value, JSON_ENCODE_ANY);
            err_set(err, ERR_USAGE,
                    "search.resume: %s belongs to another search (%s: %s, now %s); use the same "
                    "flags and "
                    "targets, or another search.journal",
                    journal->path, key, then ? then : "none", now ? now : "");
            free(then);
            free(now);
            return false;
        }
    }
    return err_set(err, ERR_USAGE,
                   "search.resume: %s was written by a search with other flags; use the same "
                   "flags, or another search.journal",
                   journal->path);
}

static bool check_header(const struct trial_journal *journal, json_t *header, json_t *settings,
                         struct err *err)
{
    json_int_t format = json_integer_value(json_object_get(header, "journal"));
    if (format != FORMAT) {
        return err_set(err, ERR_FAILED,
                       "search.journal: %s is not a journal of this version of loadgen",
                       journal->path);
    }
    json_t *theirs = json_object_get(header, "settings");
    json_t *ours = as_read(settings);
    bool ok = json_equal(theirs, ours) || refuse_settings(journal, theirs, ours, err);
    json_decref(ours);
    return ok;
}

/* Reads one complete line, whose newline has been replaced by a NUL. */
static bool take_line(struct trial_journal *journal, const char *line, json_t *settings,
                      size_t number, struct err *err)
{
    json_error_t error;
    json_t *json = json_loads(line, 0, &error);
    if (!json) {
        return err_set(err, ERR_FAILED, "search.journal: %s, line %zu: %s", journal->path, number,
                       error.text);
    }
    if (number > 1) {
        return json_array_append_new(journal->lines, json) == 0 ||
               err_set(err, ERR_FAILED, "search.journal: not enough memory");
    }
    bool ok = check_header(journal, json, settings, err);
    json_decref(json);
    return ok;
}

/* Returns the number of lines; what follows the last newline is torn. */
static bool take_lines(struct trial_journal *journal, struct bytes *text, json_t *settings,
                       size_t *count, struct err *err)
{
    size_t at = 0;
    char *end = NULL;
    *count = 0;
    while (at < text->length && (end = memchr(text->at + at, '\n', text->length - at))) {
        *end = '\0';
        if (!take_line(journal, text->at + at, settings, ++*count, err)) {
            return false;
        }
        at = (size_t)(end - text->at) + 1;
    }
    journal->torn_bytes = text->length - at;
    return journal->torn_bytes == 0 || ftruncate(journal->fd, (off_t)at) == 0 ||
           fail(journal, "truncate", err);
}

static bool read_lines(struct trial_journal *journal, json_t *settings, size_t *count,
                       struct err *err)
{
    struct bytes text = {0};
    bool ok = bytes_add_file(&text, journal->path, err) || err_prefix(err, "search.journal");
    ok = ok && take_lines(journal, &text, settings, count, err);
    bytes_free(&text);
    return ok;
}

bool trial_journal_open(struct trial_journal *journal, const char *path, bool resumes,
                        json_t *settings, struct err *err)
{
    size_t count = 0;
    *journal = (struct trial_journal){.fd = -1, .path = path, .lines = json_array()};
    if (!path) {
        return true;
    }
    int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | (resumes ? 0 : O_EXCL);
    journal->fd = open(path, flags, 0644);
    if (journal->fd < 0 && errno == EEXIST) {
        return err_set(
            err, ERR_USAGE,
            "search.journal: %s exists; continue its search with search.resume, or remove it",
            path);
    }
    if (journal->fd < 0) {
        return fail(journal, "open", err);
    }
    if (resumes && !read_lines(journal, settings, &count, err)) {
        return false;
    }
    if (count > 0) {
        return true;
    }
    json_t *header = make_header(settings);
    bool ok = trial_journal_add(journal, header, err);
    json_decref(header);
    return ok;
}

void trial_journal_close(struct trial_journal *journal)
{
    if (journal->fd >= 0) {
        close(journal->fd);
    }
    json_decref(journal->lines);
    *journal = (struct trial_journal){.fd = -1};
}

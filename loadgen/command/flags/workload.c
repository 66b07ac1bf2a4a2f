#include "loadgen/command/flags/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/environment.h"
#include "loadgen/target/read/formats.h"

bool workload_add_header(void *field, const char *text, struct err *err)
{
    struct workload_headers *headers = field;
    if (headers->count == WORKLOAD_HEADERS_MAX) {
        return err_set(err, ERR_USAGE, "at most %d headers", WORKLOAD_HEADERS_MAX);
    }
    headers->list[headers->count++] = text;
    return message_check_header(text, err);
}

bool workload_set_format(void *field, const char *text, struct err *err)
{
    const struct format *format = formats_find(text, err);
    *(const struct format **)field = format;
    return format != NULL;
}

/* Refuses flags that have no effect together with a URL, and targets from a terminal. */
static bool check(const struct workload_options *options, struct err *err)
{
    bool is_stdin = strcmp(options->targets, "stdin") == 0;
    const char *flag = !is_stdin                         ? "-targets"
                       : options->is_lazy                ? "-lazy"
                       : options->format != &format_http ? "-format"
                                                         : NULL;
    if (options->url && flag) {
        return err_set(err, ERR_USAGE, "%s needs a list of targets; remove this flag or the URL %s",
                       flag, options->url);
    }
    if (!options->url && is_stdin && isatty(STDIN_FILENO)) {
        return err_set(err, ERR_USAGE,
                       "targets are read from stdin, which is a terminal; give a URL or "
                       "-targets FILE, or pipe them in: echo \"GET http://127.0.0.1:5000/\" | "
                       "loadgen attack");
    }
    return true;
}

static bool open_targets(struct workload *workload, const struct workload_options *options,
                         struct err *err)
{
    const char *path = options->targets;
    bool is_stdin = strcmp(path, "stdin") == 0;
    workload->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (workload->fd < 0) {
        return err_set(err, ERR_FAILED, "-targets: cannot open %s: %s", path, strerror(errno));
    }
    if (options->is_lazy) {
        workload->lazy = lazy_open(workload->fd, path, options->format, &workload->defaults,
                                   &workload->targets, err);
        return workload->lazy != NULL;
    }
    FILE *in = is_stdin ? stdin : fdopen(workload->fd, "r");
    if (!in) {
        return err_set(err, ERR_FAILED, "-targets: cannot read %s: %s", path, strerror(errno));
    }
    bool ok = targets_read(&workload->targets, in, path, options->format, &workload->defaults, err);
    if (!is_stdin) {
        fclose(in);
        workload->fd = -1;
    }
    return ok;
}

/* As in vegeta, the file name "stdin" is standard input. */
static bool read_body(struct workload *workload, const struct workload_options *options,
                      struct err *err)
{
    const char *path = options->body_file;
    if (!path) {
        return true;
    }
    bool is_stdin = strcmp(path, "stdin") == 0;
    if (is_stdin && !options->url && strcmp(options->targets, "stdin") == 0) {
        return err_set(err, ERR_USAGE,
                       "-body: stdin already provides the targets; use a file for one of the two");
    }
    return bytes_add_file(&workload->body, is_stdin ? "/dev/stdin" : path, err) ||
           err_prefix(err, "-body");
}

bool workload_open(struct workload *workload, const struct workload_options *options,
                   struct err *err)
{
    *workload = (struct workload){.defaults = options->defaults, .fd = -1};
    if (!check(options, err) || !read_body(workload, options, err)) {
        return false;
    }
    const char *host = environment_get("TARGET_HOST");
    workload->defaults.target_host = host && host[0] ? host : NULL;
    workload->defaults.body = workload->body.at;
    workload->defaults.body_length = workload->body.length;
    workload->defaults.body_file = options->body_file;
    if (!(options->url ? targets_single(&workload->targets, options->url, &workload->defaults, err)
                       : open_targets(workload, options, err))) {
        return false;
    }
    workload->source = workload->lazy
                           ? lazy_source(workload->lazy)
                           : source_of(workload->targets.requests, workload->targets.count);
    return true;
}

bool workload_close(struct workload *workload, struct err *err)
{
    bool ok = lazy_close(workload->lazy, err);
    targets_free(&workload->targets);
    bytes_free(&workload->body);
    if (workload->fd > STDERR_FILENO) {
        close(workload->fd);
    }
    return ok;
}

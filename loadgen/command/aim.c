#include "loadgen/command/aim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool aim_set_header(void *field, const char *text, struct err *err)
{
    struct aim_headers *headers = field;
    if (headers->count == AIM_HEADERS_MAX) {
        return err_set(err, ERR_USAGE, "at most %d headers", AIM_HEADERS_MAX);
    }
    headers->list[headers->count++] = text;
    return message_check_header(text, err);
}

bool aim_set_format(void *field, const char *text, struct err *err)
{
    const struct format *format = format_find(text, err);
    *(const struct format **)field = format;
    return format != NULL;
}

/* What a URL leaves without a meaning is refused. */
static bool check(const struct aim_options *options, struct err *err)
{
    bool is_stdin = strcmp(options->targets, "stdin") == 0;
    const char *flag = !is_stdin                         ? "-targets"
                       : options->is_lazy                ? "-lazy"
                       : options->format != &format_http ? "-format"
                                                         : NULL;
    if (options->url && flag) {
        return err_set(err, ERR_USAGE, "%s is for a list of targets; leave it or the URL %s out",
                       flag, options->url);
    }
    if (!options->url && is_stdin && isatty(STDIN_FILENO)) {
        return err_set(err, ERR_USAGE,
                       "what shall be attacked? Give a URL, or -targets FILE, or targets on stdin");
    }
    return true;
}

static bool open_targets(struct aim *aim, const struct aim_options *options, struct err *err)
{
    const char *path = options->targets;
    bool is_stdin = strcmp(path, "stdin") == 0;
    aim->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (aim->fd < 0) {
        return err_set(err, ERR_FAILED, "-targets: cannot open %s: %s", path, strerror(errno));
    }
    if (options->is_lazy) {
        aim->lazy = lazy_open(aim->fd, path, options->format, &aim->defaults, &aim->targets, err);
        return aim->lazy != NULL;
    }
    FILE *in = is_stdin ? stdin : fdopen(aim->fd, "r");
    if (!in) {
        return err_set(err, ERR_FAILED, "-targets: cannot read %s: %s", path, strerror(errno));
    }
    bool ok = targets_read(&aim->targets, in, path, options->format, &aim->defaults, err);
    if (!is_stdin) {
        fclose(in);
        aim->fd = -1;
    }
    return ok;
}

bool aim_open(struct aim *aim, const struct aim_options *options, struct err *err)
{
    *aim = (struct aim){.defaults = options->defaults, .fd = -1};
    if (!check(options, err)) {
        return false;
    }
    if (options->body_file && !bytes_add_file(&aim->body, options->body_file, err)) {
        return err_prefix(err, "-body");
    }
    aim->defaults.target_host = getenv("TARGET_HOST");
    aim->defaults.body = aim->body.at;
    aim->defaults.body_length = aim->body.length;
    if (!(options->url ? targets_single(&aim->targets, options->url, &aim->defaults, err)
                       : open_targets(aim, options, err))) {
        return false;
    }
    aim->source =
        aim->lazy ? lazy_source(aim->lazy) : source_of(aim->targets.requests, aim->targets.count);
    return true;
}

bool aim_close(struct aim *aim, struct err *err)
{
    bool ok = lazy_close(aim->lazy, err);
    targets_free(&aim->targets);
    bytes_free(&aim->body);
    if (aim->fd > STDERR_FILENO) {
        close(aim->fd);
    }
    return ok;
}

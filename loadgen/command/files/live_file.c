#include "loadgen/command/files/live_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loadgen/base/memory.h"

/* Like `mkdir -p` for the folder of a file. False with errno. */
static bool make_folder(char *path)
{
    bool ok = true;
    for (char *slash = path; ok && (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        ok = mkdir(path, 0777) == 0 || errno == EEXIST;
        *slash = '/';
    }
    return ok;
}

static int open_file(char *path)
{
    enum { FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC };
    int fd = open(path, FLAGS, 0644);
    return fd < 0 && errno == ENOENT && make_folder(path) ? open(path, FLAGS, 0644) : fd;
}

bool live_file_open(struct live_file *file, const char *flag, const char *prefix,
                    const char *suffix, struct err *err)
{
    size_t size = strlen(prefix) + strlen(suffix) + 1;
    struct stat status;
    *file = (struct live_file){.path = memory_of(malloc(size))};
    snprintf(file->path, size, "%s%s", prefix, suffix);
    file->fd = open_file(file->path);
    if (file->fd < 0) {
        err_set(err, ERR_FAILED, "%s: cannot open %s: %s", flag, file->path, strerror(errno));
        free(file->path);
        file->path = NULL;
        return false;
    }
    file->is_regular = fstat(file->fd, &status) == 0 && S_ISREG(status.st_mode);
    return true;
}

/* Truncates the file after an error, so that it has only whole lines. `done`: bytes written. */
static void cut(const struct live_file *file, const char *text, size_t done)
{
    const char *last = memrchr(text, '\n', done);
    size_t whole = last ? (size_t)(last + 1 - text) : 0;
    off_t end = lseek(file->fd, (off_t)whole - (off_t)done, SEEK_CUR);
    if (end >= 0 && ftruncate(file->fd, end) != 0) {
        return; /* only the first error is reported */
    }
}

void live_file_append(struct live_file *file, const char *text, size_t length)
{
    size_t done = 0;
    while (done < length && file->error == 0) {
        ssize_t n = write(file->fd, text + done, length - done);
        if (n >= 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            file->error = errno;
        }
    }
    if (file->is_regular && file->error != 0 && done > 0) {
        cut(file, text, done);
    }
}

/* Truncates after writing, so that a reader never finds an empty file. */
void live_file_replace(struct live_file *file, const char *text, size_t length)
{
    if (file->is_regular && file->error == 0 && lseek(file->fd, 0, SEEK_SET) != 0) {
        file->error = errno;
    }
    live_file_append(file, text, length);
    if (file->is_regular && file->error == 0 && ftruncate(file->fd, (off_t)length) != 0) {
        file->error = errno;
    }
}

bool live_file_close(struct live_file *file, const char *flag, struct err *err)
{
    if (!file->path) {
        return true;
    }
    if (close(file->fd) != 0 && file->error == 0) {
        file->error = errno;
    }
    bool ok = file->error == 0 || err_set(err, ERR_FAILED, "%s: cannot write %s: %s", flag,
                                          file->path, strerror(file->error));
    free(file->path);
    file->path = NULL;
    return ok;
}

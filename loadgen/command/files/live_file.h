/*
 * live_file - a text file that is kept up to date during a run: appended to, or replaced as a
 * whole.
 *
 * A file is replaced in place, so readers that have it open see the new content. Each change is
 * written immediately, without a buffer. After the first error, an incomplete last line is cut off,
 * and nothing more is written.
 *
 * Threads: one. Memory: zero-initialize; live_file_close.
 */
#ifndef LOADGEN_COMMAND_FILES_LIVE_FILE_H
#define LOADGEN_COMMAND_FILES_LIVE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct live_file {
    char *path; /* NULL: not open */
    int fd;
    bool is_regular; /* false: a pipe or a device, which has no length */
    int error;       /* errno of the first error; 0: none */
};

/*
 * Creates or empties the file PREFIX SUFFIX, and creates missing folders. Errors of these functions
 * name `flag` and the file.
 */
bool live_file_open(struct live_file *file, const char *flag, const char *prefix,
                    const char *suffix, struct err *err);

void live_file_append(struct live_file *file, const char *text, size_t length);
void live_file_replace(struct live_file *file, const char *text, size_t length);

/* False with err if writing failed at any time. */
bool live_file_close(struct live_file *file, const char *flag, struct err *err);

#endif

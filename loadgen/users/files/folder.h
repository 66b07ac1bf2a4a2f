/*
 * folder - reads files of a scenario's folder.
 *
 * Only regular files can be read, and only inside the folder: absolute paths, and names and
 * symbolic links that lead out of it, are refused.
 *
 * Threads: any. Memory: none.
 */
#ifndef LOADGEN_USERS_FILES_FOLDER_H
#define LOADGEN_USERS_FILES_FOLDER_H

#include <limits.h>
#include <stddef.h>

/* Finds a file: its path without symbolic links, and its size. Returns NULL, or why it cannot be
 * read. */
const char *folder_find(const char *folder, const char *name, char path[PATH_MAX], size_t *size);

/* Reads at most `size` bytes, and sets *length to their number. Returns NULL, or why it failed. */
const char *folder_read(const char *path, char *to, size_t size, size_t *length);

#endif

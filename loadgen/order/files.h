/*
 * files - the files that an order refers to by SHA-256: request bodies, certificates, keys.
 *
 * The sender adds files and sends their chunks. The receiver registers the hash and size of each
 * file that an order names, and stores chunks as they arrive. A file can be found once it is
 * complete and its hash matches. Files with equal content are stored once.
 *
 * Threads: one at a time. Memory: holds copies of the contents until order_files_free. Errors:
 * ERR_FAILED, with the hash.
 */
#ifndef LOADGEN_ORDER_FILES_H
#define LOADGEN_ORDER_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/slice.h"
#include "loadgen/base/sha256.h"

enum { ORDER_CHUNK = 256 * 1024 };

/* Maximum size of a file, and of all files that are received, in bytes. */
#define ORDER_FILE_MAX ((size_t)1 << 30)
#define ORDER_FILES_MAX ((size_t)4 << 30)

struct order_file {
    char hash[SHA256_TEXT];
    char *bytes;
    size_t length;
    size_t missing; /* number of missing chunks */
    bool *has;      /* by chunk: true if it has arrived; NULL after order_files_add */
};

/* Zero-initialize. */
struct order_files {
    struct order_file *list;
    size_t count;
    size_t bytes; /* of all files */
};

void order_files_free(struct order_files *files);

/* Adds a file unless it exists; returns its hash, valid until the next call. */
const char *order_files_add(struct order_files *files, const void *bytes, size_t length);

/* Registers a file to be received, unless it exists. */
bool order_files_expect(struct order_files *files, const char *hash, size_t length,
                        struct err *err);

/*
 * Stores chunk i of a registered file. When the last missing chunk arrives, checks the hash; on a
 * mismatch, all chunks count as missing again.
 */
bool order_files_put(struct order_files *files, const char *hash, size_t i, struct slice chunk,
                     struct err *err);

/* True if every file is complete. */
bool order_files_is_complete(const struct order_files *files);

/* The file with this hash; `at` is NULL if it is incomplete or unknown. */
struct slice order_files_find(const struct order_files *files, const char *hash);

/* The number of chunks of a file of this length; chunk i of a file. */
size_t order_file_chunks(size_t length);
struct slice order_file_chunk(const struct order_file *file, size_t i);

#endif

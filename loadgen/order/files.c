#include "loadgen/order/files.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"

static void free_file(struct order_file *file)
{
    free(file->bytes);
    free(file->has);
}

void order_files_free(struct order_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free_file(&files->list[i]);
    }
    free(files->list);
    *files = (struct order_files){0};
}

static struct order_file *find(const struct order_files *files, const char *hash)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->list[i].hash, hash) == 0) {
            return &files->list[i];
        }
    }
    return NULL;
}

/* Adds a file without its bytes. */
static struct order_file *add(struct order_files *files, const char *hash, size_t length)
{
    files->list = memory_of(realloc(files->list, (files->count + 1) * sizeof *files->list));
    struct order_file *file = &files->list[files->count++];
    *file = (struct order_file){.length = length, .bytes = memory_of(malloc(length + 1))};
    memcpy(file->hash, hash, SHA256_TEXT);
    files->bytes += length;
    return file;
}

const char *order_files_add(struct order_files *files, const void *bytes, size_t length)
{
    char hash[SHA256_TEXT];
    struct order_file *file = find(files, sha256_print(bytes, length, hash));
    if (!file) {
        file = add(files, hash, length);
        memcpy(file->bytes, bytes, length);
    }
    return file->hash;
}

size_t order_file_chunks(size_t length)
{
    return length / ORDER_CHUNK + (length % ORDER_CHUNK > 0);
}

struct slice order_file_chunk(const struct order_file *file, size_t i)
{
    size_t at = i * ORDER_CHUNK;
    size_t left = file->length - at;
    return (struct slice){file->bytes + at, left < ORDER_CHUNK ? left : ORDER_CHUNK};
}

static bool is_hash(const char *text)
{
    return strlen(text) == SHA256_TEXT - 1 && strspn(text, "0123456789abcdef") == SHA256_TEXT - 1;
}

static bool has_hash(const struct order_file *file)
{
    char hash[SHA256_TEXT];
    return strcmp(sha256_print(file->bytes, file->length, hash), file->hash) == 0;
}

bool order_files_expect(struct order_files *files, const char *hash, size_t length, struct err *err)
{
    if (!is_hash(hash)) {
        return err_set(err, ERR_FAILED, "\"%.80s\" is not a SHA-256 hash", hash);
    }
    if (length > ORDER_FILE_MAX) {
        return err_set(err, ERR_FAILED, "the file %s is larger than %zu bytes", hash,
                       ORDER_FILE_MAX);
    }
    struct order_file *file = find(files, hash);
    if (file) {
        return file->length == length ||
               err_set(err, ERR_FAILED, "the file %s is listed with two sizes, %zu and %zu bytes",
                       hash, file->length, length);
    }
    if (length > ORDER_FILES_MAX - files->bytes) {
        return err_set(err, ERR_FAILED, "the files of the order exceed %zu bytes in total",
                       ORDER_FILES_MAX);
    }
    file = add(files, hash, length);
    file->missing = order_file_chunks(length);
    file->has = memory_of(calloc(file->missing + 1, sizeof *file->has));
    return length > 0 || has_hash(file) ||
           err_set(err, ERR_FAILED, "the hash of the empty file %s is wrong", hash);
}

bool order_files_put(struct order_files *files, const char *hash, size_t i, struct slice chunk,
                     struct err *err)
{
    struct order_file *file = find(files, hash);
    if (!file || i >= order_file_chunks(file->length) ||
        chunk.length != order_file_chunk(file, i).length) {
        return err_set(err, ERR_FAILED, "unexpected chunk of the file %.80s", hash);
    }
    if (file->missing == 0 || file->has[i]) {
        return true;
    }
    memcpy(file->bytes + i * ORDER_CHUNK, chunk.at, chunk.length);
    file->has[i] = true;
    file->missing--;
    if (file->missing == 0 && !has_hash(file)) {
        memset(file->has, 0, order_file_chunks(file->length) * sizeof *file->has);
        file->missing = order_file_chunks(file->length);
        return err_set(err, ERR_FAILED, "the content of the file %s does not match its hash", hash);
    }
    return true;
}

bool order_files_is_complete(const struct order_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        if (files->list[i].missing > 0) {
            return false;
        }
    }
    return true;
}

struct slice order_files_find(const struct order_files *files, const char *hash)
{
    const struct order_file *file = find(files, hash);
    return file && file->missing == 0 ? (struct slice){file->bytes, file->length}
                                      : (struct slice){NULL, 0};
}

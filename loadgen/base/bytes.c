#include "loadgen/base/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM_MIN = 256, FILE_CHUNK = 65536 };

char *bytes_reserve(struct bytes *bytes, size_t length)
{
    if (length > SIZE_MAX / 4 || bytes->length > SIZE_MAX / 4) {
        bytes->has_failed = true;
        return NULL;
    }
    size_t needed = bytes->length + length;
    if (needed > bytes->room || !bytes->at) {
        size_t room = bytes->room ? bytes->room : ROOM_MIN;
        while (room < needed) {
            room *= 2;
        }
        char *larger = realloc(bytes->at, room);
        if (!larger) {
            bytes->has_failed = true;
            return NULL;
        }
        bytes->at = larger;
        bytes->room = room;
    }
    return bytes->at + bytes->length;
}

void bytes_add(struct bytes *bytes, const void *more, size_t length)
{
    char *end = bytes_reserve(bytes, length);
    if (end && length > 0) {
        memcpy(end, more, length);
        bytes->length += length;
    }
}

void bytes_add_text(struct bytes *bytes, const char *text)
{
    bytes_add(bytes, text, strlen(text));
}

void bytes_add_number(struct bytes *bytes, size_t number)
{
    char digits[32];
    bytes_add(bytes, digits, (size_t)snprintf(digits, sizeof digits, "%zu", number));
}

void bytes_add_hex(struct bytes *bytes, size_t number)
{
    char digits[32];
    bytes_add(bytes, digits, (size_t)snprintf(digits, sizeof digits, "%zx", number));
}

void bytes_clear(struct bytes *bytes)
{
    bytes->length = 0;
    bytes->has_failed = false;
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct bytes){0};
}

bool bytes_add_file(struct bytes *bytes, const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return err_set(err, ERR_FAILED, "cannot open %s: %s", path, strerror(errno));
    }
    ssize_t n = 1;
    while (n != 0) {
        char *end = bytes_reserve(bytes, FILE_CHUNK);
        n = end ? read(fd, end, FILE_CHUNK) : -1;
        if (n < 0 && (!end || errno != EINTR)) {
            err_set(err, ERR_FAILED, "cannot read %s: %s", path, strerror(end ? errno : ENOMEM));
            break;
        }
        bytes->length += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    return n == 0;
}

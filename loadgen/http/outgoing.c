#include "loadgen/http/outgoing.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { DIGITS_MAX = 20, PARTS = 3 };

struct digits {
    char room[DIGITS_MAX]; /* written from its end */
    size_t count;
};

static struct digits digits_of(const struct request *request, uint64_t number)
{
    struct digits digits = {.count = 0};
    if (request->sequence_at != 0) {
        char *at = digits.room + DIGITS_MAX;
        do {
            *--at = (char)('0' + number % 10);
            number /= 10;
        } while (number > 0);
        digits.count = (size_t)(digits.room + DIGITS_MAX - at);
    }
    return digits;
}

static const char *text_of(const struct digits *digits)
{
    return digits->room + DIGITS_MAX - digits->count;
}

static size_t put_together(const struct request *request, const struct digits *digits, char *buffer,
                           size_t size)
{
    size_t head = request->sequence_at;
    if (request->length + digits->count > size) {
        return 0;
    }
    memcpy(buffer, request->bytes, head);
    memcpy(buffer + head, text_of(digits), digits->count);
    memcpy(buffer + head + digits->count, request->bytes + head, request->length - head);
    return request->length + digits->count;
}

size_t outgoing_write(const struct request *request, uint64_t number, char *buffer, size_t size)
{
    struct digits digits = digits_of(request, number);
    return put_together(request, &digits, buffer, size);
}

/* Head, digits and tail, from byte `written` on. */
static ssize_t send_parts(int fd, const struct request *request, const struct digits *digits,
                          size_t written)
{
    size_t head = request->sequence_at;
    union { /* sendmsg only reads, but asks for pointers that could write */
        const char *from;
        void *to;
    } bytes[PARTS] = {{request->bytes}, {text_of(digits)}, {request->bytes + head}};
    size_t lengths[PARTS] = {head, digits->count, request->length - head};
    struct iovec parts[PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        size_t skip = written < lengths[i] ? written : lengths[i];
        bytes[i].from += skip;
        parts[i] = (struct iovec){bytes[i].to, lengths[i] - skip};
        written -= skip;
    }
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = PARTS};
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

ssize_t outgoing_send(int fd, const struct request *request, uint64_t number, size_t written,
                      char scratch[OUTGOING_SCRATCH], size_t *length)
{
    if (request->sequence_at == 0) {
        *length = request->length;
        return send(fd, request->bytes + written, request->length - written, MSG_NOSIGNAL);
    }
    struct digits digits = digits_of(request, number);
    *length = request->length + digits.count;
    if (put_together(request, &digits, scratch, OUTGOING_SCRATCH)) {
        return send(fd, scratch + written, *length - written, MSG_NOSIGNAL);
    }
    return send_parts(fd, request, &digits, written);
}

struct outgoing_piece outgoing_piece(const struct request *request, uint64_t number, size_t written,
                                     char scratch[OUTGOING_SCRATCH], size_t *length)
{
    struct digits digits = digits_of(request, number);
    size_t head = request->sequence_at;
    *length = request->length + digits.count;
    if (head == 0) {
        return (struct outgoing_piece){request->bytes + written, request->length - written};
    }
    if (put_together(request, &digits, scratch, OUTGOING_SCRATCH)) {
        return (struct outgoing_piece){scratch + written, *length - written};
    }
    if (written < head) {
        return (struct outgoing_piece){request->bytes + written, head - written};
    }
    written -= head;
    if (written < digits.count) {
        memcpy(scratch, text_of(&digits), digits.count);
        return (struct outgoing_piece){scratch + written, digits.count - written};
    }
    written -= digits.count;
    return (struct outgoing_piece){request->bytes + head + written,
                                   request->length - head - written};
}

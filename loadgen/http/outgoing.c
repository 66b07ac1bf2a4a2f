#include "loadgen/http/outgoing.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { DIGITS_MAX = 20, PARTS = 4 };

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

static size_t length_with(const struct request *request, const struct digits *digits)
{
    return request->length + digits->count + request->tail_length;
}

static size_t put_together(const struct request *request, const struct digits *digits, char *buffer,
                           size_t size)
{
    size_t head = request->sequence_at;
    size_t total = length_with(request, digits);
    if (total > size) {
        return 0;
    }
    char *at = mempcpy(buffer, request->bytes, head);
    at = mempcpy(at, text_of(digits), digits->count);
    at = mempcpy(at, request->bytes + head, request->length - head);
    if (request->tail) {
        memcpy(at, request->tail, request->tail_length);
    }
    return total;
}

size_t outgoing_write(const struct request *request, uint64_t number, char *buffer, size_t size)
{
    struct digits digits = digits_of(request, number);
    return put_together(request, &digits, buffer, size);
}

/* Head, digits, the rest of the head, and a body in another buffer, from byte `written` on. */
static ssize_t send_parts(int fd, const struct request *request, const struct digits *digits,
                          size_t written)
{
    size_t head = request->sequence_at;
    union { /* sendmsg only reads, but asks for pointers that could write */
        const char *from;
        void *to;
    } bytes[PARTS] = {
        {request->bytes}, {text_of(digits)}, {request->bytes + head}, {request->tail}};
    size_t lengths[PARTS] = {head, digits->count, request->length - head, request->tail_length};
    struct iovec parts[PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        size_t skip = written < lengths[i] ? written : lengths[i];
        if (skip > 0) { /* without a tail there is nothing to add to */
            bytes[i].from += skip;
        }
        parts[i] = (struct iovec){bytes[i].to, lengths[i] - skip};
        written -= skip;
    }
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = PARTS};
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

ssize_t outgoing_send(int fd, const struct request *request, uint64_t number, size_t written,
                      char scratch[OUTGOING_SCRATCH], size_t *length)
{
    if (request->sequence_at == 0 && !request->tail) {
        *length = request->length;
        return send(fd, request->bytes + written, request->length - written, MSG_NOSIGNAL);
    }
    struct digits digits = digits_of(request, number);
    *length = length_with(request, &digits);
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
    *length = length_with(request, &digits);
    if (head == 0 && !request->tail) {
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
    if (written < request->length - head) {
        return (struct outgoing_piece){request->bytes + head + written,
                                       request->length - head - written};
    }
    written -= request->length - head;
    return (struct outgoing_piece){request->tail + written, request->tail_length - written};
}

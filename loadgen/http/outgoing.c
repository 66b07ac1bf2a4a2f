#include "loadgen/http/outgoing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { DIGITS_MAX = 20, PARTS = 3 };

struct digits {
    char text[DIGITS_MAX];
    size_t count;
};

static struct digits digits_of(const struct request *request, uint64_t number)
{
    struct digits digits = {.count = 0};
    if (request->sequence_at == 0) {
        return digits;
    }
    char reversed[DIGITS_MAX];
    do {
        reversed[digits.count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (size_t i = 0; i < digits.count; i++) {
        digits.text[i] = reversed[digits.count - 1 - i];
    }
    return digits;
}

size_t outgoing_length(const struct request *request, uint64_t number)
{
    return request->length + digits_of(request, number).count;
}

bool outgoing_write(const struct request *request, uint64_t number, char *buffer, size_t size)
{
    struct digits digits = digits_of(request, number);
    if (request->length + digits.count > size) {
        return false;
    }
    size_t head = request->sequence_at;
    memcpy(buffer, request->bytes, head);
    memcpy(buffer + head, digits.text, digits.count);
    memcpy(buffer + head + digits.count, request->bytes + head, request->length - head);
    return true;
}

/* Head, digits and tail, from byte `written` on. */
static ssize_t send_parts(int fd, const struct request *request, const struct digits *digits,
                          size_t written)
{
    size_t head = request->sequence_at;
    union { /* sendmsg only reads, but asks for pointers that could write */
        const char *from;
        void *to;
    } bytes[PARTS] = {{request->bytes}, {digits->text}, {request->bytes + head}};
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

static ssize_t send_once(int fd, const struct request *request, uint64_t number, size_t written,
                         char scratch[OUTGOING_SCRATCH])
{
    if (request->sequence_at == 0) {
        return send(fd, request->bytes + written, request->length - written, MSG_NOSIGNAL);
    }
    if (outgoing_write(request, number, scratch, OUTGOING_SCRATCH)) {
        return send(fd, scratch + written, outgoing_length(request, number) - written,
                    MSG_NOSIGNAL);
    }
    struct digits digits = digits_of(request, number);
    return send_parts(fd, request, &digits, written);
}

ssize_t outgoing_send(int fd, const struct request *request, uint64_t number, size_t written,
                      char scratch[OUTGOING_SCRATCH])
{
    ssize_t n = 0;
    do {
        n = send_once(fd, request, number, written, scratch);
    } while (n < 0 && errno == EINTR);
    return n;
}

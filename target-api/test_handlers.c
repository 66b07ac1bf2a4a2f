#include "target-api/test_handlers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "target-api/body/detail.h"
#include "target-api/body/number.h"

enum {
    DELAY_MAX_MS = 600 * 1000,
    WORK_MAX_US = 10 * 1000 * 1000,
    STATUS_MIN = 200, /* 1xx is not a final answer */
    STATUS_MAX = 599,
    BYTES_MAX = 16 * 1024 * 1024,
};

/* False: *refusal is the answer. */
static bool take_number(const struct request *request, const char *name, int64_t min, int64_t max,
                        int64_t *number, struct reply *refusal)
{
    if (number_parse(request->parameter, number) && *number >= min && *number <= max) {
        return true;
    }
    *refusal = detail_reply_one("path", name, DETAIL_INTEGER);
    return false;
}

static struct reply number_reply(unsigned status, const char *name, int64_t number)
{
    struct buffer b;
    buffer_init(&b, REPLY_MAX);
    buffer_add_format(&b, "{\"%s\":%" PRId64 "}", name, number);
    return reply_buffer(status, &b, reply_json);
}

struct reply test_delay(const struct service *service, const struct request *request)
{
    (void)service;
    int64_t ms = 0;
    struct reply reply;
    if (!take_number(request, "ms", 0, DELAY_MAX_MS, &ms, &reply)) {
        return reply;
    }
    reply = number_reply(200, "delay_ms", ms);
    reply.delay_ns = (uint64_t)ms * NS_PER_MS;
    return reply;
}

struct reply test_work(const struct service *service, const struct request *request)
{
    (void)service;
    uint64_t start = clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
    int64_t us = 0;
    struct reply refusal;
    if (!take_number(request, "us", 0, WORK_MAX_US, &us, &refusal)) {
        return refusal;
    }
    while (clock_read_ns(CLOCK_THREAD_CPUTIME_ID) - start < (uint64_t)us * NS_PER_US) {
    }
    return number_reply(200, "work_us", us);
}

struct reply test_status(const struct service *service, const struct request *request)
{
    (void)service;
    int64_t code = 0;
    struct reply refusal;
    if (!take_number(request, "code", STATUS_MIN, STATUS_MAX, &code, &refusal)) {
        return refusal;
    }
    return number_reply((unsigned)code, "status", code);
}

struct reply test_bytes(const struct service *service, const struct request *request)
{
    (void)service;
    int64_t n = 0;
    struct reply reply;
    if (!take_number(request, "n", 0, BYTES_MAX, &n, &reply)) {
        return reply;
    }
    char *bytes = malloc((size_t)n + 1); /* malloc(0) may return NULL */
    if (!bytes) {
        return reply_unavailable();
    }
    memset(bytes, 'x', (size_t)n);
    return (struct reply){.status = 200,
                          .content_type = "application/octet-stream",
                          .bytes = bytes,
                          .len = (size_t)n,
                          .release = free,
                          .owner = bytes};
}

#include "loadgen/cluster/controller/course.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#include "loadgen/cluster/names.h"

enum { AGAIN_MS = 200 };

void course_tell(const struct course *course, const char *format, ...)
{
    char line[sizeof((struct err){0}).text + 128];
    va_list arguments;
    if (course->options->tell) {
        va_start(arguments, format);
        vsnprintf(line, sizeof line, format, arguments);
        va_end(arguments);
        course->options->tell(course->options->context, line);
    }
}

uint64_t course_now_ns(const struct course *course)
{
    uint64_t now_ns = clock_now_ns();
    return course->start_ns > 0 && now_ns > course->start_ns ? now_ns - course->start_ns : 0;
}

/* Waits before retrying a call that was not answered. False: do not retry. */
static bool again(const struct course *course, enum bus_status status, uint64_t until_ns)
{
    struct pollfd stop = {.fd = course->control->stop_fd, .events = POLLIN};
    return status == BUS_UNREACHABLE && clock_now_ns() < until_ns && poll(&stop, 1, AGAIN_MS) == 0;
}

static bool fail(enum bus_status status, struct err *err)
{
    return err_set(err, ERR_FAILED,
                   "cannot find out whether a run is active: %s; try again when the broker answers",
                   bus_status_text(status));
}

bool course_read_key(const struct course *course, const char *key, struct bus_message *value,
                     bool *is_there, struct err *err)
{
    uint64_t until_ns = clock_now_ns() + COURSE_PATIENCE_NS;
    enum bus_status status = BUS_OK;
    do {
        status = bucket_get(course->bucket, key, value);
    } while (again(course, status, until_ns));
    *is_there = status == BUS_OK;
    return status == BUS_OK || status == BUS_MISSING || fail(status, err);
}

bool course_look(const struct course *course, struct bus_stream_state *tallies, struct err *err)
{
    uint64_t until_ns = clock_now_ns() + COURSE_PATIENCE_NS;
    enum bus_status status = BUS_OK;
    do {
        status = bus_stream_look(course->bus, NAMES_TALLIES, tallies);
    } while (again(course, status, until_ns));
    return status == BUS_OK || fail(status, err);
}

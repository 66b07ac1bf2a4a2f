#include "loadgen/cluster/controller/course.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"

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

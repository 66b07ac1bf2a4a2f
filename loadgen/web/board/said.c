#include "loadgen/web/board/said.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"

enum { ORDER_TEXT = 200, COURSE_SHOWN = 160 };

__attribute__((format(printf, 2, 3))) static void say(struct lines *lines, const char *format, ...)
{
    char text[LINE_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lines_add(lines, clock_wall_ns(), text);
}

static const char *name_of(const char *client)
{
    return client ? client : "somebody";
}

/* Numbers. Returns `text`. */

static const char *print_users(const struct run_order *order, char text[ORDER_TEXT])
{
    if (order->users == 0) {
        snprintf(text, ORDER_TEXT, "the users of its Shape");
    } else {
        snprintf(text, ORDER_TEXT, "%" PRIu64 " %s, %g per second", order->users,
                 order->users == 1 ? "user" : "users", order->spawn_per_s);
    }
    return text;
}

/* Either bound may be missing. */
static const char *print_search(const struct run_order *order, char text[ORDER_TEXT])
{
    char from[ORDER_TEXT / 4] = "";
    char to[ORDER_TEXT / 4] = "";
    if (order->min_rate_per_s > 0) {
        snprintf(from, sizeof from, ", from %g/s", order->min_rate_per_s);
    }
    if (order->max_rate_per_s > 0) {
        snprintf(to, sizeof to, ", to %g/s", order->max_rate_per_s);
    }
    snprintf(text, ORDER_TEXT, "a %ssearch for the capacity%s%s", order->is_quick ? "quick " : "",
             from, to);
    return text;
}

/* "50 requests per second, poisson", or "ramp 10:500". */
static const char *print_rate(const struct run_order *order, char text[ORDER_TEXT])
{
    if (order->course == COURSE_CONSTANT) {
        snprintf(text, ORDER_TEXT, "%g requests per second%s", order->rate_per_s,
                 order->arrival == ARRIVAL_POISSON ? ", random arrivals" : "");
    } else {
        snprintf(text, ORDER_TEXT, "%s %.*s", run_course_names[order->course], COURSE_SHOWN,
                 order->course_text);
    }
    return text;
}

static const char *print_order(const struct run_order *order, char text[ORDER_TEXT])
{
    switch (order->kind) {
    case RUN_CAPACITY:
        return print_search(order, text);
    case RUN_RATE:
        return print_rate(order, text);
    default:
        return print_users(order, text);
    }
}

/* Events. */

void said_start(struct lines *lines, const char *client, const struct run_order *order)
{
    char numbers[ORDER_TEXT];
    char time[DURATION_TEXT];
    bool is_timed = order->run_time_ns > 0;
    say(lines, "%s started a test: %s%s%s%s%s", name_of(client), print_order(order, numbers),
        is_timed ? ", for " : "", is_timed ? duration_print(order->run_time_ns, time) : "",
        order->host ? ", at " : "", order->host ? order->host : "");
}

void said_change(struct lines *lines, const char *client, const struct run_order *order)
{
    char numbers[ORDER_TEXT];
    say(lines, "%s changed the test: %s", name_of(client), print_order(order, numbers));
}

void said_stop(struct lines *lines, const char *client)
{
    say(lines, "%s stopped the test", name_of(client));
}

void said_reset(struct lines *lines, const char *client)
{
    say(lines, "%s reset the numbers", name_of(client));
}

void said_end(struct lines *lines, uint64_t elapsed_s, const struct err *problem)
{
    char time[DURATION_TEXT];
    if (problem) {
        say(lines, "the test has failed: %s", problem->text);
    } else {
        say(lines, "the test has ended after %s", duration_print(elapsed_s * NS_PER_S, time));
    }
}

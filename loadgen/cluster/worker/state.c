#include "loadgen/cluster/worker/state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/names.h"

#define ANNOUNCE_NS NS_PER_S

void serving_tell(const struct serving *serving, const char *format, ...)
{
    char line[sizeof((struct err){0}).text + 128];
    va_list arguments;
    if (serving->options->tell) {
        va_start(arguments, format);
        vsnprintf(line, sizeof line, format, arguments);
        va_end(arguments);
        serving->options->tell(serving->options->context, line);
    }
}

static void publish(const struct serving *serving, const struct bytes *message)
{
    struct names_text subject = names_subject(NAMES_ANNOUNCE, serving->me.from.name);
    bus_publish(serving->bus, subject.text, message->at, message->length);
}

void serving_announce(struct serving *serving)
{
    struct bytes message = {0};
    serving->me.elapsed_ns = serving->part ? part_elapsed_ns(serving->part) : 0;
    wire_write_announce(&message, &serving->me);
    publish(serving, &message);
    if (serving->is_leaving) {
        const struct wire_leave leave = {serving->me.from, serving->me.run};
        bytes_clear(&message);
        wire_write_leave(&message, &leave);
        publish(serving, &message);
    }
    bytes_free(&message);
    serving->announce_ns = clock_now_ns() + ANNOUNCE_NS;
}

bool serving_draw(struct serving *serving, struct err *err)
{
    uint64_t *incarnation = &serving->me.from.incarnation;
    return getrandom(incarnation, sizeof *incarnation, 0) == (ssize_t)sizeof *incarnation ||
           err_set(err, ERR_FAILED, "getrandom: %s", strerror(errno));
}

void serving_set(struct serving *serving, enum wire_state state, const char *problem)
{
    serving->me.state = state;
    snprintf(serving->me.problem, sizeof serving->me.problem, "%s", problem);
    serving_announce(serving);
}

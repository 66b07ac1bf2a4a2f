#include "loadgen/web/page/target_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/plural.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/web/board/board.h"

enum { TEXT = 1024 };

static const double CPU_MAX = 0.8;        /* of the limit; as for the generator */
static const double THROTTLED_MAX = 0.01; /* of the time */

/* The target's CPU use over some time. */
struct use {
    double seconds;   /* time for which the CPU time is known */
    double cpu;       /* CPUs */
    double limit;     /* 0: not known */
    double throttled; /* seconds per second; negative: not known */
    bool is_limit;
};

static double seconds_of(uint64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

/* Negative: nothing is known. */
static double share(uint64_t part_ns, uint64_t known_ns)
{
    return known_ns > 0 ? (double)part_ns / (double)known_ns : -1;
}

static struct use use_of(const struct target_load *load, const struct load_sums *sums)
{
    struct use use = {
        .seconds = seconds_of(sums->cpu_known_ns),
        .cpu = share(sums->cpu_ns, sums->cpu_known_ns),
        .limit = load->cpu_limit,
        .throttled = share(sums->throttled_ns, sums->throttled_known_ns),
    };
    use.is_limit = (use.limit > 0 && use.cpu > CPU_MAX * use.limit) ||
                   use.throttled > THROTTLED_MAX * fmax(1, (double)load->pods);
    return use;
}

/* The period that a `struct use` covers. */
enum when { LAST_SECONDS, LAST_TRIAL, WHOLE_TEST };

static enum when when_of(const struct board *board)
{
    return board->order.kind == RUN_CAPACITY ? LAST_TRIAL
           : board_is_on(board)              ? LAST_SECONDS
                                             : WHOLE_TEST;
}

static struct use use_in(const struct board *board, enum when when)
{
    struct load_sums sums = when == LAST_TRIAL ? board->target_trial
                            : when == LAST_SECONDS
                                ? window_target(&board->window)
                                : load_since(&board->target_begin, &board->target.sums);
    return use_of(&board->target, &sums);
}

static const char *class_name(const struct use *use)
{
    bool is_known = use->seconds > 0 && (use->limit > 0 || use->is_limit);
    return !is_known ? "unknown" : use->is_limit ? "limit" : "free";
}

/* Words. */

__attribute__((format(printf, 2, 3))) static void append(char text[TEXT], const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, TEXT - used, format, args);
    va_end(args);
}

/* "The target reached its CPU limit: in the last 10 s it used 0.49 of 0.5 CPUs and was throttled
 * for at least 3.8s." */
static void append_use(char text[TEXT], const struct use *use, enum when when)
{
    char duration[DURATION_TEXT];
    if (use->is_limit) {
        append(text, " The target reached its CPU limit:");
    }
    if (when == WHOLE_TEST) {
        append(text, " %s the test", use->is_limit ? "during" : "During");
    } else if (when == LAST_TRIAL) {
        append(text, " %s the last trial", use->is_limit ? "in" : "In");
    } else {
        append(text, " %s the last %.0f s", use->is_limit ? "in" : "In", fmax(1, use->seconds));
    }
    append(text, "%s used %.3g", use->is_limit ? " it" : ", the target", use->cpu);
    if (use->limit > 0) {
        append(text, " of %.3g", use->limit);
    }
    append(text, (use->limit > 0 ? use->limit : use->cpu) == 1 ? " CPU" : " CPUs");
    if (use->throttled > 0) {
        uint64_t ns = (uint64_t)(use->throttled * use->seconds * (double)NS_PER_S);
        append(text, " and was throttled for at least %s", duration_print_short(ns, duration));
    }
    append(text, use->limit > 0 || use->is_limit ? "." : "; its limit is not known.");
}

static void append_gaps(char text[TEXT], const struct target_load *load)
{
    if (load->read == 0 && load->problem[0] != '\0') {
        append(text, " The target's metrics cannot be read (%s).", load->problem);
    } else if (load->read < load->pods) {
        append(text, " The metrics of %zu of %zu pods cannot be read (%s).",
               load->pods - load->read, load->pods, load->problem);
    }
    if (load->restarts > 0) {
        append(text, " %s restarted %" PRIu64 " %s.",
               load->pods == 1 ? "The target" : "Pods of the target", load->restarts,
               plural(load->restarts, "time", "times"));
    }
}

/* Returns the sentences, without the blank before the first one. */
static const char *print(char text[TEXT], const struct target_load *load, const struct use *use,
                         enum when when)
{
    text[0] = '\0';
    if (use->seconds > 0) {
        append_use(text, use, when);
    } else if (load->read > 0 && !load->has_cpu) {
        append(text, " The target's metrics do not report its CPU time.");
    } else if (load->problem[0] == '\0') {
        append(text, " The target's CPU is not known yet.");
    }
    append_gaps(text, load);
    return text + 1;
}

static json_t *real_or_null(double value, bool is_known)
{
    return is_known ? json_real(value) : json_null();
}

json_t *target_view(const struct board *board)
{
    char text[TEXT];
    const struct target_load *load = &board->target;
    enum when when = when_of(board);
    struct use use = use_in(board, when);
    if (!board->has_target) {
        return json_null();
    }
    const char *words = print(text, load, &use, when);
    return json_pack("{s:I, s:I, s:I, s:s, s:o, s:o, s:o, s:o}", "pods", (json_int_t)load->pods,
                     "read", (json_int_t)load->read, "restarts", (json_int_t)load->restarts,
                     "class", class_name(&use), "cpu", real_or_null(use.cpu, use.cpu >= 0),
                     "cpu_limit", real_or_null(use.limit, use.limit > 0), "throttled",
                     real_or_null(use.throttled, use.throttled >= 0), "text",
                     json_clean(slice_of(words)));
}

json_t *target_view_ms(uint64_t ns, uint64_t known_ns, uint64_t seconds)
{
    double ms_per_s = known_ns > 0 ? 1000 * (double)ns / (double)known_ns : 0;
    return real_or_null(ms_per_s * (double)seconds, known_ns > 0);
}

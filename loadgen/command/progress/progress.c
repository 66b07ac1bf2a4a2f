#include "loadgen/command/progress/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/text/terminal.h"

enum { BAR = 20 };

struct progress progress_begin(uint64_t duration_ns, uint64_t interval_ns)
{
    return (struct progress){
        .is_terminal = isatty(STDERR_FILENO),
        .duration_ns = duration_ns,
        .interval_ns = interval_ns,
    };
}

/* True if a line is due, and stores its time. On a terminal, there is a line every second. */
static bool take_turn(struct progress *progress, uint64_t elapsed_ns)
{
    if (progress->is_terminal) {
        return true;
    }
    if (progress->interval_ns == 0 || elapsed_ns - progress->shown_ns < progress->interval_ns) {
        return false;
    }
    progress->shown_ns = elapsed_ns - elapsed_ns % progress->interval_ns;
    return true;
}

/* Prints "[####----] 5s of 10s", or only "5s" if the run is unlimited. */
static void print_elapsed(const struct progress *progress, uint64_t elapsed_ns, FILE *out)
{
    char elapsed[DURATION_TEXT];
    char length[DURATION_TEXT];
    duration_print(elapsed_ns / NS_PER_S * NS_PER_S, elapsed);
    if (progress->duration_ns == 0) {
        fprintf(out, "%s", elapsed);
        return;
    }
    char bar[BAR + 1];
    uint64_t done = elapsed_ns < progress->duration_ns ? elapsed_ns : progress->duration_ns;
    size_t filled = (size_t)((double)done / (double)progress->duration_ns * BAR);
    memset(bar, '-', BAR);
    memset(bar, '#', filled);
    bar[BAR] = '\0';
    fprintf(out, "[%s] %s of %s", bar, elapsed, duration_print(progress->duration_ns, length));
}

static void print_line(const struct progress *progress, const struct second *second, FILE *out)
{
    const struct histogram *latency = &second->tally->latency;
    uint64_t errors = second->total->counters.ended - tally_successes(second->total);
    char p50[DURATION_TEXT];
    char p99[DURATION_TEXT];
    fputs(progress->is_terminal ? TERMINAL_CLEAR : "", out);
    print_elapsed(progress, second->elapsed_ns, out);
    fprintf(out,
            "  sent %" PRIu64 "  %" PRIu64 "/s  in flight %" PRIu64 "  p50 %s  p99 %s  errors "
            "%" PRIu64,
            second->started, second->tally->counters.ended, second->in_flight,
            duration_print_rounded(histogram_percentile(latency, 500000), p50),
            duration_print_rounded(histogram_percentile(latency, 990000), p99), errors);
    if (second->iterations_dropped > 0) {
        fprintf(out, "  dropped %" PRIu64, second->iterations_dropped);
    }
    fputs(progress->is_terminal ? "" : "\n", out);
}

/* Prints with a single write, because scripts print lines at the same time. */
void progress_show(struct progress *progress, const struct second *second)
{
    char *line = NULL;
    size_t length = 0;
    if (!take_turn(progress, second->elapsed_ns)) {
        return;
    }
    FILE *out = memory_of(open_memstream(&line, &length));
    print_line(progress, second, out);
    if (fclose(out) != 0) {
        memory_of(NULL);
    }
    fwrite(line, 1, length, stderr);
    free(line);
}

void progress_end(const struct progress *progress)
{
    if (progress->is_terminal) {
        fputs(TERMINAL_CLEAR, stderr);
    }
}

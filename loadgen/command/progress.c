#include "loadgen/command/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/pace/duration.h"

enum { LINE_EVERY_S = 10 };

struct progress progress_begin(uint64_t duration_ns)
{
    return (struct progress){.is_terminal = isatty(STDERR_FILENO), .duration_ns = duration_ns};
}

void progress_show(void *context, const struct second *second)
{
    const struct progress *progress = context;
    const struct tally *tally = second->tally;
    if (!progress->is_terminal && (second->index + 1) % LINE_EVERY_S != 0) {
        return;
    }
    char elapsed[DURATION_TEXT];
    char length[DURATION_TEXT] = "until stopped";
    char p50[DURATION_TEXT];
    char p99[DURATION_TEXT];
    if (progress->duration_ns) {
        duration_print(progress->duration_ns, length);
    }
    const struct counters *total = &second->total->counters;
    uint64_t errors = total->ended - tally_successes(second->total);
    fprintf(stderr,
            "%s%s of %s  sent %" PRIu64 "  last second %" PRIu64 "/s p50 %s p99 %s  in flight "
            "%" PRIu64 "  errors %" PRIu64 "%s",
            progress->is_terminal ? "\r\033[K" : "",
            duration_print(second->elapsed_ns / NS_PER_S * NS_PER_S, elapsed), length,
            second->started, tally->counters.ended,
            duration_print_rounded(histogram_percentile(&tally->latency, 500000), p50),
            duration_print_rounded(histogram_percentile(&tally->latency, 990000), p99),
            second->in_flight, errors, progress->is_terminal ? "" : "\n");
    fflush(stderr);
}

void progress_end(const struct progress *progress)
{
    if (progress->is_terminal) {
        fputs("\r\033[K", stderr);
    }
}

#include "loadgen/capacity/trial/reason.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/report/generator_text.h"
#include "loadgen/report/slo_print.h"

__attribute__((format(printf, 2, 3))) static void append(char text[REASON_TEXT], const char *format,
                                                         ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, REASON_TEXT - used, format, args);
    va_end(args);
}

static void name_misses(const struct slo_verdict *verdict, const struct summary *summary,
                        char text[REASON_TEXT])
{
    char missed[REASON_TEXT / 2];
    slo_print_missed(verdict, missed, sizeof missed);
    append(text, "%s", missed);
    if (verdict->is_met) {
        append(text, "%" PRIu64 " requests were not started", summary->not_started);
    }
}

const char *reason_print(const struct trial_finding *finding, const struct slo_verdict *verdict,
                         const struct summary *summary, const struct reason_cap *cap,
                         bool is_recovered, char text[REASON_TEXT])
{
    text[0] = '\0';
    if (finding->outcome == TRIAL_GOOD) {
        return text;
    }
    if (summary->workers_changed) {
        append(text, "workers joined, left or were lost during the trial");
        return text;
    }
    name_misses(verdict, summary, text);
    if (finding->is_capped) {
        append(text,
               "; %.0f%% of the requests waited for a connection (limit per host and port: %" PRIu64
               ", %s)",
               100 * (double)finding->waited / (double)summary->intended, cap->max_connections,
               cap->flag);
    }
    if (!is_recovered) {
        append(text, "; before the trial, the target had not recovered: it failed, or was slower "
                     "than at the start of the search");
    }
    if (finding->outcome == TRIAL_INVALID) {
        char why[GENERATOR_TEXT];
        append(text, ". %s", generator_verdict_print(&finding->generator, summary, why));
    }
    return text;
}

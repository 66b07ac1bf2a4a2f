#include "loadgen/cluster/worker/reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/least.h"
#include "loadgen/measure/tally_codec.h"

void reports_init(struct reports *reports, struct bus_outbox *outbox,
                  const struct wire_worker *self, uint64_t run)
{
    *reports = (struct reports){
        .outbox = outbox,
        .self = *self,
        .run = run,
        .subject = names_subject(NAMES_TALLY, self->name),
    };
}

void reports_fini(struct reports *reports)
{
    tally_destroy(reports->kept);
    bytes_free(&reports->parts);
    bytes_free(&reports->message);
}

enum { HEAD_MAX = 4096 }; /* size of a message's head and subject */

/* The parts of a tally. */

static uint8_t *begin_part(void *context)
{
    struct reports *reports = context;
    return (uint8_t *)bytes_reserve(&reports->parts, TALLY_PART_MAX);
}

static void end_part(void *context, size_t length)
{
    struct reports *reports = context;
    reports->parts.length += length;
    if (reports->count < WIRE_PARTS) {
        reports->lengths[reports->count++] = length;
    }
}

static void encode(struct reports *reports, const struct tally *tally, const struct rows *rows,
                   const struct rows *addresses)
{
    const struct tally_sink sink = {TALLY_PART_MAX, begin_part, end_part, reports};
    bytes_clear(&reports->parts);
    reports->count = 0;
    tally_encode(tally, rows, addresses, &sink);
}

static struct wire_second look(const struct second *second)
{
    const struct tally *total = second->total;
    return (struct wire_second){
        .elapsed_ns = least(second->elapsed_ns, WIRE_TIME_MAX_NS),
        .intended = second->intended,
        .started = second->started,
        .ended = total->counters.ended,
        .in_flight = second->in_flight,
        .users = second->users,
        .iterations = second->iterations,
        .iterations_dropped = second->iterations_dropped,
        .p50_ns = histogram_percentile(&total->latency, 500000),
        .p99_ns = histogram_percentile(&total->latency, 990000),
        .lag_p99_ns = histogram_percentile(&total->lag, 990000),
        .generator = *second->generator,
    };
}

/*
 * True if the outbox has room for all parts and `reserve`, so that no second is sent incompletely.
 */
static bool has_room(struct reports *reports, size_t reserve)
{
    struct bus_outbox_state state;
    bus_outbox_look(reports->outbox, &state);
    return REPORTS_OUTBOX - state.kept_bytes >=
           reports->parts.length + reports->count * HEAD_MAX + reserve;
}

static void send_parts(struct reports *reports)
{
    const char *at = reports->parts.at;
    struct wire_tally tally = reports->last;
    for (size_t i = 0; i < reports->count; i++) {
        tally.part = i;
        tally.tally = (struct slice){at, reports->lengths[i]};
        bytes_clear(&reports->message);
        wire_write_tally(&reports->message, &tally);
        bus_outbox_put(reports->outbox, reports->subject.text, reports->message.at,
                       reports->message.length);
        at += reports->lengths[i];
    }
    reports->seconds = tally.second + 1;
    reports->covers = 0;
}

/* Adds the second to those not sent yet. Returns their sum. */
static const struct tally *add_to_kept(struct reports *reports, const struct tally *tally)
{
    if (reports->kept) {
        tally_merge(reports->kept, tally);
        return reports->kept;
    }
    return tally;
}

static void keep(struct reports *reports, const struct tally *tally)
{
    if (!reports->kept) {
        reports->kept = tally_create(true, true);
        if (reports->kept) {
            tally_merge(reports->kept, tally);
        }
    }
}

void reports_add(struct reports *reports, const struct second *second, const struct rows *addresses)
{
    const struct tally *all = add_to_kept(reports, second->tally);
    reports->covers++;
    reports->last = (struct wire_tally){
        .from = reports->self,
        .run = reports->run,
        .epoch = atomic_load(&reports->epoch),
        .second = second->index,
        .covers = least(reports->covers, second->index + 1),
        .at_end = look(second),
    };
    encode(reports, all, second->rows, addresses);
    reports->last.parts = reports->count;
    if (!has_room(reports, REPORTS_RESERVE)) {
        keep(reports, second->tally);
        return;
    }
    send_parts(reports);
    if (reports->kept) {
        tally_clear(reports->kept);
    }
}

/* The account. */

static void note_summary(struct wire_end *end, const struct summary *summary)
{
    end->intended = summary->intended;
    end->started = summary->started;
    end->ended = summary->tally->counters.ended;
    end->not_started = summary->not_started;
    end->too_late = summary->too_late;
    end->abandoned = summary->abandoned;
    end->iterations = summary->iterations;
    end->iterations_dropped = summary->iterations_dropped;
    end->lost_connects = summary->lost_connects;
    end->spread = summary->spread;
    end->generator = summary->generator;
    end->is_interrupted = summary->is_interrupted;
    end->is_cut_off = summary->is_cut_off;
}

/* A text that is too long is left out. */
static struct slice fit(const char *text, size_t most)
{
    return text && strlen(text) <= most ? slice_of(text) : (struct slice){"", 0};
}

void reports_end(struct reports *reports, struct wire_end *end, const struct summary *summary,
                 const json_t *account)
{
    char *environment = NULL;
    char *given = account ? json_dumps(account, JSON_COMPACT) : NULL;
    if (reports->covers > 0 && has_room(reports, WIRE_ENVIRONMENT + WIRE_ACCOUNT + HEAD_MAX)) {
        send_parts(reports);
    }
    end->from = reports->self;
    end->run = reports->run;
    end->seconds = reports->seconds;
    if (summary) {
        note_summary(end, summary);
        environment = json_dumps(summary->environment, JSON_COMPACT);
    }
    end->environment = fit(environment, WIRE_ENVIRONMENT);
    end->account = fit(given, WIRE_ACCOUNT);
    bytes_clear(&reports->message);
    wire_write_end(&reports->message, end);
    bus_outbox_put(reports->outbox, reports->subject.text, reports->message.at,
                   reports->message.length);
    free(environment);
    free(given);
}

void reports_refuse(struct bus_outbox *outbox, const struct wire_worker *self, uint64_t run,
                    const char *problem)
{
    struct reports reports;
    struct wire_end end = {0};
    reports_init(&reports, outbox, self, run);
    snprintf(end.problem, sizeof end.problem, "%s", problem);
    reports_end(&reports, &end, NULL, NULL);
    reports_fini(&reports);
}

#include "loadgen/cluster/merge/seat_codec.h"

#include "loadgen/base/bytes.h"

enum { REPORT_LEAST = 5, MOMENT_LEAST = 20 }; /* bytes */

static uint64_t pass_second(struct wire *wire, uint64_t second)
{
    return wire_number(wire, second, WIRE_TIME_MAX_NS / NS_PER_S);
}

static void pass_report(struct wire *wire, struct merge_report *report)
{
    report->second = pass_second(wire, report->second);
    report->got = wire_number(wire, report->got, UINT64_MAX);
    report->parts = wire_number(wire, report->parts, WIRE_PARTS);
    report->is_complete = wire_flag(wire, report->is_complete);
    report->is_missed = wire_flag(wire, report->is_missed);
}

static void pass_reports(struct wire *wire, struct merge_seat *seat)
{
    struct merge_report used[MERGE_LATE];
    size_t count = 0;
    for (size_t i = 0; i < MERGE_LATE && !wire_is_reading(wire); i++) {
        if (seat->reports[i].second != MERGE_NONE) {
            used[count++] = seat->reports[i];
        }
    }
    count = wire_count(wire, count, MERGE_LATE, REPORT_LEAST);
    for (size_t i = 0; i < count; i++) {
        struct merge_report report = wire_is_reading(wire) ? (struct merge_report){0} : used[i];
        pass_report(wire, &report);
        seat->reports[report.second % MERGE_LATE] = report;
    }
}

static void pass_history(struct wire *wire, struct merge_seat *seat)
{
    struct merge_moment used[MERGE_HISTORY];
    size_t count = 0;
    for (size_t i = 0; i < MERGE_HISTORY && !wire_is_reading(wire); i++) {
        if (seat->history[i].second != MERGE_NONE) {
            used[count++] = seat->history[i];
        }
    }
    count = wire_count(wire, count, MERGE_HISTORY, MOMENT_LEAST);
    for (size_t i = 0; i < count; i++) {
        struct merge_moment moment = wire_is_reading(wire) ? (struct merge_moment){0} : used[i];
        moment.second = pass_second(wire, moment.second);
        wire_second(wire, &moment.at_end);
        seat->history[moment.second % MERGE_HISTORY] = moment;
    }
}

/* The account is stored as its original message. */
static void pass_end(struct wire *wire, struct merge_seat *seat)
{
    struct bytes message = {0};
    struct wire_end end = seat->end;
    if (!wire_is_reading(wire)) {
        end.environment = (struct slice){seat->environment.at, seat->environment.length};
        wire_write_end(&message, &end);
    }
    struct slice got = wire_bytes(wire, (struct slice){message.at, message.length}, WIRE_MAX);
    if (wire_is_reading(wire)) {
        bool ok = wire_read_end(got, &end) == WIRE_READ_OK;
        wire_require(wire, ok);
        if (ok) {
            merge_keep_end(seat, &end);
        }
    }
    bytes_free(&message);
}

void merge_pass_seat(struct wire *wire, struct merge_seat *seat)
{
    seat->from = wire_number(wire, seat->from, UINT64_MAX);
    seat->until = wire_number(wire, seat->until, UINT64_MAX);
    seat->is_lost = wire_flag(wire, seat->is_lost);
    seat->lost_intended = wire_number(wire, seat->lost_intended, UINT64_MAX);
    seat->taken = wire_amount(wire, seat->taken);
    pass_reports(wire, seat);
    pass_history(wire, seat);
    if (wire_flag(wire, seat->has_ended)) {
        wire_require(wire, seat->until <= WIRE_TIME_MAX_NS / NS_PER_S);
        pass_end(wire, seat);
    }
}

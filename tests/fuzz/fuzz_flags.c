/*
 * fuzz_flags - any text as a rate, a duration or a schedule, for libFuzzer (`make fuzz`).
 *
 * The first byte chooses the flag, the rest is its text; the text after a line end is the
 * -duration. What is checked beside the sanitizers: what is printed of a value means the same
 * value, what a decimal rate is said to be is a rate, and in whatever schedule comes of it, moments
 * and counts agree.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/duration.h"
#include "loadgen/pace/schedule_text.h"
#include "loadgen/pace/schedule_words.h"
#include "tests/support/pacing.h"

/* What is left of a run with Poisson's arrivals is a double: longer ones have coarser moments. */
#define POISSON_MAX_NS (UINT64_C(1) << 53)

enum { REQUESTS = 24, REQUESTS_FAR = 3 };

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* The setter said yes, or why not. */
static bool is_set(bool ok, const struct err *err)
{
    require(ok == (err->code == ERR_NONE));
    require(ok || (err->code == ERR_USAGE && err->text[0] != '\0' &&
                   memchr(err->text, '\0', sizeof err->text)));
    return ok;
}

static void check_print(uint64_t ns)
{
    char text[DURATION_TEXT];
    uint64_t again = 0;
    require(duration_parse(duration_print(ns, text), &again, NULL) && again == ns);
    require(strlen(text) < sizeof text);
    require(strlen(duration_print_rounded(ns, text)) < sizeof text);
}

static void check_rate(uint64_t per_h)
{
    char text[SCHEDULE_RATE_TEXT];
    struct rate rate;
    require(rate_set(&rate, schedule_rate_print(per_h, text), NULL));
    __extension__ unsigned __int128 product = rate.count;
    product *= SCHEDULE_HOUR_NS;
    require(product % rate.per_ns == 0 && product / rate.per_ns == per_h);
}

static void check_rates(const struct schedule *schedule)
{
    for (size_t i = 0; i < schedule->stages.count; i++) {
        check_rate(schedule->stages.list[i].from_per_h);
        check_rate(schedule->stages.list[i].to_per_h);
    }
    if (schedule->type == SCHEDULE_SINE) {
        check_rate(schedule->sine.mean_per_h);
        check_rate(schedule->sine.amplitude_per_h);
    }
}

/* What a text is said to be as a rate is one. */
static void check_hint(const char *text)
{
    char hint[RATE_HINT];
    struct rate rate;
    const char *meant = strstr(rate_hint(text, hint), " is ");
    require(hint[0] == '\0' || (meant && rate_set(&rate, meant + 4, NULL) && rate.count > 0));
}

/* Request k is one of those before its moment and 1 ns, and none of those before its moment. */
static void check_moment(const struct schedule *schedule, uint64_t k)
{
    uint64_t due_ns = pacing_due_ns(schedule, k);
    if (due_ns < UINT64_MAX - 1) {
        require(schedule->duration_ns == 0 || due_ns < schedule->duration_ns);
        require(schedule_count(schedule, due_ns) <= k);
        require(schedule_count(schedule, due_ns + 1) > k);
    }
}

static void check_moments(const struct schedule *schedule)
{
    struct schedule_cursor cursor;
    uint64_t before_ns = 0;
    schedule_begin(&cursor, schedule);
    for (uint64_t k = 0; k < REQUESTS; k++) {
        uint64_t due_ns = schedule_due(&cursor, k);
        require(due_ns >= before_ns && due_ns == pacing_due_ns(schedule, k));
        before_ns = due_ns;
        check_moment(schedule, k);
        if (due_ns == UINT64_MAX) {
            break;
        }
    }
    if (schedule->type != SCHEDULE_POISSON && schedule->duration_ns > 0) {
        uint64_t count = schedule_count(schedule, schedule->duration_ns);
        require(pacing_due_ns(schedule, count) == UINT64_MAX);
        for (uint64_t i = 1; i <= REQUESTS_FAR && i <= count; i++) {
            require(pacing_due_ns(schedule, count - i) < schedule->duration_ns);
            check_moment(schedule, count - i);
            check_moment(schedule, count / 4 * i);
        }
    }
}

static void check_schedule(const struct schedule_flags *flags)
{
    struct err err = {0};
    struct schedule schedule;
    char text[SCHEDULE_TEXT];
    if (!is_set(schedule_from_flags(flags, &schedule, &err), &err)) {
        return;
    }
    require(strlen(schedule_print(&schedule, text)) < sizeof text && text[0] != '\0');
    require(strchr(text, ',') == NULL);
    check_rates(&schedule);
    bool is_coarse = schedule.type == SCHEDULE_POISSON && schedule.duration_ns > POISSON_MAX_NS;
    if (!schedule_is_closed(&schedule) && !is_coarse) {
        check_moments(&schedule);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    char *text = calloc(1, size);
    require(text != NULL);
    memcpy(text, data + 1, size - 1);
    char *line_end = strchr(text, '\n');
    struct schedule_flags flags = {.seed = size};
    struct err err = {0};
    if (line_end) {
        *line_end = '\0';
        if (!duration_set(&flags.duration_ns, line_end + 1, NULL)) {
            flags.duration_ns = 0;
        }
    }
    bool ok = false;
    switch (data[0] % 6) {
    case 0:
        ok = duration_set(&flags.duration_ns, text, &err);
        break;
    case 1:
        check_hint(text);
        ok = rate_set(&flags.rate, text, &err);
        break;
    case 2:
        flags.arrival = SCHEDULE_POISSON;
        ok = rate_set(&flags.rate, text, &err);
        break;
    case 3:
        ok = schedule_set_ramp(&flags, text, &err);
        break;
    case 4:
        ok = schedule_set_sine(&flags.sine, text, &err);
        break;
    default:
        ok = schedule_set_stages(&flags.stages, text, &err);
        break;
    }
    if (is_set(ok, &err)) {
        check_print(flags.duration_ns);
        check_schedule(&flags);
    }
    free(text);
    return 0;
}

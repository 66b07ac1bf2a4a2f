#include "loadgen/command/files/collect.h"

#include "common/clock.h"
#include "loadgen/command/process/stdio_watch.h"
#include "loadgen/results/results.h"

const char collect_no_inputs[] =
    "files are arguments, not flags, as in vegeta: loadgen report a.bin b.bin";

/* Interval of checks for signals. */
static const uint64_t POLL_NS = 100 * NS_PER_MS;

struct collection {
    struct summary *summary;
    const struct collect_observer *observer;
    struct results *results;
    uint64_t next_ns;     /* time of the next on_interval; UINT64_MAX: never */
    bool is_acknowledged; /* the first signal was acknowledged on stderr */
    struct stdio_watch stdio;
    bool is_abandoned; /* stdout and stderr have no reader */
};

static bool must_stop(const struct collection *c)
{
    return c->is_abandoned ||
           interrupt_must_stop_reading(c->observer->interrupt, results_may_wait(c->results));
}

static void acknowledge_signal(struct collection *c)
{
    if (interrupt_count(c->observer->interrupt) > 0 && !c->is_acknowledged) {
        fputs("loadgen: reading the rest of the results; press Ctrl-C again to stop\n", stderr);
        c->is_acknowledged = true;
    }
}

static bool call_on_interval(struct collection *c, struct err *err)
{
    acknowledge_signal(c);
    if (clock_now_ns() < c->next_ns) {
        return true;
    }
    c->summary->is_going_on = true;
    bool ok = c->observer->on_interval(c->observer->context, err);
    c->summary->is_going_on = false;
    c->next_ns = clock_now_ns() + c->observer->interval_ns;
    return ok;
}

static void count(const struct collection *c, const struct result *result)
{
    tally_add(c->summary->tally, result);
    if (c->observer->on_result) {
        c->observer->on_result(c->observer->context, result);
    }
}

static bool read_all(struct collection *c, struct err *err)
{
    struct record record;
    enum results_state state = RESULTS_PAUSE;
    uint64_t until_ns = 0;
    bool is_stopped = false;
    do {
        until_ns = clock_now_ns() + POLL_NS;
        until_ns = until_ns < c->next_ns ? until_ns : c->next_ns;
        while ((state = results_next(c->results, until_ns, &record, err)) == RESULTS_RECORD) {
            count(c, &record.result);
        }
        c->is_abandoned = stdio_watch_poll(&c->stdio, clock_now_ns());
        is_stopped = state == RESULTS_PAUSE && must_stop(c);
    } while (state == RESULTS_PAUSE && !is_stopped && call_on_interval(c, err));
    c->summary->is_cut_short |= state == RESULTS_PAUSE;
    return state == RESULTS_END || is_stopped;
}

bool collect(char *const *names, int name_count, struct summary *summary,
             const struct collect_observer *observer, struct err *err)
{
    struct collection c = {
        .summary = summary,
        .observer = observer,
        .results = results_open(names, name_count, false, summary, err),
        .stdio = stdio_watch_begin(),
        .next_ns = observer->interval_ns ? clock_now_ns() + observer->interval_ns : UINT64_MAX,
    };
    if (!c.results) {
        return false;
    }
    const struct results_watch watch = {observer->on_second, observer->context};
    if (observer->on_second) {
        results_watch_seconds(c.results, &watch);
    }
    bool ok = interrupt_start(observer->interrupt, err) && read_all(&c, err);
    results_print_losses(c.results, stderr);
    results_close(c.results);
    return ok;
}

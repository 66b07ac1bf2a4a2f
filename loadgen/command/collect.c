#include "loadgen/command/collect.h"

#include <signal.h>
#include <time.h>

#include "common/clock.h"
#include "loadgen/results/results.h"

/* How often it is looked for signals. */
static const uint64_t LOOK_NS = 100 * NS_PER_MS;

struct collection {
    struct summary *summary;
    const struct collect_watcher *watcher;
    struct results *results;
    uint64_t tick_ns; /* when the next one is due; UINT64_MAX: never */
    unsigned signals; /* that came */
    bool has_told;    /* that the first one was heard */
};

static sigset_t waited_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

/* The signals are blocked, so they wait until they are asked for. */
static void take_signals(struct collection *c)
{
    const sigset_t signals = waited_signals();
    const struct timespec at_once = {0};
    while (sigtimedwait(&signals, NULL, &at_once) > 0) {
        c->signals++;
    }
}

static bool is_to_stop(const struct collection *c)
{
    return c->signals > (results_may_wait(c->results) ? 1 : 0);
}

static void tell(struct collection *c)
{
    if (c->signals > 0 && !c->has_told) {
        fputs("loadgen: reading on until the results end; once more (Ctrl-C) ends that\n", stderr);
        c->has_told = true;
    }
}

static bool go_on(struct collection *c, struct err *err)
{
    tell(c);
    if (clock_now_ns() < c->tick_ns) {
        return true;
    }
    c->summary->is_going_on = true;
    bool ok = c->watcher->tick(c->watcher->context, err);
    c->summary->is_going_on = false;
    c->tick_ns = clock_now_ns() + c->watcher->every_ns;
    return ok;
}

static void count(const struct collection *c, const struct result *result)
{
    tally_add(c->summary->tally, result);
    if (c->watcher->each) {
        c->watcher->each(c->watcher->context, result);
    }
}

static bool read_all(struct collection *c, struct err *err)
{
    struct record record;
    enum results_state state = RESULTS_PAUSE;
    uint64_t until_ns = 0;
    do {
        until_ns = clock_now_ns() + LOOK_NS;
        until_ns = until_ns < c->tick_ns ? until_ns : c->tick_ns;
        while ((state = results_next(c->results, until_ns, &record, err)) == RESULTS_RECORD) {
            count(c, &record.result);
        }
        take_signals(c);
    } while (state == RESULTS_PAUSE && !is_to_stop(c) && go_on(c, err));
    c->summary->is_cut_short |= state == RESULTS_PAUSE;
    return state == RESULTS_END || (state == RESULTS_PAUSE && is_to_stop(c));
}

bool collect(char *const *names, int name_count, struct summary *summary,
             const struct collect_watcher *watcher, struct err *err)
{
    struct collection c = {
        .summary = summary,
        .watcher = watcher,
        .results = results_open(names, name_count, false, summary, err),
        .tick_ns = watcher->every_ns ? clock_now_ns() + watcher->every_ns : UINT64_MAX,
    };
    if (!c.results) {
        return false;
    }
    const sigset_t signals = waited_signals();
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    bool ok = read_all(&c, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    results_tell_losses(c.results, stderr);
    results_close(c.results);
    return ok;
}

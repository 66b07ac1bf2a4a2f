#include "loadgen/web/board/window.h"

#include <string.h>

#include "loadgen/measure/histogram_codec.h"

bool window_init(struct window *window)
{
    memset(window, 0, sizeof *window);
    window->shown.tally = tally_create(false, false);
    window->shown.is_going_on = true;
    return window->shown.tally != NULL;
}

void window_fini(struct window *window)
{
    for (size_t i = 0; i < WINDOW_SECONDS; i++) {
#define X(name) bytes_free(&window->times[i].name);
        WINDOW_TIMES(X)
#undef X
    }
    tally_destroy(window->shown.tally);
    window->shown.tally = NULL;
}

void window_clear(struct window *window, const struct load_sums *target)
{
    window->count = 0;
    window->is_shown = false;
    window->moments[0] = (struct window_moment){.target = *target};
}

void window_add(struct window *window, const struct second *second, const struct load_sums *target)
{
    struct window_times *times = &window->times[window->count % WINDOW_SECONDS];
#define X(name)                                                                                    \
    bytes_clear(&times->name);                                                                     \
    histogram_append(&times->name, &second->tally->name);
    WINDOW_TIMES(X)
#undef X
    window->count++;
    window->moments[window->count % WINDOW_MOMENTS] = (struct window_moment){
        .generator = *second->generator,
        .target = *target,
    };
    window->is_shown = false;
}

static uint64_t kept(const struct window *window)
{
    return window->count < WINDOW_SECONDS ? window->count : WINDOW_SECONDS;
}

static const struct window_moment *first_moment(const struct window *window)
{
    return &window->moments[(window->count - kept(window)) % WINDOW_MOMENTS];
}

static const struct window_moment *last_moment(const struct window *window)
{
    return &window->moments[window->count % WINDOW_MOMENTS];
}

static void add_times(const struct bytes *bytes, struct histogram *into)
{
    const uint8_t *at = (const uint8_t *)bytes->at; /* NULL: nothing was kept */
    const uint8_t *end = at ? at + bytes->length : at;
    while (at < end) {
        histogram_add(&at, end, into);
    }
}

static void compute(struct window *window)
{
    struct tally *tally = window->shown.tally;
    struct generator *generator = &window->shown.generator;
    tally_clear(tally);
    for (size_t i = 0; i < kept(window); i++) {
#define X(name) add_times(&window->times[i].name, &tally->name);
        WINDOW_TIMES(X)
#undef X
    }
    tally->counters.ended = tally->latency.count;
    *generator = generator_since(&first_moment(window)->generator, &last_moment(window)->generator);
    generator->loop_p99_ns = histogram_percentile(&tally->loop, 990000);
}

const struct summary *window_show(struct window *window)
{
    if (!window->is_shown) {
        compute(window);
        window->is_shown = true;
    }
    return &window->shown;
}

struct load_sums window_target(const struct window *window)
{
    return load_since(&first_moment(window)->target, &last_moment(window)->target);
}

#include "loadgen/capacity/search/search.h"

#include <math.h>

#include "common/clock.h"
#include "loadgen/capacity/search/rest.h"

enum {
    FIRST_BELOW = 2,    /* steps from the guess down to the first trial */
    FIRST_STRIDE = 4,   /* steps from the first trial to the second; doubled each time */
    STRIDE_FACTOR = 2,  /* the longest stride multiplies the rate by this */
    BLOCKED_WIDTHS = 4, /* precision of the highest rate below a blocked load */
    OVERRATED_MAX = 3,  /* overrated loads (loads.h) that show that trials are too short */
};
static const double RATE_MAX = 1e9;

const char *const search_verdict_names[] = {
#define X(constant, name) [SEARCH_##constant] = (name),
    SEARCH_VERDICTS(X)
#undef X
};

const char *const search_step_names[] = {
#define X(constant, name) [SEARCH_##constant] = #name,
    SEARCH_STEPS(X)
#undef X
};

/* The state of the search, computed from its trials. */
struct state {
    const struct search_options *options;
    struct grid grid;
    struct loads loads;
    const struct load *lower; /* the highest load below `top` that seems good; NULL: none */
    const struct load *top;   /* the lowest that seems too high or is blocked; NULL: none */
    bool is_blocked;          /* `top` is a blocked load */
    bool was_bad;             /* the last trial */
    bool is_long;             /* every trial is as long as a verification */
    uint64_t rest_ns;
    int start; /* the load from which bracketing goes up or down */
};

uint64_t search_trial_ns(const struct search_options *options, double rate)
{
    double needed_s = ceil((double)options->requests / rate);
    uint64_t needed_ns = (uint64_t)needed_s * NS_PER_S;
    return needed_ns > options->trial_ns ? needed_ns : options->trial_ns;
}

static uint64_t enough_ns(const struct search_options *options, double rate)
{
    return options->enough_trials * search_trial_ns(options, rate);
}

/*
 * As long as the good trials that make a load `lower`, so one failed verification leaves it open.
 */
static uint64_t verify_ns(const struct search_options *options, double rate)
{
    return enough_ns(options, rate) / 2;
}

/* The class of a load, by the duration of trials that a final classification needs. */
static enum load_class classify(const struct state *state, const struct load *load)
{
    return load_classify(load, enough_ns(state->options, grid_rate(&state->grid, load->number)));
}

static bool is_verified(const struct state *state, const struct load *load)
{
    return load->longest_good_ns >=
           verify_ns(state->options, grid_rate(&state->grid, load->number));
}

static struct grid make_grid(const struct search_options *options)
{
    double max = options->max_rate > 0 ? options->max_rate : RATE_MAX;
    if (options->generator_rate > 0 && options->generator_rate < max) {
        max = options->generator_rate;
    }
    return grid_make(options->width, options->min_rate, fmax(max, options->min_rate));
}

static int find_start(const struct search_options *options, const struct grid *grid)
{
    double guess = options->first_rate > 0 ? options->first_rate : options->min_rate;
    int start = grid_load(grid, guess) - FIRST_BELOW;
    return start > grid->low ? start : grid->low;
}

static void find_bounds(struct state *state)
{
    for (size_t i = 0; i < state->loads.count && !state->top; i++) {
        const struct load *load = &state->loads.list[i];
        enum load_class seems = load_classify(load, 0);
        if (seems == LOAD_UPPER || load_is_blocked(load)) {
            state->top = load;
            state->is_blocked = load_is_blocked(load);
        } else if (seems == LOAD_LOWER) {
            state->lower = load;
        }
    }
}

static void note_rates(const struct state *state, struct search_move *move)
{
    move->good_rate = state->lower ? grid_rate(&state->grid, state->lower->number) : 0;
    move->bad_rate = 0;
    for (size_t i = 0; i < state->loads.count && move->bad_rate == 0; i++) {
        const struct load *load = &state->loads.list[i];
        if (load_classify(load, 0) == LOAD_UPPER) {
            move->bad_rate = grid_rate(&state->grid, load->number);
        }
    }
}

/* *highest is set to the number of the highest overrated load, if there is one. */
static bool are_trials_too_short(const struct state *state, int *highest)
{
    unsigned overrated = 0;
    for (size_t i = 0; i < state->loads.count; i++) {
        if (load_is_overrated(&state->loads.list[i])) {
            overrated++;
            *highest = state->loads.list[i].number;
        }
    }
    return overrated >= OVERRATED_MAX;
}

/* Ignores the good trials that were shorter than a verification. */
static void collect_long(struct state *state, const struct trial *trials, size_t count)
{
    struct trial trusted[SEARCH_TRIALS_MAX];
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_long = trials[i].duration_ns >= verify_ns(state->options, trials[i].rate);
        if (is_long || trials[i].outcome != TRIAL_GOOD) {
            trusted[kept++] = trials[i];
        }
    }
    loads_collect(&state->loads, &state->grid, trusted, kept);
}

static struct search_move finish(const struct state *state, enum search_verdict verdict)
{
    struct search_move move = {.is_done = true, .verdict = verdict};
    note_rates(state, &move);
    return move;
}

static struct search_move measure(const struct state *state, int number, enum search_step step)
{
    double rate = grid_rate(&state->grid, number);
    bool is_long = state->is_long || step == SEARCH_VERIFY;
    struct search_move move = {
        .step = step,
        .rate = rate,
        .duration_ns =
            is_long ? verify_ns(state->options, rate) : search_trial_ns(state->options, rate),
        .rest_ns = state->rest_ns,
    };
    note_rates(state, &move);
    return move;
}

/* The next stride away from the start: as long as all previous ones together, plus the first. */
static int stride(const struct state *state, int travelled)
{
    int longest = (int)(log(STRIDE_FACTOR) / state->grid.log_step);
    int steps = (travelled > 0 ? travelled : 0) + FIRST_STRIDE;
    return steps < longest ? steps : longest;
}

static struct search_move extend_down(const struct state *state)
{
    int from = state->top->number;
    int to = from - stride(state, state->start - from);
    return measure(state, to > state->grid.low ? to : state->grid.low, SEARCH_BRACKET);
}

static struct search_move extend_up(const struct state *state)
{
    int from = state->lower->number;
    int to = from + stride(state, from - state->start);
    return measure(state, to < state->grid.high ? to : state->grid.high, SEARCH_BRACKET);
}

static bool is_at_generator_rate(const struct state *state)
{
    const struct search_options *options = state->options;
    return options->max_rate == 0 ||
           (options->generator_rate > 0 && options->generator_rate < options->max_rate);
}

/*
 * Call this when the interval is narrow enough or ends at a limit: repeats loads whose class is
 * open.
 */
static struct search_move settle(const struct state *state, enum search_verdict verdict)
{
    const struct load *lower = state->lower;
    const struct load *upper = state->is_blocked ? NULL : state->top;
    bool is_lower_open = lower && classify(state, lower) != LOAD_LOWER;
    bool is_upper_open = upper && classify(state, upper) != LOAD_UPPER;
    if (is_lower_open && (state->was_bad || !is_upper_open)) {
        bool must_repeat = lower->bad_ns > 0 || is_verified(state, lower);
        return measure(state, lower->number, must_repeat ? SEARCH_REPEAT : SEARCH_VERIFY);
    }
    if (is_upper_open) {
        return measure(state, upper->number, SEARCH_REPEAT);
    }
    return !lower || is_verified(state, lower) ? finish(state, verdict)
                                               : measure(state, lower->number, SEARCH_VERIFY);
}

static struct search_move go_on(const struct state *state)
{
    const struct grid *grid = &state->grid;
    if (!state->lower && !state->top) {
        return measure(state, state->start, SEARCH_BRACKET);
    }
    if (!state->lower) {
        bool is_at_minimum = state->top->number == grid->low;
        return is_at_minimum ? settle(state, state->is_blocked ? SEARCH_GENERATOR_LIMITED
                                                               : SEARCH_BELOW_MINIMUM)
                             : extend_down(state);
    }
    if (!state->top) {
        bool is_at_maximum = state->lower->number == grid->high;
        return is_at_maximum ? settle(state, is_at_generator_rate(state) ? SEARCH_GENERATOR_LIMITED
                                                                         : SEARCH_ABOVE_MAXIMUM)
                             : extend_up(state);
    }
    int gap = state->top->number - state->lower->number;
    int wanted = state->is_blocked ? GRID_STEPS_PER_WIDTH * BLOCKED_WIDTHS : 1;
    if (gap > wanted) {
        return measure(state, state->lower->number + gap / 2, SEARCH_HALVE);
    }
    return settle(state, state->is_blocked ? SEARCH_GENERATOR_LIMITED : SEARCH_FOUND);
}

static uint64_t time_taken_ns(const struct trial *trials, size_t count)
{
    uint64_t sum_ns = 0;
    for (size_t i = 0; i < count; i++) {
        sum_ns += trials[i].took_ns;
    }
    return sum_ns;
}

struct search_move search_next(const struct search_options *options, const struct trial *trials,
                               size_t count)
{
    struct state state = {.options = options, .grid = make_grid(options)};
    state.start = find_start(options, &state.grid);
    state.was_bad = count > 0 && trials[count - 1].outcome == TRIAL_BAD;
    state.rest_ns = rest_ns(options->trial_ns, trials, count);
    loads_collect(&state.loads, &state.grid, trials, count);
    state.is_long = are_trials_too_short(&state, &state.start);
    if (state.is_long) {
        collect_long(&state, trials, count);
    }
    find_bounds(&state);
    struct search_move move = go_on(&state);
    uint64_t limit_ns = options->time_limit_ns;
    bool is_late = limit_ns > 0 && time_taken_ns(trials, count) + move.duration_ns > limit_ns;
    return !move.is_done && (is_late || count >= SEARCH_TRIALS_MAX)
               ? finish(&state, SEARCH_OUT_OF_TIME)
               : move;
}

/*
 * grid - the rates that a search may try.
 *
 * Rates lie on a logarithmic grid, so a step is the same percentage at 50/s and at 50,000/s: half
 * of the search width. A load is the number of a grid point. The search compares loads, so rounding
 * of rates does not affect it. The grid does not depend on the target: two searches with the same
 * width, minimum and maximum choose from the same rates.
 *
 * Rates are rounded to four significant digits, which changes them by at most 0.05%. The rates of
 * the lowest and the highest load are exactly the minimum and the maximum.
 *
 * Units: requests per second. Threads, memory: pure functions.
 */
#ifndef LOADGEN_CAPACITY_SEARCH_GRID_H
#define LOADGEN_CAPACITY_SEARCH_GRID_H

enum { GRID_STEPS_PER_WIDTH = 2 };

struct grid {
    double log_step;
    double min_rate, max_rate;
    int low, high; /* the loads of min_rate and max_rate */
};

/* `width` is a fraction of the rate, such as 0.02; 0 < min_rate <= max_rate. */
struct grid grid_make(double width, double min_rate, double max_rate);

double grid_rate(const struct grid *grid, int load);

/* The load of the grid point nearest to `rate` on the logarithmic scale, from `low` to `high`. */
int grid_load(const struct grid *grid, double rate);

#endif

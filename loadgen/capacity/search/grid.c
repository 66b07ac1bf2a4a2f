#include "loadgen/capacity/search/grid.h"

#include <math.h>
#include <stdlib.h>

enum { DIGITS = 4 };

struct grid grid_make(double width, double min_rate, double max_rate)
{
    double log_step = log1p(width) / GRID_STEPS_PER_WIDTH;
    struct grid grid = {
        .log_step = log_step,
        .min_rate = min_rate,
        .max_rate = max_rate,
        .low = (int)floor(log(min_rate) / log_step),
        .high = (int)ceil(log(max_rate) / log_step),
    };
    return grid;
}

static double round_to_digits(double rate)
{
    int exponent = DIGITS - 1 - (int)floor(log10(rate));
    double scale = pow(10, abs(exponent));
    return exponent < 0 ? round(rate / scale) * scale : round(rate * scale) / scale;
}

double grid_rate(const struct grid *grid, int load)
{
    if (load <= grid->low) {
        return grid->min_rate;
    }
    if (load >= grid->high) {
        return grid->max_rate;
    }
    double rate = round_to_digits(exp(load * grid->log_step));
    return fmin(fmax(rate, grid->min_rate), grid->max_rate);
}

int grid_load(const struct grid *grid, double rate)
{
    if (rate <= grid->min_rate) {
        return grid->low;
    }
    if (rate >= grid->max_rate) {
        return grid->high;
    }
    int load = (int)lround(log(rate) / grid->log_step);
    return load < grid->low ? grid->low : load > grid->high ? grid->high : load;
}

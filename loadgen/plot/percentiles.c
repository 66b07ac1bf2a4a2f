#include "loadgen/plot/percentiles.h"

#include <math.h>

#include "common/clock.h"

/* Points per power of ten. */
enum { DECADE_STEPS = 20 };

static uint64_t value_at(const struct histogram *h, double x)
{
    double rank = ceil((double)h->count * (1 - pow(10, -x)));
    return histogram_at_rank(h, NULL, (uint64_t)rank);
}

json_t *percentiles_to_json(const struct histogram *h)
{
    json_t *list = json_array();
    double last = log10(2 * (double)h->count);
    for (unsigned i = 0; h->count > 0; i++) {
        double x = fmin((double)i / DECADE_STEPS, last);
        uint64_t ns = i == 0 ? h->min_ns : x == last ? h->max_ns : value_at(h, x);
        json_array_append_new(list, json_pack("[f, f]", x, (double)ns / (double)NS_PER_MS));
        if (x == last) {
            break;
        }
    }
    return list;
}

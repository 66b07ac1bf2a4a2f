#include "loadgen/capacity/search/loads.h"

#include <string.h>

static struct load *find_or_insert(struct loads *loads, int number)
{
    size_t i = 0;
    while (i < loads->count && loads->list[i].number < number) {
        i++;
    }
    if (i == loads->count || loads->list[i].number != number) {
        memmove(&loads->list[i + 1], &loads->list[i], (loads->count - i) * sizeof loads->list[0]);
        loads->list[i] = (struct load){.number = number};
        loads->count++;
    }
    return &loads->list[i];
}

static void add(struct load *load, const struct trial *trial)
{
    load->invalid_in_a_row = trial->outcome == TRIAL_INVALID ? load->invalid_in_a_row + 1 : 0;
    switch (trial->outcome) {
    case TRIAL_GOOD:
        load->good_ns += trial->duration_ns;
        if (trial->duration_ns > load->longest_good_ns) {
            load->longest_good_ns = trial->duration_ns;
        }
        break;
    case TRIAL_BAD:
        load->bad_ns += trial->duration_ns;
        if (load->shortest_bad_ns == 0 || trial->duration_ns < load->shortest_bad_ns) {
            load->shortest_bad_ns = trial->duration_ns;
        }
        break;
    case TRIAL_INVALID:
        break;
    }
}

void loads_collect(struct loads *loads, const struct grid *grid, const struct trial *trials,
                   size_t count)
{
    loads->count = 0;
    for (size_t i = 0; i < count && i < LOADS_MAX; i++) {
        if (!trials[i].workers_changed) {
            add(find_or_insert(loads, grid_load(grid, trials[i].rate)), &trials[i]);
        }
    }
}

enum load_class load_classify(const struct load *load, uint64_t enough_ns)
{
    uint64_t measured_ns = load->good_ns + load->bad_ns;
    uint64_t total_ns = measured_ns > enough_ns ? measured_ns : enough_ns;
    if (measured_ns == 0) {
        return LOAD_OPEN;
    }
    if (2 * load->good_ns >= total_ns) {
        return LOAD_LOWER;
    }
    return 2 * load->bad_ns > total_ns ? LOAD_UPPER : LOAD_OPEN;
}

bool load_is_blocked(const struct load *load)
{
    return load->invalid_in_a_row >= LOADS_INVALID_MAX;
}

bool load_is_overrated(const struct load *load)
{
    return load->good_ns > 0 && load->shortest_bad_ns > load->longest_good_ns;
}

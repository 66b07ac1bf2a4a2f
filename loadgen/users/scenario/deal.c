#include "loadgen/users/scenario/deal.h"

#include <stdlib.h>

#include "loadgen/base/memory.h"

void deal_init(struct deal *deal, const struct classes *classes)
{
    *deal = (struct deal){.classes = classes};
    deal->counts = memory_of(calloc(classes->count + 1, sizeof *deal->counts));
    for (size_t i = 0; i < classes->count; i++) {
        const struct class *class = &classes->list[i];
        deal->fixed += class->fixed_count;
        deal->weights += class->fixed_count > 0 ? 0 : class->weight;
    }
}

void deal_fini(struct deal *deal)
{
    free(deal->counts);
}

static const struct class *next_fixed(struct deal *deal)
{
    size_t i = 0;
    do {
        i = deal->turn++ % deal->classes->count;
    } while (deal->counts[i] == deal->classes->list[i].fixed_count);
    deal->counts[i]++;
    deal->fixed--;
    return &deal->classes->list[i];
}

const struct class *deal_next(struct deal *deal)
{
    if (deal->fixed > 0) {
        return next_fixed(deal);
    }
    size_t best = deal->classes->count;
    double most = 0;
    deal->dealt++;
    for (size_t i = 0; i < deal->classes->count; i++) {
        const struct class *class = &deal->classes->list[i];
        if (class->fixed_count == 0 && class->weight > 0) {
            double behind =
                class->weight / deal->weights * (double)deal->dealt - (double)deal->counts[i];
            if (best == deal->classes->count || behind > most) {
                most = behind;
                best = i;
            }
        }
    }
    if (best == deal->classes->count) {
        return NULL;
    }
    deal->counts[best]++;
    return &deal->classes->list[best];
}

uint64_t deal_most(const struct classes *classes)
{
    uint64_t fixed = 0;
    for (size_t i = 0; i < classes->count; i++) {
        const struct class *class = &classes->list[i];
        if (class->fixed_count == 0 && class->weight > 0) {
            return UINT64_MAX;
        }
        fixed += class->fixed_count;
    }
    return fixed;
}

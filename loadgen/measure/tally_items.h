/* tally_items - definitions shared by tally_encode.c and tally_decode.c (tally_codec.h). */
#ifndef LOADGEN_MEASURE_TALLY_ITEMS_H
#define LOADGEN_MEASURE_TALLY_ITEMS_H

#include "loadgen/measure/tally_codec.h"

enum item {
    ITEM_TOTALS,
    ITEM_ERROR,
    ITEM_HISTOGRAM,
    ITEM_ROW,
    ITEM_ROW_HISTOGRAM,
    ITEM_FULL,
    ITEM_FAILURES,
    ITEM_UNLISTED,
    ITEMS
};

enum table { TABLE_TARGETS, TABLE_ADDRESSES, TABLES };

/* Offsets of the counters and histograms: the lists of tally.h in their order, then the loop. */
static const size_t tally_numbers[] = {
#define X(name) offsetof(struct tally, counters.name),
    COUNTERS(X)
#undef X
#define X(name) offsetof(struct tally, name),
        TALLY_SUMS(X)
#undef X
};
static const size_t tally_histograms[] = {
#define X(name, label) offsetof(struct tally, name),
    TIMINGS(X)
#undef X
#define X(name) offsetof(struct tally, name),
        UNANSWERED(X) X(loop)
#undef X
};
static const size_t row_numbers[] = {
#define X(name) offsetof(struct tally_row, name),
    ROW_COUNTERS(X)
#undef X
};
static const size_t row_histograms[] = {
#define X(name) offsetof(struct tally_row, name),
    ROW_HISTOGRAMS(X)
#undef X
};

enum {
    TALLY_NUMBERS = sizeof tally_numbers / sizeof tally_numbers[0],
    TALLY_HISTOGRAMS = sizeof tally_histograms / sizeof tally_histograms[0],
    ROW_NUMBERS = sizeof row_numbers / sizeof row_numbers[0],
    ROW_HISTOGRAMS_ALL = sizeof row_histograms / sizeof row_histograms[0],
};

/* Changing a list changes the format, which then needs a new version. */
_Static_assert(TALLY_CODEC_VERSION == 4 && TALLY_NUMBERS == 14 && TALLY_HISTOGRAMS == 9 &&
                   ROW_NUMBERS == 4 && ROW_HISTOGRAMS_ALL == 5 && VIOLATIONS_ALL == 13 &&
                   OUTCOMES_ALL == 8,
               "increase TALLY_CODEC_VERSION, and correct the numbers here");

#endif

#include "loadgen/pace/schedule_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *schedule_rate_print(uint64_t per_h, char text[SCHEDULE_RATE_TEXT])
{
    if (per_h % 3600 == 0) {
        snprintf(text, SCHEDULE_RATE_TEXT, "%" PRIu64 "/s", per_h / 3600);
    } else if (per_h % 60 == 0) {
        snprintf(text, SCHEDULE_RATE_TEXT, "%" PRIu64 "/m", per_h / 60);
    } else {
        snprintf(text, SCHEDULE_RATE_TEXT, "%" PRIu64 "/h", per_h);
    }
    return text;
}

static const char *const sine_starts[] = {
    [SINE_UP] = "up",
    [SINE_PEAK] = "peak",
    [SINE_DOWN] = "down",
    [SINE_TROUGH] = "trough",
};

enum { SINE_STARTS = sizeof sine_starts / sizeof sine_starts[0] };

const char *schedule_sine_start_name(enum sine_start start)
{
    return sine_starts[start];
}

bool schedule_sine_start_parse(const char *text, enum sine_start *start)
{
    for (int i = 0; i < SINE_STARTS; i++) {
        if (strcmp(text, sine_starts[i]) == 0) {
            *start = (enum sine_start)i;
            return true;
        }
    }
    return false;
}

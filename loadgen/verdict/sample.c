#include "loadgen/verdict/sample.h"

#include <string.h>

int sample_find_row(const struct rows *rows, const char *name)
{
    size_t others = rows->others > 0;
    for (size_t i = 0; i < rows->count + others; i++) {
        size_t row = i < rows->count ? i : ROWS_OTHER;
        if (strcmp(rows_name(rows, row), name) == 0) {
            return rows->count + others == 1 ? SAMPLE_WHOLE : (int)row;
        }
    }
    return SAMPLE_NONE;
}

/* Results of vegeta's formats record no lag. */
static void take_response(struct sample *sample, const struct histogram *response,
                          const struct histogram *unanswered)
{
    bool is_recorded = response->count == sample->latency->count;
    sample->response = is_recorded ? response : sample->latency;
    sample->unanswered_response = is_recorded ? unanswered : sample->unanswered;
}

struct sample sample_take(const struct tally *tally, int row, uint64_t intended)
{
    const struct tally_row *of_row = row == SAMPLE_WHOLE ? NULL : &tally->rows[row];
    struct sample sample = {
        .latency = of_row ? &of_row->latency : &tally->latency,
        .unanswered = of_row ? &of_row->unanswered : &tally->unanswered,
        .ended = of_row ? of_row->ended : tally->counters.ended,
        .successes = of_row ? of_row->successes : tally_successes(tally),
        .intended = intended,
    };
    take_response(&sample, of_row ? &of_row->response : &tally->response,
                  of_row ? &of_row->unanswered_response : &tally->unanswered_response);
    return sample;
}

uint64_t sample_answered(const struct sample *sample)
{
    return sample->latency->count - sample->unanswered->count;
}

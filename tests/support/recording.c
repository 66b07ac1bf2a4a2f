#include "tests/support/recording.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *recording_read(const char *name)
{
    enum { SIZE = 1 << 17 };
    char path[128];
    snprintf(path, sizeof path, "tests/contract/vegeta/%s", name);
    FILE *in = fopen(path, "re");
    ck_assert_msg(in != NULL, "%s cannot be opened", path);
    char *text = calloc(1, SIZE);
    ck_assert_ptr_nonnull(text);
    size_t length = fread(text, 1, SIZE, in);
    ck_assert_uint_lt(length, SIZE);
    fclose(in);
    return text;
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

void recording_latencies(uint64_t latencies_ns[RECORDING_RESULTS])
{
    char *text = recording_read("results.csv");
    const char *line = text;
    for (size_t i = 0; i < RECORDING_RESULTS; i++) { /* timestamp, code, latency */
        const char *code = strchr(line, ',') + 1;
        latencies_ns[i] = strtoull(strchr(code, ',') + 1, NULL, 10);
        ck_assert_uint_gt(latencies_ns[i], 0);
        line = strchr(line, '\n') + 1;
    }
    ck_assert_int_eq(*line, '\0');
    free(text);
    qsort(latencies_ns, RECORDING_RESULTS, sizeof latencies_ns[0], compare);
}

void recording_count(struct tally *tally)
{
    uint64_t latencies_ns[RECORDING_RESULTS];
    recording_latencies(latencies_ns);
    for (size_t i = 0; i < RECORDING_RESULTS; i++) {
        struct result result = {.service_ns = latencies_ns[i], .code = 200};
        tally_add(tally, &result);
    }
}

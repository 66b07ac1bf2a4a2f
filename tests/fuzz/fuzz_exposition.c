/*
 * fuzz_exposition - any bytes as a page of metrics, for libFuzzer (`make fuzz`).
 *
 * What is checked beside the sanitizers: every slice lies inside the page, the labels of a sample
 * can be read to their end, and what was read makes an account.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/scrape/account.h"
#include "loadgen/scrape/exposition.h"

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static bool is_inside(struct slice part, struct slice whole)
{
    return part.at >= whole.at && part.length <= whole.length &&
           part.at - whole.at <= (ptrdiff_t)(whole.length - part.length);
}

static void check_samples(struct slice page)
{
    struct exposition exposition = {.rest = page};
    struct exposition_sample sample;
    size_t lines = 0;
    while (exposition_next(&exposition, &sample) == EXPOSITION_SAMPLE) {
        struct slice labels = sample.labels, name, value;
        require(exposition.line > lines && sample.name.length > 0);
        lines = exposition.line;
        require(is_inside(sample.name, page) && is_inside(sample.labels, page));
        while (exposition_next_label(&labels, &name, &value)) {
            require(is_inside(name, sample.labels) && is_inside(value, sample.labels));
        }
        require(labels.length == 0);
    }
}

static void check_account(const struct reading *reading)
{
    struct scrape_pod pods[2] = {{.address = "a"}, {.address = "a"}};
    const struct scrape before = {&pods[0], 1, 1, 1}, after = {&pods[1], 1, 1, 2};
    const struct account_sent sent = {1, 2};
    pods[1].reading = *reading;
    json_t *account = account_make(&before, &after, &sent);
    require(account != NULL);
    char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");
    require(out != NULL);
    account_print(account, out);
    fclose(out);
    json_decref(account);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct reading reading;
    char *page = malloc(size + 1); /* not terminated: nothing may read beyond it */
    require(page != NULL);
    memcpy(page, data, size);
    page = realloc(page, size ? size : 1);
    require(page != NULL);
    const struct slice text = {page, size};
    check_samples(text);
    if (reading_parse(&reading, text, "/metrics", &err)) {
        for (int i = 0; i < READING_VALUES_ALL; i++) {
            require(!reading.has[i] || (isfinite(reading.values[i]) && reading.values[i] >= 0));
        }
        check_account(&reading);
    } else {
        require(err.code == ERR_FAILED);
    }
    free(page);
    return 0;
}

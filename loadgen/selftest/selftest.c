#include "loadgen/selftest/selftest.h"

#include <math.h>
#include <string.h>

#include "loadgen/null_server/null_server.h"
#include "loadgen/selftest/client.h"

enum { STEPS = CALIBRATE_STEPS_MAX, FLOOR_RATE = 1000, FLOOR_PART = 10 };
#define STEP_NS (NS_PER_S / 2)
#define FLOOR_NS NS_PER_S

static bool measure_floors(struct selftest *selftest, unsigned threads,
                           const struct control *control, struct err *err)
{
    struct null_server server;
    struct client client;
    struct client_run run = {0};
    if (!null_server_start(&server, 1, err)) {
        return false;
    }
    selftest->floor_rate = fmax(fmin(FLOOR_RATE, floor(selftest->rate / FLOOR_PART)), 1);
    bool ok = client_open(&client, &server, threads, control, err) &&
              client_send(&client, selftest->floor_rate, FLOOR_NS, &run, err);
    selftest->floors = run.summary;
    client_close(&client);
    null_server_stop(&server);
    return ok;
}

bool selftest_run(struct selftest *selftest, unsigned threads, const struct control *control,
                  struct err *err)
{
    const struct calibrate_options options = {
        .threads = threads,
        .tightest_ns = INFINITY,
        .step_ns = STEP_NS,
        .steps = STEPS,
        .control = control,
    };
    *selftest = (struct selftest){0};
    if (!calibrate(&options, &selftest->calibration, err)) {
        return false;
    }
    selftest->rate = calibrate_rate(&selftest->calibration, 0);
    return measure_floors(selftest, threads, control, err) &&
           known_answers_run(threads, control, selftest->answers, err);
}

void selftest_destroy(struct selftest *selftest)
{
    if (selftest->floors) {
        summary_destroy(selftest->floors);
    }
}

/* "stall, delay"; "" if there is none. */
static void list_answers(const struct selftest *selftest, enum known_outcome outcome, char *text,
                         size_t size)
{
    text[0] = '\0';
    for (unsigned i = 0; i < KNOWN_ALL; i++) {
        size_t used = strlen(text);
        if (selftest->answers[i].outcome == outcome) {
            snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", known_answer_names[i]);
        }
    }
}

bool selftest_conclude(const struct selftest *selftest, struct err *err)
{
    char wrong[64], unclear[64];
    list_answers(selftest, KNOWN_WRONG, wrong, sizeof wrong);
    list_answers(selftest, KNOWN_UNCLEAR, unclear, sizeof unclear);
    if (wrong[0]) {
        return err_set(err, ERR_FAILED,
                       "known-answer tests failed: %s; do not trust the results of this generator, "
                       "and please report the bug",
                       wrong);
    }
    if (!selftest->calibration.is_on_time) {
        return err_set(err, ERR_GENERATOR_LIMIT,
                       "the generator was late at every rate, because other programs used its CPU; "
                       "stop them and repeat the test");
    }
    return unclear[0] == '\0' || err_set(err, ERR_GENERATOR_LIMIT,
                                         "known-answer tests were inconclusive: %s; other programs "
                                         "disturbed the generator; stop them and repeat the test",
                                         unclear);
}

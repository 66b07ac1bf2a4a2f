#include "tests/support/measurement.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/agenda/driver.h"
#include "loadgen/http/choice/engines.h"

const struct plan measurement_open_loop = {
    .schedule.rate = {200, NS_PER_S},
    .schedule.duration_ns = NS_PER_S / 2,
    .timeout_ns = 5 * NS_PER_S,
    .max_workers = UINT64_MAX,
    .max_connections = UINT64_MAX,
    .max_idle = 10000,
    .max_redirects = 10,
    .keepalive = true,
    .threads = 2,
};

const struct plan measurement_closed_loop = {
    .schedule.rate = {0, NS_PER_S},
    .schedule.duration_ns = NS_PER_S / 4,
    .timeout_ns = 5 * NS_PER_S,
    .max_workers = 4,
    .max_connections = UINT64_MAX,
    .max_idle = 10000,
    .max_redirects = 10,
    .keepalive = true,
    .threads = 2,
};

const struct engine_type *measurement_engine = &engines;
const struct driver_type *measurement_driver = &driver_agenda;

static const struct script_step at_once = {.body_bytes = 15};
const struct script measurement_answers_at_once = {.steps = &at_once, .step_count = 1};

struct summary *measurement_attack(const struct plan *plan, const char *method, uint16_t port,
                                   const struct control *control, struct result_writer *writer)
{
    char text[256];
    struct err err = {0};
    struct targets targets;
    snprintf(text, sizeof text, "%s http://127.0.0.1:%u/a\n\n%s http://127.0.0.1:%u/b\n", method,
             port, method, port);
    FILE *in = fmemopen(text, strlen(text), "r");
    const struct message_defaults defaults = {.keepalive = plan->keepalive};
    ck_assert_msg(targets_read(&targets, in, "test", &format_http, &defaults, &err), "%s",
                  err.text);
    fclose(in);
    struct source source = source_of(targets.requests, targets.count);
    const struct observer observer = {0};
    struct summary *summary = summary_create();
    const struct order order = {plan, &targets, &source};
    ck_assert_msg(run_with_engine(measurement_engine, &order, measurement_driver, control,
                                  &observer, writer, summary, &err),
                  "%s", err.text);
    targets_free(&targets);
    return summary;
}

void measurement_check_balance(const struct plan *plan, const struct measurement *m)
{
    const struct tally *tally = m->summary->tally;
    const struct counters *counters = &tally->counters;
    ck_assert_uint_eq(m->summary->intended, counters->ended + m->summary->not_started);
    ck_assert_uint_eq(counters->ended, counters->answered + counters->timed_out + counters->failed);
    ck_assert_uint_eq(tally->latency.count, counters->ended);
    ck_assert_uint_eq(tally->latency.sum_ns, tally->lag.sum_ns + tally->wait.sum_ns +
                                                 tally->connect.sum_ns + tally->service.sum_ns);
    ck_assert_uint_ge(m->summary->generator.loop_unread_ns, tally->loop.max_ns);
    ck_assert_uint_le(counters->answered, m->truth.answers + m->truth.broken); /* raw ones */
    ck_assert_uint_le(m->truth.answers, counters->ended + counters->retried + counters->redirected);
    if (plan->schedule.rate.count > 0 && !m->summary->is_interrupted) {
        ck_assert_uint_eq(m->summary->intended,
                          pacer_count(plan->schedule.rate, plan->schedule.duration_ns));
    }
    uint64_t codes = 0;
    for (size_t i = 0; i < TALLY_CODES; i++) {
        codes += tally->codes[i];
    }
    ck_assert_uint_eq(codes, counters->ended);
    ck_assert_uint_eq(tally->codes[0], counters->timed_out + counters->failed);
}

struct measurement measure_method(const struct plan *plan, const struct script *script,
                                  const char *method)
{
    struct err err = {0};
    struct measurement m = {0};
    struct script_server *server = script_server_start(script, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
    const struct control control = {.stop_fd = -1};
    uint64_t begin_ns = clock_now_ns();
    m.summary = measurement_attack(plan, method, script_server_port(server), &control, NULL);
    m.took_ns = clock_now_ns() - begin_ns;
    m.truth = script_server_stop(server);
    measurement_check_balance(plan, &m);
    return m;
}

struct measurement measure(const struct plan *plan, const struct script *script)
{
    return measure_method(plan, script, "GET");
}

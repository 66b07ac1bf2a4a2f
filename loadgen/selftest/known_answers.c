#include "loadgen/selftest/known_answers.h"

#include <inttypes.h>
#include <stdio.h>

#include "loadgen/base/duration.h"
#include "loadgen/null_server/null_server.h"
#include "loadgen/selftest/client.h"
#include "loadgen/verdict/generator.h"

enum { RATE = 500, REFUSE_EVERY = 20, BREAK_EVERY = 50 };
#define STALL_AT_NS (NS_PER_S / 2)
#define DURATION_NS (3 * NS_PER_S / 2)
#define CLOCKS_NS (2 * NS_PER_MS)     /* what is not exact about the moments of a stall */
#define AFTER_NS (20 * NS_PER_MS)     /* the server may need to answer what has piled up */
#define LEAST_MORE_NS (5 * NS_PER_MS) /* the least latency may be over the delay */

const char *const known_answer_names[KNOWN_ALL] = {
#define X(constant, name) [KNOWN_##constant] = #name,
    KNOWN_ANSWERS(X)
#undef X
};

const char *const known_outcome_names[] = {
#define X(constant, name) [KNOWN_##constant] = #name,
    KNOWN_OUTCOMES(X)
#undef X
};

static const struct null_script scripts[KNOWN_ALL] = {
    [KNOWN_STALL] = {.stall_at_ns = STALL_AT_NS, .stall_ns = KNOWN_STALL_NS},
    [KNOWN_DELAY] = {.delay_ns = KNOWN_DELAY_NS},
    [KNOWN_FAILURES] = {.refuse_every = REFUSE_EVERY, .break_every = BREAK_EVERY},
};

/* Something happened to the generator that can explain what should not be. */
static bool is_disturbed(const struct summary *summary)
{
    return generator_judge(summary, NULL).class != GENERATOR_CLEAN || summary->not_started > 0 ||
           summary->tally->counters.timed_out > 0;
}

static enum known_outcome wrong_unless_disturbed(const struct summary *summary)
{
    return is_disturbed(summary) ? KNOWN_UNCLEAR : KNOWN_WRONG;
}

/* True if the stall, and the end of the waits for it, lie within the run. */
static bool is_inside(const struct summary *summary, const struct null_account *account)
{
    uint64_t begin_ns = summary->wall_start_ns, end_ns = begin_ns + DURATION_NS;
    return account->stalled_from_ns >= begin_ns &&
           account->stalled_from_ns + account->stalled_ns <= end_ns;
}

static uint64_t due_in(uint64_t ns)
{
    return ns * RATE / NS_PER_S;
}

static struct known_answer judge_stall(const struct summary *summary,
                                       const struct null_account *account)
{
    struct known_answer answer = {.outcome = KNOWN_UNCLEAR};
    char length[DURATION_TEXT];
    if (account->stalled_ns < KNOWN_STALL_NS || !is_inside(summary, account)) {
        snprintf(answer.text, sizeof answer.text, "the stall was not within the run");
        return answer;
    }
    uint64_t waited_ns = account->stalled_ns - KNOWN_OVER_NS;
    uint64_t least = due_in(waited_ns - CLOCKS_NS), most = due_in(waited_ns + AFTER_NS) + 1;
    uint64_t seen = histogram_count_between(&summary->tally->latency, KNOWN_OVER_NS, UINT64_MAX);
    answer.outcome = seen < least + summary->not_started ? wrong_unless_disturbed(summary)
                     : seen > most                       ? wrong_unless_disturbed(summary)
                                                         : KNOWN_RIGHT;
    snprintf(answer.text, sizeof answer.text,
             "the server stopped for %s: %" PRIu64 " latencies over 100ms (expected %" PRIu64
             " to %" PRIu64 ")",
             duration_print_short(account->stalled_ns, length), seen, least, most);
    return answer;
}

static struct known_answer judge_delay(const struct summary *summary,
                                       const struct null_account *account)
{
    const struct tally *tally = summary->tally;
    struct known_answer answer = {.outcome = KNOWN_RIGHT};
    char least[DURATION_TEXT];
    bool is_whole = tally->counters.answered > 0 && account->delayed == tally->counters.answered;
    bool is_early = tally->latency.min_ns < KNOWN_DELAY_NS ||
                    (is_whole && tally->service.sum_ns < account->delay_ns);
    if (is_early) {
        answer.outcome = KNOWN_WRONG;
    } else if (!is_whole || tally->latency.min_ns > KNOWN_DELAY_NS + LEAST_MORE_NS) {
        answer.outcome = wrong_unless_disturbed(summary);
    }
    snprintf(answer.text, sizeof answer.text,
             "responses were delayed by 20ms: lowest latency %s (expected 20ms to 25ms)",
             duration_print_short(tally->latency.min_ns, least));
    return answer;
}

static struct known_answer judge_failures(const struct summary *summary,
                                          const struct null_account *account)
{
    const struct tally *tally = summary->tally;
    struct known_answer answer;
    bool is_exact = account->refused > 0 && account->broken > 0 &&
                    tally->codes[503] == account->refused &&
                    tally->counters.failed == account->broken;
    answer.outcome = is_exact ? KNOWN_RIGHT : wrong_unless_disturbed(summary);
    snprintf(answer.text, sizeof answer.text,
             "%" PRIu64 " responses were 503 and %" PRIu64
             " were cut off; the generator reported %" PRIu64 " and %" PRIu64,
             account->refused, account->broken, tally->codes[503], tally->counters.failed);
    return answer;
}

struct known_answer known_answer_judge(enum known_answer_name name, const struct summary *summary,
                                       const struct null_account *account)
{
    switch (name) {
    case KNOWN_STALL:
        return judge_stall(summary, account);
    case KNOWN_DELAY:
        return judge_delay(summary, account);
    case KNOWN_FAILURES:
    case KNOWN_ALL:
        break;
    }
    return judge_failures(summary, account);
}

static bool ask(struct client *client, struct null_server *server, enum known_answer_name name,
                struct known_answer *answer, struct err *err)
{
    static const struct null_script none;
    struct null_account account;
    struct client_run run;
    if (!null_server_follow(server, &scripts[name], &account, err) ||
        !client_send(client, RATE, DURATION_NS, &run, err)) {
        return false;
    }
    bool ok = null_server_follow(server, &none, &account, err);
    if (ok) {
        *answer = known_answer_judge(name, run.summary, &account);
    }
    summary_destroy(run.summary);
    return ok;
}

bool known_answers_run(unsigned threads, const struct control *control,
                       struct known_answer answers[KNOWN_ALL], struct err *err)
{
    struct null_server server;
    struct client client;
    if (!null_server_start(&server, 1, err)) {
        return false;
    }
    bool ok = client_open(&client, &server, threads, control, err);
    for (unsigned i = 0; ok && i < KNOWN_ALL; i++) {
        ok = ask(&client, &server, (enum known_answer_name)i, &answers[i], err);
    }
    client_close(&client);
    null_server_stop(&server);
    return ok;
}

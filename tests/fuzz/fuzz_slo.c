/*
 * fuzz_slo - any text as an SLO, for libFuzzer (`make fuzz`).
 *
 * What is checked beside the sanitizers: a text that is refused is pointed at; each criterion of
 * one that is taken means the same alone; and it can be judged and printed.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/report/slo_print.h"
#include "loadgen/verdict/hopeless.h"

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* Three lines, the last one blanks and a ^; or one, for what is too long. */
static void check_refusal(const struct err *err)
{
    require(err->code == ERR_USAGE && memchr(err->text, '\0', sizeof err->text));
    const char *shown = strchr(err->text, '\n');
    if (!shown) {
        require(strstr(err->text, "longer than") != NULL);
        return;
    }
    const char *caret = strrchr(err->text, '\n') + 1;
    require(caret > shown + 1 && strspn(caret, " ") >= 4);
    require(strcmp(caret + strspn(caret, " "), "^") == 0);
    require(strchr(shown + 1, '\n') == caret - 1);
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_criterion(const struct slo *slo, const struct slo_criterion *criterion)
{
    require(criterion->text[0] != '\0' && criterion->offset < strlen(slo->text));
    require(strncmp(slo->text + criterion->offset, criterion->text, strlen(criterion->text)) == 0);
    require(isfinite(criterion->limit) && criterion->limit >= 0);
    struct slo *alone = slo_parse(criterion->text, NULL);
    require(alone && alone->count == 1);
    const struct slo_criterion *again = &alone->list[0];
    require(is_same_text(again->target, criterion->target) && again->metric == criterion->metric);
    require(again->per_million == criterion->per_million && again->per_million < 1000000);
    require(again->op == criterion->op && again->unit == criterion->unit);
    require(!(again->limit < criterion->limit) && !(again->limit > criterion->limit));
    slo_destroy(alone);
}

static void check_judging(const struct slo *slo)
{
    static struct summary *summary;
    if (!summary) {
        summary = summary_create();
        require(summary != NULL);
        rows_add(&summary->rows, "a");
        rows_add(&summary->rows, "b");
        for (uint64_t i = 0; i < 50; i++) {
            struct result result = {.intended_ns = i, .service_ns = i * i * 1000, .code = 200};
            result.row = i % 2;
            result.outcome = i % 20 ? OUTCOME_ANSWERED : OUTCOME_RESET;
            tally_add(summary->tally, &result);
        }
        summary->intended = 60;
        summary->scheduled_per_s = 1e9;
    }
    struct slo_verdict verdict = slo_judge(slo, summary);
    bool is_met = true;
    for (size_t i = 0; i < verdict.count; i++) {
        is_met = is_met && verdict.list[i].is_held;
    }
    require(verdict.count == slo->count && verdict.is_met == is_met);
    const struct slo_progress progress = {summary->tally, &summary->rows, 60, NULL};
    require(!slo_find_hopeless(slo, &progress) || !is_met);
    char missed[200];
    slo_print_missed(&verdict, missed, sizeof missed);
    require((missed[0] == '\0') == is_met);
    json_t *json = json_object();
    slo_print_json(&verdict, json);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    char *text = calloc(1, size + 1);
    require(text != NULL);
    memcpy(text, data, size);
    struct slo *slo = slo_parse(text, &err);
    if (slo) {
        require(err.code == ERR_NONE && slo->count > 0);
        for (size_t i = 0; i < slo->count; i++) {
            check_criterion(slo, &slo->list[i]);
        }
        check_judging(slo);
    } else {
        check_refusal(&err);
    }
    slo_destroy(slo);
    free(text);
    return 0;
}

#include "loadgen/command/runners/run_verdict.h"

#include "common/err.h"
#include "common/slice.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/command/session/slo_flag.h"

static json_t *verdict_to_json(json_t *met, const char *text)
{
    return json_pack("{s:o, s:o}", "met", met, "text", json_clean(slice_of(text)));
}

json_t *run_verdict(const struct slo *slo, const struct summary *summary)
{
    struct err found = {.code = ERR_NONE};
    struct slo_verdict verdict = slo_judge(slo, summary);
    if (summary->is_abandoned) {
        return verdict_to_json(json_null(), "the test was aborted, so the SLO was not judged");
    }
    if (slo_flag_conclude(&verdict, summary, &found)) {
        err_set(&found, ERR_FAILED, "the SLO was met: %.400s", slo->text);
        return verdict_to_json(json_true(), found.text);
    }
    bool is_known = found.code != ERR_GENERATOR_LIMIT;
    return verdict_to_json(is_known ? json_false() : json_null(), found.text);
}

#include "loadgen/report/text.h"

#include "loadgen/report/report.h"
#include "loadgen/report/slo_print.h"
#include "loadgen/report/verdict.h"

static void write_remark(void *context, const char *sentence)
{
    fprintf(context, "! %s\n", sentence);
}

/* First what to think of the numbers, then what they are made of. */
static bool write_text(const struct summary *summary, const struct slo_verdict *slo, FILE *out)
{
    text_write_vegeta(summary, out);
    struct verdict verdict = verdict_of(summary);
    fputc('\n', out);
    slo_print_text(slo, out);
    fprintf(out, "%s%s\n", verdict.is_limited ? "! " : "", verdict.why);
    report_remarks(summary, write_remark, out);
    text_write_tables(summary, out);
    fputc('\n', out);
    text_write_run(summary, out);
    return fflush(out) == 0 && !ferror(out);
}

const struct report report_text = {
    .name = "text",
    .help = "vegeta's text, then what belongs to it",
    .write = write_text,
};

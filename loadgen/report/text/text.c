#include "loadgen/report/text/text.h"

#include "loadgen/report/generator_text.h"
#include "loadgen/report/report.h"
#include "loadgen/report/slo_print.h"

static void write_remark(void *context, const char *sentence)
{
    fprintf(context, "! %s\n", sentence);
}

/* Verdicts and remarks come before the details. */
static bool write_text(const struct summary *summary, const struct slo_verdict *slo, FILE *out)
{
    text_write_vegeta(summary, out);
    struct generator_verdict verdict = generator_judge(summary, slo);
    char why[GENERATOR_TEXT];
    fputc('\n', out);
    slo_print_text(slo, out);
    fprintf(out, "%s%s\n", verdict.class >= GENERATOR_DISTURBED ? "! " : "",
            generator_verdict_print(&verdict, summary, why));
    report_remarks(summary, write_remark, out);
    text_write_tables(summary, out);
    fputc('\n', out);
    text_write_run(summary, out);
    return fflush(out) == 0 && !ferror(out);
}

const struct report report_text = {
    .name = "text",
    .help = "vegeta's text, then verdict, remarks and tables",
    .lists_exceptions = true,
    .write = write_text,
};

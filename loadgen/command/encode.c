/* loadgen encode: converts results from one format to another. */
#include <inttypes.h>
#include <string.h>

#include "common/clock.h"
#include "common/plural.h"
#include "loadgen/command/command.h"
#include "loadgen/command/files/collect.h"
#include "loadgen/command/files/output.h"
#include "loadgen/command/process/interrupt.h"
#include "loadgen/results/formats.h"
#include "loadgen/results/results.h"

/* Interval at which output is flushed to a pipe, and signals are checked. */
#define PAUSE_NS (100 * NS_PER_MS)

enum { OUT_BUFFER = 1 << 16 };

struct options {
    const char *to;
    const char *output;
};

static const struct cli_flag flags[] = {
    {.help = "Output"},
    {"to", "json|csv|bin", cli_set_string, offsetof(struct options, to), "json",
     "format to write: vegeta's json or csv, or bin, loadgen's own format, which results of "
     "-encoding none require"},
    {"output", "FILE", cli_set_string, offsetof(struct options, output), "stdout",
     "file for the results"},

    {"inputs", "FILE,...", NULL, 0, NULL, collect_no_inputs},
    {0},
};

static const struct cli cli = {
    .program = "loadgen encode",
    .operands = "[FILE ...]",
    .about =
        "Converts results, read from files or stdin, to another format. The format of each input\n"
        "is detected. Convert vegeta's gob files with vegeta encode -to json first.\n\n"
        "  loadgen attack -targets targets.txt -duration 10s | loadgen encode | jq .latency\n"
        "  loadgen encode -to csv -output results.csv results.bin\n"
        "  loadgen encode -to bin vegeta.json | loadgen report\n",
    .flags = flags,
};

struct encode {
    const struct encoding *encoding;
    void *encoder;
    FILE *out;
    const char *path; /* name of `out` */
    struct interrupt interrupt;
    bool is_out_of_memory;
    bool has_losses;
};

static void copy_block(void *context, const struct block *block)
{
    const struct encode *encode = context;
    encode->encoding->copy(encode->encoder, block);
}

/* Records of copied blocks (copy_block) are not written again. */
static void take_record(struct encode *encode, const struct record *record, bool is_copied)
{
    if (!is_copied && !encode->encoding->write(encode->encoder, record)) {
        encode->is_out_of_memory = true;
    }
}

/* Flushes incomplete blocks to a pipe only: from files, the output must be reproducible. */
static void flush(const struct encode *encode, bool is_pipe)
{
    if (is_pipe && encode->encoding->flush) {
        encode->encoding->flush(encode->encoder);
    }
    fflush(encode->out);
}

static bool check_output(const struct encode *encode, struct err *err)
{
    if (encode->is_out_of_memory) {
        return err_set(err, ERR_FAILED, "not enough memory to write a result");
    }
    return !ferror(encode->out) || output_fail("-output", encode->path, err);
}

static bool read_all(struct encode *encode, struct results *results, struct err *err)
{
    struct record record;
    const bool is_pipe = results_may_wait(results);
    uint64_t pause_ns = clock_now_ns() + PAUSE_NS;
    for (;;) {
        switch (results_next(results, pause_ns, &record, err)) {
        case RESULTS_RECORD:
            take_record(encode, &record, encode->encoding->copy && results_is_bin(results));
            break;
        case RESULTS_PAUSE:
            flush(encode, is_pipe);
            pause_ns = clock_now_ns() + PAUSE_NS;
            if (interrupt_must_stop_reading(&encode->interrupt, is_pipe)) {
                return err_set(err, ERR_FAILED,
                               "interrupted before the end of the results; all results read so far "
                               "were written");
            }
            break;
        case RESULTS_END:
            return check_output(encode, err);
        case RESULTS_FAIL:
            return false;
        }
        if (!check_output(encode, err)) {
            return false;
        }
    }
}

/* Converts one file (count 1) or stdin (count 0): in a bin file, runs follow each other. */
static bool convert(struct encode *encode, char *const *names, int count, struct summary *summary,
                    struct err *err)
{
    struct results *results = results_open(names, count, true, summary, err);
    if (!results) {
        return false;
    }
    if (!encode->interrupt.is_started && !interrupt_start(&encode->interrupt, err)) {
        results_close(results);
        return false;
    }
    if (encode->encoding->copy) {
        results_watch_blocks(results, copy_block, encode);
    }
    bool ok = read_all(encode, results, err);
    encode->encoding->end(encode->encoder);
    encode->has_losses |= results_print_losses(results, stderr);
    results_close(results);
    return ok;
}

static bool encode_files(struct encode *encode, char *const *names, int count,
                         struct summary *summary, struct err *err)
{
    encode->encoder = encode->encoding->create(encode->out);
    if (!encode->encoder) {
        return err_set(err, ERR_FAILED, "not enough memory");
    }
    bool ok = count > 0 || convert(encode, names, 0, summary, err);
    for (int i = 0; i < count && ok; i++) {
        ok = convert(encode, names + i, 1, summary, err);
    }
    uint64_t cut = encode->encoding->destroy(encode->encoder);
    if (ok && cut > 0) {
        ok = err_set(err, ERR_FAILED,
                     "%" PRIu64 " %s truncated or changed: bin stores at most 512 bytes of an "
                     "error, and only UTF-8 without control characters; json stores no NUL in "
                     "header names. All results that could be read were written",
                     cut, plural(cut, "string was", "strings were"));
    }
    if (ok && !encode->encoding->copy && summary->lacks_results) {
        ok = err_set(err, ERR_FAILED,
                     "a run with -encoding none has only counts per second, which only -to bin can "
                     "write");
    }
    if (ok && !encode->encoding->copy && summary->lacks_answers) {
        fputs("loadgen: these results contain no response headers or bodies; record them with "
              "loadgen attack -max-body=-1\n",
              stderr);
    }
    if (ok && encode->has_losses) {
        ok = err_set(err, ERR_FAILED, "some results could not be read; all others were written");
    }
    return ok;
}

static bool encode_main(const struct command_line *line, struct err *err)
{
    const struct options *options = line->options;
    struct encode encode = {
        .encoding = formats_encoding(options->to, err),
        .path = options->output,
    };
    if (!encode.encoding) {
        return err_prefix(err, "-to");
    }
    if (!output_check_distinct(options->output, line->operands, line->operand_count, err)) {
        return false;
    }
    struct summary *summary = summary_create();
    encode.out = summary ? output_open("-output", options->output, err) : NULL;
    if (!encode.out) {
        summary_destroy(summary);
        return err_set(err, ERR_FAILED, "not enough memory");
    }
    setvbuf(encode.out, NULL, _IOFBF, OUT_BUFFER);
    bool ok = encode_files(&encode, line->operands, line->operand_count, summary, err);
    ok = output_close(encode.out, "-output", options->output, err) && ok;
    interrupt_stop(&encode.interrupt);
    summary_destroy(summary);
    return ok;
}

const struct command command_encode = {
    .name = "encode",
    .help = "convert results to another format",
    .cli = &cli,
    .options_size = sizeof(struct options),
    .run = encode_main,
};

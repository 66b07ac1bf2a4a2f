/* loadgen encode: from one format of results to another. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "common/clock.h"
#include "common/plural.h"
#include "loadgen/command/command.h"
#include "loadgen/command/output.h"
#include "loadgen/results/encoding.h"
#include "loadgen/results/results.h"

/* Whoever reads what comes from a pipe sees it after so long at most. */
#define FLUSH_NS (100 * NS_PER_MS)

enum { OUT_BUFFER = 1 << 16 };

struct options {
    const char *to;
    const char *output;
};

static const struct cli_flag flags[] = {
    {"output", "FILE", cli_set_string, offsetof(struct options, output), "stdout",
     "where the results go"},
    {"to", "json|csv|bin", cli_set_string, offsetof(struct options, to), "json",
     "json and csv are vegeta's, bin is what loadgen attack writes"},
    {0},
};

static const struct cli cli = {
    .program = "loadgen encode",
    .operands = "[FILE ...]",
    .about =
        "Turns results into another format, from files or from stdin. What they are in is seen\n"
        "by their first bytes, for each file; a stream in gob is one for vegeta encode -to "
        "json.\n\n"
        "  loadgen attack -targets targets.txt -duration 10s | loadgen encode | jq .latency\n"
        "  loadgen encode -to csv -output results.csv results.bin\n"
        "  loadgen encode -to bin vegeta.json | loadgen report\n",
    .flags = flags,
};

struct encode {
    const struct encoding *encoding;
    void *encoder;
    FILE *out;
    const char *path;     /* where that is */
    uint64_t flush_at_ns; /* UINT64_MAX: nothing waits to be */
    bool is_out_of_memory;
    bool has_losses;
};

static void copy_block(void *context, const struct block *block)
{
    const struct encode *encode = context;
    encode->encoding->copy(encode->encoder, block);
}

/* Blocks of our own format that are copied have their records in them. */
static void take_record(struct encode *encode, const struct record *record, bool is_copied)
{
    if (!is_copied && !encode->encoding->write(encode->encoder, record)) {
        encode->is_out_of_memory = true;
    }
    if (encode->flush_at_ns == UINT64_MAX) {
        encode->flush_at_ns = clock_now_ns() + FLUSH_NS;
    }
}

static bool check_output(const struct encode *encode, struct err *err)
{
    if (encode->is_out_of_memory) {
        return err_set(err, ERR_FAILED, "not enough memory to write a result");
    }
    return !ferror(encode->out) || output_fail(encode->path, err);
}

static bool read_all(struct encode *encode, struct results *results, struct err *err)
{
    struct record record;
    for (;;) {
        switch (results_next(results, encode->flush_at_ns, &record, err)) {
        case RESULTS_RECORD:
            take_record(encode, &record, encode->encoding->copy && results_is_bin(results));
            break;
        case RESULTS_PAUSE:
            fflush(encode->out);
            encode->flush_at_ns = UINT64_MAX;
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

static void pass(int signal)
{
    (void)signal;
}

/*
 * Ctrl-C goes to all of a pipeline: the attack ends in order then, and what it still writes is
 * wanted. The second one ends this as well.
 */
static void survive_one_interrupt(void)
{
    const struct sigaction once = {.sa_handler = pass, .sa_flags = SA_RESETHAND};
    sigaction(SIGINT, &once, NULL);
}

/* One file after the other: our own format holds one run after the other. */
static bool convert(struct encode *encode, char *const *names, int count, struct summary *summary,
                    struct err *err)
{
    struct results *results = results_open(names, count, true, summary, err);
    if (!results) {
        return false;
    }
    if (results_may_wait(results)) {
        survive_one_interrupt();
    }
    if (encode->encoding->copy) {
        results_watch_blocks(results, copy_block, encode);
    }
    bool ok = read_all(encode, results, err);
    encode->encoding->end(encode->encoder);
    encode->has_losses |= results_tell_losses(results, stderr);
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
                     "%" PRIu64 " %s cut or changed: bin keeps 512 bytes of an error, and "
                     "UTF-8 without control characters; json no zero byte in a header's name. All "
                     "else was written",
                     cut, plural(cut, "text was", "texts were"));
    }
    if (ok && encode->has_losses) {
        ok = err_set(err, ERR_FAILED,
                     "not all results could be read; those that could were "
                     "written");
    }
    return ok;
}

static bool encode_main(const struct command_globals *globals, int argc, char **argv,
                        struct err *err)
{
    (void)globals; /* it takes one thread */
    struct options options = {0};
    int operands = 0;
    enum cli_result result = cli_parse(&cli, argc, argv, &options, &operands, err);
    if (result != CLI_OK) {
        return result == CLI_DONE;
    }
    struct encode encode = {
        .encoding = encoding_find(options.to, err),
        .path = options.output,
        .flush_at_ns = UINT64_MAX,
    };
    if (!encode.encoding) {
        return err_prefix(err, "-to");
    }
    if (!output_is_apart(options.output, argv + 1, operands, err)) {
        return false;
    }
    struct summary *summary = summary_create();
    encode.out = summary ? output_open(options.output, err) : NULL;
    if (!encode.out) {
        summary_destroy(summary);
        return err_set(err, ERR_FAILED, "not enough memory");
    }
    setvbuf(encode.out, NULL, _IOFBF, OUT_BUFFER);
    bool ok = encode_files(&encode, argv + 1, operands, summary, err);
    ok = output_close(encode.out, options.output, err) && ok;
    summary_destroy(summary);
    return ok;
}

const struct command command_encode = {
    .name = "encode",
    .help = "turn results into another format",
    .cli = &cli,
    .run = encode_main,
};

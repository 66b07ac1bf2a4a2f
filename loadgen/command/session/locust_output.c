#include "loadgen/command/session/locust_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/least.h"
#include "loadgen/base/memory.h"
#include "loadgen/command/files/live_file.h"
#include "loadgen/report/locust/csv.h"
#include "loadgen/report/locust/errors.h"
#include "loadgen/report/locust/recent.h"
#include "loadgen/report/locust/stats.h"
#include "loadgen/report/locust/table.h"
#include "loadgen/run/run.h"

#define TABLE_INTERVAL_NS (2 * NS_PER_S) /* Locust's */

static const char csv_flag[] = "-csv";

/* name, and the suffix of its path */
#define FILES(X)                                                                                   \
    X(stats, "_stats.csv")                                                                         \
    X(history, "_stats_history.csv")                                                               \
    X(failures, "_failures.csv")                                                                   \
    X(exceptions, "_exceptions.csv")

struct locust_output {
    const struct locust_options *options;
    struct locust_stats *stats;
    struct locust_recent *recent;
    struct locust_errors errors;
    uint64_t next_table_ns; /* since the start of the run */
    uint64_t start_ns;      /* of the run, on the clock of its tally */
    uint64_t last_unix_s;   /* of the history */
    struct {
#define X(name, suffix) struct live_file name;
        FILES(X)
#undef X
    } files;
};

/* A text that is written with a single call. */
struct piece {
    char *text;
    size_t length;
    FILE *out;
};

static FILE *piece_open(struct piece *piece)
{
    piece->out = memory_of(open_memstream(&piece->text, &piece->length));
    return piece->out;
}

static void piece_close(struct piece *piece)
{
    if (fclose(piece->out) != 0) {
        memory_of(NULL);
    }
}

/* Ignores errors, as Locust does. */
static void show(struct piece *piece)
{
    piece_close(piece);
    fwrite(piece->text, 1, piece->length, stderr);
    free(piece->text);
}

static void append(struct live_file *file, struct piece *piece)
{
    piece_close(piece);
    live_file_append(file, piece->text, piece->length);
    free(piece->text);
}

static void replace(struct live_file *file, struct piece *piece)
{
    piece_close(piece);
    live_file_replace(file, piece->text, piece->length);
    free(piece->text);
}

/* The width of the terminal; 0: stderr is not a terminal, or its width is unknown. */
static int terminal_columns(void)
{
    struct winsize size = {0};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void show_periodic_table(struct locust_output *output)
{
    struct piece piece;
    locust_table_requests(output->stats, output->recent, terminal_columns(), piece_open(&piece));
    show(&piece);
}

static void show_final_tables(struct locust_output *output)
{
    struct piece piece;
    FILE *out = piece_open(&piece);
    int columns = terminal_columns();
    locust_table_requests(output->stats, NULL, columns, out);
    locust_table_percentiles(output->stats, columns, out);
    locust_table_errors(&output->errors, columns, out);
    show(&piece);
}

/* Readers use the time as a key, so each row has a later time than the previous one. */
static void write_history(struct locust_output *output, uint64_t users)
{
    struct piece piece;
    output->last_unix_s = most(clock_wall_ns() / NS_PER_S, output->last_unix_s + 1);
    locust_csv_history(output->stats, output->recent, output->last_unix_s, users,
                       piece_open(&piece));
    append(&output->files.history, &piece);
}

static void replace_files(struct locust_output *output, const struct exceptions *exceptions,
                          uint64_t wall_ns)
{
    struct piece piece;
    locust_csv_stats(output->stats, piece_open(&piece));
    replace(&output->files.stats, &piece);
    locust_csv_failures(&output->errors, wall_ns, piece_open(&piece));
    replace(&output->files.failures, &piece);
    locust_csv_exceptions(exceptions, piece_open(&piece));
    replace(&output->files.exceptions, &piece);
}

bool locust_output_check(const struct locust_options *options, const char *results, struct err *err)
{
    static const char *const suffixes[] = {
#define X(name, suffix) suffix,
        FILES(X)
#undef X
    };
    const char *prefix = options->csv_prefix;
    size_t length = prefix ? strlen(prefix) : 0;
    for (size_t i = 0; prefix && results && i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (strncmp(results, prefix, length) == 0 && strcmp(results + length, suffixes[i]) == 0) {
            return err_set(err, ERR_USAGE, "-csv %s and -output %s write the same file", prefix,
                           results);
        }
    }
    return !options->has_full_history || prefix ||
           err_set(err, ERR_USAGE, "-csv-full-history requires -csv PREFIX");
}

/* Like Locust, shows zeroes before the first request. */
static bool begin(void *context, struct err *err)
{
    struct locust_output *output = context;
    const char *prefix = output->options->csv_prefix;
    struct piece piece;
#define X(name, suffix)                                                                            \
    if (prefix && !live_file_open(&output->files.name, csv_flag, prefix, suffix, err)) {           \
        return false;                                                                              \
    }
    FILES(X)
#undef X
    if (prefix) {
        locust_csv_history_header(piece_open(&piece));
        append(&output->files.history, &piece);
        write_history(output, 0);
        replace_files(output, NULL, 0);
    }
    if (output->options->is_periodic) {
        show_periodic_table(output);
    }
    output->next_table_ns = TABLE_INTERVAL_NS;
    return true;
}

static void take(struct locust_output *output, const struct tally *tally, const struct rows *rows)
{
    locust_stats_take(output->stats, tally, rows, output->start_ns);
    locust_errors_take(&output->errors, output->stats, tally);
}

static void on_second(void *context, const struct second *second, const struct summary *summary)
{
    struct locust_output *output = context;
    bool has_files = output->options->csv_prefix != NULL;
    bool has_table = output->options->is_periodic && second->elapsed_ns >= output->next_table_ns;
    output->start_ns = second->start_ns;
    locust_recent_add(output->recent, second->tally, second->total, second->elapsed_ns);
    if (has_files || has_table) {
        take(output, second->total, second->rows);
    }
    if (has_files) {
        write_history(output, second->users);
        replace_files(output, second->exceptions, summary->wall_start_ns);
    }
    if (has_table) {
        show_periodic_table(output);
        output->next_table_ns += TABLE_INTERVAL_NS;
    }
}

static bool end(void *context, const struct summary *summary, struct err *err)
{
    struct locust_output *output = context;
    bool ok = true;
    if (summary->has_plan) {
        take(output, summary->tally, &summary->rows);
        show_final_tables(output);
    }
#define X(name, suffix) ok = live_file_close(&output->files.name, csv_flag, err) && ok;
    FILES(X)
#undef X
    return ok;
}

struct locust_output *locust_output_create(const struct locust_options *options, struct err *err)
{
    struct locust_output *output = calloc(1, sizeof *output);
    if (!output) {
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    output->options = options;
    output->stats = locust_stats_create();
    output->recent = locust_recent_create(options->csv_prefix && options->has_full_history);
    if (!output->stats || !output->recent) {
        locust_output_destroy(output);
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    return output;
}

struct session_view locust_output_view(struct locust_output *output)
{
    return (struct session_view){begin, on_second, end, output};
}

void locust_output_destroy(struct locust_output *output)
{
    if (output) {
        locust_stats_destroy(output->stats);
        locust_recent_destroy(output->recent);
    }
    free(output);
}

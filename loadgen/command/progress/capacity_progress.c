#include "loadgen/command/progress/capacity_progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/text/terminal.h"
#include "loadgen/capacity/capacity_report.h"
#include "loadgen/capacity/search/forecast.h"

/* Time between two trials, in which threads end and start, and the target is pinged. */
#define BETWEEN_NS NS_PER_S
enum { COLUMNS = 80, LINE = 256 };

static const char *print_seconds(uint64_t ns, char text[DURATION_TEXT])
{
    return duration_print((ns + NS_PER_S / 2) / NS_PER_S * NS_PER_S, text);
}

static uint64_t find_left(const struct capacity_search *search)
{
    return forecast_ns(&search->options, search->trials, search->count, BETWEEN_NS);
}

/* The width of the terminal, in columns. */
static size_t find_width(void)
{
    struct winsize size;
    bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : COLUMNS;
}

static int print_interval(const struct search_move *move, char *text, size_t size)
{
    if (move->good_rate > 0 && move->bad_rate > 0) {
        return snprintf(text, size, "%g/s to %g/s; ", move->good_rate, move->bad_rate);
    }
    if (move->good_rate > 0) {
        return snprintf(text, size, "at least %g/s; ", move->good_rate);
    }
    return move->bad_rate > 0 ? snprintf(text, size, "below %g/s; ", move->bad_rate) : 0;
}

/*
 * Rewrites the line of a terminal. It must not be wider than the terminal, because then its start
 * could not be overwritten.
 */
static void draw(const struct capacity_progress *progress, bool is_running, uint64_t done_ns)
{
    const struct search_move *move = &progress->search->move;
    uint64_t left_ns = done_ns < progress->left_ns ? progress->left_ns - done_ns : 0;
    char line[LINE], elapsed[DURATION_TEXT], length[DURATION_TEXT], left[DURATION_TEXT];
    uint64_t shown_ns = done_ns < move->duration_ns ? done_ns : move->duration_ns;
    int used = print_interval(move, line, sizeof line);
    used += snprintf(line + used, sizeof line - (size_t)used, "%strial %zu at %g/s",
                     is_running ? "" : "before ", progress->search->count + 1, move->rate);
    if (is_running) {
        used += snprintf(line + used, sizeof line - (size_t)used, ", %s of %s",
                         duration_print(shown_ns / NS_PER_S * NS_PER_S, elapsed),
                         print_seconds(move->duration_ns, length));
    }
    snprintf(line + used, sizeof line - (size_t)used, "; about %s left",
             print_seconds(left_ns, left));
    fprintf(stderr, TERMINAL_CLEAR "%.*s", (int)find_width() - 1, line);
    fflush(stderr);
}

static void on_probe(void *context, const struct capacity_search *search)
{
    const struct capacity_progress *progress = context;
    (void)search;
    if (progress->is_terminal) {
        fputs("Measuring the generator, and estimating the capacity: about 6s", stderr);
        fflush(stderr);
    }
}

static void on_begin(void *context, const struct capacity_search *search)
{
    struct capacity_progress *progress = context;
    char left[DURATION_TEXT], length[DURATION_TEXT];
    progress->search = search;
    capacity_progress_end(progress);
    if (search->resumed > 0) {
        fprintf(stderr, "Trials read from the journal: %zu\n", search->resumed);
    }
    if (!search->move.is_done) {
        fprintf(stderr, "The first estimate is %g/s", search->options.first_rate);
        if (search->options.generator_rate > 0) {
            fprintf(stderr, "; the generator can be trusted up to %g/s",
                    search->options.generator_rate);
        }
        fprintf(stderr, ". A trial takes at least %s, the search about %s.\n",
                print_seconds(search->move.duration_ns, length),
                print_seconds(find_left(search), left));
    }
}

static void on_move(void *context, const struct capacity_search *search)
{
    struct capacity_progress *progress = context;
    progress->search = search;
    progress->left_ns = find_left(search);
    if (progress->is_terminal) {
        draw(progress, false, 0);
    }
}

static void on_trial(void *context, const struct capacity_search *search)
{
    const struct capacity_progress *progress = context;
    if (!progress->is_terminal) {
        const json_t *record = json_array_get(search->records, search->count - 1);
        capacity_print_trial(record, search->count, stderr);
    }
}

struct capacity_progress capacity_progress_begin(void)
{
    return (struct capacity_progress){.is_terminal = isatty(STDERR_FILENO)};
}

struct capacity_watcher capacity_progress_watcher(struct capacity_progress *progress)
{
    return (struct capacity_watcher){on_probe, on_begin, on_move, on_trial, progress};
}

void capacity_progress_second(const struct capacity_progress *progress, const struct second *second)
{
    if (progress->is_terminal && progress->search) {
        draw(progress, true, second->elapsed_ns);
    }
}

void capacity_progress_end(const struct capacity_progress *progress)
{
    if (progress->is_terminal) {
        fputs(TERMINAL_CLEAR, stderr);
    }
}

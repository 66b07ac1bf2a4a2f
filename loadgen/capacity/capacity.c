#include "loadgen/capacity/capacity.h"

#include <math.h>

#include "loadgen/capacity/trial/trial_record.h"

enum { GUESS_SCALE = 1000 };

static bool is_of(const json_t *line, unsigned number)
{
    return json_integer_value(json_object_get(line, "search")) == (json_int_t)number;
}

static bool keep(struct capacity_search *search, const struct trial *trial, json_t *record,
                 struct err *err)
{
    if (search->count == SEARCH_TRIALS_MAX) {
        return err_set(err, ERR_FAILED, "more than %d trials", SEARCH_TRIALS_MAX);
    }
    if (json_array_append(search->records, record) != 0) {
        return err_set(err, ERR_FAILED, "not enough memory for another trial");
    }
    search->trials[search->count++] = *trial;
    return true;
}

/*
 * Reads the start back from its journal line, even in a new search, so that a resumed search starts
 * with exactly the same values.
 */
static void take_start(struct capacity_search *search, const json_t *line)
{
    json_t *generator = json_object_get(line, "generator");
    search->options.first_rate = json_number_value(json_object_get(line, "first_rate"));
    if (json_is_object(generator)) {
        json_decref(search->generator);
        search->generator = json_incref(generator);
        search->options.generator_rate = json_number_value(json_object_get(generator, "rate"));
    }
    json_decref(search->baseline);
    search->baseline = json_incref(json_object_get(line, "baseline"));
}

static bool take_line(struct capacity_search *search, json_t *line, struct err *err)
{
    struct trial trial;
    if (json_object_get(line, "first_rate")) {
        take_start(search, line);
        return true;
    }
    if (!trial_record_read(line, &trial, err) || !keep(search, &trial, line, err)) {
        return false;
    }
    search->resumed++;
    return true;
}

static bool take_lines(struct capacity_search *search, unsigned number,
                       const struct trial_journal *journal, struct err *err)
{
    size_t i;
    json_t *line;
    json_array_foreach(journal->lines, i, line)
    {
        if (is_of(line, number) && !take_line(search, line, err)) {
            return err_prefix(err, "search.journal: %s, line %zu", journal->path, i + 2);
        }
    }
    return true;
}

static bool probe(struct capacity_search *search, unsigned number,
                  const struct capacity_runner *runner, struct trial_journal *journal,
                  struct err *err)
{
    struct capacity_start start = {0};
    if (!runner->probe(runner->context, &start, err)) {
        return false;
    }
    double guess = fmax(round(start.first_rate * GUESS_SCALE) / GUESS_SCALE, 1.0 / GUESS_SCALE);
    json_t *line = json_pack("{s:i, s:f, s:o*, s:o*}", "search", (int)number, "first_rate", guess,
                             "generator", start.generator, "baseline", start.baseline);
    bool ok = line ? trial_journal_add(journal, line, err)
                   : err_set(err, ERR_FAILED, "not enough memory for the journal");
    if (ok) {
        take_start(search, line);
    }
    json_decref(line);
    return ok;
}

/* False with ERR_NONE if it was interrupted. */
static bool run_trial(struct capacity_search *search, unsigned number,
                      const struct capacity_runner *runner, struct trial_journal *journal,
                      struct err *err)
{
    struct trial trial;
    json_t *record = NULL;
    unsigned serial = number * SEARCH_TRIALS_MAX + (unsigned)search->count;
    bool ok = runner->run(runner->context, &search->move, serial, &trial, &record, err) &&
              json_object_set_new(record, "search", json_integer(number)) == 0 &&
              trial_journal_add(journal, record, err) && keep(search, &trial, record, err);
    json_decref(record);
    return ok;
}

static void tell(void (*on)(void *, const struct capacity_search *),
                 const struct capacity_watcher *watcher, const struct capacity_search *search)
{
    if (on) {
        on(watcher->context, search);
    }
}

/*
 * Probes the target, unless the journal contains a probe. False with ERR_NONE if it was
 * interrupted.
 */
static bool start(struct capacity_search *search, unsigned number,
                  const struct capacity_runner *runner, struct trial_journal *journal,
                  const struct capacity_watcher *watcher, struct err *err)
{
    if (search->options.first_rate > 0) {
        runner->resume(runner->context, search->baseline);
        return true;
    }
    tell(watcher->on_probe, watcher, search);
    return probe(search, number, runner, journal, err);
}

static void find_move(struct capacity_search *search)
{
    search->move = search_next(&search->options, search->trials, search->count);
}

bool capacity_run(const struct search_options *options, unsigned number,
                  const struct capacity_runner *runner, struct trial_journal *journal,
                  const struct capacity_watcher *watcher, struct capacity_search *search,
                  struct err *err)
{
    *search = (struct capacity_search){.options = *options, .records = json_array()};
    search->options.first_rate = 0;
    if (!search->records || !take_lines(search, number, journal, err)) {
        return false;
    }
    find_move(search);
    if (!start(search, number, runner, journal, watcher, err)) {
        return err->code == ERR_NONE;
    }
    find_move(search);
    tell(watcher->on_begin, watcher, search);
    while (!search->move.is_done) {
        tell(watcher->on_move, watcher, search);
        if (!run_trial(search, number, runner, journal, err)) {
            return err->code == ERR_NONE;
        }
        find_move(search);
        tell(watcher->on_trial, watcher, search);
    }
    return true;
}

void capacity_destroy(struct capacity_search *search)
{
    json_decref(search->records);
    json_decref(search->generator);
    json_decref(search->baseline);
    search->records = search->generator = search->baseline = NULL;
}

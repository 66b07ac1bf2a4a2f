#include "loadgen/web/board/board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "loadgen/base/memory.h"
#include "loadgen/web/board/said.h"

/* Unique for each run, unless the clock is set back. */
static void begin_generation(struct board *board)
{
    uint64_t now_ms = clock_wall_ns() / NS_PER_MS;
    board->generation = now_ms > board->generation ? now_ms : board->generation + 1;
}

bool board_init(struct board *board, const struct runner *const runners[RUN_KINDS], int stop_fd,
                struct err *err)
{
    memset(board, 0, sizeof *board);
    pthread_mutex_init(&board->lock, NULL);
    memcpy(board->runners, runners, sizeof board->runners);
    board->stop_fd = stop_fd;
    begin_generation(board);
    board->exceptions = json_array();
    board->exceptions_before = json_array();
    board->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (board->wake_fd < 0) {
        return err_set(err, ERR_FAILED, "cannot create an eventfd: %s", strerror(errno));
    }
    return (stats_init(&board->stats) && window_init(&board->window) &&
            history_init(&board->history, HISTORY_POINTS, HISTORY_BYTES)) ||
           err_set(err, ERR_FAILED, "not enough memory for histograms");
}

/* The results of a search, and the verdict on the SLO. */
static void clear_findings(struct board *board)
{
    json_decref(board->search);
    json_decref(board->result);
    json_decref(board->verdict);
    board->search = board->result = board->verdict = NULL;
}

void board_fini(struct board *board)
{
    if (board->opened) {
        board->runners[board->order.kind]->close(board->opened);
    }
    clear_findings(board);
    if (board->wake_fd >= 0) {
        close(board->wake_fd);
    }
    stats_fini(&board->stats);
    window_fini(&board->window);
    history_fini(&board->history);
    json_decref(board->exceptions);
    json_decref(board->exceptions_before);
    json_decref(board->workers);
    lines_fini(&board->lines);
    free(board->host);
    free(board->order_host);
    pthread_mutex_destroy(&board->lock);
}

/* Discards the previous run. */
static void clear(struct board *board)
{
    begin_generation(board);
    board->generator = (struct generator){0};
    board->target = (struct target_load){.pods = 0};
    board->target_trial = board->target.sums;
    board->has_target = false;
    board->target_begin = board->target_before = board->target.sums;
    window_clear(&board->window, &board->target_before);
    stats_clear(&board->stats);
    history_clear(&board->history);
    json_array_clear(board->exceptions);
    json_array_clear(board->exceptions_before);
    board->exceptions_total = 0;
    clear_findings(board);
    board->previous = (struct history_second){0};
    board->parts = 0;
    board->begin_ns = 0;
    board->start_ns = 0;
    board->change_ns = 0;
    board->users_before = 0;
    board->wall_start_ns = 0;
    board->wall_origin_ns = 0;
    board->users = 0;
    board->problem = (struct err){.code = ERR_NONE};
    board->unkept = (struct err){.code = ERR_NONE};
}

static char *copy_host(const char *host)
{
    return host ? memory_of(strdup(host)) : NULL;
}

/* `given` is the host in the client's order, which later runs of users use, too; NULL: none. */
static void set_host(struct board *board, const char *host, const char *given)
{
    char *own = copy_host(host);
    free(board->order_host);
    board->order.host = board->order_host = own;
    if (given && board->order.kind == RUN_USERS) {
        char *later = copy_host(given);
        free(board->host);
        board->host = later;
    }
}

/*
 * The host of the order; otherwise that of the previous run, except for a search; otherwise that of
 * the command line.
 */
static const char *choose_host(const struct board *board, const struct run_order *order)
{
    bool is_search = order->kind == RUN_CAPACITY;
    const char *host = order->host || is_search ? order->host : board->host;
    return host ? host : board->runners[order->kind]->host;
}

/* Sets the values that the client left out to those of the command line. */
static struct run_order fill_in(const struct run_order *order, const struct run_order *defaults)
{
    struct run_order whole = *order;
    bool is_search = order->kind == RUN_CAPACITY;
#define X(name) whole.name = whole.name > 0 ? whole.name : defaults->name;
    X(min_rate_per_s)
    X(max_rate_per_s)
#undef X
    if (whole.course == COURSE_CONSTANT && whole.rate_per_s == 0) {
        whole.rate_per_s = defaults->rate_per_s;
    }
    whole.users = is_search && whole.users == 0 ? defaults->users : whole.users;
    whole.is_quick = whole.is_quick || defaults->is_quick;
    return whole;
}

static bool open_run(struct board *board, const struct run_order *order, struct err *err)
{
    const struct runner *runner = board->runners[order->kind];
    if (!runner) {
        return err_set(err, ERR_USAGE, "this server offers no tests of kind \"%s\"",
                       run_kind_names[order->kind]);
    }
    struct run_order whole = fill_in(order, &runner->defaults);
    whole.host = choose_host(board, order);
    void *opened = runner->open(runner->context, &whole, err);
    if (!opened) {
        return false;
    }
    if (runner->run_time_ns) {
        whole.run_time_ns = runner->run_time_ns(opened);
    }
    pthread_mutex_lock(&board->lock);
    clear(board);
    board->order = whole;
    set_host(board, whole.host, order->host);
    board->opened = board->current = opened;
    board->phase = BOARD_ON;
    board->is_abandoned = false;
    said_start(&board->lines, board->client, &board->order);
    pthread_mutex_unlock(&board->lock);
    uint64_t one = 1;
    (void)!write(board->wake_fd, &one, sizeof one);
    return true;
}

static bool is_other_host(const struct board *board, const char *host)
{
    const char *own = board_host(board);
    return host && (!own || strcmp(host, own) != 0);
}

static bool has_other_arguments(const struct board *board, const struct run_order *order)
{
    const struct run_arguments *own = &board->order.arguments;
    const struct run_arguments *given = &order->arguments;
    return given->length > 0 &&
           (given->length != own->length || memcmp(given->list, own->list, own->length) != 0);
}

/* The host, the run time and the arguments may be repeated, as forms do, but not changed. */
static bool change_run(struct board *board, const struct run_order *order, struct err *err)
{
    enum run_kind kind = board->order.kind;
    if (order->kind != kind) {
        return err_set(err, ERR_USAGE, "a test of kind \"%s\" is running; stop it first",
                       run_kind_names[kind]);
    }
    if (is_other_host(board, order->host)) {
        return err_set(err, ERR_USAGE, "host: cannot be changed while a test is running");
    }
    if (order->run_time_ns != 0 && order->run_time_ns != board->order.run_time_ns) {
        return err_set(err, ERR_USAGE, "run_time: cannot be changed while a test is running");
    }
    if (has_other_arguments(board, order)) {
        return err_set(err, ERR_USAGE, "arguments: cannot be changed while a test is running");
    }
    if (!board->runners[kind]->change(board->current, order, err)) {
        return false;
    }
    pthread_mutex_lock(&board->lock);
    board->users_before = board->users;
    board->change_ns = clock_now_ns();
    board->order.users = order->users;
    board->order.spawn_per_s = order->spawn_per_s;
    board->order.rate_per_s = order->rate_per_s;
    /* Ramp, sine and stages use constant arrivals, whatever the command line sets for rates. */
    if (board->order.course != COURSE_CONSTANT) {
        board->order.course = COURSE_CONSTANT;
        board->order.arrival = ARRIVAL_CONSTANT;
    }
    said_change(&board->lines, board->client, order);
    pthread_mutex_unlock(&board->lock);
    return true;
}

static enum board_phase phase_of(struct board *board)
{
    pthread_mutex_lock(&board->lock);
    enum board_phase phase = board->phase;
    pthread_mutex_unlock(&board->lock);
    return phase;
}

static bool refuse_stopping(struct err *err)
{
    return err_set(err, ERR_USAGE, "a test is stopping; try again when it has ended");
}

bool board_start(struct board *board, const struct run_order *order, struct err *err)
{
    switch (phase_of(board)) {
    case BOARD_ON:
        return err_set(err, ERR_USAGE, "a test is running; stop it first");
    case BOARD_STOPPING:
        return refuse_stopping(err);
    default:
        return open_run(board, order, err);
    }
}

bool board_change(struct board *board, const struct run_order *order, struct err *err)
{
    switch (phase_of(board)) {
    case BOARD_ON:
        return change_run(board, order, err);
    case BOARD_STOPPING:
        return refuse_stopping(err);
    default:
        return err_set(err, ERR_USAGE, "no test is running");
    }
}

bool board_swarm(struct board *board, const struct run_order *order, struct err *err)
{
    return phase_of(board) == BOARD_ON ? change_run(board, order, err)
                                       : board_start(board, order, err);
}

void board_stop(struct board *board, const char *client)
{
    uint64_t one = 1;
    pthread_mutex_lock(&board->lock);
    if (board->phase == BOARD_ON) {
        board->phase = BOARD_STOPPING;
        (void)!write(board->stop_fd, &one, sizeof one);
        said_stop(&board->lines, client);
    }
    pthread_mutex_unlock(&board->lock);
}

void board_abandon(struct board *board)
{
    uint64_t twice = 2; /* test_stop needs two: the first stops it, the second abandons it */
    pthread_mutex_lock(&board->lock);
    if (board_is_on(board)) {
        board->is_abandoned = true;
        (void)!write(board->stop_fd, &twice, sizeof twice);
    }
    pthread_mutex_unlock(&board->lock);
}

/* A stop that arrived after the run had ended by itself must not stop test_stop. */
void board_ending(void *context)
{
    struct board *board = context;
    uint64_t count = 0;
    pthread_mutex_lock(&board->lock);
    board->phase = BOARD_STOPPING;
    if (!board->is_abandoned) {
        (void)!read(board->stop_fd, &count, sizeof count);
    }
    pthread_mutex_unlock(&board->lock);
}

void board_reset(struct board *board)
{
    pthread_mutex_lock(&board->lock);
    stats_reset(&board->stats);
    json_decref(board->exceptions_before);
    board->exceptions_before = json_copy(board->exceptions);
    said_reset(&board->lines, board->client);
    pthread_mutex_unlock(&board->lock);
}

void *board_take(struct board *board, const struct runner **runner)
{
    uint64_t count = 0;
    (void)!read(board->wake_fd, &count, sizeof count);
    pthread_mutex_lock(&board->lock);
    void *opened = board->opened;
    board->opened = NULL;
    *runner = board->runners[board->order.kind];
    pthread_mutex_unlock(&board->lock);
    return opened;
}

/* Replaces a value that the server's thread reads. */
static void publish(struct board *board, json_t **value, json_t *json)
{
    pthread_mutex_lock(&board->lock);
    json_decref(*value);
    *value = json;
    pthread_mutex_unlock(&board->lock);
}

void board_search(void *context, json_t *search)
{
    struct board *board = context;
    publish(board, &board->search, search);
}

void board_workers(struct board *board, json_t *workers)
{
    publish(board, &board->workers, workers);
}

void board_result(void *context, json_t *result)
{
    struct board *board = context;
    publish(board, &board->result, result);
}

void board_say(struct board *board, const char *text)
{
    pthread_mutex_lock(&board->lock);
    lines_add(&board->lines, clock_wall_ns(), text);
    pthread_mutex_unlock(&board->lock);
}

void board_log(void *context, struct slice lines)
{
    struct board *board = context;
    pthread_mutex_lock(&board->lock);
    lines_add_scripts(&board->lines, clock_wall_ns(), lines);
    pthread_mutex_unlock(&board->lock);
}

void board_unkept(void *context, const struct err *why)
{
    struct board *board = context;
    pthread_mutex_lock(&board->lock);
    if (board->unkept.code == ERR_NONE) {
        board->unkept = *why;
    }
    pthread_mutex_unlock(&board->lock);
}

void board_judge(struct board *board, json_t *verdict)
{
    publish(board, &board->verdict, verdict);
}

void board_end(struct board *board, const struct err *problem)
{
    uint64_t count = 0;
    pthread_mutex_lock(&board->lock);
    board->phase = BOARD_STOPPED;
    if (problem) {
        board->problem = *problem;
    }
    said_end(&board->lines, history_seconds(&board->history), problem);
    /* Discards a stop that was not read, which would stop the next run. */
    (void)!read(board->stop_fd, &count, sizeof count);
    pthread_mutex_unlock(&board->lock);
}

/* Seconds. */

static void note_exceptions(struct board *board, const struct exceptions *exceptions)
{
    if (exceptions && exceptions->total > board->exceptions_total) {
        board->exceptions_total = exceptions->total;
        json_decref(board->exceptions);
        board->exceptions = exceptions_to_json(exceptions);
    }
}

void board_late_exceptions(struct board *board, const struct exceptions *exceptions)
{
    pthread_mutex_lock(&board->lock);
    note_exceptions(board, exceptions);
    pthread_mutex_unlock(&board->lock);
}

static uint64_t ns_of(double s)
{
    return (uint64_t)(s * (double)NS_PER_S);
}

/*
 * If there was no scrape since the last second, nothing is known of the target. The change in the
 * first second of a part is ignored, because most of it dates from before the part, for example
 * from the warm-up or a pause.
 */
static void note_target(struct board *board, const struct second *second,
                        struct history_second *change)
{
    const struct load_sums since = load_since(&board->target_before, &board->target.sums);
    if (second->index > 0) {
#define X(name) change->target_##name = since.name;
        LOAD_SUMS(X)
#undef X
    }
    board->target_before = board->target.sums;
}

static void note_history(struct board *board, const struct second *second)
{
    struct history_second *previous = &board->previous;
    const struct tally *total = second->total;
    struct history_second now = {
        .intended = second->intended,
        .started = second->started,
        .ended = total->counters.ended,
        .failures = total->counters.ended - tally_successes(total),
        .bytes_in = total->bytes_in,
        .cpu_ns = ns_of(second->generator->cpu_seconds),
        .throttled_ns = ns_of(second->generator->throttled_seconds),
    };
    struct history_second change = {
        .users = second->users,
        .in_flight = second->in_flight,
        .latency = &second->tally->latency,
        .lag = &second->tally->lag,
    };
#define X(name) change.name = now.name > previous->name ? now.name - previous->name : 0;
    HISTORY_SUMS(X)
#undef X
    note_target(board, second, &change);
    history_add(&board->history, &change);
    *previous = now;
}

/* Adds empty seconds for the pause between two trials. */
static void note_pause(struct board *board)
{
    struct histogram none = {0};
    const struct history_second nothing = {.latency = &none, .lag = &none};
    const struct history *history = &board->history;
    uint64_t now_s = (board->start_ns - board->begin_ns) / NS_PER_S;
    histogram_clear(&none);
    for (uint64_t s = history_seconds(history); s < now_s; s++) {
        history_add(&board->history, &nothing);
    }
}

/* A part of the run begins: the run itself, or the next trial of a search. */
static void begin_part(struct board *board)
{
    board->parts++;
    window_clear(&board->window, &board->target.sums);
    if (board->parts == 1) {
        board->begin_ns = board->start_ns;
        board->target_begin = board->target.sums;
        return;
    }
    stats_clear(&board->stats);
    board->previous = (struct history_second){0};
    note_pause(board);
}

void board_note_target(struct board *board, const struct target_load *target)
{
    pthread_mutex_lock(&board->lock);
    board->target = *target;
    board->has_target = true;
    pthread_mutex_unlock(&board->lock);
}

void board_trial_target(void *context, const struct target_load *target, bool is_after)
{
    struct board *board = context;
    pthread_mutex_lock(&board->lock);
    if (is_after) {
        board->target_trial = load_since(&board->target.sums, &target->sums);
        const struct history_second used = {
#define X(name) .target_##name = board->target_trial.name,
            LOAD_SUMS(X)
#undef X
        };
        history_amend(&board->history, &used);
        board->amended++;
    }
    board->target = *target;
    board->has_target = true;
    pthread_mutex_unlock(&board->lock);
}

bool board_second(void *context, const struct second *second)
{
    struct board *board = context;
    pthread_mutex_lock(&board->lock);
    board->start_ns = clock_now_ns() - second->elapsed_ns;
    uint64_t wall_start_ns = clock_wall_ns() - second->elapsed_ns;
    board->wall_origin_ns = wall_start_ns - second->start_ns;
    if (second->index == 0) {
        begin_part(board);
    }
    board->wall_start_ns = board->parts == 1 ? wall_start_ns : board->wall_start_ns;
    board->users = second->users;
    board->generator = *second->generator;
    note_exceptions(board, second->exceptions);
    stats_add(&board->stats, second);
    note_history(board, second);
    window_add(&board->window, second, &board->target.sums);
    pthread_mutex_unlock(&board->lock);
    return true;
}

/* For readers. */

bool board_is_on(const struct board *board)
{
    return board->phase == BOARD_ON || board->phase == BOARD_STOPPING;
}

bool board_has_run(const struct board *board)
{
    return board->phase != BOARD_READY;
}

const char *board_host(const struct board *board)
{
    for (size_t i = 0; i < RUN_KINDS && !board->host; i++) {
        if (board->runners[i] && board->runners[i]->host) {
            return board->runners[i]->host;
        }
    }
    return board->host;
}

double board_asked(const struct board *board)
{
    if (!board_is_on(board)) {
        return 0;
    }
    return board->order.kind == RUN_RATE
               ? (board->order.course == COURSE_CONSTANT ? board->order.rate_per_s : 0)
               : json_number_value(json_object_get(board->search, "rate"));
}

uint64_t board_users(const struct board *board)
{
    return board_is_on(board) ? board->users : 0;
}

/* Users start or end one after the other, the first immediately (pace/profile.h). */
static bool have_all_started(const struct board *board)
{
    uint64_t since_ns = board->change_ns > 0 ? board->change_ns : board->start_ns;
    uint64_t users = board->order.users;
    uint64_t before = board->users_before;
    uint64_t changes = users > before ? users - before : before - users;
    uint64_t now_ns = clock_now_ns();
    if (board->order.kind != RUN_USERS) {
        return true;
    }
    if (board->start_ns == 0 || now_ns < since_ns) {
        return false;
    }
    if (users == 0 || changes == 0) {
        return true; /* with a Shape, spawning has no end */
    }
    double elapsed_s = (double)(now_ns - since_ns) / (double)NS_PER_S;
    return elapsed_s * board->order.spawn_per_s >= (double)(changes - 1);
}

const char *board_state(const struct board *board)
{
    switch (board->phase) {
    case BOARD_READY:
        return "ready";
    case BOARD_ON:
        return have_all_started(board) ? "running" : "spawning";
    case BOARD_STOPPING:
        return "stopping";
    default:
        return "stopped";
    }
}

static json_int_t count_before(const json_t *before, const json_t *message)
{
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(before, i, one)
    {
        if (json_equal(json_object_get(one, "message"), message)) {
            return json_integer_value(json_object_get(one, "count"));
        }
    }
    return 0;
}

json_t *board_exceptions(const struct board *board)
{
    json_t *list = json_array();
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(board->exceptions, i, one)
    {
        json_int_t count = json_integer_value(json_object_get(one, "count")) -
                           count_before(board->exceptions_before, json_object_get(one, "message"));
        if (count > 0) {
            json_t *rest = json_deep_copy(one);
            json_object_set_new(rest, "count", json_integer(count));
            json_array_append_new(list, rest);
        }
    }
    return list;
}

uint64_t board_worker_count(const struct board *board, const char *state)
{
    uint64_t count = 0;
    size_t i;
    json_t *worker;
    json_array_foreach(board->workers, i, worker)
    {
        const char *own = json_string_value(json_object_get(worker, "state"));
        count += own && (state ? strcmp(own, state) == 0 : strcmp(own, "missing") != 0);
    }
    return count;
}

/* loadgen serve: runs users, a rate or a search when a client of its web server starts it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/blank.h"
#include "loadgen/base/bytes.h"
#include "loadgen/command/cluster/crew.h"
#include "loadgen/command/cluster/place.h"
#include "loadgen/command/command.h"
#include "loadgen/command/flags/field_flags.h"
#include "loadgen/command/flags/serve_flags.h"
#include "loadgen/command/process/interrupt.h"
#include "loadgen/command/process/open_files.h"
#include "loadgen/command/process/processes.h"
#include "loadgen/command/progress/listen.h"
#include "loadgen/command/runners/offer.h"
#include "loadgen/command/runners/run_verdict.h"
#include "loadgen/command/session/locust_output.h"
#include "loadgen/command/target_watch.h"
#include "loadgen/measure/summary.h"
#include "loadgen/run/run.h"
#include "loadgen/web/archive/keeper.h"
#include "loadgen/web/web.h"

#define TOKEN_VARIABLE "HEADROOM_TOKEN"

_Static_assert((int)OPEN_FILES_SERVE >= (int)HTTP_FILES,
               "each client that watches a run needs open files");

struct serving {
    const struct serve_options *options;
    struct place place;
    struct offer offer;
    struct interrupt interrupt;
    int stop_fd; /* of the runs; signals and clients write to it through the board */
    atomic_bool has_board;
    struct board board;
    struct keeper keeper;
    struct web web;
    struct access_rules rules;
    struct bytes token;
    char address[80]; /* address that it listens on, without port and brackets */
    char name[256];   /* host of -web, without port: a name or an address */
    /* The last run, whose texts the board shows until the next one. */
    const struct runner *runner;
    void *run;
    struct summary *summary;
    struct session_view view; /* of the active run */
    struct target_watch target;
};

/* Access. */

static bool read_token(struct serving *serving, struct err *err)
{
    const char *file = serving->options->token_file;
    const char *variable = getenv(TOKEN_VARIABLE);
    if (file && !bytes_add_file(&serving->token, file, err)) {
        return err_prefix(err, "-token-file");
    }
    bytes_add_text(&serving->token, !file && variable ? variable : "");
    bytes_add(&serving->token, "", 1);
    if (serving->token.has_failed) {
        return err_set(err, ERR_FAILED, "not enough memory for the token");
    }
    const char *token = blank_trim(serving->token.at);
    if (file && !*token) {
        return err_set(err, ERR_USAGE, "-token-file: %s has no token", file);
    }
    if (!access_is_sendable(token)) {
        return err_set(err, ERR_USAGE,
                       "%s: a token has at most %d ASCII characters, and no blanks, control "
                       "characters or \",;\\; make one with openssl rand -hex 32",
                       file ? "-token-file" : TOKEN_VARIABLE, ACCESS_TOKEN_MAX);
    }
    if (*token && serving->options->has_no_token) {
        return err_set(err, ERR_USAGE,
                       "-no-token and a token (-token-file, " TOKEN_VARIABLE
                       ") cannot be combined");
    }
    serving->rules.token = *token ? token : NULL;
    return true;
}

/* The host of HOST:PORT, without brackets. */
static void cut_host(const char *text, char *host, size_t size)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    bool is_bracketed = length >= 2 && text[0] == '[';
    snprintf(host, size, "%.*s", (int)length - 2 * is_bracketed, text + is_bracketed);
}

static bool decide_access(struct serving *serving, const struct listener *listener, struct err *err)
{
    const struct serve_options *options = serving->options;
    struct access_rules *rules = &serving->rules;
    cut_host(listener->address, serving->address, sizeof serving->address);
    cut_host(options->web, serving->name, sizeof serving->name);
    rules->address = serving->address;
    rules->name = serving->name[0] ? serving->name : NULL;
    rules->allowed = options->allowed_hosts;
    return rules->token || options->has_no_token || access_is_loopback(rules->address) ||
           err_set(err, ERR_USAGE,
                   "-web: other machines can reach %s; set -token-file, or -no-token if all of "
                   "them may start tests",
                   listener->address);
}

/* Kept runs. */

static void tell(void *context, const char *sentence)
{
    board_say(context, sentence);
    fprintf(stderr, "loadgen: %s\n", sentence);
}

/* Without a folder, the last run is kept in memory. */
static bool open_archive(struct serving *serving, struct err *err)
{
    const struct serve_options *options = serving->options;
    const struct archive_limits limits = {
        .runs = options->data ? options->data_runs : 1,
        .bytes = options->data ? options->data_size.bytes : UINT64_MAX,
    };
    struct board *board = &serving->board;
    serving->keeper = (struct keeper){.board = board, .tell = tell, .context = board};
    board->archive = archive_open(options->data, &limits, err);
    return (board->archive && keeper_open(&serving->keeper, err)) || err_prefix(err, "-data");
}

static void close_archive(struct serving *serving)
{
    keeper_close(&serving->keeper);
    archive_close(serving->board.archive);
}

/* The workers. */

static void tell_of_workers(void *context, const char *line)
{
    struct err text = {.code = ERR_FAILED};
    snprintf(text.text, sizeof text.text, "%s", line);
    field_flags_name(&text);
    tell(context, text.text);
}

static void on_workers(void *context, const struct controller_worker *list, size_t count)
{
    board_workers(context, crew_to_json(list, count));
}

static bool watch_workers(struct serving *serving, struct err *err)
{
    struct place *place = &serving->place;
    place->options.tell = tell_of_workers;
    place->options.context = &serving->board;
    place->options.on_workers = on_workers;
    place->options.watcher = &serving->board;
    return !place->controller || controller_watch(place->controller, err);
}

/* Runs. */

static void forget_run(struct serving *serving)
{
    if (serving->run) {
        serving->runner->close(serving->run);
    }
    summary_destroy(serving->summary);
    serving->run = NULL;
    serving->summary = NULL;
}

static bool on_second(void *context, const struct second *second)
{
    struct serving *serving = context;
    if (serving->view.on_second) {
        serving->view.on_second(serving->view.context, second, serving->summary);
    }
    keeper_second(&serving->keeper);
    target_watch_note(&serving->target, &serving->board);
    bool goes_on = board_second(&serving->board, second);
    web_second(&serving->web, second);
    return goes_on;
}

/* Also shows Locust's tables, but not for a search, whose trials have separate numbers. */
static bool run_viewed(struct serving *serving, const struct run_watch *watch, struct err *err)
{
    static const struct locust_options tables = {.is_periodic = true};
    struct locust_output *output = NULL;
    serving->view = (struct session_view){0};
    if (serving->options->run.prints_stats && serving->runner->kind != RUN_CAPACITY) {
        output = locust_output_create(&tables, err);
        if (!output) {
            return false;
        }
        serving->view = locust_output_view(output);
    }
    bool ok = (!output || serving->view.begin(serving->view.context, err)) &&
              serving->runner->run(serving->run, watch, serving->summary, err);
    if (output) {
        ok = serving->view.end(serving->view.context, serving->summary, err) && ok;
    }
    locust_output_destroy(output);
    return ok;
}

static bool perform(struct serving *serving, struct err *err)
{
    const struct control control = {.stop_fd = serving->stop_fd};
    const struct observer observer = {on_second, serving, true};
    const struct run_watch watch = {
        .control = &control,
        .observer = &observer,
        .on_search = board_search,
        .on_result = board_result,
        .on_target = board_trial_target,
        .on_lines = board_log,
        .on_unkept = board_unkept,
        .on_ending = board_ending,
        .context = &serving->board,
        .file = serving->keeper.file,
    };
    serving->summary = summary_create();
    if (!serving->summary) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    const struct serve_options *options = serving->options;
    bool is_search = serving->runner->kind == RUN_CAPACITY; /* which reads the metrics itself */
    bool ok = (is_search || target_watch_start(&serving->target, &options->metrics,
                                               &options->run.attack, err)) &&
              run_viewed(serving, &watch, err);
    target_watch_stop(&serving->target);
    return ok;
}

/* A search judges each of its trials. */
static void judge(struct serving *serving)
{
    const struct slo *slo = serving->offer.slo;
    const struct summary *summary = serving->summary;
    if (slo && summary && summary->has_plan && serving->runner->kind != RUN_CAPACITY) {
        board_judge(&serving->board, run_verdict(slo, summary));
    }
}

/* Used by loadgen stop: SIGUSR1 ends the test, but not the server. */
static void stop_test(void *context)
{
    struct serving *serving = context;
    if (atomic_load(&serving->has_board)) {
        board_stop(&serving->board, "a signal (loadgen stop)");
    }
}

/*
 * The first signal stops the test, as a client can, too. Only a second signal abandons it; a
 * client's stop in addition to a signal does not.
 */
static void on_request(void *context, unsigned count)
{
    struct serving *serving = context;
    if (atomic_load(&serving->has_board)) {
        board_stop(&serving->board, "a signal");
        if (count > 1) {
            board_abandon(&serving->board);
        }
    }
}

static void run_next(struct serving *serving)
{
    struct err err = {.code = ERR_NONE};
    const struct runner *runner = NULL;
    void *run = board_take(&serving->board, &runner);
    if (!run) {
        return;
    }
    if (interrupt_count(&serving->interrupt) > 0) {
        board_stop(&serving->board, "a signal"); /* the signal came before the run was opened */
    }
    forget_run(serving);
    serving->runner = runner;
    serving->run = run;
    keeper_begin(&serving->keeper);
    process_mark_test(true);
    bool ok = perform(serving, &err);
    controller_rest(serving->place.controller);
    if (serving->summary) {
        board_late_exceptions(&serving->board, &serving->summary->exceptions);
    }
    judge(serving);
    field_flags_name(&err);
    keeper_end(&serving->keeper, serving->summary, ok ? NULL : &err);
    board_end(&serving->board, ok ? NULL : &err);
    web_end(&serving->web, serving->summary);
    process_mark_test(false);
    if (!ok) {
        fprintf(stderr, "loadgen: the test has failed: %s\n", err.text);
    }
}

/* Runs tests until a signal arrives. */
static void run_all(struct serving *serving)
{
    struct pollfd waits[] = {
        {.fd = serving->interrupt.stop_fd, .events = POLLIN},
        {.fd = serving->board.wake_fd, .events = POLLIN},
    };
    while (interrupt_count(&serving->interrupt) == 0) {
        poll(waits, 2, -1);
        run_next(serving);
    }
}

static bool serve(struct serving *serving, struct err *err)
{
    struct listener listener = {.socket = -1};
    struct web *web = &serving->web;
    *web = (struct web){.rules = &serving->rules, .board = &serving->board};
    if (!listen_open(serving->options->web, &listener, err)) {
        return err_prefix(err, "-web");
    }
    if (!decide_access(serving, &listener, err)) {
        listener_close(&listener);
        return false;
    }
    bool ok = web_start(web, &listener, err);
    if (ok) {
        fprintf(stderr, "loadgen: serving http://%s/\n", listener.address);
        run_all(serving);
    }
    web_stop(web);
    return ok;
}

static bool serve_offer(struct serving *serving, struct err *err)
{
    struct board *board = &serving->board;
    serving->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (serving->stop_fd < 0) {
        return err_set(err, ERR_FAILED, "cannot create an eventfd: %s", strerror(errno));
    }
    bool ok = board_init(board, serving->offer.runners, serving->stop_fd, err);
    board->slo = serving->offer.slo;
    board->is_compat = serving->options->is_compat;
    atomic_store(&serving->has_board, ok);
    ok = ok && open_archive(serving, err) && watch_workers(serving, err) && serve(serving, err);
    interrupt_stop(&serving->interrupt); /* it uses the board, */
    place_close(&serving->place);        /* and so does the list of workers */
    close_archive(serving);
    board_fini(board);
    close(serving->stop_fd);
    forget_run(serving);
    return ok && interrupt_check(&serving->interrupt, err);
}

static bool serve_main(const struct command_line *line, struct err *err)
{
    struct serve_options *options = line->options;
    struct serving serving = {.options = options};
    struct attack_options *attack = &options->run.attack;
    serving.interrupt.on_user = stop_test;
    serving.interrupt.on_request = on_request;
    serving.interrupt.context = &serving;
    signal(SIGCHLD, SIG_IGN); /* as process 1 of a container: the kernel reaps orphaned processes */
    attack->cpus = attack->cpus ? attack->cpus : line->cpus;
    if (!serve_flags_check(options, err)) {
        return false;
    }
    const struct order_runner *runner = place_open(&serving.place, &attack->cluster, err);
    bool ok = runner && read_token(&serving, err);
    if (ok) {
        ok =
            offer_open(&serving.offer, options, line->operands, line->operand_count, runner, err) &&
            interrupt_start(&serving.interrupt, err) && serve_offer(&serving, err);
        offer_close(&serving.offer);
        interrupt_stop(&serving.interrupt);
    }
    place_close(&serving.place);
    bytes_free(&serving.token);
    return ok;
}

const struct command command_serve = {
    .name = "serve",
    .help = "serve a web page and Locust's REST API, to start, watch and stop tests",
    .cli = &serve_cli,
    .options_size = sizeof(struct serve_options),
    .run = serve_main,
};

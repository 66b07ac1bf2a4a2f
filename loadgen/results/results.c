#include "loadgen/results/results.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/process/file_limit.h"
#include "loadgen/results/formats.h"

struct opened {
    struct stream stream;
    bool is_ours; /* close the descriptor */
    bool is_file; /* reading never waits */
    bool is_at_end;
};

struct results {
    struct opened *streams;
    struct pollfd *polls; /* one per stream */
    size_t count;
    size_t current; /* index of the stream being read */
};

static const char standard_input[] = "stdin";

static struct results *create(size_t count, struct err *err)
{
    struct results *results = calloc(1, sizeof *results);
    struct opened *streams = calloc(count, sizeof *streams);
    struct pollfd *polls = calloc(count, sizeof *polls);
    if (!results || !streams || !polls) {
        free(results);
        free(streams);
        free(polls);
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    results->streams = streams;
    results->polls = polls;
    return results;
}

static void add(struct results *results, int fd, const char *name, bool with_texts,
                struct summary *summary)
{
    struct stat about;
    results->streams[results->count++] = (struct opened){
        .stream =
            {
                .name = name,
                .input = {.fd = fd},
                .summary = summary,
                .with_texts = with_texts,
            },
        .is_file = fstat(fd, &about) == 0 && S_ISREG(about.st_mode),
    };
}

struct results *results_open_fd(int fd, const char *name, bool with_texts, struct summary *summary,
                                struct err *err)
{
    struct results *results = create(1, err);
    if (results) {
        add(results, fd, name, with_texts, summary);
    }
    return results;
}

/* If stdin is a terminal, the user forgot the pipe. */
static bool check_input(bool is_stdin, struct err *err)
{
    return !is_stdin || !isatty(STDIN_FILENO) ||
           err_set(
               err, ERR_USAGE,
               "stdin is a terminal; name a result file, or pipe results in: loadgen attack ... "
               "| loadgen report");
}

struct results *results_open(char *const *names, int count, bool with_texts,
                             struct summary *summary, struct err *err)
{
    if (count == 0) {
        if (!check_input(true, err)) {
            return NULL;
        }
        return results_open_fd(STDIN_FILENO, standard_input, with_texts, summary, err);
    }
    struct results *results = create((size_t)count, err);
    file_limit_raise();
    for (int i = 0; results && i < count; i++) {
        bool is_stdin = strcmp(names[i], standard_input) == 0;
        int fd = is_stdin ? STDIN_FILENO : open(names[i], O_RDONLY | O_CLOEXEC);
        if (!check_input(is_stdin, err) || fd < 0) {
            err_set(err, ERR_FAILED, "cannot open %s: %s", names[i], strerror(errno));
            results_close(results);
            return NULL;
        }
        add(results, fd, names[i], with_texts, summary);
        results->streams[i].is_ours = !is_stdin;
    }
    return results;
}

void results_watch_blocks(struct results *results,
                          void (*on_block)(void *context, const struct block *block), void *context)
{
    for (size_t i = 0; i < results->count; i++) {
        results->streams[i].stream.on_block = on_block;
        results->streams[i].stream.context = context;
    }
}

void results_watch_seconds(struct results *results, const struct results_watch *watch)
{
    for (size_t i = 0; i < results->count; i++) {
        results->streams[i].stream.watch = watch;
    }
}

/* The next readable stream after poll, round-robin; `count` if none is. */
static size_t find_ready(const struct results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        size_t next = (results->current + 1 + i) % results->count;
        if (results->polls[next].revents) {
            return next;
        }
    }
    return results->count;
}

/* Waits until a stream is readable, and makes it the current one. */
static enum results_state wait_for_input(struct results *results, uint64_t until_ns)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct opened *opened = &results->streams[i];
        results->polls[i] = (struct pollfd){
            .fd = opened->is_at_end ? -1 : opened->stream.input.fd,
            .events = POLLIN,
        };
    }
    for (;;) {
        uint64_t now = until_ns == UINT64_MAX ? 0 : clock_now_ns();
        if (now >= until_ns) {
            return RESULTS_PAUSE;
        }
        uint64_t left = until_ns - now;
        struct timespec timeout = {(time_t)(left / NS_PER_S), (long)(left % NS_PER_S)};
        ppoll(results->polls, (nfds_t)results->count, until_ns == UINT64_MAX ? NULL : &timeout,
              NULL);
        size_t ready = find_ready(results);
        if (ready < results->count) {
            results->current = ready;
            return RESULTS_RECORD;
        }
    }
}

/* Reads more bytes, from any stream that has some. */
static enum results_state fetch(struct results *results, uint64_t until_ns, struct err *err)
{
    struct opened *opened = &results->streams[results->current];
    bool may_stay = opened->is_file && !opened->is_at_end;
    if (may_stay && until_ns != UINT64_MAX && clock_now_ns() >= until_ns) {
        return RESULTS_PAUSE;
    }
    if (!may_stay) {
        enum results_state state = wait_for_input(results, until_ns);
        if (state != RESULTS_RECORD) {
            return state;
        }
        opened = &results->streams[results->current];
    }
    if (!input_fill(&opened->stream.input, err)) {
        err_prefix(err, "%s", opened->stream.name);
        return RESULTS_FAIL;
    }
    return RESULTS_RECORD;
}

static bool is_at_end(const struct results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        if (!results->streams[i].is_at_end) {
            return false;
        }
    }
    return true;
}

enum results_state results_next(struct results *results, uint64_t until_ns, struct record *record,
                                struct err *err)
{
    for (;;) {
        struct opened *opened = &results->streams[results->current];
        switch (opened->is_at_end ? STREAM_MORE : formats_next(&opened->stream, record, err)) {
        case STREAM_RECORD:
            return RESULTS_RECORD;
        case STREAM_FAIL:
            return RESULTS_FAIL;
        case STREAM_END:
            opened->is_at_end = true;
            stream_fini(&opened->stream);
            break;
        case STREAM_MORE:
            break;
        }
        if (is_at_end(results)) {
            return RESULTS_END;
        }
        enum results_state state = fetch(results, until_ns, err);
        if (state != RESULTS_RECORD) {
            return state;
        }
    }
}

bool results_is_bin(const struct results *results)
{
    return results->streams[results->current].stream.format == &stream_bin;
}

bool results_may_wait(const struct results *results)
{
    for (size_t i = 0; i < results->count; i++) {
        const struct opened *opened = &results->streams[i];
        if (!opened->is_file && !isatty(opened->stream.input.fd)) {
            return true;
        }
    }
    return false;
}

bool results_print_losses(const struct results *results, FILE *out)
{
    bool is_any = false;
    for (size_t i = 0; i < results->count; i++) {
        is_any |= stream_print_losses(&results->streams[i].stream, out);
    }
    return is_any;
}

void results_close(struct results *results)
{
    for (size_t i = 0; results && i < results->count; i++) {
        struct opened *opened = &results->streams[i];
        stream_fini(&opened->stream);
        if (opened->is_ours) {
            close(opened->stream.input.fd);
        }
    }
    if (results) {
        free(results->streams);
        free(results->polls);
    }
    free(results);
}

#include "loadgen/target/lazy.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loadgen/base/hash.h"
#include "loadgen/target/request_queue.h"

enum {
    READ_BYTES = 65536,
    INDEX_SIZE = 4 * LAZY_TARGETS,
};

struct lazy {
    int fd;
    int stop_fd; /* readable: stop reading */
    struct reader reader;
    const struct message_defaults *defaults;
    struct targets *targets;
    uint32_t *index; /* of targets by hash: index + 1, 0 for none */
    const struct source_listener *listener;
    struct request_queue queue;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    struct err err; /* the thread's, until it is joined */
};

/* Reading: on the thread, except for the first target. */

/* The entry that further targets share. */
static bool add_other(struct targets *targets, struct err *err)
{
    struct draft draft = {0};
    static const char name[] = TARGET_OTHERS;
    bytes_add(&draft.method, "other", sizeof "other");
    bytes_add(&draft.shown_url, name, sizeof name);
    bytes_add(&draft.name, name, sizeof name);
    bool ok = targets_add(targets, &draft, err);
    draft_free(&draft);
    return ok;
}

/* Returns the index of the draft's target; adds it if it is new and there is room. */
static bool find_target(struct lazy *lazy, const struct draft *draft, uint32_t *index,
                        struct err *err)
{
    struct targets *targets = lazy->targets;
    const char *url = draft->shown_url.at;
    uint64_t hash =
        hash_text(hash_text(hash_text(HASH_START, url), draft->method.at), draft->name.at);
    size_t at = hash % INDEX_SIZE;
    while (lazy->index[at]) {
        *index = lazy->index[at] - 1;
        const struct target *known = &targets->list[*index];
        if (strcmp(known->url, url) == 0 && strcmp(known->name, draft->name.at) == 0 &&
            strcmp(known->method, draft->method.at) == 0) {
            return true;
        }
        at = (at + 1) % INDEX_SIZE;
    }
    *index = LAZY_TARGETS;
    if (targets->count > LAZY_TARGETS) {
        return true;
    }
    if (targets->count < LAZY_TARGETS) {
        *index = (uint32_t)targets->count;
        lazy->index[at] = *index + 1;
    }
    bool ok = *index < LAZY_TARGETS ? targets_add(targets, draft, err) : add_other(targets, err);
    if (ok && lazy->listener) {
        lazy->listener->on_target(lazy->listener->context, *index);
    }
    return ok;
}

static bool build(struct lazy *lazy, struct request_entry *entry, struct err *err)
{
    const struct draft *draft = &lazy->reader.draft;
    const struct message message = draft_message(draft);
    struct request request = {0};
    if (!targets_find_endpoint(lazy->targets, draft, &request.endpoint, err) ||
        !find_target(lazy, draft, &request.target, err)) {
        return err_prefix(err, "%s:%" PRIu64, lazy->reader.name, lazy->reader.number);
    }
    message_write(&entry->bytes, &message, lazy->defaults, &request);
    if (entry->bytes.has_failed) {
        return err_set(err, ERR_FAILED, "not enough memory for a target");
    }
    request.bytes = entry->bytes.at;
    request.row = lazy->targets->list[request.target].row;
    request.entry = entry;
    entry->request = request;
    return true;
}

/* Reads one target into the queue. */
static enum read_state read_one(struct lazy *lazy, struct err *err)
{
    enum read_state state = reader_next(&lazy->reader, err);
    if (state != READ_OK || atomic_load(&lazy->is_stopping)) {
        return state == READ_OK ? READ_END : state;
    }
    struct request_entry *entry = request_queue_alloc(&lazy->queue);
    if (!entry) {
        err_set(err, ERR_FAILED, "not enough memory for a target");
        return READ_FAIL;
    }
    if (!build(lazy, entry, err)) {
        request_queue_recycle(&lazy->queue, entry);
        return READ_FAIL;
    }
    request_queue_push(&lazy->queue, entry);
    return READ_OK;
}

static void *read_ahead(void *context)
{
    struct lazy *lazy = context;
    enum read_state state = READ_OK;
    while (state == READ_OK && request_queue_wait_for_room(&lazy->queue)) {
        state = read_one(lazy, &lazy->err);
    }
    if (atomic_load(&lazy->is_stopping)) {
        lazy->err = (struct err){.code = ERR_NONE}; /* the text was cut by the stop */
    }
    request_queue_close(&lazy->queue);
    return NULL;
}

/* The read function of the reader's FILE: a stop looks like the end of the file. */
static ssize_t read_some(void *cookie, char *buffer, size_t size)
{
    const struct lazy *lazy = cookie;
    struct pollfd waits[] = {
        {.fd = lazy->fd, .events = POLLIN},
        {.fd = lazy->stop_fd, .events = POLLIN},
    };
    ssize_t n = -1;
    do {
        if (poll(waits, 2, -1) < 0) {
            continue;
        }
        if (waits[1].revents) {
            return 0;
        }
        n = read(lazy->fd, buffer, size);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    return n;
}

/* The source. */

static const struct request *next_read(const struct source *source, uint64_t k)
{
    struct lazy *lazy = source->state;
    (void)k; /* requests are sent in the order of the calls */
    struct request_entry *entry = request_queue_pop(&lazy->queue);
    return entry ? &entry->request : NULL;
}

static bool is_ended(const struct source *source)
{
    struct lazy *lazy = source->state;
    return request_queue_has_ended(&lazy->queue);
}

static void release(const struct source *source, const struct request *request)
{
    struct lazy *lazy = source->state;
    request_queue_recycle(&lazy->queue, request->entry);
}

static bool start(const struct source *source, const struct source_listener *listener,
                  struct err *err)
{
    struct lazy *lazy = source->state;
    lazy->listener = listener;
    int failed = pthread_create(&lazy->thread, NULL, read_ahead, lazy);
    lazy->has_thread = !failed;
    return !failed || err_set(err, ERR_FAILED, "cannot start the thread that reads targets: %s",
                              strerror(failed));
}

static void stop(const struct source *source)
{
    struct lazy *lazy = source->state;
    uint64_t one = 1;
    if (!lazy->has_thread) {
        return;
    }
    atomic_store(&lazy->is_stopping, !request_queue_stop(&lazy->queue));
    (void)!write(lazy->stop_fd, &one, sizeof one);
    pthread_join(lazy->thread, NULL);
    lazy->has_thread = false;
}

static const struct source_live live = {
    .start = start, .is_ended = is_ended, .release = release, .stop = stop};

struct source lazy_source(struct lazy *lazy)
{
    return (struct source){
        .next = next_read, .live = &live, .state = lazy, .ready_fd = lazy->queue.ready_fd};
}

/* Full-size tables, so that nothing moves while other threads read. */
static bool make_room(struct lazy *lazy, struct err *err)
{
    struct targets *targets = lazy->targets;
    *targets = (struct targets){.endpoint_room = LAZY_ENDPOINTS};
    targets->list = calloc(LAZY_TARGETS + 1, sizeof *targets->list);
    targets->endpoints = calloc(LAZY_ENDPOINTS, sizeof *targets->endpoints);
    lazy->index = calloc(INDEX_SIZE, sizeof *lazy->index);
    lazy->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!targets->list || !targets->endpoints || !lazy->index) {
        return err_set(err, ERR_FAILED, "not enough memory for order.lazy");
    }
    return lazy->stop_fd >= 0 || err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
}

static bool read_first(struct lazy *lazy, const char *name, const struct format *format,
                       struct err *err)
{
    const cookie_io_functions_t functions = {.read = read_some};
    FILE *in = fopencookie(lazy, "r", functions);
    if (!in) {
        return err_set(err, ERR_FAILED, "not enough memory for order.lazy");
    }
    setvbuf(in, NULL, _IOFBF, READ_BYTES);
    reader_init(&lazy->reader, in, name, format, lazy->defaults->target_host);
    enum read_state state = read_one(lazy, err);
    return state == READ_OK ||
           (state == READ_END && err_set(err, ERR_USAGE, "%s: no targets to attack", name));
}

struct lazy *lazy_open(int fd, const char *name, const struct format *format,
                       const struct message_defaults *defaults, struct targets *targets,
                       struct err *err)
{
    struct lazy *lazy = calloc(1, sizeof *lazy);
    if (!lazy) {
        err_set(err, ERR_FAILED, "not enough memory for order.lazy");
        return NULL;
    }
    lazy->fd = fd;
    lazy->stop_fd = -1;
    lazy->defaults = defaults;
    lazy->targets = targets;
    if (!request_queue_init(&lazy->queue, err) || !make_room(lazy, err) ||
        !read_first(lazy, name, format, err)) {
        lazy_close(lazy, NULL);
        return NULL;
    }
    return lazy;
}

bool lazy_close(struct lazy *lazy, struct err *err)
{
    if (!lazy) {
        return true;
    }
    /* An error after the last target that was sent did not end the run. */
    bool was_reached = request_queue_has_ended(&lazy->queue);
    struct err problem = lazy->err;
    request_queue_fini(&lazy->queue);
    if (lazy->reader.in) {
        fclose(lazy->reader.in);
    }
    reader_fini(&lazy->reader);
    if (lazy->stop_fd >= 0) {
        close(lazy->stop_fd);
    }
    free(lazy->index);
    free(lazy);
    return !was_reached || problem.code == ERR_NONE ||
           err_set(err, problem.code, "%s", problem.text);
}

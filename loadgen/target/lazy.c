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

#include "loadgen/target/slots.h"

enum {
    READ_BYTES = 65536,
    INDEX_SLOTS = 4 * LAZY_TARGETS,
};

struct lazy {
    int fd;
    int stop_fd; /* readable: stop reading */
    struct reader reader;
    const struct message_defaults *defaults;
    struct targets *targets;
    uint32_t *index; /* of targets by hash: index + 1, 0 for none */
    const struct source_listener *listener;
    struct slots slots;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    struct err err; /* the thread's, until it is joined */
};

/* Reading: on the thread, but for the first target. */

static uint32_t hash_text(uint32_t hash, const char *text)
{
    for (const char *c = text; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    }
    return (hash ^ 0xff) * 16777619U;
}

/* What is said of all targets for which there is no entry of their own. */
static bool add_other(struct targets *targets, struct err *err)
{
    struct draft draft = {0};
    static const char name[] = "other targets";
    bytes_add(&draft.method, "other", sizeof "other");
    bytes_add(&draft.url, name, sizeof name);
    bytes_add(&draft.name, name, sizeof name);
    bool ok = targets_add(targets, &draft, err);
    draft_free(&draft);
    return ok;
}

/* The index of the draft's target, added when it is new and there is room. */
static bool find_target(struct lazy *lazy, const struct draft *draft, uint32_t *index,
                        struct err *err)
{
    struct targets *targets = lazy->targets;
    uint32_t hash = hash_text(hash_text(hash_text(2166136261U, draft->url.at), draft->method.at),
                              draft->name.at);
    size_t at = hash % INDEX_SLOTS;
    while (lazy->index[at]) {
        *index = lazy->index[at] - 1;
        const struct target *known = &targets->list[*index];
        if (strcmp(known->url, draft->url.at) == 0 && strcmp(known->name, draft->name.at) == 0 &&
            strcmp(known->method, draft->method.at) == 0) {
            return true;
        }
        at = (at + 1) % INDEX_SLOTS;
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

static bool build(struct lazy *lazy, struct slot *slot, struct err *err)
{
    const struct draft *draft = &lazy->reader.draft;
    const struct message message = draft_message(draft);
    struct request request = {0};
    if (!targets_find_endpoint(lazy->targets, draft, &request.endpoint, err) ||
        !find_target(lazy, draft, &request.target, err)) {
        return err_prefix(err, "%s:%" PRIu64, lazy->reader.name, lazy->reader.number);
    }
    message_write(&slot->bytes, &message, lazy->defaults, &request);
    if (slot->bytes.has_failed) {
        return err_set(err, ERR_FAILED, "not enough memory for a target");
    }
    request.bytes = slot->bytes.at;
    request.row = lazy->targets->list[request.target].row;
    request.slot = slot;
    slot->request = request;
    return true;
}

/* Reads one target into the queue. */
static enum read_state read_one(struct lazy *lazy, struct err *err)
{
    enum read_state state = reader_next(&lazy->reader, err);
    if (state != READ_OK || atomic_load(&lazy->is_stopping)) {
        return state == READ_OK ? READ_END : state;
    }
    struct slot *slot = slots_take(&lazy->slots);
    if (!slot) {
        err_set(err, ERR_FAILED, "not enough memory for a target");
        return READ_FAIL;
    }
    if (!build(lazy, slot, err)) {
        slots_give(&lazy->slots, slot);
        return READ_FAIL;
    }
    slots_push(&lazy->slots, slot);
    return READ_OK;
}

static void *read_ahead(void *context)
{
    struct lazy *lazy = context;
    enum read_state state = READ_OK;
    while (state == READ_OK && slots_wait(&lazy->slots)) {
        state = read_one(lazy, &lazy->err);
    }
    if (atomic_load(&lazy->is_stopping)) {
        lazy->err = (struct err){.code = ERR_NONE}; /* the text was cut by us */
    }
    slots_end(&lazy->slots);
    return NULL;
}

/* What the reader reads from: a read that a stop ends, as if the text had ended. */
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
    (void)k; /* whoever asks first has the first one */
    struct slot *slot = slots_pop(&lazy->slots);
    return slot ? &slot->request : NULL;
}

static bool is_ended(const struct source *source)
{
    struct lazy *lazy = source->state;
    return slots_are_ended(&lazy->slots);
}

static void release(const struct source *source, const struct request *request)
{
    struct lazy *lazy = source->state;
    slots_give(&lazy->slots, request->slot);
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
    atomic_store(&lazy->is_stopping, !slots_stop(&lazy->slots));
    (void)!write(lazy->stop_fd, &one, sizeof one);
    pthread_join(lazy->thread, NULL);
    lazy->has_thread = false;
}

static const struct source_live live = {
    .start = start, .is_ended = is_ended, .release = release, .stop = stop};

struct source lazy_source(struct lazy *lazy)
{
    return (struct source){
        .next = next_read, .live = &live, .state = lazy, .ready_fd = lazy->slots.ready_fd};
}

/* Room for all that may come up, so that nothing moves while others read. */
static bool make_room(struct lazy *lazy, struct err *err)
{
    struct targets *targets = lazy->targets;
    *targets = (struct targets){.endpoint_room = LAZY_ENDPOINTS};
    targets->list = calloc(LAZY_TARGETS + 1, sizeof *targets->list);
    targets->endpoints = calloc(LAZY_ENDPOINTS, sizeof *targets->endpoints);
    lazy->index = calloc(INDEX_SLOTS, sizeof *lazy->index);
    lazy->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!targets->list || !targets->endpoints || !lazy->index) {
        return err_set(err, ERR_FAILED, "not enough memory for -lazy");
    }
    return lazy->stop_fd >= 0 || err_set(err, ERR_FAILED, "eventfd: %s", strerror(errno));
}

static bool read_first(struct lazy *lazy, const char *name, const struct format *format,
                       struct err *err)
{
    const cookie_io_functions_t functions = {.read = read_some};
    FILE *in = fopencookie(lazy, "r", functions);
    if (!in) {
        return err_set(err, ERR_FAILED, "not enough memory for -lazy");
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
        err_set(err, ERR_FAILED, "not enough memory for -lazy");
        return NULL;
    }
    lazy->fd = fd;
    lazy->stop_fd = -1;
    lazy->defaults = defaults;
    lazy->targets = targets;
    if (!slots_init(&lazy->slots, err) || !make_room(lazy, err) ||
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
    /* An error behind the last target that was wanted ended nothing. */
    bool was_reached = slots_are_ended(&lazy->slots);
    struct err problem = lazy->err;
    slots_fini(&lazy->slots);
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

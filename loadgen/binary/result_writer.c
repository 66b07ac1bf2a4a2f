#include "loadgen/binary/result_writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

struct result_writer {
    int fd;
    const char *name;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the lists and is_closing */
    pthread_cond_t changed;
    struct block *blocks; /* all of them */
    struct block *free;
    struct block *first; /* the queue, oldest first */
    struct block **last;
    size_t unwritten; /* queued, or being written */
    bool is_closing;
    struct block *(*preamble)(void *context); /* NULL: none */
    void *preamble_context;
    atomic_int problem;                                       /* errno of the write that failed */
    void (*on_failure)(void *context, const struct err *why); /* NULL: the run is to end */
    void *failure_context;
};

/* False with err if something was not written. */
static bool describe_failure(const struct result_writer *writer, struct err *err)
{
    int problem = atomic_load(&writer->problem);
    return problem == 0 ||
           err_set(err, ERR_FAILED, "cannot write results to %s: %s; the file is incomplete",
                   writer->name, strerror(problem));
}

static bool write_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EAGAIN) {
            /* The descriptor is shared, and another process made it non-blocking. */
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        }
    }
    return true;
}

/* Waits for the next block to write; NULL once the queue is empty and the writer is closing. */
static struct block *wait_for_block(struct result_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    while (!writer->first && !writer->is_closing) {
        pthread_cond_wait(&writer->changed, &writer->lock);
    }
    struct block *block = writer->first;
    if (block) {
        writer->first = block->next;
        writer->last = writer->first ? writer->last : &writer->first;
    }
    pthread_mutex_unlock(&writer->lock);
    return block;
}

static void give_back(struct result_writer *writer, struct block *block, bool was_queued)
{
    pthread_mutex_lock(&writer->lock);
    block->next = writer->free;
    writer->free = block;
    writer->unwritten -= was_queued;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
}

static void write_block(struct result_writer *writer, struct block *block)
{
    block_seal(block);
    if (atomic_load(&writer->problem) == 0 &&
        !write_all(writer->fd, block->bytes, BLOCK_PREFIX + block->length)) {
        result_writer_fail(writer, errno);
    }
}

/* Needs no lock while it writes: drain waits for the block after the preamble. */
static void write_preamble(struct result_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    struct block *(*next)(void *) = writer->preamble;
    void *context = writer->preamble_context;
    pthread_mutex_unlock(&writer->lock);
    struct block *block = NULL;
    while (next && (block = next(context)) != NULL) {
        write_block(writer, block);
    }
}

static void *write_blocks(void *context)
{
    struct result_writer *writer = context;
    struct block *block = NULL;
    while ((block = wait_for_block(writer)) != NULL) {
        if (block->type == BLOCK_RESULTS || block->type == BLOCK_END) {
            write_preamble(writer);
        }
        write_block(writer, block);
        give_back(writer, block, true);
    }
    return NULL;
}

struct result_writer *result_writer_create(int fd, const char *name, size_t blocks, struct err *err)
{
    struct result_writer *writer = calloc(1, sizeof *writer);
    struct block *all = calloc(blocks, sizeof *all);
    if (!writer || !all) {
        free(writer);
        free(all);
        err_set(err, ERR_FAILED, "not enough memory for results");
        return NULL;
    }
    writer->fd = fd;
    writer->name = name;
    writer->blocks = all;
    writer->last = &writer->first;
    for (size_t i = 0; i < blocks; i++) {
        all[i].next = writer->free;
        writer->free = &all[i];
    }
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->changed, NULL);
    int failed = pthread_create(&writer->thread, NULL, write_blocks, writer);
    if (failed) {
        free(all);
        free(writer);
        err_set(err, ERR_FAILED, "cannot start the result writer's thread: %s", strerror(failed));
        return NULL;
    }
    return writer;
}

bool result_writer_close(struct result_writer *writer, struct err *err)
{
    if (!writer) {
        return true;
    }
    pthread_mutex_lock(&writer->lock);
    writer->is_closing = true;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    bool ok = describe_failure(writer, err);
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->changed);
    free(writer->blocks);
    free(writer);
    return ok;
}

void result_writer_set_preamble(struct result_writer *writer, struct block *(*next)(void *context),
                                void *context)
{
    pthread_mutex_lock(&writer->lock);
    writer->preamble = next;
    writer->preamble_context = context;
    pthread_mutex_unlock(&writer->lock);
}

void result_writer_drain(struct result_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    while (writer->unwritten > 0) {
        pthread_cond_wait(&writer->changed, &writer->lock);
    }
    writer->preamble = NULL;
    pthread_mutex_unlock(&writer->lock);
}

struct block *result_writer_take(struct result_writer *writer, uint64_t *blocked_ns)
{
    pthread_mutex_lock(&writer->lock);
    if (!writer->free) {
        uint64_t since = clock_now_ns();
        while (!writer->free) {
            pthread_cond_wait(&writer->changed, &writer->lock);
        }
        *blocked_ns += clock_now_ns() - since;
    }
    struct block *block = writer->free;
    writer->free = block->next;
    pthread_mutex_unlock(&writer->lock);
    return block;
}

struct block *result_writer_try_take(struct result_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    struct block *block = writer->free;
    writer->free = block ? block->next : NULL;
    pthread_mutex_unlock(&writer->lock);
    return block;
}

void result_writer_put(struct result_writer *writer, struct block *block)
{
    if (block->length == 0) {
        give_back(writer, block, false);
        return;
    }
    pthread_mutex_lock(&writer->lock);
    block->next = NULL;
    *writer->last = block;
    writer->last = &block->next;
    writer->unwritten++;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->lock);
}

bool result_writer_is_behind(struct result_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    bool is_behind = writer->first != NULL;
    pthread_mutex_unlock(&writer->lock);
    return is_behind;
}

void result_writer_tolerate(struct result_writer *writer,
                            void (*on_failure)(void *context, const struct err *why), void *context)
{
    writer->on_failure = on_failure;
    writer->failure_context = context;
}

void result_writer_fail(struct result_writer *writer, int problem)
{
    int none = 0;
    if (atomic_compare_exchange_strong(&writer->problem, &none, problem) && writer->on_failure) {
        struct err err = {.code = ERR_NONE};
        describe_failure(writer, &err);
        writer->on_failure(writer->failure_context, &err);
    }
}

bool result_writer_failed(const struct result_writer *writer)
{
    return !writer->on_failure && atomic_load(&writer->problem) != 0;
}

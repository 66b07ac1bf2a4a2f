#include "target-api/http/delays.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"

struct entry {
    uint64_t due_ns;
    void *what;
};

struct delays {
    delays_fn *call;
    pthread_mutex_t lock; /* guards the fields below */
    pthread_cond_t changed;
    bool is_ending;
    bool is_joined;
    struct entry *heap; /* a binary heap: the children of i are 2i + 1 and 2i + 2 */
    size_t count;
    size_t size;
    pthread_t thread;
};

static void swap(struct entry *a, struct entry *b)
{
    struct entry old = *a;
    *a = *b;
    *b = old;
}

static void sift_up(struct entry *heap, size_t i)
{
    while (i > 0 && heap[i].due_ns < heap[(i - 1) / 2].due_ns) {
        swap(&heap[i], &heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static void sift_down(struct entry *heap, size_t count)
{
    size_t i = 0;
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++) {
            if (child < count && heap[child].due_ns < heap[least].due_ns) {
                least = child;
            }
        }
        if (least == i) {
            return;
        }
        swap(&heap[i], &heap[least]);
        i = least;
    }
}

/* With the lock held; releases it during the call. */
static void call_first(struct delays *delays)
{
    void *what = delays->heap[0].what;
    delays->heap[0] = delays->heap[--delays->count];
    sift_down(delays->heap, delays->count);
    pthread_mutex_unlock(&delays->lock);
    delays->call(what);
    pthread_mutex_lock(&delays->lock);
}

static void *run(void *cls)
{
    struct delays *delays = cls;
    pthread_mutex_lock(&delays->lock);
    while (!delays->is_ending || delays->count > 0) {
        if (delays->count == 0) {
            pthread_cond_wait(&delays->changed, &delays->lock);
            continue;
        }
        uint64_t due = delays->heap[0].due_ns;
        if (delays->is_ending || due <= clock_now_ns()) {
            call_first(delays);
            continue;
        }
        struct timespec until = clock_system_time(due);
        pthread_cond_timedwait(&delays->changed, &delays->lock, &until);
    }
    pthread_mutex_unlock(&delays->lock);
    return NULL;
}

struct delays *delays_create(delays_fn *call, struct err *err)
{
    struct delays *delays = calloc(1, sizeof *delays);
    if (!delays) {
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    delays->call = call;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&delays->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&delays->lock, NULL);
    if (pthread_create(&delays->thread, NULL, run, delays) != 0) {
        delays->is_joined = true;
        delays_destroy(delays);
        err_set(err, ERR_FAILED, "cannot start the thread for delays");
        return NULL;
    }
    return delays;
}

void delays_end(struct delays *delays)
{
    pthread_mutex_lock(&delays->lock);
    delays->is_ending = true;
    pthread_cond_signal(&delays->changed);
    pthread_mutex_unlock(&delays->lock);
    if (!delays->is_joined) {
        pthread_join(delays->thread, NULL);
        delays->is_joined = true;
    }
}

void delays_destroy(struct delays *delays)
{
    if (delays) {
        delays_end(delays);
        pthread_cond_destroy(&delays->changed);
        pthread_mutex_destroy(&delays->lock);
        free(delays->heap);
        free(delays);
    }
}

/* With the lock held. */
static bool make_room(struct delays *delays)
{
    if (delays->count < delays->size) {
        return true;
    }
    size_t size = delays->size == 0 ? 64 : delays->size * 2;
    struct entry *heap = realloc(delays->heap, size * sizeof *heap);
    if (!heap) {
        return false;
    }
    delays->heap = heap;
    delays->size = size;
    return true;
}

bool delays_add(struct delays *delays, uint64_t due_ns, void *what)
{
    pthread_mutex_lock(&delays->lock);
    bool ok = !delays->is_ending && make_room(delays);
    if (ok) {
        delays->heap[delays->count++] = (struct entry){due_ns, what};
        sift_up(delays->heap, delays->count - 1);
        pthread_cond_signal(&delays->changed);
    }
    pthread_mutex_unlock(&delays->lock);
    return ok;
}

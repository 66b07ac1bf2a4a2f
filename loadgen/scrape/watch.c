#include "loadgen/scrape/watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loadgen/scrape/meter.h"

#define PAUSE_NS (200 * NS_PER_MS) /* at least, from the end of a scrape to the next */

struct watch {
    const struct scrape_urls *urls;
    const struct plan *plan;
    int stop_fd; /* eventfd */
    pthread_t thread;
    struct meter meter; /* only the thread uses it */
    pthread_mutex_t lock;
    /* under the lock */
    struct target_load load;
    uint64_t read_ns; /* the last reading, or the start */
};

uint64_t watch_due_ns(uint64_t read_ns, uint64_t now_ns)
{
    uint64_t due_ns = read_ns + NS_PER_S - WATCH_LEAD_NS;
    uint64_t soonest_ns = now_ns + PAUSE_NS;
    uint64_t seconds = due_ns < soonest_ns ? (soonest_ns - due_ns - 1) / NS_PER_S + 1 : 0;
    return due_ns + seconds * NS_PER_S;
}

static void publish(struct watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->load = watch->meter.load;
    pthread_mutex_unlock(&watch->lock);
}

static void take(struct watch *watch)
{
    struct err err = {.code = ERR_NONE};
    struct scrape scrape;
    if (scrape_read(&scrape, watch->urls, watch->plan, watch->stop_fd, &err)) {
        meter_add(&watch->meter, &scrape);
    } else {
        struct target_load *load = &watch->meter.load;
        load->pods = load->read = 0;
        snprintf(load->problem, sizeof load->problem, "%.*s", LOAD_TEXT - 1, err.text);
        scrape_free(&scrape);
    }
}

static uint64_t next_ns(struct watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    uint64_t read_ns = watch->read_ns;
    pthread_mutex_unlock(&watch->lock);
    return watch_due_ns(read_ns, clock_now_ns());
}

/* False: the watch has been stopped. */
static bool wait_until(const struct watch *watch, uint64_t due_ns)
{
    struct pollfd stop = {.fd = watch->stop_fd, .events = POLLIN};
    uint64_t now_ns = clock_now_ns();
    uint64_t wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
    poll(&stop, 1, (int)((wait_ns + NS_PER_MS - 1) / NS_PER_MS));
    return stop.revents == 0;
}

static void *work(void *context)
{
    struct watch *watch = context;
    uint64_t due_ns = 0;
    while (wait_until(watch, due_ns)) {
        take(watch);
        publish(watch);
        due_ns = next_ns(watch);
    }
    return NULL;
}

static bool begin(struct watch *watch, struct err *err)
{
    watch->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (watch->stop_fd < 0) {
        return err_set(err, ERR_FAILED, "cannot create an eventfd: %s", strerror(errno));
    }
    if (!scrape_open(err)) {
        return false;
    }
    int failed = pthread_create(&watch->thread, NULL, work, watch);
    if (failed) {
        scrape_close();
        return err_set(err, ERR_FAILED, "cannot start a thread: %s", strerror(failed));
    }
    return true;
}

static void destroy(struct watch *watch)
{
    if (watch->stop_fd >= 0) {
        close(watch->stop_fd);
    }
    meter_fini(&watch->meter);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

struct watch *watch_start(const struct scrape_urls *urls, const struct plan *plan, struct err *err)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        err_set(err, ERR_FAILED, "not enough memory for the target's metrics");
        return NULL;
    }
    watch->urls = urls;
    watch->plan = plan;
    watch->read_ns = clock_now_ns();
    pthread_mutex_init(&watch->lock, NULL);
    if (!begin(watch, err)) {
        destroy(watch);
        return NULL;
    }
    return watch;
}

void watch_read(struct watch *watch, struct target_load *load)
{
    pthread_mutex_lock(&watch->lock);
    *load = watch->load;
    watch->read_ns = clock_now_ns();
    pthread_mutex_unlock(&watch->lock);
}

void watch_stop(struct watch *watch)
{
    uint64_t one = 1;
    if (watch) {
        (void)!write(watch->stop_fd, &one, sizeof one);
        pthread_join(watch->thread, NULL);
        scrape_close();
        destroy(watch);
    }
}

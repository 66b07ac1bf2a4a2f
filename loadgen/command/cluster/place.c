#include "loadgen/command/cluster/place.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct bus_options place_bus(const struct nats_flags *flags, const char *name)
{
    return (struct bus_options){
        .nats = flags->url,
        .creds = flags->creds,
        .ca = flags->ca,
        .is_insecure = flags->is_insecure,
        .name = name,
    };
}

void place_tell(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "loadgen: %s\n", line);
}

const char *place_host(char *name, int size)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    memset(name, 0, (size_t)size);
    if (gethostname(name, (size_t)size - 1) != 0 || name[0] == '\0') {
        snprintf(name, (size_t)size, "unknown");
    }
    for (char *at = name + strspn(name, allowed); *at; at += strspn(at, allowed)) {
        *at = '_';
        at++;
    }
    return name;
}

static bool check(const struct cluster_flags *flags, struct err *err)
{
    const struct nats_flags *nats = &flags->nats;
    if (!nats->url) {
        const char *needs = nats->creds                  ? "-nats-creds"
                            : nats->ca                   ? "-nats-tls-ca"
                            : nats->is_insecure          ? "-nats-insecure"
                            : flags->expect_workers != 1 ? "-expect-workers"
                                                         : NULL;
        return !needs || err_set(err, ERR_USAGE, "%s requires -nats URL", needs);
    }
    return flags->expect_workers > 0 ||
           err_set(err, ERR_USAGE, "-expect-workers: must be at least 1");
}

const struct order_runner *place_open(struct place *place, const struct cluster_flags *flags,
                                      struct err *err)
{
    char host[PLACE_HOLDER / 2];
    if (!check(flags, err)) {
        return NULL;
    }
    if (!flags->nats.url) {
        return &runner_here;
    }
    snprintf(place->holder, sizeof place->holder, "%s, process %d", place_host(host, sizeof host),
             (int)getpid());
    place->options = (struct controller_options){
        .bus = place_bus(&flags->nats, "loadgen controller"),
        .expect_workers = flags->expect_workers,
        .expect_wait_ns = flags->expect_wait_ns,
        .tallies_bytes = CONTROLLER_TALLIES,
        .holder = place->holder,
        .tell = place_tell,
    };
    place->controller = controller_create(&place->options);
    return controller_runner(place->controller);
}

void place_close(struct place *place)
{
    controller_destroy(place->controller);
    place->controller = NULL;
}

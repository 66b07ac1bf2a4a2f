#include "loadgen/command/runners/recorded_run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/binary/result_writer.h"
#include "loadgen/order/order.h"
#include "loadgen/order/plan.h"
#include "loadgen/run/runner.h"

enum { BLOCKS_SPARE = 8 };

/* Not an error if the run is stopped while it waits for workers. */
static bool run_at(const struct order_runner *place, const struct order *order,
                   const struct driver_type *driver_type, const struct control *control,
                   const struct run_watch *watch, struct result_writer *writer,
                   struct summary *summary, struct err *err)
{
    bool ok = place->run(place->context, order, driver_type, control, watch->observer, writer,
                         summary, err);
    if (!ok && summary->is_interrupted && !summary->has_plan) {
        *err = (struct err){.code = ERR_NONE};
        ok = true;
    }
    return ok;
}

/*
 * Writes only the counts of each second; with individual results, the file would grow with the
 * rate.
 */
static bool run_into(int fd, const struct order_runner *place, const struct order *order,
                     const struct driver_type *driver_type, const struct control *control,
                     const struct run_watch *watch, struct summary *summary, struct err *err)
{
    struct plan plan = *order->plan;
    const struct order own = {&plan, order->targets, order->source};
    size_t blocks = 4 * (size_t)plan.threads + BLOCKS_SPARE;
    struct result_writer *writer = result_writer_create(fd, watch->file, blocks, err);
    if (!writer) {
        return false;
    }
    plan.counts_only = true;
    result_writer_tolerate(writer, watch->on_unkept, watch->context);
    bool ok = run_at(place, &own, driver_type, control, watch, writer, summary, err);
    result_writer_close(writer, NULL);
    return ok;
}

bool recorded_run(const struct order_runner *place, const struct order *order,
                  const struct driver_type *driver_type, struct changes *changes,
                  const struct run_watch *watch, struct summary *summary, struct err *err)
{
    const struct control control = {.stop_fd = watch->control->stop_fd, .changes = changes};
    struct err why = {.code = ERR_NONE};
    const char *file = watch->file;
    int fd = file ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        bool ok = run_into(fd, place, order, driver_type, &control, watch, summary, err);
        if (close(fd) != 0) { /* NFS reports a full disk only here */
            err_set(&why, ERR_FAILED, "cannot write results to %s: %s", file, strerror(errno));
            watch->on_unkept(watch->context, &why);
        }
        return ok;
    }
    if (file) {
        err_set(&why, ERR_FAILED, "cannot open %s: %s", file, strerror(errno));
        watch->on_unkept(watch->context, &why);
    }
    return run_at(place, order, driver_type, &control, watch, NULL, summary, err);
}

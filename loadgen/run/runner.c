#include "loadgen/run/runner.h"

static bool run_here(void *context, const struct order *order,
                     const struct driver_type *driver_type, const struct control *control,
                     const struct observer *observer, struct result_writer *writer,
                     struct summary *summary, struct err *err)
{
    (void)context;
    return run(order, driver_type, control, observer, writer, summary, err);
}

const struct order_runner runner_here = {.run = run_here, .is_here = true};

#include "loadgen/command/runners/order_arguments.h"

#include <string.h>

bool order_arguments(const struct run_order *order, struct run_arguments *own,
                     struct argument_flags *flags, struct err *err)
{
    *own = order->arguments;
    const char *end = own->list + own->length;
    for (const char *at = own->list; at < end; at += strlen(at) + 1) {
        if (!argument_flags_add(flags, at, err)) {
            return err_prefix(err, "arguments");
        }
    }
    return true;
}

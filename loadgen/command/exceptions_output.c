#include "loadgen/command/exceptions_output.h"

#include <inttypes.h>
#include <stdio.h>

bool exceptions_output_tell(const struct exceptions *exceptions, struct err *err)
{
    for (size_t i = 0; i < exceptions->count; i++) {
        const struct exception *exception = &exceptions->list[i];
        fprintf(stderr, "%" PRIu64 "x %s\n", exception->count, exception->text);
    }
    return exceptions->total == 0 ||
           err_set(err, ERR_FAILED, "scripts raised %" PRIu64 " error%s, listed above",
                   exceptions->total, exceptions->total == 1 ? "" : "s");
}

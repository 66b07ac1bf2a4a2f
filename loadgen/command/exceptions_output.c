#include "loadgen/command/exceptions_output.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/plural.h"

bool exceptions_output_print(const struct exceptions *exceptions, bool are_listed, struct err *err)
{
    for (size_t i = 0; !are_listed && i < exceptions->count; i++) {
        const struct exception *exception = &exceptions->list[i];
        fprintf(stderr, "%" PRIu64 "x %s\n%s\n", exception->count, exception->message,
                exception->traceback);
    }
    uint64_t others = exceptions_others(exceptions);
    if (!are_listed && others > 0) {
        fprintf(stderr, "%" PRIu64 "x others\n", others);
    }
    return exceptions->total == 0 ||
           err_set(err, ERR_FAILED, "scripts raised %" PRIu64 " %s, listed %s", exceptions->total,
                   plural(exceptions->total, "exception", "exceptions"),
                   are_listed ? "in the report" : "above");
}
